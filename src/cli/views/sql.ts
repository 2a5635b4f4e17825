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

/** What the SQL engine says is wrong, with the place, and the way out where the way is closed. */
export function errorText(message: string): string {
  const lines = message.split("\n").map(printable);
  const closed = /operations are disabled|disabled through configuration|disabled by configuration/.test(message);
  return [...lines, ...(closed ? ["SQL reaches no files here: --allow-files lets it"] : [])].join("\n");
}
