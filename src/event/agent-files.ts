import { createHash } from "node:crypto";
import { readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

import { isDirectory, type Environment } from "./directory.js";

/** Nobody writes a longer definition of an agent: what is longer is something else. */
const MAX_DEFINITION_BYTES = 1_000_000;

/** In one folder and those below it; beyond, it is no folder of agents. */
const MAX_ENTRIES = 20_000;

/** Where agent definition files may be. */
export interface AgentFolders {
  /** The nearest `.claude/agents` in or above the working directory; null where there is none besides the user's. */
  readonly project: string | null;
  /** `~/.claude/agents`, or that of `CLAUDE_CONFIG_DIR`; it need not exist. Null when nobody knows the user's home. */
  readonly user: string | null;
}

/**
 * Where Claude Code keeps what is the user's: `~/.claude`, or what `CLAUDE_CONFIG_DIR` says.
 *
 * @throws {Error} when nobody knows the user's home
 */
export function claudeFolder(env: Environment = process.env): string {
  return env["CLAUDE_CONFIG_DIR"] || join(homedir(), ".claude");
}

/**
 * Finds the folders in which Claude Code looks for definitions of agents. Nothing is created, and nothing thrown: where
 * the working directory was deleted there is no project.
 */
export function findAgentFolders(env: Environment = process.env, cwd?: string): AgentFolders {
  const user = known(() => join(claudeFolder(env), "agents"));
  const start = known(() => cwd ?? process.cwd());
  for (let folder = start; folder !== null; folder = dirname(folder)) {
    const candidate = join(folder, ".claude", "agents");
    if (candidate !== user && isDirectory(candidate)) return { project: candidate, user };
    if (dirname(folder) === folder) break;
  }
  return { project: null, user };
}

/**
 * The Markdown files in a folder and those below it, in order of their paths. Links are followed, circles are not;
 * hidden folders and `node_modules` are left out.
 *
 * @param onProblem hears of each folder that could not be read or was not read to its end, and why
 */
export function listAgentFiles(folder: string, onProblem: (path: string, reason: string) => void = () => {}): string[] {
  const files: string[] = [];
  const seen = new Set<string>();
  let left = MAX_ENTRIES;
  const visit = (path: string): void => {
    try {
      const real = realpathSync(path);
      if (seen.has(real)) return;
      seen.add(real);
      for (const entry of readdirSync(path, { withFileTypes: true })) {
        if (left-- <= 0) break;
        const child = join(path, entry.name);
        if (entry.name.endsWith(".md")) files.push(child);
        else if (entry.name.startsWith(".") || entry.name === "node_modules") continue;
        else if (entry.isDirectory() || (entry.isSymbolicLink() && isDirectory(child))) visit(child);
      }
    } catch (error) {
      onProblem(path, reasonOf(error));
    }
  };
  visit(folder);
  if (left < 0) onProblem(folder, `holds more than ${MAX_ENTRIES} files: the rest was not read`);
  return files.toSorted();
}

/**
 * Reads the bytes of a definition file.
 *
 * @throws when it cannot be read, is no file, or is longer than a megabyte
 */
export function readAgentFile(path: string): Buffer {
  const stats = statSync(path);
  // To open a pipe would wait for somebody who writes to it.
  if (!stats.isFile()) throw new Error("is not a file");
  if (stats.size > MAX_DEFINITION_BYTES)
    throw new Error(`has ${stats.size} bytes; a definition has at most ${MAX_DEFINITION_BYTES}`);
  return readFileSync(path);
}

/**
 * What tells one version of an agent's definition from another: the first 16 hexadecimal digits (64 bits) of the
 * SHA-256 of its file's bytes. Two versions of one agent share it by chance once in 10^19 times.
 */
export function definitionHash(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex").slice(0, 16);
}

/** Why something could not be read, in words. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOENT") return "does not exist";
  if (code === "EACCES" || code === "EPERM") return "may not be read: permission denied";
  if (code === "ELOOP") return "is a link that leads back to itself";
  if (code === "ENOTDIR") return "is not a folder";
  return message;
}

/** Asks the system for something that it may not know. */
function known(ask: () => string): string | null {
  try {
    return ask();
  } catch {
    return null;
  }
}
