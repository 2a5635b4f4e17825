import type { HandoffAnalysis } from "../../../src/analyze/handovers.js";
import { duration, isolated, shorten } from "../format.js";

const RADIUS = 150;
const MARGIN_X = 150;
const MARGIN_Y = 40;
/** More would be a tangle: the table has them all. */
const MOST_AGENTS = 12;
const MOST_ARCS = 30;
const MOST_LABELS = 12;

/** Whose runs wait for whose: width by how often, labelled with the median wait. */
export function HandoverGraph({ pairs }: Pick<HandoffAnalysis, "pairs">) {
  const busiest = new Map<string, number>();
  for (const { from_agent, to_agent, count } of pairs)
    for (const agent of [from_agent, to_agent]) busiest.set(agent, (busiest.get(agent) ?? 0) + count);
  const agents = [...busiest]
    .toSorted((a, b) => b[1] - a[1])
    .slice(0, MOST_AGENTS)
    .map(([agent]) => agent);
  const drawn = pairs
    .filter((pair) => pair.from_agent !== pair.to_agent)
    .filter(({ from_agent, to_agent }) => agents.includes(from_agent) && agents.includes(to_agent))
    .toSorted((a, b) => b.count - a.count)
    .slice(0, MOST_ARCS);
  const most = Math.max(1, ...drawn.map(({ count }) => count));
  const place = (agent: string) => {
    const angle = (2 * Math.PI * agents.indexOf(agent)) / agents.length - Math.PI / 2;
    return { x: MARGIN_X + RADIUS * (1 + Math.cos(angle)), y: MARGIN_Y + RADIUS * (1 + Math.sin(angle)), angle };
  };
  const arcs = drawn.map((pair) => ({ pair, ...arc(place(pair.from_agent), place(pair.to_agent)) }));
  const labels = arcs.length <= MOST_LABELS ? labelPlaces(arcs) : [];
  if (drawn.length === 0) return <p class="faint">No run has waited for another agent's yet.</p>;
  return (
    <figure class="graph scroll" role="group" aria-label="Who waits for whom; a table follows" tabIndex={0}>
      <svg viewBox={`0 0 ${2 * (RADIUS + MARGIN_X)} ${2 * (RADIUS + MARGIN_Y)}`} aria-hidden="true">
        <defs>
          <marker
            id="to"
            viewBox="0 0 8 8"
            refX="8"
            refY="4"
            markerWidth="12"
            markerHeight="12"
            markerUnits="userSpaceOnUse"
            orient="auto"
          >
            <path d="M0,0 L8,4 L0,8 z" />
          </marker>
        </defs>
        {arcs.map(({ pair, path }) => (
          <path
            key={`${pair.from_agent} ${pair.to_agent}`}
            d={path}
            stroke-width={1 + (5 * pair.count) / most}
            marker-end="url(#to)"
          >
            <title>
              {isolated(
                `${pair.from_agent} → ${pair.to_agent}: ${pair.count} times, median wait ${duration(pair.p50_seconds)}`,
              )}
            </title>
          </path>
        ))}
        {labels.map(({ x, y }, i) => (
          <text class="label" key={i} x={x} y={y} text-anchor="middle">
            {duration(arcs[i]!.pair.p50_seconds)}
          </text>
        ))}
        {agents.map((agent) => {
          const { x, y, angle } = place(agent);
          const right = Math.cos(angle) > 0.1;
          const left = Math.cos(angle) < -0.1;
          return (
            <g key={agent}>
              <circle cx={x} cy={y} r={6} />
              <text
                x={x + (right ? 12 : left ? -12 : 0)}
                y={y + (right || left ? 4 : Math.sin(angle) < 0 ? -12 : 22)}
                text-anchor={right ? "start" : left ? "end" : "middle"}
              >
                {shorten(agent, 22)}
                <title>{agent}</title>
              </text>
            </g>
          );
        })}
      </svg>
    </figure>
  );
}

interface Place {
  readonly x: number;
  readonly y: number;
}

/** A line between two agents. */
interface Arc {
  readonly path: string;
  /** A point on it: 0 is where it begins, 1 where it ends. */
  readonly at: (t: number) => Place;
}

/** From one to the other, bent to its right, so that there and back are two. */
function arc(from: Place, to: Place): Arc {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const bend = 0.16;
  const middle = { x: (from.x + to.x) / 2 - dy * bend, y: (from.y + to.y) / 2 + dx * bend };
  const [ex, ey] = [to.x - middle.x, to.y - middle.y];
  const rest = Math.hypot(ex, ey) || 1;
  const end = { x: to.x - (ex / rest) * 8, y: to.y - (ey / rest) * 8 };
  const between = (a: number, b: number, c: number, t: number) => (1 - t) ** 2 * a + 2 * t * (1 - t) * b + t ** 2 * c;
  return {
    path: `M${from.x},${from.y} Q${middle.x},${middle.y} ${end.x},${end.y}`,
    at: (t) => ({ x: between(from.x, middle.x, to.x, t), y: between(from.y, middle.y, to.y, t) + 4 }),
  };
}

/** Where along an arc its label may stand, best first: in the middle of the drawing they would meet. */
const ALONG = [0.3, 0.4, 0.2, 0.5, 0.6, 0.7];
const LABEL_WIDTH = 76;
const LABEL_HEIGHT = 16;

/** Places for labels that do not lie on each other, as far as there are. */
function labelPlaces(arcs: readonly Arc[]): readonly Place[] {
  const taken: Place[] = [];
  for (const { at } of arcs) {
    const places = ALONG.map(at);
    const free = places.find(({ x, y }) =>
      taken.every((other) => Math.abs(other.x - x) > LABEL_WIDTH || Math.abs(other.y - y) > LABEL_HEIGHT),
    );
    taken.push(free ?? places[0]!);
  }
  return taken;
}
