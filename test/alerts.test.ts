import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

import { describe, expect, it, onTestFinished } from "vitest";

import type { Alert } from "../src/alerts/alert.js";
import type { OutcomeStatus, TelemetryEvent } from "../src/event/events.js";
import { append, directoryOf, temporaryDirectory } from "./support/directory.js";
import { oak, oakJson } from "./support/oak.js";
import { serveDirectory } from "./support/server.js";

/** As on a loaded machine. */
const PATIENCE = { timeout: 60_000, interval: 50 };

const MINUTE = 60_000;

const ago = (minutes: number) => new Date(Date.now() - minutes * MINUTE).toISOString();

/** A run of an agent that ended. */
function run(agent_name: string, minutes: number, status: OutcomeStatus, error_message = "no"): TelemetryEvent[] {
  const invocation_id = `${agent_name}-${minutes}`;
  return [
    { event: "invocation_start", timestamp: ago(minutes), invocation_id, agent_name },
    {
      event: "invocation_update",
      timestamp: ago(minutes - 0.5),
      invocation_id,
      duration_seconds: 30,
      outcome: { status, error_message: status === "failure" ? error_message : null },
    },
  ];
}

const failures = (agent: string, number: number, from = 100) =>
  Array.from({ length: number }, (_, i) => run(agent, from - i, "failure")).flat();

function start(workflow_id: string, minutes: number, estimated_duration: number): TelemetryEvent {
  const agent_plan = ["developer"];
  return {
    event: "workflow_start",
    timestamp: ago(minutes),
    workflow_id,
    project_name: "Shop",
    agent_plan,
    estimated_duration,
  };
}

/** 60 runs that succeed but for every tenth, then 30 of which every second fails, the last one not. */
const decline = Array.from({ length: 90 }, (_, i) =>
  run("architect", 20_000 - i * 100, (i < 60 ? i % 10 === 9 : i % 2 === 0) ? "failure" : "success"),
).flat();

/** Ten workflows that wait for nine tenths of their time. */
const waiting = Array.from({ length: 10 }, (_, i): TelemetryEvent[] => [
  start(`w${i}`, 500 + i * 10, 600),
  {
    event: "invocation_start",
    timestamp: ago(500 + i * 10),
    invocation_id: `i${i}`,
    agent_name: "writer",
    workflow_id: `w${i}`,
  },
  {
    event: "invocation_update",
    timestamp: ago(499 + i * 10),
    invocation_id: `i${i}`,
    duration_seconds: 60,
    outcome: { status: "success" },
  },
  {
    event: "workflow_complete",
    timestamp: ago(490 + i * 10),
    workflow_id: `w${i}`,
    duration_seconds: 600,
    success: true,
    agents_executed: ["writer"],
  },
]).flat();

/** At once: a server that looks at the file meanwhile must not find half of it. */
function configure(directory: string, alerts: object): void {
  const path = join(directory, "oak.config.json");
  writeFileSync(`${path}.new`, JSON.stringify({ alerts }));
  renameSync(`${path}.new`, path);
}

/** A command that appends the alert to the file `got`, as configured. */
function withCommand(directory: string, script = "cat >> got") {
  writeFileSync(join(directory, "notify"), `#!/bin/sh\n${script}\n`);
  chmodSync(join(directory, "notify"), 0o755);
  return { run: ["./notify"], timeout_seconds: 300 };
}

/** The alerts that the command got. */
function received(directory: string): Alert[] {
  const path = join(directory, "got");
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Alert);
}

/** How many deliveries are still to be made, or confirmed. */
function undelivered(directory: string): number {
  const state = JSON.parse(readFileSync(join(directory, "alerts.json"), "utf8")) as { undelivered: unknown[] };
  return state.undelivered.length;
}

interface Printed {
  readonly alerts: Alert[];
  readonly fired: Alert[];
}

async function look(directory: string, ...args: string[]) {
  const { code, stdout, stderr } = await oak(["alerts", "--dir", directory, "--json", ...args]);
  const { alerts, fired } = JSON.parse(stdout) as Printed;
  const names = (all: Alert[]) => all.map(({ rule, subject }) => `${rule} ${subject}`);
  return { code, stderr, alerts: names(alerts), fired: names(fired) };
}

