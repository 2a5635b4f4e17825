import type { TrendDay } from "../../analyze/trends.js";

const LEVELS = "▁▂▃▄▅▆▇█";

/** Most days that are drawn. */
export const MOST_DAYS = 30;

/**
 * Draws the daily success rate, one character a day: the lowest is no success, the highest nothing else, blank no runs.
 *
 * @param days how many, the last one being today
 */
export function sparkline(daily: readonly TrendDay[], days: number): string {
  const length = Math.max(0, Math.min(Math.floor(days), MOST_DAYS));
  const characters = Array.from({ length }, () => " ");
  for (const { days_ago, successes, total } of daily) {
    // A look-back of part of a day begins on a day that is not drawn.
    if (days_ago < 0 || days_ago >= length || total <= 0) continue;
    characters[length - 1 - days_ago] = LEVELS[Math.round((successes / total) * (LEVELS.length - 1))]!;
  }
  return characters.join("");
}
