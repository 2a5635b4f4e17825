import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { append, directoryOf, temporaryDirectory } from "../../test/support/directory.js";
import { anyEvent, anyForeignEvent, anyText } from "../../test/support/events.js";
import { LOG_FILES } from "../event/directory.js";
import type { TelemetryEvent } from "../event/events.js";
import { inspectLog } from "../log/inspect.js";
import { agentTotals } from "./queries.js";
import type { Row } from "./sql.js";
import { Tables, type OpenOptions } from "./tables.js";

const TABLES = [
  "invocations",
  "workflows",
  "handoffs",
  "feedback",
  "workflow_invocations",
  "workflow_metrics",
  "workflow_runs",
];

async function open<T>(directory: string, use: (tables: Tables) => Promise<T>, options?: OpenOptions): Promise<T> {
  const tables = await Tables.open(directory, options);
  try {
    return await use(tables);
  } finally {
    tables.close();
  }
}

const query = (events: readonly TelemetryEvent[], sql: string): Promise<Row[]> =>
  open(directoryOf(events), (tables) => tables.rows(sql));

/** All tables, in an order of their own. */
async function dump(directory: string, options?: OpenOptions): Promise<Record<string, Row[]>> {
  return open(
    directory,
    async (tables) => {
      const all: Record<string, Row[]> = {};
      for (const table of TABLES) all[table] = await tables.rows(`SELECT * FROM ${table} ORDER BY ALL`);
      all["agents"] = (await agentTotals(tables)) as unknown as Row[];
      return all;
    },
    options,
  );
}

const at = (second: number) => new Date(Date.UTC(2026, 10, 1) + second * 1000).toISOString();
const start = (invocation_id: string, second: number, more: object = {}): TelemetryEvent => ({
  event: "invocation_start",
  timestamp: at(second),
  invocation_id,
  agent_name: "a",
  ...more,
});
const update = (invocation_id: string, second: number, more: object = {}): TelemetryEvent => ({
  event: "invocation_update",
  timestamp: at(second),
  invocation_id,
  ...more,
});

