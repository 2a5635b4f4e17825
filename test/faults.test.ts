import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { describe, expect, it } from "vitest";

import { TelemetryAnalyzer } from "../src/index.js";
import { inspectLog, type LogInspection } from "../src/log/inspect.js";
import { directoryOf, temporaryDirectory } from "./support/directory.js";
import { node, oak, ROOT } from "./support/oak.js";
import { eventsOf, run } from "./support/scenario.js";

const WRITER = fileURLToPath(new URL("support/writer.mjs", import.meta.url));
const INVOCATIONS = "agent_invocations.jsonl";

/**
 * The lines of the log, each of which must be whole, but for empty ones: a process that opens the file while another one is
 * kept from going on in the middle of a write takes that line for torn after a while, and writes a line end, which comes
 * behind the whole line. Readers pass over it.
 */
const linesOf = (directory: string) =>
  readFileSync(join(directory, INVOCATIONS), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as { session_id: string; sequence: number });

async function countInvocations(directory: string): Promise<{ total: number; unreadable: number }> {
  const analyzer = new TelemetryAnalyzer({ directory });
  try {
    const { total_invocations: total } = await analyzer.generateStatistics();
    return { total, unreadable: await analyzer.unreadableLines() };
  } finally {
    analyzer.close();
  }
}

describe("many writers", () => {
  it("eight processes append 5,000 events each at once: every line is whole, each writer's in its order", async () => {
    const directory = temporaryDirectory();
    const writers = Array.from({ length: 8 }, () => node([WRITER, directory, "5000", "200"]));
    for (const { code, stderr } of await Promise.all(writers))
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const lines = linesOf(directory);
    expect(lines).toHaveLength(40_000);
    const last = new Map<string, number>();
    for (const { session_id, sequence } of lines) {
      expect(sequence).toBe((last.get(session_id) ?? 0) + 1);
      last.set(session_id, sequence);
    }
    expect([...last.values()]).toEqual(Array.from({ length: 8 }, () => 5000));
    expect(await countInvocations(directory)).toEqual({ total: 40_000, unreadable: 0 });
  });
});

