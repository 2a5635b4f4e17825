import { NARROWEST, table, wrap, type Column } from "../table.js";
import { printable, style, width } from "../terminal.js";
import { textWidth } from "../text-width.js";

/** A column that can be left out where the terminal is narrow. */
export interface FittingColumn<T> extends Column<T> {
  /** The column with the least number goes first; one without stays. */
  readonly gives?: number;
  /** Of the column that is wrapped: how wide it should stay before others go. */
  readonly comfort?: number;
}

/** Lays rows out as {@link table} does, without the columns that there is no room for. */
export function fittingTable<T>(rows: readonly T[], columns: readonly FittingColumn<T>[], available = width()): string {
  const text = table(rows, columns, available);
  const comfort = columns.find(({ wraps }) => wraps)?.comfort ?? NARROWEST;
  const tight = available - (comfort - NARROWEST);
  const unbroken = text.split("\n").length === rows.length + 1;
  if (fits(text, available) && (unbroken || fits(table(rows, columns, tight), tight))) return text;
  const going = columns.filter(({ gives }) => gives !== undefined).toSorted((a, b) => a.gives! - b.gives!)[0];
  return going
    ? fittingTable(
        rows,
        columns.filter((column) => column !== going),
        available,
      )
    : text;
}

/** Whether no line of a text is longer than the terminal is wide. */
export function fits(text: string, available = width()): boolean {
  return text.split("\n").every((line) => textWidth(line) <= available);
}

/** Breaks a sentence into lines that fit, each in the style. */
export function paragraph(text: string, format?: Parameters<typeof style>[0], available = width()): string {
  return wrap(printable(text), available)
    .map((line) => (format && line !== "" ? style(format, line) : line))
    .join("\n");
}

/** A heading, on as many lines as it needs. */
export function title(text: string, available = width()): string {
  return paragraph(text, "bold", available);
}

/** Puts sections below each other with a line between them, without the empty ones. */
export function sections(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== "").join("\n\n");
}
