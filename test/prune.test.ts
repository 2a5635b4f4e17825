import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { describe, expect, it } from "vitest";

import type { PruneSummary } from "../src/access/pruner.js";
import { LOG_FILES, LOG_KINDS, type LogKind } from "../src/event/directory.js";
import { temporaryDirectory } from "./support/directory.js";
import { node, oak, oakJson, ROOT } from "./support/oak.js";

const WRITER = fileURLToPath(new URL("support/writer.mjs", import.meta.url));
const OAK = `${ROOT}dist/cli/main.cjs`;
const BEFORE = "2026-06-01";
const OLD = "2026-05-01T12:00:00.000Z";
const YOUNG = "2026-06-01T00:00:00.000Z";

type Lines = Record<LogKind, string[]>;

const line = (event: object) => JSON.stringify(event);
const workflow = (id: string, timestamp: string, event = "workflow_start", more: object = {}) =>
  line({ timestamp, event, workflow_id: id, project_name: "", agent_plan: [], ...more });
const handoff = (id: string, timestamp: string) =>
  workflow(id, timestamp, "agent_handoff", { from_agent: "a", to_agent: "b", artifacts: [] });
const run = (id: string, timestamp: string, more: object = {}) =>
  line({ timestamp, event: "invocation_start", invocation_id: id, agent_name: "a", ...more });
const update = (id: string, timestamp: string, more: object = {}) =>
  line({ timestamp, event: "invocation_update", invocation_id: id, outcome: { status: "success" }, ...more });
const metric = (id: string, timestamp: string) =>
  line({ timestamp, invocation_id: id, success: true, quality_rating: 4, feedback_source: "human" });

function write(directory: string, lines: Lines): void {
  for (const kind of LOG_KINDS)
    writeFileSync(join(directory, LOG_FILES[kind]), lines[kind].map((text) => `${text}\n`).join(""), { mode: 0o600 });
}

function read(directory: string): Lines {
  const lines = LOG_KINDS.map((kind) => [
    kind,
    readFileSync(join(directory, LOG_FILES[kind]), "utf8").split("\n").slice(0, -1),
  ]);
  return Object.fromEntries(lines) as Lines;
}

/** A log of many old things and a few young ones, and what is to stay of it. */
function long(things: number): { all: Lines; young: Lines } {
  const all: Lines = { workflow: [], invocation: [], feedback: [] };
  const young: Lines = { workflow: [], invocation: [], feedback: [] };
  const text = "x".repeat(300);
  for (let i = 0; i < things; i++) {
    const at = i % 10 === 9 ? YOUNG : OLD;
    const lines: Lines = {
      workflow: [workflow(`w${i}`, at), handoff(`w${i}`, at)],
      invocation: [run(`i${i}`, at, { workflow_id: `w${i}`, task_description: text }), update(`i${i}`, at)],
      feedback: [metric(`i${i}`, at)],
    };
    for (const kind of LOG_KINDS) {
      all[kind].push(...lines[kind]);
      if (at === YOUNG) young[kind].push(...lines[kind]);
    }
  }
  return { all, young };
}

const leftovers = (directory: string) =>
  readdirSync(directory).filter((name) => !Object.values(LOG_FILES).some((file) => file === name));

const prune = (directory: string, ...more: string[]) => oak(["prune", "--dir", directory, "--before", BEFORE, ...more]);