describe("a killed writer", () => {
  it("damages at most its last line, others go on, and the doctor says where", async () => {
    const directory = temporaryDirectory();
    // Long lines, so that a kill in the middle of one is likely; a second writer goes on behind the torn lines.
    const kills = 6;
    const other = spawn(process.execPath, [WRITER, directory, "0", "300", "1"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(other.stdout, "data");
    for (let i = 0; i < kills; i++) {
      const victim = spawn(process.execPath, [WRITER, directory, "0", "400000"], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      await once(victim.stdout, "data");
      await sleep(20 + i * 7);
      victim.kill("SIGKILL");
      await once(victim, "close");
    }
    other.kill("SIGKILL");
    await once(other, "close");

    const inspection = await inspectLog(directory);
    expect(inspection.damaged.length).toBeLessThanOrEqual(kills + 1);
    expect(inspection.invalid).toEqual([]);
    const file = inspection.files.find(({ file: name }) => name === INVOCATIONS)!;
    const { total } = await countInvocations(directory);
    expect(total).toBe(file.events);
    expect(total).toBeGreaterThan(kills);

    // A line torn by hand in the same log: located, and the line behind it is read.
    appendFileSync(
      join(directory, INVOCATIONS),
      '\n{"timestamp":"2026-11-01T12:00:00Z","invocation_id":"torn","agent_na',
    );
    const { code } = await node([WRITER, directory, "1", "10"]);
    expect(code).toBe(0);
    const result = await oak(["doctor", "--dir", directory, "--json"]);
    const after = JSON.parse(result.stdout) as LogInspection;
    expect(result.code).toBe(1);
    expect(after.damaged.length).toBe(inspection.damaged.length + 1);
    expect(after.damaged.at(-1)).toMatchObject({ file: INVOCATIONS, reason: "truncated" });
    const { offset, line } = after.damaged.at(-1)!;
    const content = readFileSync(join(directory, INVOCATIONS));
    expect(content.subarray(offset).toString().startsWith('{"timestamp":"2026-11-01T12:00:00Z"')).toBe(true);
    expect(content.subarray(0, offset).toString("latin1").split("\n")).toHaveLength(line);
    expect((await countInvocations(directory)).total).toBe(total + 1);
  });
});

describe("empty lines in a log", () => {
  it("are no damage and count for nothing, wherever they stand", async () => {
    const events = eventsOf("w", {
      end: 60,
      runs: { planner: run(0, 20), coder: run(20, 50), tester: run(50, 60) },
      handoffs: [["planner", "coder", 20]],
    });
    const plain = directoryOf(events);
    const blank = directoryOf(events);
    for (const name of readdirSync(blank)) {
      const content = readFileSync(join(blank, name), "utf8");
      writeFileSync(join(blank, name), `\n\r\n${content.replaceAll("\n", "\n\n \r\n\n")}`);
    }
    const inspection = await inspectLog(blank);
    const { files } = await inspectLog(plain);
    expect(inspection).toMatchObject({ damaged: [], invalid: [], duplicates: 0, orphans: {} });
    expect(inspection.files.map(({ file, events: count }) => ({ file, events: count }))).toEqual(
      files.map(({ file, events: count }) => ({ file, events: count })),
    );
    expect((await oak(["doctor", "--dir", blank])).code).toBe(0);
    const report = ["report", "--json", "--as-of", "2027-01-01", "--dir"];
    const expected = await oak([...report, plain]);
    expect(expected).toMatchObject({ code: 0, stderr: "" });
    expect(await oak([...report, blank])).toEqual(expected);

    // Nor does an analysis that goes on where the last one stopped.
    const analyzer = new TelemetryAnalyzer({ directory: blank });
    await analyzer.generateStatistics();
    appendFileSync(join(blank, INVOCATIONS), "\n\n");
    expect((await analyzer.generateStatistics()).total_invocations).toBe(3);
    appendFileSync(
      join(blank, INVOCATIONS),
      `\n${JSON.stringify({ ...events.find(({ event }) => event === "invocation_start"), event_id: "new", invocation_id: "new" })}\n\n`,
    );
    expect((await analyzer.generateStatistics()).total_invocations).toBe(4);
    expect(await analyzer.unreadableLines()).toBe(0);
    analyzer.close();
  });
});

describe("a damaged log", () => {
  const start = (id: string, more: object = {}) =>
    JSON.stringify({
      timestamp: "2026-11-01T12:00:00Z",
      event: "invocation_start",
      event_id: id,
      invocation_id: id,
      agent_name: "a",
      ...more,
    });

  it("is read, counted and reported: NUL bytes, bad UTF-8, 64 MB, cut off, CRLF, BOM, duplicates, unknowns", async () => {
    const directory = temporaryDirectory();
    const huge = 64 * 1024 * 1024;
    const lines: (string | Buffer)[] = [
      `\uFEFF${start("bom")}`,
      `${start("crlf")}\r`,
      start("twice"),
      start("twice"),
      Buffer.alloc(512),
      Buffer.concat([Buffer.from('{"timestamp":"'), Buffer.from([0xc3, 0x28, 0xff])]),
      start("huge", { task_description: "x".repeat(huge) }),
      "",
      start("future", { mood: "good", outcome: { status: "success", score: 0.9 } }),
      JSON.stringify({ timestamp: "2026-11-01T12:00:00Z", event: "agent_dreamt", invocation_id: "later" }),
      start("wrong", { duration_seconds: "long" }),
      JSON.stringify({ event: "invocation_start", invocation_id: "timeless", agent_name: "a" }),
      "[1, 2, 3]",
      JSON.stringify({ timestamp: "2026-11-01T12:00:00Z", event: "__proto__", invocation_id: "odd" }),
      start("last").slice(0, 50),
    ];
    const bytes = lines.flatMap((line) => [Buffer.from(line), Buffer.from("\n")]).slice(0, -1);
    writeFileSync(join(directory, INVOCATIONS), Buffer.concat(bytes));

    const result = await oak(["doctor", "--dir", directory, "--json"]);
    const inspection = JSON.parse(result.stdout) as LogInspection & { healthy: boolean };
    expect(result.code).toBe(1);
    expect(inspection.healthy).toBe(false);
    expect(inspection.damaged.map(({ line, reason }) => [line, reason])).toEqual([
      [5, "NUL bytes"],
      [6, "invalid UTF-8"],
      [13, "not a JSON object"],
      [15, "truncated (last line, without line end)"],
    ]);
    expect(inspection.invalid.map(({ line }) => line)).toEqual([11, 12]);
    expect(inspection.invalid[0]!.reason).toMatch(/^duration_seconds: /);
    expect(inspection.invalid[1]!.reason).toMatch(/^timestamp: /);
    expect(Object.keys(inspection.unknown_events)).toEqual(["agent_dreamt", "__proto__"]);
    expect(inspection.unknown_events).toMatchObject({ agent_dreamt: { count: 1, first: { line: 10 } } });
    expect(inspection.unknown_fields).toMatchObject({ "invocation_start.mood": { count: 1, first: { line: 9 } } });
    expect(inspection.duplicates).toBe(1);
    expect(inspection.files[1]).toMatchObject({ file: INVOCATIONS, lines: 15, events: 6, damaged: 4, invalid: 2 });

    // bom, crlf, twice, huge, future, wrong; the cut-off line is not counted yet: it may still be written.
    expect(await countInvocations(directory)).toEqual({ total: 6, unreadable: 4 });
    const text = await oak(["doctor", "--dir", directory]);
    expect(text.stdout).toMatch(/agent_invocations\.jsonl +5 +NUL bytes/);
    const stats = await oak(["stats", "--dir", directory]);
    expect(stats).toMatchObject({ code: 0, stderr: expect.stringContaining("4 lines could not be read: oak doctor") });
  });

  it("tells lines of other loggers that stand there twice, and ids that were used twice", async () => {
    const directory = temporaryDirectory();
    const line = JSON.stringify({ timestamp: "2026-11-01T12:00:00Z", invocation_id: "i", agent_name: "a" });
    writeFileSync(join(directory, INVOCATIONS), `${line}\n${line}\n`);
    const begin = (second: number) =>
      JSON.stringify({
        timestamp: `2026-11-01T12:00:0${second}Z`,
        event: "workflow_start",
        workflow_id: "w",
        project_name: "p",
        agent_plan: [],
      });
    writeFileSync(join(directory, "workflow_events.jsonl"), `${begin(1)}\n${begin(1)}\n${begin(2)}\n`);
    const inspection = await inspectLog(directory);
    expect(inspection).toMatchObject({
      duplicates: 2,
      orphans: { workflow_ids_used_twice: { count: 1, first: { line: 3 } } },
    });
  });

  it("reads each line the same whatever its neighbours are", async () => {
    const twice = '{"timestamp":"2026-11-01T12:00:00Z","invocation_id":"i","agent_name":"first","agent_name":"second"}';
    const agents = async (content: string) => {
      const directory = temporaryDirectory();
      writeFileSync(join(directory, INVOCATIONS), content);
      const analyzer = new TelemetryAnalyzer({ directory });
      const names = Object.keys((await analyzer.generateStatistics()).agents);
      analyzer.close();
      return names;
    };
    expect(await agents(`${twice}\ndamage\n`)).toEqual(await agents(`${twice}\n`));
  });

  it("that is a folder or may not be read gives a clear error, not a stack trace", async () => {
    const directory = temporaryDirectory();
    mkdirSync(join(directory, INVOCATIONS));
    for (const command of ["stats", "doctor"]) {
      const { code, stderr } = await oak([command, "--dir", directory]);
      expect(code).toBe(1);
      expect(stderr).toMatch(/^oak: .*is not a file\n$/);
    }
  });
});

describe("a recorder that cannot write", () => {
  it.runIf(existsSync("/dev/full"))("lets its host finish when the disk is full, and says so once", async () => {
    const directory = temporaryDirectory();
    symlinkSync("/dev/full", join(directory, INVOCATIONS));
    const { code, stdout, stderr } = await node([WRITER, directory, "100", "10"]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "ready\nlost 100\n" });
    expect(stderr.trimEnd().split("\n")).toEqual([expect.stringMatching(/^oak-telemetry: .*ENOSPC/)]);
    const logged = await oak(["log", "invocation", "--agent-name", "a", "--dir", directory]);
    expect(logged).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringMatching(/^oak: the event was not recorded: .*ENOSPC/),
    });
  });

  it.runIf(process.platform === "linux")(
    "tears at most one line when space runs out, and counts what it lost",
    async () => {
      const directory = temporaryDirectory();
      // The shell limits the size of files: a write beyond it is cut short, as on a full disk.
      const limited = spawn("bash", [
        "-c",
        `ulimit -f 64; exec "${process.execPath}" "${WRITER}" "${directory}" 200 900`,
      ]);
      let stdout = "";
      limited.stdout.on("data", (text: Buffer) => (stdout += text.toString()));
      await once(limited, "close");
      const lost = Number(/lost (\d+)/.exec(stdout)![1]);
      const inspection = await inspectLog(directory);
      expect(inspection.damaged.length).toBeLessThanOrEqual(1);
      const { events } = inspection.files.find(({ file }) => file === INVOCATIONS)!;
      expect(events).toBeGreaterThan(0);
      expect(events + lost).toBe(200);
      await node([WRITER, directory, "3", "10"]);
      expect((await countInvocations(directory)).total).toBe(events + 3);
    },
  );

  it.skipIf(process.getuid?.() === 0)("lets its host finish without permission", async () => {
    const directory = temporaryDirectory();
    chmodSync(directory, 0o500);
    const { stdout, stderr } = await node([WRITER, directory, "10", "10"]);
    expect(stdout).toBe("ready\nlost 10\n");
    expect(stderr).toMatch(/EACCES/);
  });
});

