import { percent } from "../format.js";

/** A rate as a dot with its interval as a line, on an axis from 0 to 1 that it shares with those above and below it. */
export function IntervalBar({
  rate,
  interval,
  marks = [],
  width = 160,
}: {
  rate: number;
  interval: readonly [number, number] | null;
  /** Values to compare with, drawn as thin lines. */
  marks?: readonly number[];
  /** Pixels, where there is so much room. */
  width?: number;
}) {
  const at = (share: number) => `${(100 * Math.max(0, Math.min(1, share))).toFixed(1)}%`;
  const text = `${percent(rate)}${interval ? `, ${Math.round(interval[0] * 100)} to ${Math.round(interval[1] * 100)}` : ""}`;
  return (
    <svg class="interval" width={width} height="16" role="img" aria-label={text}>
      <line class="axis" x1="0" x2="100%" y1="8" y2="8" />
      {marks.map((mark) => (
        <line class="mark" key={mark} x1={at(mark)} x2={at(mark)} y1="1" y2="15" />
      ))}
      {interval && <line class="range" x1={at(interval[0])} x2={at(interval[1])} y1="8" y2="8" />}
      <circle cx={at(rate)} cy="8" r="4" />
    </svg>
  );
}
