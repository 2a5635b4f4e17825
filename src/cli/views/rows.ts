import type { SqlResult, SqlRow, SqlValue } from "../../access/query.js";
import { UNKNOWN } from "../format.js";
import { table, type Column } from "../table.js";
import { faint, printable, width } from "../terminal.js";
import { textWidth } from "../text-width.js";

/** Widest that a column may be that another column has to stand beside. */
const WIDEST_BESIDE_OTHERS = 40;
const GAP = 2;

/** Takes what is to be printed; answers when more may come. */
type Writer = (text: string) => Promise<void>;

/** Rows as an aligned table; one below the other where they are too wide for the terminal. */
export function rowsText(columns: readonly string[], rows: readonly SqlRow[]): string {
  // A plan is a drawing of its own.
  if (columns.includes("explain_value"))
    return rows.map((row) => cellText(row.at(-1)!).split("\n").map(printable).join("\n")).join("\n");
  const headers = columns.map((column) => printable(column));
  const cells = rows.map((row) => row.map((value) => printable(cellText(value))));
  const widths = headers.map((header, i) =>
    Math.min(
      WIDEST_BESIDE_OTHERS,
      cells.reduce((widest, row) => Math.max(widest, textWidth(row[i]!)), textWidth(header)),
    ),
  );
  const needed = widths.reduce((sum, each) => sum + each, 0) + GAP * (widths.length - 1);
  if (needed > width() && rows.length > 0) return recordsText(headers, cells);
  const wide = headers.findIndex((_, i) => cells.some((row) => textWidth(row[i]!) >= WIDEST_BESIDE_OTHERS));
  return table(
    cells,
    headers.map((header, i): Column<readonly string[]> => ({
      header,
      value: (row) => row[i]!,
      align: rows.some((row) => typeof row[i] === "number") ? "right" : "left",
      wraps: i === wide,
    })),
  );
}

/** Rows as tables of their own. */
function recordsText(headers: readonly string[], cells: readonly (readonly string[])[]): string {
  const records = cells.map((row, r) => [
    faint(`row ${r + 1}`),
    ...table(
      headers.map((header, i) => ({ header, value: row[i]! })),
      [
        { header: "", value: ({ header }) => header },
        { header: "", value: ({ value }) => value, wraps: true },
      ],
    )
      .split("\n")
      // Without the line of headers, which are empty.
      .slice(1),
  ]);
  return records.map((lines) => lines.join("\n")).join("\n\n");
}

/** Writes all rows as an array of objects. */
export async function writeJson({ columns, batches }: SqlResult, write: Writer): Promise<void> {
  let separator = "[";
  for await (const rows of batches) {
    const objects = rows.map((row) => objectText(columns, row));
    await write(`${separator}\n${objects.join(",\n")}`);
    separator = ",";
  }
  await write(separator === "[" ? "[]\n" : "\n]\n");
}

/** By hand, because a column may be called `__proto__`. */
function objectText(columns: readonly string[], row: SqlRow): string {
  return `{${row.map((value, i) => `${JSON.stringify(columns[i])}:${JSON.stringify(value)}`).join(",")}}`;
}

/**
 * Writes all rows as CSV (RFC 4180): null is an empty field, an empty text `""`.
 *
 * @param clean for a terminal, which recorded text must not steer
 */
export async function writeCsv({ columns, batches }: SqlResult, write: Writer, clean: boolean): Promise<void> {
  const field = (text: string) => quoted(clean ? printable(text) : text);
  await write(`${columns.map(field).join(",")}\r\n`);
  for await (const rows of batches) {
    const lines = rows.map((row) => row.map((value) => (value === null ? "" : field(plainText(value)))).join(","));
    await write(lines.map((line) => `${line}\r\n`).join(""));
  }
}

function quoted(text: string): string {
  return text === "" || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function cellText(value: SqlValue): string {
  return value === null ? UNKNOWN : plainText(value);
}

function plainText(value: Exclude<SqlValue, null>): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
