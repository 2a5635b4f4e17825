import { faint, printable, style, width } from "./terminal.js";
import { textWidth } from "./text-width.js";

/** A column of a {@link table}. */
export interface Column<T> {
  readonly header: string;
  readonly value: (row: T) => string;
  readonly align?: "left" | "right";
  /** At most one column gives way when the terminal is narrow: it is wrapped. */
  readonly wraps?: boolean;
  /** Colour or weight of a cell. */
  readonly style?: (row: T) => Parameters<typeof style>[0] | undefined;
}

const GAP = 2;
/** So narrow at the least is what is wrapped. */
export const NARROWEST = 12;

/** Lays rows out in aligned columns that fit the terminal. */
export function table<T>(rows: readonly T[], columns: readonly Column<T>[], available = width()): string {
  const cells = rows.map((row) => columns.map((column) => printable(column.value(row))));
  const widths = columns.map((column, i) =>
    cells.reduce((widest, row) => Math.max(widest, textWidth(row[i]!)), textWidth(column.header)),
  );
  const excess = widths.reduce((sum, w) => sum + w, 0) + GAP * (columns.length - 1) - available;
  const wrapping = columns.findIndex((column) => column.wraps);
  if (excess > 0 && wrapping !== -1) widths[wrapping] = Math.max(NARROWEST, widths[wrapping]! - excess);

  const line = (texts: readonly string[], decorate: (text: string, column: number) => string) =>
    texts
      .map((text, i) => {
        const padding = " ".repeat(Math.max(0, widths[i]! - textWidth(text)));
        const decorated = decorate(text, i);
        return columns[i]!.align === "right" ? padding + decorated : decorated + padding;
      })
      .join(" ".repeat(GAP))
      .trimEnd();

  const lines = [
    line(
      columns.map((column) => column.header),
      faint,
    ),
  ];
  rows.forEach((row, r) => {
    const wrapped = cells[r]!.map((text, i) => (i === wrapping ? wrap(text, widths[i]!) : [text]));
    const height = Math.max(...wrapped.map((parts) => parts.length));
    for (let h = 0; h < height; h++) {
      const texts = wrapped.map((parts) => parts[h] ?? "");
      lines.push(
        line(texts, (text, i) => {
          const format = columns[i]!.style?.(row);
          return format && text !== "" ? style(format, text) : text;
        }),
      );
    }
  });
  return lines.join("\n");
}

/**
 * Breaks after spaces, arrows and hyphens (not after the sign of a number, nor in a command's option), and inside a word
 * only when it is longer than a line.
 */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(BREAKS).flatMap((each) => (OPTION.test(each) ? [each] : each.split(HYPHENS)))) {
    if (line !== "" && textWidth(line + word.trimEnd()) > columns) {
      lines.push(line.trimEnd());
      line = "";
    }
    for (const character of word) {
      if (textWidth(line + character) > columns && character.trim() !== "") {
        lines.push(line.trimEnd());
        line = "";
      }
      line += character;
    }
  }
  return [...lines, line.trimEnd()];
}

const BREAKS = /(?<=[\s→_])/;
const HYPHENS = /(?<=[^\s(]-)/;
const OPTION = /^\(?--[a-z]/;