describe("a burst of events", () => {
  it("is on the disk when the program exits, however it exits", async () => {
    const directory = temporaryDirectory();
    const burst = `
      import { TelemetryLogger } from "oak-telemetry/record";
      const logger = new TelemetryLogger({ directory: process.argv[1] });
      for (let i = 0; i < 50; i++) logger.logInvocation({ agent_name: "a" });
    `;
    const last = `process.on("exit", () => { for (let i = 0; i < 50; i++) logger.logInvocation({ agent_name: "b" }); });`;
    for (const [i, end] of ["", "process.exit(0)", 'throw new Error("crash")'].entries()) {
      const { stderr } = await node(["--input-type=module", "--eval", burst + last + end, directory]);
      expect(stderr.includes("crash")).toBe(end.startsWith("throw"));
      expect(linesOf(directory)).toHaveLength(100 * (i + 1));
    }
  });
});

describe("an interrupted analysis", () => {
  it("leaves nothing of the log in the temporary folder", async () => {
    const directory = temporaryDirectory();
    const temporary = temporaryDirectory();
    await node([WRITER, directory, "20000", "3000"]);
    const oakPath = `${ROOT}dist/cli/main.cjs`;
    const reader = spawn(process.execPath, [oakPath, "stats", "--dir", directory], {
      env: { ...process.env, TMPDIR: temporary },
    });
    while (readdirSync(temporary).length === 0 && reader.exitCode === null) await sleep(5);
    reader.kill("SIGINT");
    const [code] = (await once(reader, "close")) as [number];
    expect([0, 130]).toContain(code);
    expect(readdirSync(temporary)).toEqual([]);
  });
});

describe("a place where no directory can be made", () => {
  it.skipIf(!existsSync("/proc/self"))("is an error, not an endless loop", async () => {
    const { code, stderr } = await oak(["log", "update", "--invocation-id", "i", "--dir", "/proc/nowhere/at/all"]);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining("the event was not recorded: ENOENT"),
    });
  });
});
