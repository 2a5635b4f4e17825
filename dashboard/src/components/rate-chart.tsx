import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
// oxlint-disable-next-line import/no-unassigned-import -- the builder makes a file of it
import "uplot/dist/uPlot.min.css";

import type { AgentWeek } from "../../../src/analyze/agent-profile.js";
import { percent } from "../format.js";

interface Properties {
  readonly weeks: readonly AgentWeek[];
  /** ISO 8601: when a decline began. */
  readonly changed_at: string | undefined;
}

const HEIGHT = 220;

/** The success rate by week with its interval as a band, and the change point marked and dated. */
export function RateChart({ weeks, changed_at }: Properties) {
  const box = useRef<HTMLDivElement>(null);
  const dark = useDark();
  useEffect(() => {
    const element = box.current!;
    const style = getComputedStyle(element);
    const colour = (name: string) => style.getPropertyValue(name).trim();
    const axis = { stroke: colour("--faint"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
    const x = weeks.map(({ week }) => Date.parse(week) / 1000);
    const plot = new uPlot(
      {
        width: element.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        cursor: { drag: { x: false, y: false } },
        scales: { y: { range: [0, 1] } },
        axes: [
          { ...axis, space: 72, values: (_, times) => times.map((time) => dayOf(time * 1000)) },
          { ...axis, values: (_, values) => values.map((share) => percent(share)), size: 56 },
        ],
        bands: [{ series: [3, 2], fill: `color-mix(in srgb, ${colour("--work")} 30%, transparent)` }],
        series: [
          {},
          { stroke: colour("--accent"), width: 2, points: { show: true, size: 6, fill: colour("--accent") } },
          { stroke: "transparent", points: { show: false } },
          { stroke: "transparent", points: { show: false } },
        ],
        hooks: {
          draw: [
            (chart) => {
              if (changed_at === undefined) return;
              const at = chart.valToPos(Date.parse(changed_at) / 1000, "x", true);
              const { top, height } = chart.bbox;
              chart.ctx.save();
              chart.ctx.strokeStyle = colour("--failure");
              chart.ctx.lineWidth = 2 * devicePixelRatio;
              chart.ctx.setLineDash([6, 4]);
              chart.ctx.beginPath();
              chart.ctx.moveTo(at, top);
              chart.ctx.lineTo(at, top + height);
              chart.ctx.stroke();
              const before = at > chart.bbox.left + chart.bbox.width / 2;
              chart.ctx.fillStyle = colour("--ink");
              chart.ctx.font = `${12 * devicePixelRatio}px system-ui, sans-serif`;
              chart.ctx.textAlign = before ? "right" : "left";
              const text = `worse since ${dayOf(Date.parse(changed_at))}`;
              chart.ctx.fillText(text, at + (before ? -8 : 8) * devicePixelRatio, top + height - 8 * devicePixelRatio);
              chart.ctx.restore();
            },
          ],
        },
      },
      [
        x,
        weeks.map(({ success_rate }) => success_rate),
        weeks.map(({ success_rate_interval }) => success_rate_interval[0]),
        weeks.map(({ success_rate_interval }) => success_rate_interval[1]),
      ],
      element,
    );
    const observer = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [weeks, changed_at, dark]);
  return (
    <figure class="chart">
      <div ref={box} aria-hidden="true" />
      <div class="hidden">
        <table>
          <caption>Success rate by week</caption>
          <tbody>
            {weeks.map(({ week, runs, success_rate, success_rate_interval }) => (
              <tr key={week}>
                <th scope="row">{week}</th>
                <td>
                  {percent(success_rate)} of {runs} runs, {Math.round(success_rate_interval[0] * 100)} to{" "}
                  {Math.round(success_rate_interval[1] * 100)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </figure>
  );
}

/** `Nov 16` */
function dayOf(time: number): string {
  return new Date(time).toLocaleDateString(undefined, { month: "short", day: "numeric", timeZone: "UTC" });
}

/** Whether the page is dark: what is drawn on a canvas does not follow by itself. */
function useDark(): boolean {
  const query = useMemo(() => matchMedia("(prefers-color-scheme: dark)"), []);
  const [dark, setDark] = useState(query.matches);
  useEffect(() => {
    const follow = () => setDark(query.matches);
    query.addEventListener("change", follow);
    return () => query.removeEventListener("change", follow);
  }, []);
  return dark;
}
