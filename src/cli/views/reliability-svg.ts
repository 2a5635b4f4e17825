import type { ReliabilityBin } from "../../backtest/scores.js";

const SIZE = 360;
const MARGIN = { left: 56, top: 40, right: 16, bottom: 52 };

/** Area of the largest bin's point, and of the smallest that is drawn. */
const RADIUS = { most: 9, least: 3 };

/** Readable on light and on dark ground alike. */
const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #24292f }
  .ground { fill: #ffffff }
  .grid { stroke: #d0d7de; stroke-width: 1 }
  .ideal { stroke: #6e7781; stroke-dasharray: 4 4 }
  .error { stroke: #0969da; stroke-width: 1.5 }
  .point { fill: #0969da }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .ground { fill: #0d1117 }
    .grid { stroke: #30363d }
    .ideal { stroke: #8b949e }
    .error { stroke: #58a6ff }
    .point { fill: #58a6ff }
  }`;

/**
 * A reliability diagram: what was stated against what was observed, with 95 % intervals. On the diagonal, probabilities
 * are right.
 */
export function reliabilitySvg(bins: readonly ReliabilityBin[], title: string): string {
  const width = MARGIN.left + SIZE + MARGIN.right;
  const height = MARGIN.top + SIZE + MARGIN.bottom;
  const x = (share: number) => (MARGIN.left + share * SIZE).toFixed(1);
  const y = (share: number) => (MARGIN.top + (1 - share) * SIZE).toFixed(1);
  const most = Math.max(1, ...bins.map(({ count }) => count));
  const radius = (count: number) => Math.max(RADIUS.least, RADIUS.most * Math.sqrt(count / most)).toFixed(1);
  const percent = (share: number) => `${(100 * share).toFixed(1)}%`;
  const grid = [0, 0.2, 0.4, 0.6, 0.8, 1].flatMap((share) => [
    `<line class="grid" x1="${x(share)}" y1="${y(0)}" x2="${x(share)}" y2="${y(1)}"/>`,
    `<line class="grid" x1="${x(0)}" y1="${y(share)}" x2="${x(1)}" y2="${y(share)}"/>`,
    `<text x="${x(share)}" y="${MARGIN.top + SIZE + 18}" text-anchor="middle">${Math.round(share * 100)}%</text>`,
    `<text x="${MARGIN.left - 8}" y="${y(share)}" dy="4" text-anchor="end">${Math.round(share * 100)}%</text>`,
  ]);
  const points = bins.map(
    ({ stated, observed, interval: [low, high], count }) =>
      `<g><title>stated ${percent(stated)}, observed ${percent(observed)} of ${count}</title>` +
      `<line class="error" x1="${x(stated)}" y1="${y(low)}" x2="${x(stated)}" y2="${y(high)}"/>` +
      `<circle class="point" cx="${x(stated)}" cy="${y(observed)}" r="${radius(count)}"/></g>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>${STYLE}\n</style>`,
    `<rect class="ground" width="${width}" height="${height}"/>`,
    `<text x="${MARGIN.left}" y="24">${escaped(title)}</text>`,
    ...grid,
    `<line class="ideal" x1="${x(0)}" y1="${y(0)}" x2="${x(1)}" y2="${y(1)}"/>`,
    ...points,
    `<text x="${x(0.5)}" y="${height - 14}" text-anchor="middle">stated probability of success</text>`,
    `<text x="16" y="${y(0.5)}" text-anchor="middle" transform="rotate(-90 16 ${y(0.5)})">observed success</text>`,
    "</svg>",
    "",
  ].join("\n");
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