describe("the fold", () => {
  it("gives the same tables for any permutation and duplication of the same events", async () => {
    const logs = fc.array(fc.oneof(anyEvent, anyForeignEvent), { minLength: 1, maxLength: 25 }).chain((events) =>
      fc.record({
        events: fc.constant(events),
        shuffled: fc.array(fc.nat(events.length - 1), { maxLength: 10 }).chain((again) =>
          fc.shuffledSubarray([...events, ...again.map((i) => events[i]!)], {
            minLength: events.length + again.length,
          }),
        ),
      }),
    );
    await fc.assert(
      fc.asyncProperty(logs, async ({ events, shuffled }) => {
        expect(await dump(directoryOf(shuffled))).toEqual(await dump(directoryOf(events)));
      }),
      { numRuns: 20, endOnFailure: true },
    );
  });

  it("gives the same tables a few lines at a time, from the cache, as all at once", async () => {
    const steps = fc.record({
      parts: fc.array(fc.array(fc.oneof(anyEvent, anyForeignEvent), { maxLength: 10 }), { minLength: 2, maxLength: 5 }),
      // Whether the tables are cached at each step, and how much is read at a time.
      cached: fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
      chunkBytes: fc.constantFrom(200, 1000, 100_000),
    });
    await fc.assert(
      fc.asyncProperty(steps, async ({ parts, cached, chunkBytes }) => {
        const directory = directoryOf([]);
        let stepwise: Record<string, Row[]> = {};
        for (const [i, part] of parts.entries()) {
          append(directory, part);
          const cacheAfterBytes = cached[i] ? 0 : 1e9;
          stepwise = await dump(directory, { cacheAfterBytes, chunkBytes });
        }
        expect(stepwise).toEqual(await dump(directoryOf(parts.flat())));
      }),
      { numRuns: 12, endOnFailure: true },
    );
  });

  it("merges start and updates field by field, the last that says anything winning", async () => {
    const rows = await query(
      [
        start("i", 0, { workflow_id: "w", outcome: { status: "unknown", files_modified: [] }, tools_used: [] }),
        update("i", 5, { tools_used: ["Edit"], outcome: { files_modified: ["x"] } }),
        update("i", 10, { duration_seconds: 9.5, outcome: { status: "success" } }),
      ],
      "SELECT status, tools_used, files_modified, duration_seconds, workflow_id, has_start FROM invocations",
    );
    expect(rows).toEqual([
      {
        status: "success",
        tools_used: ["Edit"],
        files_modified: ["x"],
        duration_seconds: 9.5,
        workflow_id: "w",
        has_start: true,
      },
    ]);
  });

  it("reads the Python logger's one rewritten line the same way", async () => {
    const directory = temporaryDirectory();
    const line = { timestamp: at(0), invocation_id: "i", agent_name: "a", state_features: { task: { type: "t" } } };
    const done = { ...line, duration_seconds: 60.5, outcome: { status: "success" } };
    writeFileSync(join(directory, LOG_FILES.invocation), `${JSON.stringify(done)}\n`);
    const sql = "SELECT status, duration_seconds, epoch(ended_at - started_at) AS seconds, task_type FROM invocations";
    expect(await open(directory, (tables) => tables.rows(sql))).toEqual([
      { status: "success", duration_seconds: 60.5, seconds: 60.5, task_type: "t" },
    ]);
  });

  it.each([
    ["no end: running", [start("i", 0)], { status: "running", duration_seconds: null }],
    ["a note in between does not end it", [start("i", 0), update("i", 5, { tools_used: [] })], { status: "running" }],
    [
      "an end that nobody judged is unknown, not a failure",
      [start("i", 0), update("i", 5, { outcome: { status: "unknown" } })],
      { status: "unknown", duration_seconds: 5 },
    ],
    [
      "unknown does not overrule who knows",
      [
        start("i", 0),
        update("i", 5, { outcome: { status: "failure" } }),
        update("i", 6, { outcome: { status: "unknown" } }),
      ],
      { status: "failure" },
    ],
    [
      "a reported duration beats the clock",
      [start("i", 0), update("i", 100, { duration_seconds: 40 })],
      { status: "unknown", duration_seconds: 40 },
    ],
    [
      "an end without a start began its duration earlier",
      [update("i", 100, { duration_seconds: 40, outcome: { status: "success" } })],
      { status: "success", duration_seconds: 40, has_start: false, start: 60 },
    ],
    [
      "an end without start and duration has no length",
      [update("i", 100, { outcome: { status: "success" } })],
      { duration_seconds: 0, start: 100 },
    ],
    [
      "an end before its start has no length",
      [start("i", 10), update("i", 5, { outcome: { status: "success" } })],
      { duration_seconds: 0, start: 10 },
    ],
    [
      "a later line amends what is said of it, not when it ended",
      [
        start("i", 0),
        update("i", 60, { outcome: { status: "success" } }),
        update("i", 9000, { outcome: { status: "failure" } }),
      ],
      { status: "failure", duration_seconds: 60 },
    ],
    [
      "what a start does not know yet does not overrule an update of the same or an earlier time",
      [
        update("i", 0, { tools_used: ["Edit"], event_id: "1", outcome: { files_modified: ["x"] } }),
        start("i", 1, { tools_used: [], event_id: "2", outcome: { files_modified: [] } }),
      ],
      { tools_used: ["Edit"], files_modified: ["x"] },
    ],
    [
      "a duration that is none is not known",
      [start("i", 0), update("i", 5, { duration_seconds: -3, outcome: { status: "success" } })],
      { duration_seconds: 5 },
    ],
    ["a propensity is read", [start("i", 0, { propensity: 0.25 })], { propensity: 0.25 }],
    ...[0, 1.5, -0.2, "likely"].map((propensity) => [
      `a propensity that is none (${propensity}) is not known`,
      [start("i", 0, { propensity })],
      { propensity: null },
    ]),
  ] as [string, TelemetryEvent[], Row][])("%s", async (_, events, expected) => {
    const sql = `SELECT *, epoch(started_at) - ${Date.UTC(2026, 10, 1) / 1000} AS start FROM invocations`;
    expect((await query(events, sql))[0]).toMatchObject(expected);
  });

  it("knows what became of a workflow", async () => {
    const workflow = (workflow_id: string, ...rest: object[]) =>
      [{ event: "workflow_start", timestamp: at(0), project_name: "p", agent_plan: ["a"] }, ...rest].map((event) => ({
        workflow_id,
        ...event,
      })) as TelemetryEvent[];
    const complete = { event: "workflow_complete", timestamp: at(100), duration_seconds: 90, agents_executed: ["a"] };
    const rows = await query(
      [
        ...workflow("good", { ...complete, success: true }),
        ...workflow("bad", { ...complete, success: false }),
        ...workflow("off", { event: "workflow_cancelled", timestamp: at(50) }),
        ...workflow("open"),
        { workflow_id: "orphan", ...complete, success: true } as TelemetryEvent,
        start("i", 7, { workflow_id: "implied" }),
      ],
      `SELECT workflow_id, end_status, success, duration_seconds, observed_seconds, has_start,
         epoch(started_at) - ${Date.UTC(2026, 10, 1) / 1000} AS start
       FROM workflows ORDER BY workflow_id`,
    );
    const row = (workflow_id: string, ...values: unknown[]) => ({
      workflow_id,
      end_status: values[0],
      success: values[1],
      duration_seconds: values[2],
      observed_seconds: values[3],
      has_start: values[4],
      start: values[5],
    });
    expect(rows).toEqual([
      row("bad", "failed", false, 90, 100, true, 0),
      row("good", "completed", true, 90, 100, true, 0),
      row("implied", null, null, null, null, false, 7),
      row("off", "cancelled", null, 50, 50, true, 0),
      row("open", null, null, null, null, true, 0),
      row("orphan", "completed", true, 90, null, false, 10),
    ]);
  });

  it("counts a line once by its event id, else by what it says", async () => {
    const handoff = (more: object) => ({
      event: "agent_handoff",
      timestamp: at(1),
      workflow_id: "w",
      from_agent: "a",
      to_agent: "b",
      artifacts: [],
      ...more,
    });
    const events = [
      handoff({ event_id: "1" }),
      handoff({ event_id: "1" }),
      handoff({ event_id: "2" }),
      handoff({ to_agent: "c" }),
      handoff({ to_agent: "c" }),
    ] as TelemetryEvent[];
    expect(await query(events, "SELECT count(*) AS n FROM handoffs")).toEqual([{ n: 3 }]);
  });

  it("measures a workflow without start and duration from its first sign of life", async () => {
    const handoff = { event: "agent_handoff", timestamp: at(0), workflow_id: "w", from_agent: "a", to_agent: "b" };
    const complete = { event: "workflow_complete", timestamp: at(100), workflow_id: "w", success: true };
    const events = [
      { ...handoff, artifacts: [] },
      { ...complete, agents_executed: [] },
    ] as unknown as TelemetryEvent[];
    const run = [start("i", 50, { workflow_id: "w" }), update("i", 100, { duration_seconds: 50 })];
    expect(
      await query([...events, ...run], "SELECT wall_us / 1e6 AS wall, busy_us / 1e6 AS busy FROM workflow_metrics"),
    ).toEqual([{ wall: 100, busy: 50 }]);
  });

  it("joins by session only where no workflow id is known, and says so", async () => {
    const workflow = (workflow_id: string, from: number, to?: number) =>
      [
        { event: "workflow_start", timestamp: at(from), project_name: "", agent_plan: [] },
        {
          event: "workflow_complete",
          timestamp: at(to ?? 0),
          duration_seconds: 100,
          success: true,
          agents_executed: [],
        },
      ]
        .slice(0, to === undefined ? 1 : 2)
        .map((event) => ({ workflow_id, session_id: "s", ...event })) as TelemetryEvent[];
    const session = { session_id: "s" };
    const events = [
      ...workflow("old", 0, 100),
      ...workflow("open", 150),
      ...workflow("new", 200, 300),
      start("1", 10, session),
      start("2", 120, session),
      start("3", 160, session),
      start("4", 210, { ...session, workflow_id: "new" }),
      // Runs inside "new", which knows its own invocations: not one of "open".
      start("5", 220, session),
      start("6", 20, { session_id: "other" }),
    ];
    expect(await query(events, "SELECT * FROM workflow_invocations ORDER BY invocation_id")).toEqual([
      { workflow_id: "old", invocation_id: "1", joined_by: "session_id" },
      { workflow_id: "open", invocation_id: "3", joined_by: "session_id" },
      { workflow_id: "new", invocation_id: "4", joined_by: "workflow_id" },
    ]);
  });
});

