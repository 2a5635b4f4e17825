import { readdirSync, readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { sharedData } from "../../test/support/data.js";
import { criticalPath } from "./critical-path.js";
import type { EndedRun } from "./run.js";

const runOf = (id: string, start: number, end: number, parent_id: string | null): EndedRun => ({
  id,
  agent: id,
  task_type: null,
  parent_id,
  detached: false,
  start,
  end,
  status: "success",
});

/** A trace in the format of Jaeger, as published with CRISP, and what CRISP gives for it. */
interface Trace {
  readonly data: readonly {
    readonly processes: Readonly<Record<string, { readonly serviceName: string }>>;
    readonly spans: readonly {
      readonly spanID: string;
      readonly processID: string;
      readonly operationName: string;
      readonly startTime: number;
      readonly duration: number;
      readonly references: readonly { readonly refType: string; readonly spanID: string }[];
    }[];
  }[];
  /** Exclusive time on the critical path by operation, alone or beside CRISP's analysis of errors. */
  readonly testing: readonly [Times] | { readonly opTimeExclusive: Times };
}
type Times = Readonly<Record<string, number>>;

describe("the traces published with CRISP", () => {
  const crisp = sharedData("crisp");
  const files = crisp.absent ? [] : readdirSync(crisp.path).filter((file) => file.endsWith(".json"));
  const read = (file: string) => JSON.parse(readFileSync(`${crisp.path}/${file}`, "utf8")) as Trace;

  it.skipIf(crisp.absent)("are there, and have no relation between spans but that of parent and child", () => {
    expect(files).toHaveLength(15);
    const references = files.flatMap((file) => read(file).data.flatMap(({ spans }) => spans));
    for (const { refType } of references.flatMap((span) => span.references)) expect(refType).toBe("CHILD_OF");
  });

  it.skipIf(crisp.absent).each(files)("%s: the same exclusive time for every operation", (file) => {
    const { data, testing } = read(file);
    const { processes, spans } = data[0]!;
    const runs = spans.map(({ spanID, startTime, duration, references }) =>
      runOf(spanID, startTime, startTime + duration, references[0]?.spanID ?? null),
    );
    const root = runs.find(({ parent_id }) => parent_id === null)!;
    // Operations that are not on the path have no time there; CRISP lists some of them with 0.
    const expected = "opTimeExclusive" in testing ? testing.opTimeExclusive : testing[0];
    const times: Record<string, number> = Object.fromEntries(Object.keys(expected).map((operation) => [operation, 0]));
    for (const segment of criticalPath(root, runs).segments) {
      const { processID, operationName } = spans.find(({ spanID }) => spanID === segment.id)!;
      const operation = `[${processes[processID]!.serviceName}] ${operationName}`;
      times[operation] = (times[operation] ?? 0) + segment.end - segment.start;
    }
    expect(times).toEqual(expected);
  });
});
