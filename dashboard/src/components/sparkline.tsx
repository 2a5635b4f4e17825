import type { TrendDay } from "../../../src/analyze/trends.js";

const WIDTH = 120;
const HEIGHT = 24;
/** Stretches of days that are taken together: days with few runs say nothing by themselves. */
const STRETCHES = 15;

/** The posterior mean of a success rate over time, each stretch weighed with what was known before it. */
export function Sparkline({ daily, days }: { daily: readonly TrendDay[]; days: number }) {
  const points = posterior(daily, days);
  if (points.length < 2) return <span class="faint">–</span>;
  const x = (i: number) => 2 + (i / (STRETCHES - 1)) * (WIDTH - 4);
  const y = (rate: number) => HEIGHT - 3 - rate * (HEIGHT - 6);
  const last = points.at(-1)!;
  return (
    <svg
      class="sparkline"
      width={WIDTH}
      height={HEIGHT}
      role="img"
      aria-label={`success rate over ${days} days: ${points.map(({ rate }) => Math.round(rate * 100)).join(", ")} %`}
    >
      <line class="axis" x1={0} x2={WIDTH} y1={y(1)} y2={y(1)} />
      <line class="axis" x1={0} x2={WIDTH} y1={y(0)} y2={y(0)} />
      <polyline points={points.map(({ i, rate }) => `${x(i).toFixed(1)},${y(rate).toFixed(1)}`).join(" ")} />
      <circle cx={x(last.i)} cy={y(last.rate)} r={2.5} />
    </svg>
  );
}

/**
 * Beta posterior with a uniform prior, in which older outcomes fade by half from stretch to stretch: a rate that follows
 * changes and is not thrown by single runs.
 */
function posterior(daily: readonly TrendDay[], days: number): { i: number; rate: number }[] {
  const stretches = Array.from({ length: STRETCHES }, () => ({ successes: 0, total: 0 }));
  for (const { days_ago, successes, total } of daily) {
    const i = Math.min(STRETCHES - 1, Math.max(0, Math.floor(((days - 1 - days_ago) / days) * STRETCHES)));
    stretches[i]!.successes += successes;
    stretches[i]!.total += total;
  }
  let a = 0;
  let b = 0;
  let known = false;
  return stretches.flatMap(({ successes, total }, i) => {
    a = a / 2 + successes;
    b = b / 2 + (total - successes);
    known ||= total > 0;
    return known ? [{ i, rate: (a + 1) / (a + b + 2) }] : [];
  });
}
