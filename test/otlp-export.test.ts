import { readFileSync } from "node:fs";
import { join } from "node:path";

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { exportTelemetry } from "../src/access/exporter.js";
import { withTables } from "../src/access/open.js";
import { importOtlp } from "../src/capture/otlp/import.js";
import { decodeRequest, type Span } from "../src/capture/otlp/decode.js";
import type { TelemetryEvent } from "../src/event/events.js";
import { TableAccess } from "../src/tables/access.js";
import { VIEWS } from "../src/tables/views.js";
import { sharedData } from "./support/data.js";
import { differences, eventsOf, run } from "./support/scenario.js";
import { directoryOf, temporaryDirectory } from "./support/directory.js";
import { anyEvent, anyForeignEvent } from "./support/events.js";
import { oak, oakJson } from "./support/oak.js";

const as_of = "2026-11-03T00:00:00Z";

/**
 * Every row of every view. A line without an identity gets one, which is left out; so is when a workflow was last heard
 * of, if lines of it contradict each other, of which one is left.
 */
async function tablesOf(directory: string, except: readonly string[] = ["event_id"]): Promise<Record<string, unknown[]>> {
  return withTables({ directory, as_of }, async (tables, silentSince) => {
    const access = await TableAccess.open(tables, silentSince);
    const found: Record<string, unknown[]> = {};
    for (const { name, columns } of VIEWS) {
      const names = columns.map((column) => column.name).filter((column) => !except.includes(column));
      const { batches } = await access.query(`SELECT ${names.join(", ")} FROM ${name} ORDER BY ALL`);
      const rows: unknown[] = [];
      for await (const batch of batches)
        rows.push(...batch.map((row) => Object.fromEntries(names.map((each, i) => [each, row[i]]))));
      found[name] = rows;
    }
    access.close();
    return found;
  });
}

async function exported(directory: string): Promise<string> {
  const out = temporaryDirectory();
  await exportTelemetry({ directory, as_of, format: "otlp", out });
  return join(out, "traces.jsonl");
}

async function readBack(directory: string): Promise<string> {
  const back = temporaryDirectory();
  const file = await exported(directory);
  await importOtlp({ directory: back, files: [file], redact: false });
  return back;
}

function spansIn(file: string): Span[] {
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  return lines.flatMap((line) => decodeRequest(JSON.parse(line)).spans);
}

describe("oak export --format otlp", () => {
  it.each([
    ["as our recorder writes them", anyEvent],
    ["as other loggers write them", anyForeignEvent],
  ])("reads back to the same tables: any events, %s", async (_, event) => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 10, maxLength: 40 }), async (events) => {
        const directory = directoryOf(events);
        const except = ["event_id", "last_activity_at"];
        const [before, after] = [await tablesOf(directory, except), await tablesOf(await readBack(directory), except)];
        expect(differences(before, after)).toEqual([]);
      }),
      // Each takes three times the opening of tables.
      { numRuns: 4, endOnFailure: true },
    );
  });

  const { path, absent } = sharedData("oak-python");
  it.skipIf(absent)("reads back to the same tables: the log of the Python logger", async () => {
    expect(differences(await tablesOf(path), await tablesOf(await readBack(path)))).toEqual([]);
  });

});
