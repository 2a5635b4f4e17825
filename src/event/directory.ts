import { mkdirSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join, resolve } from "node:path";

/** The JSONL files of a telemetry directory, by what they hold. */
export const LOG_FILES = {
  workflow: "workflow_events.jsonl",
  invocation: "agent_invocations.jsonl",
  feedback: "success_metrics.jsonl",
} as const;

/** One of the kinds of line that have a file of their own. */
export type LogKind = keyof typeof LOG_FILES;

export const LOG_KINDS = Object.keys(LOG_FILES) as readonly LogKind[];

/** Environment variables. Not Node's own type, so that the package's types need no others. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Finds the telemetry directory: the one given, else `OAK_TELEMETRY_DIR`, else the nearest `.oak` folder in or above
 * `cwd`, else the user's data folder (`$XDG_DATA_HOME/oak-telemetry`, by default `~/.local/share/oak-telemetry`;
 * `~/Library/Application Support/oak-telemetry` on macOS, `%LOCALAPPDATA%\oak-telemetry` on Windows).
 * The directory need not exist; nothing is created.
 *
 * @returns an absolute path
 * @throws what the system says when the working directory was deleted, or the user's home is not known
 */
export function findTelemetryDirectory(given?: string, env: Environment = process.env, cwd?: string): string {
  const named = given || env["OAK_TELEMETRY_DIR"];
  // The working directory may have been deleted: it is asked for only when it matters.
  if (named) return isAbsolute(named) ? named : resolve(cwd ?? process.cwd(), named);
  for (let folder = cwd ?? process.cwd(); ; folder = dirname(folder)) {
    const candidate = join(folder, ".oak");
    if (isDirectory(candidate)) return candidate;
    if (dirname(folder) === folder) break;
  }
  return join(userDataFolder(env), "oak-telemetry");
}

/** What may not be looked at is no folder of ours. */
export function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function userDataFolder(env: Environment): string {
  if (process.platform === "darwin") return join(homedir(), "Library", "Application Support");
  if (process.platform === "win32") return env["LOCALAPPDATA"] ?? join(homedir(), "AppData", "Local");
  return env["XDG_DATA_HOME"] || join(homedir(), ".local", "share");
}

/**
 * Makes a directory and those above it, for its owner alone. (Node 20's own way of doing so never ends where one cannot be
 * made though its parent is there, as below `/proc`.)
 *
 * @throws what the file system says
 */
export function makeDirectory(path: string): void {
  if (isDirectory(path)) return;
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Another process was faster.
    if (code === "EEXIST" && isDirectory(path)) return;
    if (code !== "ENOENT" || isDirectory(dirname(path)) || dirname(path) === path) throw error;
    makeDirectory(dirname(path));
    makeDirectory(path);
  }
}
