import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { temporaryDirectory } from "../../test/support/directory.js";
import { LOG_FILES, LOG_KINDS, type LogKind } from "../event/directory.js";
import { LogFiles } from "./log-files.js";

/** The lines of a file that another process would see. */
function seen(directory: string, kind: LogKind): number[] {
  const path = join(directory, LOG_FILES[kind]);
  return existsSync(path) ? readFileSync(path, "utf8").split("\n").filter(Boolean).map(Number) : [];
}

describe("the files of a log", () => {
  it("never show what was told of a workflow or judged before what was told of runs earlier, and show all at the end", () => {
    const step = fc.record({ kind: fc.constantFrom(...LOG_KINDS), later: fc.constantFrom(0, 0, 0, 1) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const directory = temporaryDirectory();
        const files = new LogFiles(directory, { fsync: false, onWritten: () => undefined });
        let now = 1;
        for (const [i, { kind, later }] of steps.entries()) {
          files.append(kind, String(i), (now += later));
          const last = Math.max(-1, ...seen(directory, "workflow"), ...seen(directory, "feedback"));
          const earlier = steps.flatMap((other, at) => (other.kind === "invocation" && at < last ? [at] : []));
          expect(seen(directory, "invocation").slice(0, earlier.length)).toEqual(earlier);
        }
        files.close();
        expect(LOG_KINDS.flatMap((kind) => seen(directory, kind))).toHaveLength(steps.length);
      }),
      { numRuns: 50 },
    );
  });

  it("gather the lines of a burst in one file", () => {
    const directory = temporaryDirectory();
    const writes: number[] = [];
    const files = new LogFiles(directory, { fsync: false, onWritten: (lines) => writes.push(lines) });
    for (let i = 0; i < 5; i++) files.append("invocation", String(i), 1);
    files.append("workflow", "5", 1);
    files.close();
    expect(writes).toEqual([1, 4, 1]);
  });
});
