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

// Long after everything: an end is logged when it happened, however long a run says it lasted.
const as_of = "2027-11-01T00:00:00Z";

/** Every row of every view. A line without an identity gets one, which is left out. */
async function tablesOf(directory: string): Promise<Record<string, unknown[]>> {
  return withTables({ directory, as_of }, async (tables, silentSince) => {
    const access = await TableAccess.open(tables, silentSince);
    const found: Record<string, unknown[]> = {};
    for (const { name, columns } of VIEWS) {
      const names = columns.map((column) => column.name).filter((column) => column !== "event_id");
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

/**
 * Of two workflows with one id, one is left: what else is known of the other cannot be exported. And of lines of a
 * workflow that are logged at the same moment by several loggers without identities, those of one: which of them comes
 * first, and so gives the workflow its session, nothing says.
 */
function tellable(events: readonly TelemetryEvent[]): TelemetryEvent[] {
  const seen = new Set<string>();
  const sessions = new Map<string, unknown>();
  return events.filter((event) => {
    const isHandoff = event.event === "agent_handoff";
    if (!isHandoff && !event.event.startsWith("workflow_")) return true;
    const workflow = "workflow_id" in event ? event.workflow_id : "";
    const moment = `${workflow} ${event.timestamp}`;
    if (!sessions.has(moment)) sessions.set(moment, event.session_id);
    if (sessions.get(moment) !== event.session_id) return false;
    if (isHandoff) return true;
    const once = `${event.event === "workflow_start"} ${workflow}`;
    return !seen.has(once) && seen.add(once);
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
        const directory = directoryOf(tellable(events));
        expect(differences(await tablesOf(directory), await tablesOf(await readBack(directory)))).toEqual([]);
      }),
      // Each takes three times the opening of tables.
      { numRuns: 4, endOnFailure: true },
    );
  });

  it("writes spans that others read: ids, parents, conventions", async () => {
    const directory = directoryOf([
      ...eventsOf("wf", {
        end: 100,
        runs: { lead: run(0, 90), coder: run(10, 60, { parent: "lead", status: "failure" }) },
        handoffs: [["lead", "coder", 10]],
      }),
    ]);
    const [workflow, lead, coder] = spansIn(await exported(directory));
    expect(workflow).toMatchObject({
      name: "invoke_workflow project",
      attributes: { "gen_ai.operation.name": "invoke_workflow", "gen_ai.workflow.name": "project" },
      events: [{ name: "gen_ai.agent.handoff", attributes: { "gen_ai.agent.handoff.target.name": "coder" } }],
      status: { code: "ok" },
    });
    expect(workflow!.parent_id).toBeUndefined();
    expect(lead).toMatchObject({ name: "invoke_agent lead", parent_id: workflow!.span_id, status: { code: "ok" } });
    expect(coder).toMatchObject({
      name: "invoke_agent coder",
      trace_id: workflow!.trace_id,
      parent_id: lead!.span_id,
      attributes: { "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "coder", "error.type": "_OTHER" },
      status: { code: "error" },
      start_us: lead!.start_us + 10_000_000,
    });
  });

  it("is a command, whose file oak import otlp takes", async () => {
    const directory = directoryOf(eventsOf("wf", { end: 100, runs: { a: run(0, 90) } }));
    const out = temporaryDirectory();
    const { code, stdout } = await oak(["export", "--format", "otlp", "--out", out, "--dir", directory]);
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringMatching(/traces\.jsonl +2 /) as string });
    const back = temporaryDirectory();
    const args = ["import", "otlp", join(out, "traces.jsonl"), "--dir", back];
    expect(await oakJson(args)).toMatchObject({ spans: 2, workflows: 1, invocations: 1, lines_added: 4 });
    expect(await oakJson(args)).toMatchObject({ lines_added: 0, lines_known: 4 });
    const tables = await oak(["export", "--format", "otlp", "--tables", "feedback", "--out", out, "--dir", directory]);
    expect(tables).toMatchObject({ code: 2, stderr: expect.stringContaining("--tables does not go with") as string });
  });

  const { path, absent } = sharedData("oak-python");
  it.skipIf(absent)("reads back to the same tables: the log of the Python logger", async () => {
    expect(differences(await tablesOf(path), await tablesOf(await readBack(path)))).toEqual([]);
  });
});
