import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
// oxlint-disable-next-line import/no-unassigned-import -- the builder makes a file of it
import "uplot/dist/uPlot.min.css";

import type { AgentWeek } from "../../../src/analyze/agent-profile.js";

interface Properties {
  readonly weeks: readonly AgentWeek[];
  /** ISO 8601: when a decline began. */
  readonly changed_at: string | undefined;
}

const HEIGHT = 220;

/** The success rate by week with its interval as a band, and the change point marked and dated. */
export function RateChart({ weeks, changed_at }: Properties) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = box.current!;
    const style = getComputedStyle(element);
    const colour = (name: string) => style.getPropertyValue(name).trim();
    const percent = (share: number) => `${Math.round(share * 100)} %`;
    const axis = { stroke: colour("--faint"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
    const x = weeks.map(({ week }) => Date.parse(week) / 1000);
    const plot = new uPlot(
      {
        width: element.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        cursor: { drag: { x: false, y: false } },
        scales: { y: { range: [0, 1] } },
        axes: [axis, { ...axis, values: (_, values) => values.map(percent), size: 56 }],
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
  }, [weeks, changed_at]);
  return (
    <figure class="chart">
      <div ref={box} aria-hidden="true" />
      <table class="hidden">
        <caption>Success rate by week</caption>
        <tbody>
          {weeks.map(({ week, runs, success_rate, success_rate_interval }) => (
            <tr key={week}>
              <th scope="row">{week}</th>
              <td>
                {Math.round(success_rate * 100)} % of {runs} runs, {Math.round(success_rate_interval[0] * 100)} to{" "}
                {Math.round(success_rate_interval[1] * 100)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </figure>
  );
}
