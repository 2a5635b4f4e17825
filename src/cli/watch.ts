import { setTimeout as sleep } from "node:timers/promises";

import type { TelemetryAnalyzer } from "../analyzer.js";
import { formatTimestamp, parseTimestamp } from "../event/clock.js";
import { isSystemError } from "../event/system-error.js";
import { hasShrunk, logState, type LogState } from "../log/follow.js";
import type { Change } from "./changes.js";
import { CommandError } from "./errors.js";
import { count } from "./format.js";
import type { AnalysisOptions } from "./options.js";
import { existingDirectory, showProgress, withAnalyzer } from "./reading.js";
import { isTerminal, note, print, printJson, width, write } from "./terminal.js";
import type { Watcher, WatchState } from "./watching.js";

/** What `oak watch` was asked for. */
export interface WatchOptions extends AnalysisOptions {
  readonly interval: number;
  readonly once?: boolean;
  readonly all?: boolean;
}

/** The clock on the screen goes on by seconds, however seldom the log is looked at. */
const TICK_MILLISECONDS = 1000;

/** Time alone changes things too: a workflow that is silent for long is not running any more. */
const LONGEST_PAUSE_MILLISECONDS = 60_000;

/** How often a log that somebody writes anew is left alone. */
const PATIENCE = 5;

/** Prints what is running, and ends. */
export async function showOnce(options: WatchOptions): Promise<void> {
  const now = options.asOf === undefined ? undefined : parseTimestamp(options.asOf)!;
  await withAnalyzer(options, async (analyzer) => {
    const watcher = await watcherOf(analyzer, options, now === undefined ? undefined : () => now);
    await watcher.look();
    const { state } = watcher;
    if (options.json) return printJson(stateJson(state));
    const { watchLines } = await import("./views/watch.js");
    const layout = { directory: analyzer.directory, named: options.dir, now: state.at, columns: width() };
    print(watchLines(state, layout).join("\n").trimEnd());
  });
}

function stateJson({ at, running, workflows, ended }: WatchState): object {
  return { as_of: formatTimestamp(at), running_workflows: running, workflows, ended };
}

async function watcherOf(
  analyzer: TelemetryAnalyzer,
  { all = false }: WatchOptions,
  now?: () => number,
): Promise<Watcher> {
  const { Watcher: Class } = await import("./watching.js");
  return new Class(analyzer, { all, now });
}

/** Goes on until a signal or a key ends the process. */
export async function follow(options: WatchOptions): Promise<void> {
  if (options.asOf !== undefined) throw new CommandError("--as-of shows one moment: it needs --once", 2);
  const directory = existingDirectory(options);
  const { TelemetryAnalyzer: Analyzer } = await import("./../analyzer.js");
  let onProgress = showProgress();
  const analyzer = new Analyzer({
    directory,
    abandoned_after_seconds: options.abandonedAfter * 3600,
    onProgress: (done, total) => onProgress?.(done, total),
  });
  const watcher = await watcherOf(analyzer, options);
  const log = new LookedAt(directory, await logState(directory));
  await watcher.look();
  // From here on the terminal shows something else.
  onProgress = undefined;
  const display = await displayOf(watcher, directory, options);
  try {
    for (let next = Date.now(); ;) {
      display.tick();
      if (Date.now() >= next) {
        display.trouble = await attempt(async () => display.tell(await changesOf(watcher, log)), display.trouble);
        next = Date.now() + options.interval * 1000;
      }
      await sleep(Math.max(1, Math.min(TICK_MILLISECONDS, next - Date.now())));
    }
  } finally {
    display.close();
    analyzer.close();
  }
}

/** Runs what may fail for reasons that pass, such as permissions; gives what is wrong. */
async function attempt(work: () => Promise<void>, before: string | undefined): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    if (error.message !== before && !isTerminal()) note(`oak: ${error.message}`);
    return error.message;
  }
}

/** What is known of the files of the log without reading them. */
class LookedAt {
  #waited = 0;
  #lastSeen: LogState;
  #lookedAt = Date.now();

  constructor(
    readonly directory: string,
    private read: LogState,
  ) {
    this.#lastSeen = read;
  }

  /** What is to be read now, if anything. */
  async due(): Promise<LogState | undefined> {
    const now = await logState(this.directory);
    const settled = now.fingerprint === this.#lastSeen.fingerprint;
    this.#lastSeen = now;
    if (hasShrunk(this.read, now) && !settled && this.#waited++ < PATIENCE) return undefined;
    const changed = now.fingerprint !== this.read.fingerprint;
    return changed || Date.now() >= this.#lookedAt + LONGEST_PAUSE_MILLISECONDS ? now : undefined;
  }

  /** Takes note that it was read, and how it was then. */
  wasRead(state: LogState): void {
    this.#waited = 0;
    this.read = state;
    this.#lookedAt = Date.now();
  }

  /** Whether it is still as it was when it was read. */
  async isUnchanged(): Promise<boolean> {
    return (await logState(this.directory)).fingerprint === this.read.fingerprint;
  }
}

async function changesOf(watcher: Watcher, log: LookedAt): Promise<Change[]> {
  const due = await log.due();
  const changes = due ? await watcher.look() : [];
  // Only now: what could not be read is tried again.
  if (due) log.wasRead(due);
  return watcher.unsure ? [...changes, ...(await watcher.settle(() => log.isUnchanged()))] : changes;
}

interface Display {
  /** What is wrong, if anything. */
  trouble: string | undefined;
  /** Says what has happened. */
  tell(changes: readonly Change[]): void;
  /** Time has passed. */
  tick(): void;
  close(): void;
}

async function displayOf(watcher: Watcher, directory: string, { json, dir }: WatchOptions): Promise<Display> {
  const { changeLine, watchLines } = await import("./views/watch.js");
  if (json || !isTerminal() || process.env["TERM"] === "dumb") {
    note(`watching ${directory}: ${count(watcher.state.running, "workflow")} running`);
    const tell = (changes: readonly Change[]) => {
      if (changes.length === 0) return;
      if (json) write(changes.map((change) => `${JSON.stringify(change)}\n`).join(""));
      else print(...changes.map(changeLine));
    };
    return { trouble: undefined, tell, tick: () => undefined, close: () => undefined };
  }
  const { Screen } = await import("./screen.js");
  const draw = () => {
    const layout = { directory, named: dir, now: Date.now(), columns: width(), rows: screen.rows, hint: "q quits" };
    screen.draw(watchLines(watcher.state, { ...layout, trouble: display.trouble }));
  };
  const screen = new Screen(draw);
  const display: Display = { trouble: undefined, tell: draw, tick: draw, close: () => screen.close() };
  return display;
}
