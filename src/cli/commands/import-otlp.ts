import { join } from "node:path";

import type { Command } from "commander";

import { findTelemetryDirectory, isDirectory } from "../../event/directory.js";
import type { OtlpImportResult } from "../../capture/otlp/import.js";
import { CommandError } from "../errors.js";
import { count, grouped } from "../format.js";
import { commonOptions, type CommonOptions } from "../options.js";
import { showProgress } from "../reading.js";
import { note, print, printable, printJson } from "../terminal.js";

interface Options extends CommonOptions {
  readonly dryRun?: boolean;
  readonly redact: boolean;
}

/** How many of the places that could not be read are printed. */
const PLACES = 10;

export function addImportOtlp(parent: Command): void {
  commonOptions(parent.command("otlp"))
    .description("import agents' runs from OpenTelemetry traces in files")
    .argument("<files...>", "files that hold OTLP as JSON or protobuf, gzip or not; - is standard input")
    .option("--dry-run", "say what would be added, and add nothing")
    .option("--no-redact", "keep API keys, tokens and passwords that stand in texts")
    .addHelpText(
      "after",
      `
Reads what the OpenTelemetry Collector's file exporter writes, and saved OTLP requests.
Give the files that hold parts of the same traces together. Importing again adds only what is new.

Examples:
  oak import otlp traces.jsonl
  oak import otlp --dry-run /var/log/otel/*.jsonl.gz
  kubectl logs collector | oak import otlp -`,
    )
    .action(async (files: readonly string[], options: Options) => {
      const folder = files.find(isDirectory);
      if (folder !== undefined)
        throw new CommandError(`${folder} is a folder: name the files in it, such as ${join(folder, "*.jsonl")}`, 2);
      const { importOtlp } = await import("../../capture/otlp/import.js");
      const { dryRun: dry_run = false, redact } = options;
      const result = await importOtlp({
        directory: findTelemetryDirectory(options.dir),
        files,
        dry_run,
        ...(redact ? {} : { redact: false }),
        onProgress: showProgress("reading traces"),
      });
      if (options.json) printJson(result);
      else printResult(result);
      if (result.damaged > 0) process.exitCode = 1;
    });
}

function printResult(result: OtlpImportResult): void {
  const { spans, log_records, workflows, invocations, handoffs, lines_added, lines_known, dry_run, directory } = result;
  const found = [
    count(invocations, "agent run", "agent runs"),
    count(workflows, "workflow", "workflows"),
    count(handoffs, "handoff", "handoffs"),
  ].join(", ");
  print(
    `${found} in ${count(spans, "span", "spans")}${log_records > 0 ? ` and ${grouped(log_records)} log records` : ""}`,
  );
  if (invocations + workflows > 0) {
    const added = `${count(lines_added, "line", "lines")} ${dry_run ? "would be added" : "added"} to ${directory}`;
    print(lines_known > 0 ? `${added}; ${grouped(lines_known)} there already` : added);
  } else if (spans + log_records > 0)
    print(
      "None of them is an agent's: spans named invoke_agent, of OpenInference's kind AGENT, of the AI SDK with a",
      "functionId, or of Claude Code's subagents are. docs/capture.md says what is read.",
    );
  if (result.rejected > 0) note(`rejected: ${count(result.rejected, "span or log record", "spans or log records")}`);
  for (const { where, reason } of result.damage.slice(0, PLACES)) note(`${printable(where)}: ${printable(reason)}`);
  if (result.damaged > PLACES) note(`… and ${grouped(result.damaged - PLACES)} more places`);
}