describe("oak prune", () => {
  it("removes whole things, and keeps every other byte", async () => {
    const directory = temporaryDirectory();
    const kept: Lines = {
      workflow: [
        // It began long ago, but one of its runs did not.
        workflow("slow", OLD),
        handoff("slow", OLD),
        workflow("young", YOUNG),
        '{"timestamp":"2026-05-01T12:00:00Z","event":"workflow_start","workflow_id":"ol',
        line({ timestamp: OLD, event: "workflow_paused", workflow_id: "old" }),
        '  {"timestamp": "2026-07-01T00:00:00Z", "event": "workflow_start", "workflow_id": "spaced"}\r',
        "",
      ],
      invocation: [
        run("slow-1", OLD, { workflow_id: "slow" }),
        run("slow-2", YOUNG, { workflow_id: "slow" }),
        run("alone-young", OLD),
        update("alone-young", YOUNG),
        run("by-session", OLD, { session_id: "s" }),
        line({ timestamp: "long ago", event: "invocation_start", invocation_id: "alone" }),
        "not JSON \u00e9",
      ],
      feedback: [metric("slow-1", OLD), metric("alone-young", OLD), metric("nobody", YOUNG)],
    };
    const gone: Lines = {
      workflow: [
        workflow("old", OLD),
        handoff("old", OLD),
        workflow("old", OLD, "workflow_complete", { success: true }),
      ],
      invocation: [
        run("old-1", OLD, { workflow_id: "old" }),
        update("old-1", OLD, { duration_seconds: 60 }),
        // Nobody logged a start of this workflow.
        run("old-2", OLD, { workflow_id: "unknown" }),
        run("alone", OLD),
      ],
      // Feedback does not keep alive what it is about.
      feedback: [metric("old-1", OLD), metric("alone", YOUNG), metric("forgotten", OLD)],
    };
    // A workflow to which an old invocation belongs by session only.
    kept.workflow.push(workflow("session", "2026-04-30T00:00:00Z", "workflow_start", { session_id: "s" }));
    kept.workflow.push(workflow("session", YOUNG, "workflow_complete", { success: true }));
    const all = Object.fromEntries(
      LOG_KINDS.map((kind) => [kind, kept[kind].flatMap((text, i) => [text, ...gone[kind].slice(i, i + 1)])]),
    ) as Lines;
    write(directory, all);
    const before = Object.fromEntries(LOG_KINDS.map((kind) => [kind, statSync(join(directory, LOG_FILES[kind])).ino]));
    expect(gone.workflow.length).toBeLessThan(kept.workflow.length);

    const summary = {
      workflows: 2,
      invocations: 3,
      handoffs: 1,
      feedback: 3,
      lines: 10,
      from: OLD,
      to: YOUNG,
      kept_unknown_lines: 4,
    };
    const planned = await oakJson<PruneSummary>(["prune", "--dir", directory, "--before", BEFORE, "--dry-run"]);
    expect(planned).toMatchObject({ ...summary, removed: false });
    expect(read(directory)).toEqual(all);
    expect(await oakJson(["prune", "--dir", directory, "--before", BEFORE, "--yes"])).toEqual({
      ...planned,
      removed: true,
    });
    expect(read(directory)).toEqual(kept);
    expect(leftovers(directory)).toEqual([]);
    for (const kind of LOG_KINDS) {
      const { ino, mode } = statSync(join(directory, LOG_FILES[kind]));
      expect(ino).not.toBe(before[kind]);
      expect(mode & 0o777).toBe(0o600);
    }
  });

  it("states what goes, and removes nothing without a yes", async () => {
    const directory = temporaryDirectory();
    const { all } = long(20);
    write(directory, all);
    const { code, stdout, stderr } = await prune(directory);
    expect(code).toBe(2);
    expect(stdout).toContain("18 workflows, 18 invocations, 18 handoffs, 18 feedback\n90 lines, ");
    expect(stdout).toContain("2026-05-01 to 2026-05-01");
    expect(stderr).toContain("--yes");
    expect(await prune(directory, "--dry-run", "--yes")).toMatchObject({ code: 0, stdout, stderr: "" });
    expect(read(directory)).toEqual(all);
  });

  it("has nothing to do where everything is younger, or nothing is", async () => {
    const directory = temporaryDirectory();
    expect((await prune(directory)).stdout).toMatch(/^No telemetry yet/);
    write(directory, { workflow: [workflow("w", YOUNG)], invocation: [], feedback: [] });
    const { ino } = statSync(join(directory, LOG_FILES.workflow));
    for (const more of [[], ["--yes"]]) {
      const { code, stdout } = await prune(directory, ...more);
      expect({ code, stdout }).toEqual({
        code: 0,
        stdout: `Nothing in ${directory} was last heard of before ${BEFORE}.\n`,
      });
    }
    expect(statSync(join(directory, LOG_FILES.workflow)).ino).toBe(ino);
  });

  it("refuses the future, and what is no time", async () => {
    for (const time of ["2999-01-01", "soon"]) {
      const { code, stdout } = await oak(["prune", "--dir", temporaryDirectory(), "--before", time, "--yes"]);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    }
  });

  it("lets one process at a time, and one that died hold nobody up", async () => {
    const directory = temporaryDirectory();
    const { all, young } = long(20);
    write(directory, all);
    const lock = join(directory, "prune.lock");
    writeFileSync(lock, String(process.pid));
    const { code, stderr } = await prune(directory, "--yes");
    expect({ code, there: read(directory) }).toEqual({ code: 1, there: all });
    expect(stderr).toContain(`process ${process.pid} is at it`);
    const died = spawn(process.execPath, ["--version"]);
    await once(died, "close");
    writeFileSync(lock, String(died.pid));
    expect((await prune(directory, "--yes")).code).toBe(0);
    expect(read(directory)).toEqual(young);
    expect(leftovers(directory)).toEqual([]);
  });

  it("removes the cached tables, and keeps links and permissions", async () => {
    const directory = temporaryDirectory();
    const elsewhere = temporaryDirectory();
    const { all, young } = long(20);
    write(elsewhere, all);
    for (const file of Object.values(LOG_FILES)) symlinkSync(join(elsewhere, file), join(directory, file));
    await oak(["tables", "--rebuild", "--dir", directory]);
    expect(existsSync(join(directory, "tables"))).toBe(true);
    expect((await prune(directory, "--yes")).code).toBe(0);
    expect(existsSync(join(directory, "tables"))).toBe(false);
    expect(read(elsewhere)).toEqual(young);
    expect(leftovers(directory)).toEqual([]);
    expect(leftovers(elsewhere)).toEqual([]);
  });
});

