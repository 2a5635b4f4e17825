import { wrap } from "./table.js";
import { printable, style } from "./terminal.js";
import { isPlain, textWidth } from "./text-width.js";

/** Colour or weight of a text. */
export type Format = Parameters<typeof style>[0];

/** A part of a line: as it is, or with a colour or weight. */
export type Piece = string | readonly [format: Format, text: string];

/** Made when it is needed first: that takes 10 ms. */
let graphemes: Intl.Segmenter | undefined;

/** A text, safe to print, that is no wider than so many columns: what does not fit is cut off, and … says so. */
export function cut(text: string, columns: number): string {
  const shown = printable(text);
  if (textWidth(shown) <= columns) return shown;
  if (isPlain(shown)) return columns > 0 ? `${shown.slice(0, columns - 1)}…` : "";
  let kept = "";
  graphemes ??= new Intl.Segmenter(undefined, { granularity: "grapheme" });
  for (const { segment } of graphemes.segment(shown)) {
    if (textWidth(kept + segment) >= columns) break;
    kept += segment;
  }
  return columns > 0 ? `${kept}…` : "";
}

/** A text filled up with spaces to so many columns, or cut. */
export function padded(text: string, columns: number, align: "left" | "right" = "left"): string {
  const fitting = cut(text, columns);
  const spaces = " ".repeat(Math.max(0, columns - textWidth(fitting)));
  return align === "right" ? spaces + fitting : fitting + spaces;
}

/** One line, safe to print and never wider than so many columns. */
export function fitted(columns: number, ...pieces: readonly Piece[]): string {
  const plain = pieces.map((piece) =>
    typeof piece === "string" ? ([undefined, piece] as const) : ([piece[0], piece[1]] as const),
  );
  // By its beginnings, not by its parts: marks that combine across parts must not count twice, nor be forgotten.
  const whole = printable(plain.map(([, text]) => text).join(""));
  const fitting = cut(whole, columns).trimEnd();
  let used = 0;
  return plain
    .map(([format, text]) => {
      const part = fitting.slice(used, used + text.length);
      used += text.length;
      return format === undefined || part === "" ? part : style(format, part);
    })
    .join("");
}

/** A text on as many lines as it needs, each indented by the same number of spaces. */
export function wrapped(text: string, columns: number, indent = 0): string[] {
  const available = Math.max(1, columns - indent);
  return wrap(printable(text), available).map((line) => fitted(columns, " ".repeat(indent) + line));
}

/** Items side by side, on as many lines as they need; an item is never broken, only cut when it is too long itself. */
export function flow(items: readonly (readonly Piece[])[], columns: number, indent = 0, gap = 2): string[] {
  const lines: Piece[][] = [];
  let used = 0;
  for (const item of items) {
    const width = textWidth(printable(item.map((piece) => (typeof piece === "string" ? piece : piece[1])).join("")));
    const line = lines.at(-1);
    if (line && used + gap + width <= columns) {
      line.push(" ".repeat(gap), ...item);
      used += gap + width;
    } else {
      lines.push([" ".repeat(indent), ...item]);
      used = indent + width;
    }
  }
  return lines.map((pieces) => fitted(columns, ...pieces));
}

/**
 * Ids short enough for a line, and long enough to tell these ids apart. A beginning is all that `oak workflows` needs.
 */
export function shortIds(ids: readonly string[]): Map<string, string> {
  for (let length = SHORTEST_ID; ; length += 4) {
    const short = new Map(ids.map((id) => [id, id.length <= length + 3 ? id : beginning(id, length)]));
    if (new Set(short.values()).size === short.size) return short;
  }
}

/** Without the first few characters of a further group, as in UUIDs. */
function beginning(id: string, length: number): string {
  return id.slice(0, length).replace(/-[^-]{0,3}$/, "");
}

/** `wf-` and the first group of a UUID. */
const SHORTEST_ID = 11;
