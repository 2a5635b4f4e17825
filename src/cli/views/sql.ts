import type { View } from "../../access/query.js";
import { table } from "../table.js";
import { faint, heading, printable } from "../terminal.js";

/** What can be asked: every table with its columns. */
export function viewsText(views: readonly View[]): string {
  return views
    .map(({ name, meaning, columns }) =>
      [
        `${heading(name)}  ${faint(meaning)}`,
        table(columns, [
          { header: "COLUMN", value: (column) => column.name },
          { header: "TYPE", value: ({ type }) => type },
          { header: "MEANING", value: (column) => column.meaning, wraps: true },
        ]),
      ].join("\n"),
    )
    .join("\n\n");
}

/** What the SQL engine says is wrong, with the place, and the way out where there is one. */
export function errorText(message: string): string {
  // The engine guesses among its own catalog: a name of ours is never far from the list.
  const lines = message.split("\n").filter((line) => !/^Did you mean "(pg|duckdb|sqlite)_/.test(line));
  const closed = /operations are disabled|disabled through configuration|disabled by configuration/.test(message);
  const unknown = message.startsWith("Catalog Error: Table");
  return [
    ...lines.map(printable),
    ...(closed ? ["SQL reaches no files here: --allow-files lets it"] : []),
    ...(unknown ? ["oak sql --tables lists the tables"] : []),
  ].join("\n");
}
