import { constants, existsSync, rmSync } from "node:fs";
import { access as mayAccess, chmod, mkdtemp, rename, stat } from "node:fs/promises";
import { join, resolve } from "node:path";

import { makeDirectory } from "../event/directory.js";
import type { TableAccess } from "../tables/access.js";
import { VIEWS, VIEW_NAMES, type View, type ViewName } from "../tables/views.js";
import { withTables, type AccessOptions } from "./open.js";
import { OTLP_FILE, writeOtlp } from "./otlp-traces.js";
import { PYTHON_FILES, writePythonLog, type LeftOut } from "./python-log.js";

/** In which form telemetry can be exported. */
export type ExportFormat = "parquet" | "csv" | "jsonl" | "oak-python" | "otlp";

/** The names that can be chosen among. */
export const EXPORT_TABLES: readonly ViewName[] = VIEW_NAMES;

/** What is exported, and where to. */
export interface ExportOptions extends AccessOptions {
  readonly format: ExportFormat;
  /** Folder that gets the files; it is made where it is not there. */
  readonly out: string;
  /** Only these tables; not for `oak-python` and `otlp`, which have files of their own. */
  readonly tables?: readonly ViewName[];
  /** Files that are there already are replaced. */
  readonly force?: boolean;
}

/** A file that was written. */
interface ExportedFile {
  readonly file: string;
  readonly rows: number;
  readonly bytes: number;
}

/** What was written. */
export interface ExportResult {
  /** Absolute path. */
  readonly directory: string;
  readonly files: readonly ExportedFile[];
  /** What the other format cannot say; `null` where everything can be said. */
  readonly left_out: LeftOut | null;
  /** Lines of the log that could not be read, and are in no file. */
  readonly unreadable_lines: number;
}

/** Files that are no tables. */
const OWN_FILES: Readonly<Partial<Record<ExportFormat, readonly string[]>>> = {
  "oak-python": PYTHON_FILES,
  otlp: [OTLP_FILE],
};

/** What was written into the files, in their order. */
type Written = { readonly rows: readonly number[] } & Pick<ExportResult, "left_out">;

/** A file is in the way. */
export class FileExistsError extends Error {
  override readonly name = "FileExistsError";
}

/**
 * Exports the tables of a telemetry directory as files. They are written under other names and all put in place at the
 * end, for the user alone (0600): whoever reads the folder never meets half a file.
 *
 * @throws {FileExistsError} when a file is there already, before anything is done
 */
export async function exportTelemetry(options: ExportOptions): Promise<ExportResult> {
  const directory = resolve(options.out);
  const views = VIEWS.filter(({ name }) => options.tables?.includes(name) ?? true);
  const names = OWN_FILES[options.format] ?? views.map(({ name }) => `${name}.${options.format}`);
  if (!options.force) {
    const there = names.filter((name) => existsSync(join(directory, name)));
    if (there.length > 0) throw new FileExistsError(`${directory} holds ${there.join(", ")} already`);
  }
  makeDirectory(directory);
  await mayAccess(directory, constants.W_OK);
  return withTables(options, async (tables, silentSince) => {
    const { TableAccess } = await import("../tables/access.js");
    const access = await TableAccess.open(tables, silentSince, { allowFiles: true });
    try {
      const { rows, left_out } = await inTemporaryFolder<Written>(directory, names, (folder) =>
        options.format === "oak-python"
          ? writePythonLog(access, folder)
          : options.format === "otlp"
            ? writeOtlp(access, folder)
            : copyViews(access, views, options.format, folder),
      );
      const files = await Promise.all(
        names.map(async (file, i) => ({ file, rows: rows[i]!, bytes: (await stat(join(directory, file))).size })),
      );
      return { directory, files, left_out, unreadable_lines: tables.unreadable_lines };
    } finally {
      access.close();
    }
  });
}

/** Lets `write` write files into a folder beside their places, and then puts them there. */
async function inTemporaryFolder<T>(
  directory: string,
  names: readonly string[],
  write: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(directory, ".export-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.on("exit", remove);
  try {
    const written = await write(folder);
    for (const name of names) await chmod(join(folder, name), 0o600);
    for (const name of names) await rename(join(folder, name), join(directory, name));
    return written;
  } finally {
    process.off("exit", remove);
    remove();
  }
}

type TableFormat = Exclude<ExportFormat, "oak-python" | "otlp">;

const COPY_OPTIONS: Readonly<Record<TableFormat, string>> = {
  parquet: "FORMAT parquet, COMPRESSION zstd",
  csv: "FORMAT csv, HEADER true",
  jsonl: "FORMAT json",
};

async function copyViews(
  access: TableAccess,
  views: readonly View[],
  format: TableFormat,
  folder: string,
): Promise<Written> {
  const rows: number[] = [];
  for (const { name, columns } of views) {
    const list = columns.map((column) => `${asExported(column.name, column.type, format)} AS ${column.name}`);
    const sql = `SELECT ${list.join(", ")} FROM ${name}`;
    rows.push(await access.copy(sql, join(folder, `${name}.${format}`), COPY_OPTIONS[format]));
  }
  return { rows, left_out: null };
}

/** Points in time say that they are UTC, and lists in CSV are JSON. */
function asExported(column: string, type: string, format: TableFormat): string {
  if (type === "TIMESTAMP") {
    if (format === "parquet") return `${column} AT TIME ZONE 'UTC'`;
    return `regexp_replace(strftime(${column}, '%Y-%m-%dT%H:%M:%S.%f'), '000$', '') || 'Z'`;
  }
  return type.endsWith("[]") && format === "csv" ? `CAST(to_json(${column}) AS VARCHAR)` : column;
}
