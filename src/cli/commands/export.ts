import { InvalidArgumentError, Option, type Command } from "commander";

import type { ExportFormat, ExportResult } from "../../access/exporter.js";
import { CommandError } from "../errors.js";
import { analysisOptions, type AnalysisOptions } from "../options.js";
import { accessOptions, noteUnreadable } from "../reading.js";
import { note, print, printJson } from "../terminal.js";

const FORMATS: readonly ExportFormat[] = ["parquet", "csv", "jsonl", "oak-python", "otlp"];

interface Options extends AnalysisOptions {
  readonly format: ExportFormat;
  readonly out: string;
  readonly tables?: readonly string[];
  readonly force?: boolean;
}

export function addExport(program: Command): void {
  analysisOptions(program.command("export"))
    .description("write the tables to files for other tools, as OpenTelemetry traces, or for the Python OaK analyzer")
    .addOption(new Option("--format <format>", "form of the files").choices(FORMATS).makeOptionMandatory())
    .requiredOption("--out <path>", "folder that gets the files, one for each table", path)
    .option("--tables <names>", "only these tables, separated by commas (oak sql --tables lists them)", names)
    .option("--force", "replace files that are there already")
    .addHelpText(
      "after",
      `
Files appear when they are complete, readable by you alone. Times are UTC.

Examples:
  oak export --format parquet --out ./telemetry
  oak export --format csv --tables invocations,feedback --out ./telemetry
  oak export --format otlp --out ./traces           GenAI spans in OTLP's JSON, one request a line
  oak export --format oak-python --out ./oak-python --as-of 2026-11-01`,
    )
    .action(async (options: Options) => {
      const { EXPORT_TABLES, exportTelemetry, FileExistsError } = await import("../../access/exporter.js");
      const tables = options.tables && EXPORT_TABLES.filter((name) => options.tables!.includes(name));
      const unknown = options.tables?.filter((name) => !EXPORT_TABLES.some((table) => table === name)) ?? [];
      if (unknown.length > 0)
        throw new CommandError(`there is no table ${unknown.join(", ")}; tables: ${EXPORT_TABLES.join(", ")}`, 2);
      if (tables && (options.format === "oak-python" || options.format === "otlp"))
        throw new CommandError(`--tables does not go with --format ${options.format}, which has files of its own`, 2);
      const { format, out, force } = options;
      try {
        const result = await exportTelemetry({ ...accessOptions(options), format, out, force, tables });
        if (options.json) return printJson(result);
        await printResult(result);
      } catch (error) {
        if (error instanceof FileExistsError) throw new CommandError(`${error.message}: --force replaces them`);
        throw error;
      }
    });
}

async function printResult(result: ExportResult): Promise<void> {
  const { exportText, leftOutText } = await import("../views/export.js");
  print(exportText(result));
  const leftOut = leftOutText(result);
  if (leftOut) note(leftOut);
  noteUnreadable(result.unreadable_lines);
}

function names(text: string): string[] {
  return text.split(",").map((name) => name.trim());
}

function path(text: string): string {
  if (text === "") throw new InvalidArgumentError("It must not be empty.");
  return text;
}
