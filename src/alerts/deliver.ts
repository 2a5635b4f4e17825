import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";

import { toJson } from "../event/json.js";
import type { Alert } from "./alert.js";
import type { Deliver } from "./config.js";
import { plain } from "./plain.js";

/** Characters of what a command said last that are remembered, to tell why it failed. */
const REMEMBERED = 200;

/** For those it is waited so long, milliseconds. */
const LAST_WORDS = 200;

/** Before a webhook is tried again, milliseconds: twice as long each time. */
const FIRST_PAUSE = 1000;

/**
 * Runs a command that gets the alert as JSON on its standard input. It and what it has started are ended when it takes
 * too long.
 *
 * @param directory where it runs
 * @throws saying what went wrong
 */
export function runCommand(
  { run, timeout_seconds }: NonNullable<Deliver["command"]>,
  alert: Alert,
  directory: string,
  signal: AbortSignal,
): Promise<void> {
  const [program = "", ...args] = run;
  // A group of its own, so that what it starts can be ended with it; elsewhere there is no such thing.
  const detached = process.platform !== "win32";
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: directory, detached, stdio: ["pipe", "ignore", "pipe"] });
    let said = "";
    const end = (why: string) => {
      try {
        if (detached) process.kill(-child.pid!, "SIGKILL");
        else child.kill("SIGKILL");
      } catch {
        // It has ended by itself.
      }
      settle(new Error(`the command ${program} ${why}`));
    };
    const timer = setTimeout(() => end(`took longer than ${timeout_seconds} s, and was ended`), timeout_seconds * 1000);
    const onAbort = () => end("was interrupted");
    const settle = (error?: Error) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      child.stderr.destroy();
      if (error) reject(error);
      else resolve();
    };
    signal.addEventListener("abort", onAbort);
    child.on("error", (error) => settle(new Error(`the command ${program} cannot be run: ${error.message}`)));
    child.on("exit", (code, killed) => {
      if (code === 0) return settle();
      const how = code === null ? `was ended by ${killed}` : `ended with exit code ${code}`;
      const fail = () => settle(new Error(`the command ${program} ${how}${said && `: ${plain(said)}`}`));
      // What it said last may come after its end; what it has started may hold its output open for long.
      child.once("close", fail);
      setTimeout(fail, LAST_WORDS);
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-REMEMBERED);
    });
    // One that does not read its input, or has not started, is no failure of this pipe.
    child.stdin.on("error", () => undefined);
    child.stdin.end(`${toJson(alert)}\n`);
  });
}

/**
 * Sends the alert as JSON by POST. What may pass (no answer, 408, 429, 5xx) is tried again.
 *
 * @throws saying what went wrong
 */
export async function callWebhook(
  { url, headers, timeout_seconds, retries }: NonNullable<Deliver["webhook"]>,
  alert: Alert,
  signal: AbortSignal,
  firstPause = FIRST_PAUSE,
): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const problem = await post(
      url,
      headers,
      alert,
      AbortSignal.any([signal, AbortSignal.timeout(timeout_seconds * 1000)]),
    );
    if (problem === undefined) return;
    // Its path may be a secret.
    const where = `the webhook at ${new URL(url).host}`;
    if (signal.aborted) throw new Error(`${where} was interrupted`);
    if (problem.final || attempt >= retries)
      throw new Error(`${where} ${problem.text}${attempt > 0 ? `, tried ${attempt + 1} times` : ""}`);
    await sleep(firstPause * 2 ** attempt, undefined, { signal }).catch(() => undefined);
  }
}

async function post(
  url: string,
  headers: Readonly<Record<string, string>>,
  alert: Alert,
  signal: AbortSignal,
): Promise<{ readonly text: string; readonly final: boolean } | undefined> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: toJson(alert),
      // Where it would lead is not what was configured.
      redirect: "manual",
      signal,
    });
    await response.body?.cancel();
    if (response.ok) return undefined;
    const passing = response.status >= 500 || response.status === 408 || response.status === 429;
    return { text: `answered ${response.status}`, final: !passing };
  } catch (error) {
    const { name, message, cause } = error as Error;
    const reason = name === "TimeoutError" ? "in time" : `: ${cause instanceof Error ? cause.message : message}`;
    return { text: `does not answer${reason.startsWith(":") ? reason : ` ${reason}`}`, final: false };
  }
}
