import type { CoordinationWeek } from "../../../src/analyze/weeks.js";
import { percent } from "../format.js";

const HEIGHT = 140;
const WIDTH = 44;

/** Shares of work and waiting by week, stacked to the whole time; what parallel work saved stands on top. */
export function WeekBars({ weeks }: { weeks: readonly CoordinationWeek[] }) {
  if (weeks.length === 0) return <p class="faint">No workflow has been measured in this time.</p>;
  const tallest = Math.max(1, ...weeks.map(({ overlap_share }) => 1 + overlap_share));
  const size = (share: number) => (share / tallest) * HEIGHT;
  return (
    <figure class="weeks">
      <div class="scroll" role="group" aria-label="Shares of time by week; a table follows" tabIndex={0}>
        <svg
          viewBox={`0 -16 ${weeks.length * WIDTH + 8} ${HEIGHT + 40}`}
          width={weeks.length * WIDTH + 8}
          height={HEIGHT + 40}
          aria-hidden="true"
        >
          <pattern id="waiting" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
            <line x1="0" y1="0" x2="0" y2="6" stroke="var(--wait)" stroke-width="4" />
          </pattern>
          {weeks.map(({ week, workflows, work_share, idle_share, overlap_share }, i) => {
            const x = i * WIDTH + 4;
            const work = size(work_share);
            const idle = size(idle_share);
            return (
              <g key={week}>
                <title>{`week of ${week}: ${workflows} workflows, waiting ${percent(idle_share)}, saved by parallel work ${percent(overlap_share)}`}</title>
                <rect class="work" x={x} y={HEIGHT - work} width={WIDTH - 8} height={work} />
                <rect class="waiting" x={x} y={HEIGHT - work - idle} width={WIDTH - 8} height={idle} />
                <rect
                  class="overlap"
                  x={x}
                  y={HEIGHT - work - idle - size(overlap_share)}
                  width={WIDTH - 8}
                  height={size(overlap_share)}
                />
                <text x={x + WIDTH / 2 - 4} y={HEIGHT - work - idle - size(overlap_share) - 4} text-anchor="middle">
                  {percent(idle_share)}
                </text>
                <text x={x + WIDTH / 2 - 4} y={HEIGHT + 16} text-anchor="middle">
                  {i % 2 === 0 ? week.slice(5) : ""}
                </text>
              </g>
            );
          })}
        </svg>
      </div>
      <figcaption>
        <span class="key work" /> work <span class="key waiting" /> waiting, named in numbers{" "}
        <span class="key overlap" /> saved by parallel work
      </figcaption>
      <div class="hidden">
        <table>
          <caption>Shares of the workflows' time by week</caption>
          <tbody>
            {weeks.map(({ week, workflows, work_share, idle_share, overlap_share }) => (
              <tr key={week}>
                <th scope="row">{week}</th>
                <td>{workflows} workflows</td>
                <td>work {percent(work_share)}</td>
                <td>waiting {percent(idle_share)}</td>
                <td>saved by parallel work {percent(overlap_share)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </figure>
  );
}