describe("oak alerts", () => {
  it("finds each kind of alert, tells it once, and ends with 1 when it does", async () => {
    const directory = directoryOf([...decline, ...waiting, ...failures("tester", 6), start("stuck", 30, 600)]);
    const all = [
      "agent_declining architect",
      "overhead_band workflows",
      "workflow_stuck stuck",
      "failure_streak tester",
    ];
    const { code, stdout, stderr } = await oak(["alerts", "--dir", directory]);
    expect([code, stderr]).toEqual([1, ""]);
    expect(stdout).toContain("4 new alerts");
    const text = stdout.replaceAll(/\s+/g, " ");
    expect(text).toMatch(/architect succeeds less often: \d+% of \d+ runs since \d{4}-\d\d-\d\d, 9\d% of \d+ runs/);
    expect(text).toMatch(/workflows wait 90% of their time \(90–90\): more than 30%/);
    expect(text).toContain("Shop (stuck) has been running for more than 2 times its estimate; nobody is at work");
    expect(text).toContain("tester failed 6 times in a row, the last time with: no");

    expect(await look(directory)).toMatchObject({ code: 0, alerts: all, fired: [] });
    expect((await oak(["alerts", "--dir", directory])).stdout).toContain("4 alerts that fired before");

    // The streak ends, and another one begins; the workflow completes.
    append(directory, [
      ...run("tester", 20, "success"),
      { event: "workflow_cancelled", timestamp: ago(0), workflow_id: "stuck" },
    ]);
    expect(await look(directory)).toMatchObject({ code: 0, alerts: all.slice(0, 2), fired: [] });
    append(directory, failures("tester", 5, 10));
    expect(await look(directory)).toMatchObject({ code: 1, fired: ["failure_streak tester"] });
    expect(readdirSync(directory).filter((name) => name.startsWith("alerts"))).toEqual(["alerts.json"]);
  });

  it("remembers and delivers nothing in a dry run, nor as of another time", async () => {
    const directory = directoryOf(failures("tester", 5));
    configure(directory, { deliver: { command: withCommand(directory) } });
    for (const args of [["--dry-run"], ["--dry-run", "--deliver"], ["--as-of", ago(0), "--deliver"]])
      expect(await look(directory, ...args)).toMatchObject({ code: 1, stderr: "", fired: ["failure_streak tester"] });
    expect(await look(directory, "--as-of", ago(98.5))).toMatchObject({ code: 0, alerts: [] });
    expect(existsSync(join(directory, "alerts.json"))).toBe(false);
    expect(received(directory)).toEqual([]);
    // What has fired since has nothing to do with what would have fired then.
    await look(directory);
    expect(await look(directory, "--dry-run")).toMatchObject({ code: 0, fired: [] });
    expect(await look(directory, "--as-of", ago(0))).toMatchObject({ code: 1, fired: ["failure_streak tester"] });
  });

  it("follows the rules of the file", async () => {
    const directory = directoryOf([...failures("tester", 6), start("w", 30, 600)]);
    configure(directory, {
      rules: { failure_streak: { failures: 7 }, workflow_stuck: { times_estimate: 4 } },
    });
    expect(await look(directory)).toMatchObject({ code: 0, alerts: [] });
    configure(directory, { rules: { workflow_stuck: { enabled: false }, failure_streak: { failures: 6 } } });
    expect(await look(directory)).toMatchObject({ code: 1, fired: ["failure_streak tester"] });
  });

  it("runs no command and calls nobody unless it is allowed to, and says so", async () => {
    const directory = directoryOf(failures("tester", 5));
    configure(directory, { deliver: { command: withCommand(directory), webhook: { url: "http://127.0.0.1:9/" } } });
    const { code, stderr } = await look(directory);
    expect(code).toBe(1);
    expect(stderr).toBe("oak: not delivered: --deliver allows the command and the webhook of oak.config.json\n");
    expect(received(directory)).toEqual([]);
  });

  it("delivers each alert once, however many look at once", async () => {
    const directory = directoryOf([...failures("tester", 5), ...failures("writer", 5)]);
    configure(directory, { deliver: { command: withCommand(directory) } });
    const looks = await Promise.all(Array.from({ length: 4 }, () => look(directory, "--deliver")));
    expect(looks.map(({ stderr }) => stderr)).toEqual(["", "", "", ""]);
    expect(looks.map(({ fired }) => fired.length).filter((number) => number > 0)).toEqual([2]);
    const got = received(directory);
    expect(got.map(({ subject }) => subject).toSorted()).toEqual(["tester", "writer"]);
    expect(got[0]).toMatchObject({
      rule: "failure_streak",
      text: "tester failed 5 times in a row, the last time with: no",
      facts: { failures: 5, last_error: "no" },
    });
  });

  it("delivers after a restart what a killed process had not", async () => {
    const directory = directoryOf(failures("tester", 5));
    // Kills who delivers, the first time.
    const command = withCommand(
      directory,
      "if [ ! -e killed ]; then touch killed; kill -9 $PPID; exit; fi; cat >> got",
    );
    configure(directory, { deliver: { command } });
    expect((await oak(["alerts", "--dir", directory, "--deliver"])).code).toBeNull();
    expect(received(directory)).toEqual([]);
    expect(await look(directory, "--deliver")).toMatchObject({ code: 0, stderr: "", fired: [] });
    expect(received(directory)).toHaveLength(1);
    await look(directory, "--deliver");
    expect(received(directory)).toHaveLength(1);
  });

  it("says which receivers failed, and goes on", async () => {
    const directory = directoryOf([...failures("tester", 5), ...failures("writer", 5)]);
    configure(directory, { deliver: { command: withCommand(directory, "echo nobody there >&2; exit 7") } });
    const { code, stderr } = await look(directory, "--deliver");
    expect(code).toBe(1);
    expect(stderr.split("\n").slice(0, 2)).toEqual([
      "oak: alert not delivered: the command ./notify ended with exit code 7: nobody there: tester failed 5 times in a row, the last time with: no",
      "oak: not delivered either: writer failed 5 times in a row, the last time with: no",
    ]);
    expect(await look(directory, "--deliver")).toMatchObject({ code: 0, stderr: "" });
  });

  it("names what is wrong with the file", async () => {
    const directory = directoryOf(failures("tester", 5));
    configure(directory, { rules: { failure_streak: { failures: "5" } } });
    for (const command of [
      ["alerts", "--dir", directory],
      ["serve", "--dir", directory, "--port", "0"],
    ]) {
      const { code, stdout, stderr } = await oak(command);
      expect([code, stdout]).toEqual([1, ""]);
      expect(stderr).toBe(
        `oak: ${join(directory, "oak.config.json")} is wrong: alerts.rules.failure_streak.failures: Invalid input: expected number, received string (oak schema config prints what it may hold)\n`,
      );
    }
  });

  it("makes do with a state that is damaged, or cannot be written", async () => {
    const directory = directoryOf(failures("tester", 5));
    writeFileSync(join(directory, "alerts.json"), "{");
    const damaged = await look(directory);
    expect(damaged).toMatchObject({ code: 1, fired: ["failure_streak tester"] });
    expect(damaged.stderr).toMatch(/alerts\.json is damaged: alerts that fired before may fire again\n$/);
    expect(await look(directory)).toMatchObject({ code: 0, stderr: "" });

    const other = directoryOf(failures("tester", 5));
    mkdirSync(join(other, `alerts.json`));
    const { code, stderr } = await oak(["alerts", "--dir", other]);
    expect([code, stderr]).toEqual([1, "oak: EISDIR: illegal operation on a directory, read\n"]);
  });

  it("says what to do where nothing has been recorded, and makes nothing", async () => {
    const directory = temporaryDirectory();
    const { code, stdout } = await oak(["alerts", "--dir", directory]);
    expect(code).toBe(0);
    expect(stdout).toContain("No telemetry yet");
    expect(readdirSync(directory)).toEqual([]);
    const quiet = await oak(["alerts", "--dir", directoryOf(run("tester", 5, "success"))]);
    expect(quiet.stdout).toBe("No alerts: no rule finds anything.\n");
  });

  it("says why an agent that gets worse is no alert", async () => {
    const days = (from: number, number: number, status: (i: number) => OutcomeStatus) =>
      Array.from({ length: number }, (_, i) => run("tester", from * 1440 - i * 600, status(i))).flat();
    const before = days(28, 40, () => "success");
    const lately = days(6.5, 15, (i) => (i % 3 === 0 ? "failure" : "success"));
    const directory = directoryOf([...before, ...lately]);
    expect((await oak(["alerts", "--dir", directory])).stdout.replaceAll(/\s+/g, " ")).toMatch(
      /^No alerts: no rule finds anything\. tester is getting worse by the last 7 days \(oak trends\), but run by run, no moment stands out yet/,
    );
    expect((await oak(["trends", "--dir", directory])).stdout).toMatch(
      /Getting worse: tester\.[^]*No alert for tester: run/,
    );
  });

  it("prints the schema of the file", async () => {
    const schema = await oakJson<{ properties: object }>(["schema", "config"]);
    expect(Object.keys(schema.properties)).toEqual(["$schema", "alerts"]);
    expect((await oak(["schema", "nonsense"])).stderr).toContain("besides: config");
  });
});

