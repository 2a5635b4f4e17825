import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";

import { append, directoryOf } from "../../test/support/directory.js";
import { anyEvent, anyForeignEvent } from "../../test/support/events.js";
import { LOG_FILES } from "../event/directory.js";
import type { TelemetryEvent } from "../event/events.js";
import { KeptTables } from "./kept.js";
import type { Row } from "./sql.js";
import { Tables } from "./tables.js";

const NAMES = ["invocations", "workflows", "handoffs", "feedback", "workflow_metrics", "workflow_runs"];

async function dump(tables: Tables): Promise<Record<string, Row[]>> {
  const all: Record<string, Row[]> = {};
  for (const name of NAMES) all[name] = await tables.rows(`SELECT * FROM ${name} ORDER BY ALL`);
  return all;
}

async function fresh(directory: string): Promise<Record<string, Row[]>> {
  const tables = await Tables.open(directory);
  try {
    return await dump(tables);
  } finally {
    tables.close();
  }
}

const count = async (tables: Tables) => (await tables.rows("SELECT count(*) AS n FROM invocations"))[0]!["n"];

const runs = (from: number, to: number): TelemetryEvent[] =>
  Array.from({ length: to - from }, (_, i) => ({
    event: "invocation_start",
    timestamp: new Date(Date.UTC(2026, 0, 1) + (from + i) * 1000).toISOString(),
    invocation_id: `i${from + i}`,
    agent_name: "a",
  }));

function keep(directory: string): KeptTables {
  const kept = new KeptTables({ directory });
  onTestFinished(() => kept.close());
  return kept;
}

describe("kept tables", () => {
  it("follow the log as it grows, to the same tables that opening it anew gives", async () => {
    const parts = fc.array(fc.array(fc.oneof(anyEvent, anyForeignEvent), { maxLength: 8 }), {
      minLength: 2,
      maxLength: 5,
    });
    await fc.assert(
      fc.asyncProperty(parts, fc.boolean(), async (steps, cached) => {
        const directory = directoryOf([]);
        append(directory, steps[0]!);
        // Follows on what is cached, or on nothing.
        if (cached) (await Tables.open(directory, { cacheAfterBytes: 0 })).close();
        const kept = new KeptTables({ directory });
        for (const step of steps.slice(1)) {
          await kept.read(dump);
          append(directory, step);
        }
        const followed = await kept.read(dump);
        kept.close();
        expect(followed).toEqual(await fresh(directory));
      }),
      { numRuns: 12, endOnFailure: true },
    );
  });

  it("are the same ones while the log is only appended to, with another folding", async () => {
    const directory = directoryOf(runs(0, 3));
    const kept = keep(directory);
    const [first, before] = await kept.read(async (tables) => [tables, tables.folding]);
    append(directory, runs(3, 5));
    const [second, after, n] = await kept.read(async (tables) => [tables, tables.folding, await count(tables)]);
    expect(second).toBe(first);
    expect(after).not.toBe(before);
    expect(n).toBe(5);
    expect(await kept.read(async (tables) => tables.folding)).toBe(after);
  });

  it("are opened anew when the log was written anew, or is gone", async () => {
    const directory = directoryOf(runs(0, 3));
    const kept = keep(directory);
    expect(await kept.read(count)).toBe(3);
    const lines = runs(10, 14).map((event) => JSON.stringify(event));
    writeFileSync(join(directory, LOG_FILES.invocation), `${lines.join("\n")}\n`);
    expect(await kept.read(count)).toBe(4);
    rmSync(join(directory, LOG_FILES.invocation));
    expect(await kept.read(count)).toBe(0);
  });

  it("never change under who is querying, and let everyone see what was written before they asked", async () => {
    const directory = directoryOf([]);
    const kept = keep(directory);
    const reads: Promise<void>[] = [];
    for (let written = 0; written < 60; written += 3) {
      append(directory, runs(written, written + 3));
      reads.push(
        kept.read(async (tables) => {
          const first = await count(tables);
          expect(first).toBeGreaterThanOrEqual(written + 3);
          await new Promise((resolve) => setTimeout(resolve, written % 4));
          expect(await count(tables)).toBe(first);
        }),
      );
      if (written % 9 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await Promise.all(reads);
    expect(await kept.read(count)).toBe(60);
  });

  it("are freed when the last query has ended, and opened again by the next", async () => {
    const directory = directoryOf(runs(0, 3));
    const kept = keep(directory);
    const reading = kept.read(async (tables) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return count(tables);
    });
    await new Promise((resolve) => setTimeout(resolve, 5));
    kept.close();
    expect(await reading).toBe(3);
    expect(await kept.read(count)).toBe(3);
  });
});
