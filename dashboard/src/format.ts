import { UNKNOWN } from "../../src/cli/format.js";

export { isolated } from "../../src/cli/bidi.js";
export { duration } from "../../src/cli/format.js";

/** Keeps a number and its unit on one line. */
const SPACE = "\u00A0";

/** `17 %`, `−113.4 %` */
export function percent(share: number | null, digits = 0): string {
  return share === null ? UNKNOWN : `${typeset(share * 100, digits)}${SPACE}%`;
}

/** `+71 %`, `−8 %` */
export function change(share: number): string {
  return `${share >= 0 ? "+" : ""}${percent(share)}`;
}

/** With the minus of typography, and without one where nothing but zero would follow. */
function typeset(number: number, digits: number): string {
  const text = number.toFixed(digits);
  return text.startsWith("-") ? (Number(text) === 0 ? text.slice(1) : `−${text.slice(1)}`) : text;
}

/** `12,300` */
export function count(number: number | null): string {
  return number === null ? UNKNOWN : Math.round(number).toLocaleString();
}

/** As many characters as there is room for. */
export function shorten(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, Math.max(1, most - 1))}…`;
}