describe("reading", () => {
  it("keeps every text as it was", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyText, { minLength: 1, maxLength: 20 }), async (texts) => {
        const events = texts.map((task_description, i) => start(String(i), i, { task_description }));
        const rows = await query(events, "SELECT task_description AS text FROM invocations ORDER BY started_at");
        expect(rows.map(({ text }) => text)).toEqual(texts);
      }),
      { numRuns: 30 },
    );
  });

  it("gives empty tables for a directory that does not exist", async () => {
    const all = await dump(join(temporaryDirectory(), "nowhere"));
    expect(Object.values(all).flat()).toEqual([]);
  });

  it("never throws and never loses a whole line, whatever is done to the bytes", async () => {
    const mutations = fc.array(
      fc.record({
        at: fc.double({ min: 0, max: 1, noNaN: true }),
        bytes: fc.uint8Array({ maxLength: 4 }),
        cut: fc.nat(30),
      }),
      { maxLength: 4 },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(anyEvent, { maxLength: 12 }), mutations, async (events, changes) => {
        const directory = directoryOf(events);
        for (const file of Object.values(LOG_FILES)) {
          let content = readFileSync(join(directory, file));
          for (const change of changes) {
            const from = Math.floor(change.at * content.length);
            content = Buffer.concat([content.subarray(0, from), change.bytes, content.subarray(from + change.cut)]);
          }
          writeFileSync(join(directory, file), content);
        }
        const inspection = await inspectLog(directory);
        await open(directory, async (tables) => {
          const terminated = inspection.damaged.filter(({ reason }) => !reason.includes("without line end"));
          expect(tables.unreadable_lines).toBeGreaterThanOrEqual(terminated.length);
          expect(tables.unreadable_lines).toBeLessThanOrEqual(terminated.length + inspection.invalid.length);
        });
      }),
      { numRuns: 30 },
    );
  });

  it("reads any bytes whatsoever", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        const directory = temporaryDirectory();
        for (const file of Object.values(LOG_FILES)) writeFileSync(join(directory, file), bytes);
        await inspectLog(directory);
        await open(directory, async (tables) => expect(tables.unreadable_lines).toBeGreaterThanOrEqual(0));
      }),
      { numRuns: 30 },
    );
  });

  it("reads times and sequences as extreme as they may be", async () => {
    const directory = temporaryDirectory();
    const line = (invocation_id: string, fields: object) => JSON.stringify({ ...start(invocation_id, 0), ...fields });
    const lines = [
      line("first", { timestamp: "0000-06-01T00:00:00Z" }),
      line("zone", { timestamp: "0001-01-01T00:00:00+14:00" }),
      line("last", { timestamp: "9999-12-31T23:59:59.999Z" }),
      line("most", { sequence: Number("9223372036854775807") }).replace("9223372036854776000", "9223372036854775807"),
      line("least", { sequence: -5 }),
    ];
    writeFileSync(join(directory, LOG_FILES.invocation), lines.join("\n"));
    expect(await open(directory, (tables) => tables.rows("SELECT count(*) AS n FROM invocations"))).toEqual([{ n: 5 }]);
  });

  it("is in UTC on every connection, wherever the machine stands", async () => {
    const before = process.env["TZ"];
    process.env["TZ"] = "America/New_York";
    try {
      await open(directoryOf([start("i", 0)]), async (tables) => {
        const connection = await tables.connect();
        const zone = await connection.runAndReadAll("SELECT current_setting('TimeZone')");
        expect(zone.getRowsJS()).toEqual([["UTC"]]);
        connection.closeSync();
      });
    } finally {
      if (before === undefined) delete process.env["TZ"];
      else process.env["TZ"] = before;
    }
  });

  it("knows when the log has changed", async () => {
    const directory = directoryOf([start("i", 0)]);
    await open(directory, async (tables) => {
      expect(await tables.stale()).toBe(false);
      appendFileSync(join(directory, LOG_FILES.invocation), `${JSON.stringify(update("i", 5))}\n`);
      expect(await tables.stale()).toBe(true);
    });
  });
});