describe("oak serve", () => {
  const alertsOf = async (url: string) => {
    const { alerts } = (await (await fetch(`${url}/api/v1/alerts`)).json()) as { alerts: Alert[] };
    return alerts.map(({ rule, subject }) => `${rule} ${subject}`);
  };

  /** The data of the events `alerts` that a client has got so far. */
  async function listen(url: string): Promise<{ alerts: Alert[]; trouble: string | null }[]> {
    const abort = new AbortController();
    onTestFinished(() => abort.abort());
    const { body } = await fetch(`${url}/api/v1/events`, { signal: abort.signal });
    const told: { alerts: Alert[]; trouble: string | null }[] = [];
    void (async () => {
      let text = "";
      const decoder = new TextDecoder();
      for await (const bytes of body!) {
        text += decoder.decode(bytes as Uint8Array, { stream: true });
        const messages = text.split("\n\n");
        text = messages.pop()!;
        for (const message of messages) {
          const [, data] = /^event: alerts\ndata: (.*)$/.exec(message) ?? [];
          if (data !== undefined) told.push(JSON.parse(data) as (typeof told)[number]);
        }
      }
    })().catch(() => undefined);
    return told;
  }

  it("tells alerts as they come and go, to the page, on standard error, to a command and a webhook, once", async () => {
    const posted: Alert[] = [];
    const receiver = createServer((request, response) => {
      let body = "";
      request.on("data", (bytes: Buffer) => (body += bytes.toString()));
      request.on("end", () => {
        posted.push(JSON.parse(body) as Alert);
        response.end();
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void receiver.close());
    const directory = directoryOf(failures("tester", 4));
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
    configure(directory, {
      deliver: { stderr: true, command: withCommand(directory), webhook: { url, timeout_seconds: 300 } },
    });

    const first = await serveDirectory(directory, ["--deliver"]);
    expect(await alertsOf(first.url)).toEqual([]);
    const told = await listen(first.url);
    append(directory, run("tester", 10, "failure", "fifth"));
    await expect.poll(() => told.length, PATIENCE).toBe(1);
    expect(told[0]!.alerts).toMatchObject([{ rule: "failure_streak", subject: "tester", facts: { failures: 5 } }]);
    expect(await alertsOf(first.url)).toEqual(["failure_streak tester"]);
    await expect.poll(() => [received(directory).length, posted.length], PATIENCE).toEqual([1, 1]);
    expect(posted).toEqual(received(directory));
    const text = "oak: alert: tester failed 5 times in a row, the last time with: fifth\n";
    await expect.poll(() => first.command.stderr, PATIENCE).toBe(text);

    // A further failure: the same cause.
    append(directory, run("tester", 9, "failure"));
    await expect.poll(() => told.at(-1)!.alerts[0]!.text, PATIENCE).toMatch(/6 times in a row/);
    expect(told.at(-1)!.alerts[0]!.id).toBe(told[0]!.alerts[0]!.id);
    expect(await first.command.end("SIGTERM")).toBe(0);

    // A restart does not tell it again.
    const second = await serveDirectory(directory, ["--deliver"]);
    expect(await alertsOf(second.url)).toEqual(["failure_streak tester"]);
    const toldAgain = await listen(second.url);
    append(directory, run("tester", 8, "success"));
    await expect.poll(() => toldAgain.at(-1)?.alerts, PATIENCE).toEqual([]);
    append(directory, failures("tester", 5, 7));
    await expect.poll(() => received(directory).length, PATIENCE).toBe(2);
    await expect.poll(() => undelivered(directory), PATIENCE).toBe(0);
    expect(await second.command.end("SIGTERM")).toBe(0);
    expect([received(directory).length, posted.length]).toEqual([2, 2]);
    expect(second.command.stderr.split("\n")).toHaveLength(2);
  });

  it("prints nothing that steers a terminal, whatever stands in the files that it finds", async () => {
    const directory = directoryOf(failures("tester", 3));
    const evil = "\u001b[2J\u202egone\noak: another line";
    const alert: Alert = {
      id: "1",
      rule: "failure_streak",
      subject: evil,
      text: evil,
      since: null,
      fired_at: ago(1),
      facts: { failures: 5, last_error: evil },
    };
    const state = { version: 1, known: [], undelivered: [{ alert, channel: "stderr" }] };
    writeFileSync(join(directory, "alerts.json"), JSON.stringify(state));
    configure(directory, { deliver: { stderr: true } });
    const { command } = await serveDirectory(directory);
    await expect.poll(() => command.stderr, PATIENCE).toBe("oak: alert:  [2J gone oak: another line\n");
  });

  it("leaves what it has not delivered when it is ended to the next one", async () => {
    let answers = false;
    const posted: string[] = [];
    const receiver = createServer((request, response) => {
      request.on("data", (bytes: Buffer) => posted.push((JSON.parse(bytes.toString()) as Alert).subject));
      request.on("end", () => answers && response.end());
    });
    await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      receiver.closeAllConnections();
      receiver.close();
    });
    const directory = directoryOf(failures("tester", 5));
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
    configure(directory, { deliver: { webhook: { url, timeout_seconds: 300 } } });
    const first = await serveDirectory(directory, ["--deliver"]);
    await expect.poll(() => posted, PATIENCE).toEqual(["tester"]);
    expect(await first.command.end("SIGTERM")).toBe(0);
    answers = true;
    const second = await serveDirectory(directory, ["--deliver"]);
    await expect.poll(() => posted, PATIENCE).toEqual(["tester", "tester"]);
    await expect.poll(() => undelivered(directory), PATIENCE).toBe(0);
    expect(await alertsOf(second.url)).toHaveLength(1);
    expect(await second.command.end("SIGTERM")).toBe(0);
    expect(`${first.command.stderr}${second.command.stderr}`).toBe("");
    expect(await look(directory, "--deliver")).toMatchObject({ code: 0, fired: [] });
    expect(posted).toHaveLength(2);
  });

  it("notices by itself that a workflow is stuck", async () => {
    // Some seconds after twice its estimate, without another line in the log: more where the server comes too late for it.
    for (let seconds = 4; ; seconds *= 3) {
      const directory = directoryOf([start("w", 1, 30 + seconds / 2)]);
      const { url } = await serveDirectory(directory);
      const told = await listen(url);
      if ((await alertsOf(url)).length > 0) continue;
      await expect.poll(() => told.at(-1)?.alerts.map(({ subject }) => subject), PATIENCE).toEqual(["w"]);
      return;
    }
  });

  it("says what is wrong with a file that changes, keeps what it knows, and takes it once it is right", async () => {
    const directory = directoryOf(failures("tester", 3));
    const { url, command } = await serveDirectory(directory);
    expect(await alertsOf(url)).toEqual([]);
    const told = await listen(url);
    configure(directory, { rules: { failure_streak: { failures: 3 } } });
    await expect.poll(() => told.at(-1)?.alerts.map(({ subject }) => subject), PATIENCE).toEqual(["tester"]);
    configure(directory, { rules: { failure_streak: { failures: 0 } } });
    await expect.poll(() => told.at(-1)?.trouble, PATIENCE).toMatch(/alerts\.rules\.failure_streak\.failures/);
    expect(told.at(-1)?.alerts).toHaveLength(1);
    configure(directory, {});
    await expect.poll(() => told.at(-1)?.alerts, PATIENCE).toEqual([]);
    await expect.poll(() => command.stderr.split("\n"), PATIENCE).toHaveLength(2);
    expect(existsSync(join(directory, "alerts.json"))).toBe(false);
  });

  it("names what it does not deliver, once", async () => {
    const directory = directoryOf(failures("tester", 5));
    configure(directory, { deliver: { command: withCommand(directory) } });
    const { url, command } = await serveDirectory(directory);
    expect(await alertsOf(url)).toHaveLength(1);
    append(directory, failures("writer", 5));
    await expect.poll(() => alertsOf(url), PATIENCE).toHaveLength(2);
    const text = "oak: oak.config.json names a command for alerts: --deliver allows it\n";
    await expect.poll(() => command.stderr, PATIENCE).toBe(text);
    expect(received(directory)).toEqual([]);
  });
});
