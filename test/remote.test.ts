import { statSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { describe, expect, it, onTestFinished } from "vitest";

import { TelemetryAnalyzer } from "../src/index.js";
import { temporaryDirectory } from "./support/directory.js";
import { node, oak, oakJson, PATIENT } from "./support/oak.js";
import { freePort } from "./support/port.js";
import { RunningCommand, startOak } from "./support/process.js";

const WRITER = fileURLToPath(new URL("support/remote-writer.mjs", import.meta.url));

async function serve(directory: string, port: number): Promise<RunningCommand> {
  const server = startOak(["serve", "--dir", directory, "--port", String(port), "--json"]);
  await server.until("the server is up", () => server.stdout.includes("}"));
  return server;
}

const writer = (directory: string, endpoint: string, events: number, pause: number) =>
  new RunningCommand(process.execPath, [WRITER, directory, String(events), String(pause)], { OAK_ENDPOINT: endpoint });

const runsOf = (command: RunningCommand) => command.lines.filter((line) => /^[\da-f-]{36}$/.test(line));

async function waitingIn(directory: string): Promise<readonly unknown[]> {
  return (await oakJson<{ waiting: readonly unknown[] }>(["doctor", "--dir", directory])).waiting;
}

/** How much the log of a server holds, bytes. */
function sizeOf(directory: string): number {
  return statSync(join(directory, "agent_invocations.jsonl"), { throwIfNoEntry: false })?.size ?? 0;
}

async function tablesOf(directory: string) {
  const analyzer = new TelemetryAnalyzer({ directory });
  try {
    const { total_invocations, agents } = await analyzer.generateStatistics();
    return { total_invocations, success_rate: agents["writer"]?.success_rate };
  } finally {
    analyzer.close();
  }
}

describe("recorders with an endpoint", () => {
  it("lose nothing and count nothing twice, though the server is killed ten times and they are killed too", async () => {
    const [served, spooled] = [temporaryDirectory(), temporaryDirectory()];
    const port = await freePort();
    const endpoint = `http://127.0.0.1:${port}`;
    let server = await serve(served, port);
    const lasting = [1, 2, 3].map(() => writer(spooled, endpoint, 0, 4));
    const victims: RunningCommand[] = [];
    for (let round = 0; round < 10; round++) {
      const victim = writer(spooled, endpoint, 0, 2);
      victims.push(victim);
      await victim.until("it records", () => runsOf(victim).length > 20);
      // In the middle of a request, as often as not.
      await server.end("SIGKILL");
      await sleep(round * 20);
      await victim.end("SIGKILL");
      const size = sizeOf(served);
      server = await serve(served, port);
      await server.until("events arrive again", () => sizeOf(served) > size);
    }
    for (const command of lasting) await command.end("SIGKILL");
    // What the killed left is sent by those that come later, each of which takes no more than its time for it.
    const later: RunningCommand[] = [];
    do {
      later.push(writer(spooled, endpoint, 1, 0));
      expect(await later.at(-1)!.end()).toBe(0);
    } while ((await waitingIn(spooled)).length > 0);
    await server.end("SIGTERM");

    const runs = [...lasting, ...victims, ...later].flatMap(runsOf);
    const { total_invocations } = await tablesOf(served);
    const found = await oakJson<readonly { invocation_id: string }[]>([
      "sql",
      "SELECT invocation_id FROM invocations WHERE status = 'success'",
      "--dir",
      served,
    ]);
    const ids = new Set(found.map(({ invocation_id }) => invocation_id));
    expect(runs.filter((id) => !ids.has(id))).toEqual([]);
    expect(runs.length).toBeGreaterThan(10 * 20);
    // A killed writer may have written one more than it could tell of.
    expect(total_invocations - runs.length).toBeLessThanOrEqual(lasting.length + victims.length);
    expect(new Set(found.map(({ invocation_id }) => invocation_id)).size).toBe(found.length);
  });

  it("deliver before they end, and do not wait long for a server that does not answer", async () => {
    const [served, spooled] = [temporaryDirectory(), temporaryDirectory()];
    const port = await freePort();
    const endpoint = `http://127.0.0.1:${port}`;
    const server = await serve(served, port);
    expect(await node([WRITER, spooled, "3", "0"], { env: { OAK_ENDPOINT: endpoint, ...PATIENT } })).toMatchObject({
      code: 0,
      stderr: "",
    });
    expect(await tablesOf(served)).toEqual({ total_invocations: 3, success_rate: 1 });
    await server.end("SIGTERM");

    // Takes connections, and never says a word. Nor is it given up for that: a recorder that waited for it would not end.
    const silent = createServer(() => undefined).listen(port, "127.0.0.1");
    onTestFinished(() => void silent.close());
    const env = { OAK_ENDPOINT: endpoint, ...PATIENT, PATIENT_FROM: "10000" };
    expect(await node([WRITER, spooled, "3", "0"], { env })).toMatchObject({ code: 0 });
    expect(await waitingIn(spooled)).toMatchObject([{ endpoint, events: 6 }]);
    silent.close();
  });

  it("oak log says that the event waits, and the doctor how many do", async () => {
    const directory = temporaryDirectory();
    const endpoint = `http://127.0.0.1:${await freePort()}`;
    const logged = await oak(["log", "invocation", "--agent-name", "a", "--dir", directory], {
      env: { OAK_ENDPOINT: endpoint },
    });
    expect(logged).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^[\da-f-]{36}\n$/),
      stderr: expect.stringMatching(/^oak: the event was not sent yet: .*ECONNREFUSED.*; events wait in .*\n$/),
    });
    const doctor = await oak(["doctor", "--dir", directory]);
    expect(doctor.stdout).toMatch(/not sent yet/);
    expect(doctor.stdout).toContain(endpoint);
  });

  it("a server does not send what it records itself to another, whatever its environment says", async () => {
    const [served, spooled] = [temporaryDirectory(), temporaryDirectory()];
    const port = await freePort();
    const endpoint = `http://127.0.0.1:${port}`;
    const env = { OAK_ENDPOINT: endpoint, ...PATIENT };
    const args = ["serve", "--dir", served, "--port", String(port), "--json"];
    const oakServe = fileURLToPath(new URL("../dist/cli/main.cjs", import.meta.url));
    const server = new RunningCommand(process.execPath, [oakServe, ...args], env);
    await server.until("the server is up", () => server.stdout.includes("}"));
    await node([WRITER, spooled, "2", "0"], { env });
    expect((await tablesOf(served)).total_invocations).toBe(2);
  });
});
