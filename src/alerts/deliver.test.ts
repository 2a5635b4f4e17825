import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { describe, expect, it, onTestFinished } from "vitest";

import { temporaryDirectory } from "../../test/support/directory.js";
import type { Alert } from "./alert.js";
import { callWebhook, runCommand } from "./deliver.js";

const ALERT: Alert = {
  id: "failure_streak:tester:2026-11-01T12:00:00.000Z",
  rule: "failure_streak",
  subject: "tester",
  text: "tester failed 5 times in a row",
  since: "2026-11-01T11:00:00.000Z",
  fired_at: "2026-11-01T12:00:00.000Z",
  facts: { failures: 5, last_error: "$(touch hacked) \u{1F600}" },
};

const never = () => new AbortController().signal;

/** A directory with a program `notify` of this shell script. */
function withProgram(script: string): string {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, "notify"), `#!/bin/sh\n${script}\n`);
  chmodSync(join(directory, "notify"), 0o755);
  return directory;
}

describe.skipIf(process.platform === "win32")("runCommand", () => {
  const run = (directory: string, args: string[] = [], timeout_seconds = 60, signal = never()) =>
    runCommand({ run: ["./notify", ...args], timeout_seconds }, ALERT, directory, signal);

  it("gives the alert on standard input, and arguments as they are, without a shell", async () => {
    const directory = withProgram('cat > got; printf "%s|" "$@" > arguments');
    await run(directory, ["a b", "$(touch hacked)", "; touch hacked"]);
    expect(JSON.parse(readFileSync(join(directory, "got"), "utf8"))).toEqual(ALERT);
    expect(readFileSync(join(directory, "arguments"), "utf8")).toBe("a b|$(touch hacked)|; touch hacked|");
    expect(existsSync(join(directory, "hacked"))).toBe(false);
  });

  it("does not mind one that reads nothing, or leaves something running behind", async () => {
    await expect(run(withProgram("exit 0"))).resolves.toBeUndefined();
    await expect(run(withProgram("sleep 3 &"))).resolves.toBeUndefined();
  });

  it("says how it failed, and what it said", async () => {
    await expect(run(withProgram("echo 'no \u001b[31mroute' >&2; exit 3"))).rejects.toThrow(
      "the command ./notify ended with exit code 3: no  [31mroute",
    );
    await expect(run(temporaryDirectory())).rejects.toThrow(/the command \.\/notify cannot be run: .*ENOENT/);
    await expect(run(withProgram("kill -9 $$"))).rejects.toThrow("was ended by SIGKILL");
  });

  it("ends one that takes too long, with what it has started", async () => {
    const directory = withProgram("sleep 300 & echo $! > pid; wait");
    // Longer, where it has not begun by then.
    for (let seconds = 0.5; !existsSync(join(directory, "pid")); seconds *= 4)
      await expect(run(directory, [], seconds)).rejects.toThrow(`took longer than ${seconds} s, and was ended`);
    const child = Number(readFileSync(join(directory, "pid"), "utf8"));
    await expect.poll(() => isRunning(child), { timeout: 30_000 }).toBe(false);
  });

  it("ends it when it is told to", async () => {
    const abort = new AbortController();
    const directory = withProgram("touch began; sleep 300");
    const ended = run(directory, [], 60, abort.signal).catch((error: unknown) => String(error));
    await expect.poll(() => existsSync(join(directory, "began")), { timeout: 30_000 }).toBe(true);
    abort.abort();
    expect(await ended).toContain("was interrupted");
  });
});

/** A process that has ended but was not waited for is none that runs. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

/** A server that answers with these codes, one after the other; 0: not at all. */
async function receiver(codes: number[]) {
  const got: { headers: IncomingMessage["headers"]; body: string }[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => (body += text));
    request.on("end", () => {
      got.push({ headers: request.headers, body });
      const code = codes.shift()!;
      if (code !== 0) response.writeHead(code, { location: "http://127.0.0.1:9/" }).end("answer");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?secret=1`, got };
}

describe("callWebhook", () => {
  const send = (url: string, timeout_seconds = 60, signal = never()) =>
    callWebhook({ url, headers: { "x-key": "k" }, timeout_seconds, retries: 2 }, ALERT, signal, 1);

  it("posts the alert as JSON", async () => {
    const { url, got } = await receiver([204]);
    await send(url);
    expect(got).toHaveLength(1);
    expect(JSON.parse(got[0]!.body)).toEqual(ALERT);
    expect(got[0]!.headers).toMatchObject({ "content-type": "application/json", "x-key": "k" });
  });

  it("tries again what may pass, a few times", async () => {
    const passing = await receiver([503, 429, 200]);
    await send(passing.url);
    expect(passing.got).toHaveLength(3);
    const lasting = await receiver([500, 500, 500, 200]);
    await expect(send(lasting.url)).rejects.toThrow(/^the webhook at 127\.0\.0\.1:\d+ answered 500, tried 3 times$/);
    expect(lasting.got).toHaveLength(3);
  });

  it.each([404, 400, 302])("takes %i for its last word", async (code) => {
    const { url, got } = await receiver([code, 200]);
    await expect(send(url)).rejects.toThrow(`answered ${code}`);
    expect(got).toHaveLength(1);
  });

  it("does not wait for ever, nor after it is told to end", async () => {
    const { url } = await receiver([0, 0, 0]);
    await expect(send(url, 0.2)).rejects.toThrow("does not answer in time, tried 3 times");
    const abort = new AbortController();
    const silent = await receiver([0]);
    const ended = send(silent.url, 60, abort.signal).catch((error: unknown) => String(error));
    while (silent.got.length === 0) await sleep(5);
    abort.abort();
    expect(await ended).toContain("was interrupted");
  });

  it("says that nobody is there", async () => {
    await expect(send("http://127.0.0.1:9/hook")).rejects.toThrow(/does not answer: /);
  });
});
