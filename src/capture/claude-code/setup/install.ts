import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";

import { claudeFolder } from "../../../event/agent-files.js";
import { SettingsError } from "./json-file.js";
import {
  hookCommand,
  installedCommands,
  installedMcpServer,
  installHooks,
  installMcpServer,
  removeHooks,
  removeMcpServer,
  type McpServer,
} from "./settings.js";

/** Whose settings: a project's, in its folder, or the user's for all projects. */
export type Scope = { readonly kind: "user" } | { readonly kind: "project"; readonly folder: string };

export function settingsPath(scope: Scope): string {
  return scope.kind === "user" ? join(claudeFolder(), "settings.json") : join(scope.folder, ".claude", "settings.json");
}

function mcpPath(scope: Scope): string {
  if (scope.kind === "project") return join(scope.folder, ".mcp.json");
  // Beside the default folder, but inside of another one.
  return process.env["CLAUDE_CONFIG_DIR"] ? join(claudeFolder(), ".claude.json") : join(homedir(), ".claude.json");
}

/** Files of this installation that Claude Code runs with Node. */
export interface InstalledFiles {
  readonly hook: string;
  /** The command `oak`. */
  readonly oak: string;
}

/** The command that runs the hook. */
function commandFor(scope: Scope, { hook }: InstalledFiles): string {
  const inside = insideProject(scope, hook);
  return hookCommand(inside === undefined ? escaped(slashed(hook)) : `$CLAUDE_PROJECT_DIR/${escaped(inside)}`);
}

/** How the MCP server is started: not as `oak`, which need not be on the path of whoever starts Claude Code. */
function serverFor(scope: Scope, { oak }: InstalledFiles): McpServer {
  const inside = insideProject(scope, oak);
  // Claude Code fills in variables here, but from its own environment, where this one need not be.
  return {
    command: "node",
    args: [inside === undefined ? slashed(oak) : `\${CLAUDE_PROJECT_DIR:-.}/${inside}`, "mcp"],
  };
}

/**
 * What a file is called from the project's folder. Below it a file is named from there, so that the name holds for
 * everybody who has the project.
 */
function insideProject(scope: Scope, file: string): string | undefined {
  if (scope.kind === "user") return undefined;
  const inside = slashed(relative(scope.folder, file));
  const isInside = inside !== "" && !inside.startsWith("../") && resolve(scope.folder, inside) === resolve(file);
  return isInside ? inside : undefined;
}

function slashed(path: string): string {
  return path.replaceAll("\\", "/");
}

/** Between double quotes, these mean something to a shell. */
function escaped(path: string): string {
  return path.replaceAll(/[\\"$`]/g, (character) => `\\${character}`);
}

/** A file that is changed, or would be. */
export interface Change {
  readonly path: string;
  /** Undefined where there is no file. */
  readonly before: string | undefined;
  /** Undefined where no file is left. */
  readonly after: string | undefined;
  /** Where the content before is kept. */
  readonly backup: string | undefined;
}

/** What installing changes: nothing in files that hold it already. @throws {SettingsError} */
export function planInstall(scope: Scope, files: InstalledFiles): Change[] {
  const changes = [
    planned(settingsPath(scope), (text) => installHooks(text, commandFor(scope, files))),
    planned(mcpPath(scope), (text) => installMcpServer(text, serverFor(scope, files))),
  ];
  return changes.filter(({ before, after }) => before !== after);
}

function planned(path: string, edit: (text: string | undefined) => string): Change {
  const before = contentOf(path);
  const after = told(path, () => edit(before));
  // A backup from an installation that is still there holds what was before that.
  const backup = before === undefined || existsSync(backupOf(path)) ? undefined : backupOf(path);
  return { path, before, after, backup };
}

/**
 * What removing changes. A file that was not touched since becomes again what it was before, whatever its form; from
 * others only what was added is taken.
 *
 * @throws {SettingsError}
 */
export function planRemoval(scope: Scope): Change[] {
  const settings = removal(settingsPath(scope), removeHooks, (original, now) => {
    const [command] = installedCommands(now).values();
    return command === undefined ? original : installHooks(original, command);
  });
  const mcp = removal(mcpPath(scope), removeMcpServer, (original, now) => {
    const server = installedMcpServer(now);
    return server === undefined ? original : installMcpServer(original, server);
  });
  return [settings, mcp].filter(({ before, after }) => before !== after);
}

function removal(
  path: string,
  remove: (text: string) => string,
  installed: (original: string | undefined, now: string) => string | undefined,
): Change {
  const before = contentOf(path);
  if (before === undefined) return { path, before, after: before, backup: undefined };
  return told(path, () => {
    const original = contentOf(backupOf(path));
    const removed = remove(before);
    if (removed === before) return { path, before, after: before, backup: undefined };
    const isUntouched = installed(original, before) === before;
    return { path, before, after: isUntouched ? original : removed, backup: undefined };
  });
}

/** Changes the files. A file is replaced as a whole: whoever reads it sees it before or after. */
export function apply(changes: readonly Change[], removing: boolean): void {
  for (const { path, before, after, backup } of changes) {
    const target = existsSync(path) ? realpathSync(path) : path;
    if (backup !== undefined && before !== undefined) replaceFile(backup, before, modeOf(target));
    if (after === undefined) rmSync(target);
    else replaceFile(target, after, modeOf(target));
    if (removing) rmSync(backupOf(path), { force: true });
  }
}

function backupOf(path: string): string {
  return `${path}.before-oak`;
}

function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function modeOf(path: string): number {
  return (statSync(path, { throwIfNoEntry: false })?.mode ?? 0o600) & 0o777;
}

function replaceFile(path: string, text: string, mode: number): void {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, text, { mode });
    chmodSync(temporary, mode);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Says in which file something is wrong. */
function told<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof SettingsError ? new SettingsError(`${path} is left as it is: ${error.message}`) : error;
  }
}
