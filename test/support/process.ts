import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";

import { onTestFinished } from "vitest";

import { ROOT } from "./oak.js";

/** Of util-linux: runs a command in a terminal of its own. */
const TERMINAL = "script";

const PATIENCE_MILLISECONDS = 120_000;

/** A command that goes on until it is ended, and what it has printed so far. */
export class RunningCommand {
  stdout = "";
  stderr = "";
  readonly child: ChildProcess;
  readonly #ended: Promise<number | null>;
  #hasEnded = false;

  constructor(command: string, args: readonly string[], env: Record<string, string> = {}) {
    const { PATH = "", HOME = "" } = process.env;
    const child = spawn(command, args, { cwd: ROOT, env: { PATH, HOME, ...env }, stdio: ["pipe", "pipe", "pipe"] });
    child.stdout.setEncoding("utf8").on("data", (text: string) => (this.stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (this.stderr += text));
    this.child = child;
    // Not until all is read that it has printed.
    this.#ended = new Promise((resolve) => child.on("close", resolve));
    void this.#ended.then(() => (this.#hasEnded = true));
    onTestFinished(() => void child.kill("SIGKILL"));
  }

  /** Its lines on standard output. */
  get lines(): string[] {
    return this.stdout.split("\n").slice(0, -1);
  }

  /** Waits until something is so. */
  async until(what: string, condition: () => boolean): Promise<void> {
    const start = Date.now();
    while (!condition()) {
      if (Date.now() > start + PATIENCE_MILLISECONDS || this.#hasEnded)
        throw new Error(`waited in vain until ${what}; printed so far:\n${this.stdout}\n${this.stderr}`);
      await sleep(20);
    }
  }

  /** Waits for its end, after a signal if there is one; gives the exit code. */
  async end(signal?: NodeJS.Signals): Promise<number | null> {
    if (signal) this.child.kill(signal);
    return this.#ended;
  }
}

/** `oak …`, going on. */
export function startOak(args: readonly string[]): RunningCommand {
  return new RunningCommand(process.execPath, [`${ROOT}dist/cli/main.cjs`, ...args]);
}

/** Whether a command can be run in a terminal of its own. */
export function hasTerminal(): boolean {
  const { stdout } = spawnSync(TERMINAL, ["--version"], { encoding: "utf8" });
  const there = /util-linux/.test(stdout ?? "");
  if (!there) console.warn(`skipped: ${TERMINAL} of util-linux is not there`);
  return there;
}

/** `oak …` in a terminal of its own; it says its process id first. */
export function startOakInTerminal(args: readonly string[]): RunningCommand {
  const words = [process.execPath, `${ROOT}dist/cli/main.cjs`, ...args].map((word) => `'${word}'`).join(" ");
  return new RunningCommand(TERMINAL, ["-qfec", `stty cols 80 rows 24; echo "pid $$."; exec ${words}`, "/dev/null"], {
    TERM: "xterm-256color",
    SHELL: "/bin/sh",
  });
}
