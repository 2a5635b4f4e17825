import { statSync } from "node:fs";
import { basename } from "node:path";

import {
  definitionHash,
  findAgentFolders,
  listAgentFiles,
  readAgentFile,
  type AgentFolders,
} from "../event/agent-files.js";

/** How often a file that is known is looked at again: as often as the log itself. */
const RECHECK_MILLISECONDS = 1000;

/** How often the folders are searched for files that have come since. */
const SEARCH_MILLISECONDS = 30_000;

/** A definition file, as it was when it was last read. */
interface KnownFile {
  /** Tells whether it is still the same. */
  readonly identity: string;
  /** When it was last changed, in milliseconds since 1970. */
  readonly changed_at: number;
  /** Null when it cannot be read, or defines another agent. */
  readonly hash: string | null;
}

/**
 * Knows the hashes of the definitions of agents by their names: that of `NAME.md` in or below the project's or the
 * user's folder of agents, unless the file itself says that it defines another agent.
 *
 * Within a second of the last look at an agent's file nothing is read, not even whether it changed. Nothing is ever
 * thrown: what cannot be read is not known.
 */
export class DefinitionHashes {
  #folders: AgentFolders | undefined;
  readonly #now: () => number;
  #paths: ReadonlyMap<string, string> = new Map();
  #searchedAt = Number.NEGATIVE_INFINITY;
  readonly #files = new Map<string, KnownFile & { readonly checkedAt: number }>();

  /** @param folders by default those of the working directory and the user when first asked */
  constructor(folders?: AgentFolders, now: () => number = Date.now) {
    this.#folders = folders;
    this.#now = now;
  }

  /**
   * The hash of an agent's definition.
   *
   * @param at the time that is asked about, in milliseconds since 1970; by default now. Of an earlier one the definition
   *   is known only when its file has not changed since.
   * @returns null when it is not known
   */
  of(agent_name: string, at?: number): string | null {
    const now = this.#now();
    const file = this.#file(agent_name, now);
    return file === undefined || (at !== undefined && at < file.changed_at) ? null : file.hash;
  }

  #file(agent_name: string, now: number): KnownFile | undefined {
    const known = this.#files.get(agent_name);
    if (known !== undefined && isFresh(known.checkedAt, now, RECHECK_MILLISECONDS)) return known;
    if (!isFresh(this.#searchedAt, now, SEARCH_MILLISECONDS)) this.#search(now);
    const path = this.#paths.get(agent_name);
    if (path === undefined) return undefined;
    const file = { ...read(path, agent_name, known), checkedAt: now };
    this.#files.set(agent_name, file);
    return file;
  }

  #search(now: number): void {
    this.#searchedAt = now;
    this.#folders ??= findAgentFolders();
    const paths = new Map<string, string>();
    for (const folder of [this.#folders.project, this.#folders.user])
      for (const path of folder === null ? [] : listAgentFiles(folder)) {
        const name = basename(path, ".md");
        if (!paths.has(name)) paths.set(name, path);
      }
    this.#paths = paths;
  }
}

/** A clock that was set back must not keep anything fresh for ever. */
function isFresh(since: number, now: number, milliseconds: number): boolean {
  return now - since < milliseconds && now >= since;
}

function read(path: string, agent_name: string, known: KnownFile | undefined): KnownFile {
  try {
    const { dev, ino, size, mtimeMs, ctimeMs } = statSync(path);
    const identity = `${dev}:${ino}:${size}:${mtimeMs}:${ctimeMs}`;
    if (identity === known?.identity) return known;
    const bytes = readAgentFile(path);
    return { identity, changed_at: mtimeMs, hash: defines(bytes, agent_name) ? definitionHash(bytes) : null };
  } catch {
    return { identity: "", changed_at: 0, hash: null };
  }
}

/** Whether a file named after the agent is its definition: it may name another agent in its first lines. */
function defines(bytes: Buffer, agent_name: string): boolean {
  const [, name] = /^name:[ \t]*(.+?)[ \t]*\r?$/m.exec(bytes.toString("utf8", 0, 2000)) ?? [];
  return name === undefined || name.replace(/^(["'])(.*)\1$/, "$2") === agent_name;
}