describe("oak prune beside programs that record", () => {
  it("loses no event of theirs, and doubles none", async () => {
    const directory = temporaryDirectory();
    const { all, young } = long(3000);
    write(directory, all);
    const writers = Array.from({ length: 3 }, () => {
      const child = spawn(process.execPath, [WRITER, directory, "4000", "200", "1"], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      return { ready: once(child.stdout, "data"), ended: once(child, "close") };
    });
    await Promise.all(writers.map(({ ready }) => ready));
    expect((await prune(directory, "--yes")).code).toBe(0);
    for (const { ended } of writers) expect(await ended).toEqual([0, null]);

    // Who opens the file while another is in the middle of a write may leave an empty line.
    const invocations = read(directory).invocation.filter((text) => text !== "");
    expect(invocations.slice(0, young.invocation.length)).toEqual(young.invocation);
    const written = invocations.slice(young.invocation.length).map((text) => JSON.parse(text) as { event_id: string });
    expect(written).toHaveLength(3 * 4000);
    expect(new Set(written.map(({ event_id }) => event_id)).size).toBe(3 * 4000);
    expect(leftovers(directory)).toEqual([]);
  });

  /** Waits until the old file has its second name, that is until it is being, or has been, replaced. */
  async function replaced(directory: string, kind: LogKind): Promise<string> {
    for (;;) {
      const found = readdirSync(directory).find((name) => name.startsWith(`${LOG_FILES[kind]}.pruned-`));
      if (found) return found;
      await sleep(1);
    }
  }

  it("takes over what is appended to the old file after it was replaced", async () => {
    const directory = temporaryDirectory();
    const { all, young } = long(200);
    write(directory, all);
    const path = join(directory, LOG_FILES.invocation);
    const writer = openSync(path, "a");
    // A line that was torn before.
    writeSync(writer, '{"timestamp":"torn');
    const pruned = prune(directory, "--yes");
    await replaced(directory, "invocation");
    writeSync(writer, "\n");
    for (let i = 0; i < 50; i++) {
      writeSync(writer, `${run(`late-${i}`, YOUNG)}\n${run(`half-${i}`, YOUNG).slice(0, 20)}`);
      await sleep(2);
      writeSync(writer, `${run(`half-${i}`, YOUNG).slice(20)}\n`);
      appendFileSync(path, `${run(`new-${i}`, YOUNG)}\n`);
    }
    // Nobody ends this line.
    writeSync(writer, '{"timestamp":"torn too');
    closeSync(writer);
    expect((await pruned).code).toBe(0);
    const numbers = Array.from({ length: 50 }, (_, i) => i);
    const late = numbers.flatMap((i) => [`late-${i}`, `half-${i}`, `new-${i}`].map((id) => run(id, YOUNG)));
    const torn = ['{"timestamp":"torn', '{"timestamp":"torn too'];
    const there = read(directory).invocation.filter((text) => text !== "");
    expect(there.toSorted()).toEqual([...young.invocation, ...late, ...torn].toSorted());
    expect(leftovers(directory)).toEqual([]);
  });

  it("killed while it moves late lines, leaves them to the next one", async () => {
    const { all, young } = long(200);
    let directory: string;
    let writer: number;
    do {
      directory = temporaryDirectory();
      write(directory, all);
      writer = openSync(join(directory, LOG_FILES.invocation), "a");
      const child = spawn(process.execPath, [OAK, "prune", "--dir", directory, "--before", BEFORE, "--yes"]);
      await replaced(directory, "invocation");
      child.kill("SIGKILL");
      await once(child, "close");
      // Where it was killed too late, there is nothing left to do for the next one.
    } while (leftovers(directory).length === 0);
    writeSync(writer, `${run("late", YOUNG)}\n`);
    closeSync(writer);
    expect((await prune(directory, "--yes")).code).toBe(0);
    const { invocation } = read(directory);
    expect(invocation.toSorted()).toEqual([...young.invocation, run("late", YOUNG)].toSorted());
    expect(leftovers(directory)).toEqual([]);
  });
});

describe("oak prune killed at any moment", () => {
  it("leaves every file whole, old or new, and the next one finishes", async () => {
    const { all, young } = long(4000);
    for (const delay of [200, 400, 600, 800, 1200, 2500]) {
      const directory = temporaryDirectory();
      write(directory, all);
      const child = spawn(process.execPath, [OAK, "prune", "--dir", directory, "--before", BEFORE, "--yes"]);
      await sleep(delay);
      child.kill("SIGKILL");
      await once(child, "close");
      const there = read(directory);
      for (const kind of LOG_KINDS) {
        const content = there[kind].join("\n");
        expect(content === all[kind].join("\n") || content === young[kind].join("\n")).toBe(true);
      }
      const { code, stderr } = await node([OAK, "prune", "--dir", directory, "--before", BEFORE, "--yes"]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(read(directory)).toEqual(young);
      expect(leftovers(directory)).toEqual([]);
    }
  });
});
