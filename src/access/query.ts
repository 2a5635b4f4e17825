import type { SqlResult } from "../tables/access.js";
import { withTables, type AccessOptions } from "./open.js";

export { SqlError } from "../tables/sql-error.js";
export { VIEWS, type View } from "../tables/views.js";
export type { SqlResult, SqlRow } from "../tables/access.js";
export type { SqlValue } from "../tables/values.js";

/** How {@link query} reads. Every field may be left out. */
export interface QueryOptions extends AccessOptions {
  /** SQL may read and write files. Default: it reaches nothing but the views. */
  readonly allow_files?: boolean;
}

/** What a query gave. */
export interface QueryResult extends SqlResult {
  /** Lines of the log that could not be read, and are in no row. */
  readonly unreadable_lines: number;
}

/**
 * Runs one SQL statement that reads over the views that docs/tables.md describes, and lets `use` have its rows as they
 * come.
 *
 * @throws {SqlError} when the statement is wrong, or not one that reads
 */
export async function query<T>(
  sql: string,
  options: QueryOptions,
  use: (result: QueryResult) => Promise<T>,
): Promise<T> {
  return withTables(options, async (tables, silentSince) => {
    const { TableAccess } = await import("../tables/access.js");
    const access = await TableAccess.open(tables, silentSince, { allowFiles: options.allow_files });
    try {
      const result = await access.query(sql);
      return await use({ ...result, unreadable_lines: tables.unreadable_lines });
    } finally {
      access.close();
    }
  });
}
