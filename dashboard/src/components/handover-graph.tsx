import type { ArcTotals, PatternAnalysis } from "../../../src/analyze/patterns.js";
import { duration } from "../../../src/cli/format.js";

const RADIUS = 150;
const MARGIN_X = 150;
const MARGIN_Y = 40;
/** More would be a tangle: the table has them all. */
const MOST_AGENTS = 12;
const MOST_ARCS = 30;

/** Which agent runs directly after which: width by how often, labelled with the median wait in between. */
export function HandoverGraph({ arcs }: Pick<PatternAnalysis, "arcs">) {
  const busiest = new Map<string, number>();
  for (const { from, to, count } of arcs)
    for (const agent of [from, to]) busiest.set(agent, (busiest.get(agent) ?? 0) + count);
  const agents = [...busiest]
    .toSorted((a, b) => b[1] - a[1])
    .slice(0, MOST_AGENTS)
    .map(([agent]) => agent);
  const drawn = arcs
    .filter(({ from, to }) => from !== to && agents.includes(from) && agents.includes(to))
    .slice(0, MOST_ARCS);
  const most = Math.max(1, ...drawn.map(({ count }) => count));
  const place = (agent: string) => {
    const angle = (2 * Math.PI * agents.indexOf(agent)) / agents.length - Math.PI / 2;
    return { x: MARGIN_X + RADIUS * (1 + Math.cos(angle)), y: MARGIN_Y + RADIUS * (1 + Math.sin(angle)), angle };
  };
  if (drawn.length === 0) return <p class="faint">No run has followed another agent's yet.</p>;
  return (
    <figure class="graph">
      <svg viewBox={`0 0 ${2 * (RADIUS + MARGIN_X)} ${2 * (RADIUS + MARGIN_Y)}`} aria-hidden="true">
        <defs>
          <marker
            id="to"
            viewBox="0 0 8 8"
            refX="8"
            refY="4"
            markerWidth="8"
            markerHeight="8"
            markerUnits="userSpaceOnUse"
            orient="auto"
          >
            <path d="M0,0 L8,4 L0,8 z" />
          </marker>
        </defs>
        {drawn.map((arc) => (
          <Arc
            key={`${arc.from} ${arc.to}`}
            arc={arc}
            from={place(arc.from)}
            to={place(arc.to)}
            most={most}
            labelled={drawn.length <= 12}
          />
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
                {agent.length > 22 ? `${agent.slice(0, 21)}…` : agent}
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

interface ArcProperties {
  readonly arc: ArcTotals;
  readonly from: Place;
  readonly to: Place;
  readonly most: number;
  readonly labelled: boolean;
}

/** A third of the way: in the middle of the drawing, labels would lie on each other. */
function at(from: number, middle: number, to: number, t = 0.3): number {
  return (1 - t) ** 2 * from + 2 * t * (1 - t) * middle + t ** 2 * to;
}

/** Bent to its right, so that there and back are two. */
function Arc({ arc, from, to, most, labelled }: ArcProperties) {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = Math.hypot(dx, dy) || 1;
  const bend = 0.16;
  const middle = { x: (from.x + to.x) / 2 - dy * bend, y: (from.y + to.y) / 2 + dx * bend };
  const [ex, ey] = [to.x - middle.x, to.y - middle.y];
  const rest = Math.hypot(ex, ey) || 1;
  const end = { x: to.x - (ex / rest) * 9, y: to.y - (ey / rest) * 9 };
  const wait = arc.median_latency_seconds;
  return (
    <g>
      <path
        d={`M${from.x},${from.y} Q${middle.x},${middle.y} ${end.x},${end.y}`}
        stroke-width={1 + (5 * arc.count) / most}
        marker-end="url(#to)"
      >
        <title>{`${arc.from} → ${arc.to}: ${arc.count} times, median wait ${duration(wait)}`}</title>
      </path>
      {labelled && length > 60 && (
        <text class="label" x={at(from.x, middle.x, to.x)} y={at(from.y, middle.y, to.y) + 4} text-anchor="middle">
          {wait === null ? arc.count : duration(Math.max(0, wait))}
        </text>
      )}
    </g>
  );
}
