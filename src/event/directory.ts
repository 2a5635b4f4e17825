import { statSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";

/** The JSONL files of a telemetry directory, by what they hold. */
export const LOG_FILES = {
  workflow: "workflow_events.jsonl",
  invocation: "agent_invocations.jsonl",
  feedback: "success_metrics.jsonl",
} as const;

/** One of the kinds of line that have a file of their own. */
export type LogKind = keyof typeof LOG_FILES;

export const LOG_KINDS = Object.keys(LOG_FILES) as readonly LogKind[];

/**
 * Finds the telemetry directory: the one given, else `OAK_TELEMETRY_DIR`, else the nearest `.oak` folder in or above
 * `cwd`, else the user's data folder (`$XDG_DATA_HOME/oak-telemetry`, by default `~/.local/share/oak-telemetry`;
 * `~/Library/Application Support/oak-telemetry` on macOS, `%LOCALAPPDATA%\oak-telemetry` on Windows).
 * The directory need not exist; nothing is created.
 *
 * @returns an absolute path
 */
export function findTelemetryDirectory(
  given?: string,
  env: NodeJS.ProcessEnv = process.env,
  cwd: string = process.cwd(),
): string {
  if (given) return resolve(cwd, given);
  if (env["OAK_TELEMETRY_DIR"]) return resolve(cwd, env["OAK_TELEMETRY_DIR"]);
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    const candidate = join(folder, ".oak");
    if (isDirectory(candidate)) return candidate;
    if (dirname(folder) === folder) break;
  }
  return join(userDataFolder(env), "oak-telemetry");
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function userDataFolder(env: NodeJS.ProcessEnv): string {
  if (process.platform === "darwin") return join(homedir(), "Library", "Application Support");
  if (process.platform === "win32") return env["LOCALAPPDATA"] ?? join(homedir(), "AppData", "Local");
  return env["XDG_DATA_HOME"] || join(homedir(), ".local", "share");
}
