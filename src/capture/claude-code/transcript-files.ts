import { open, readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";

import { asObject, asText, parseRecord, type TranscriptRecord } from "./records.js";
import { rootSessionOf } from "./requests.js";

/** A subagent's own transcript. */
interface AgentFile {
  readonly agent_id: string;
  readonly path: string;
}

/** The files of one session. */
export interface SessionFiles {
  /** Name of the transcript without `.jsonl`; as a rule the session's id. */
  readonly name: string;
  /** Folder of the project: a slug of its path. */
  readonly project: string;
  /** The session's own transcript; undefined when only those of its subagents are left. */
  readonly transcript: string | undefined;
  readonly agents: readonly AgentFile[];
  readonly bytes: number;
  /** When a file of it was last written, in milliseconds since 1970. */
  readonly modified_at: number;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };
type FoundSession = Writable<SessionFiles> & { agents: AgentFile[] };

/** Projects lie in one folder, sessions in theirs. */
const MAX_DEPTH = 2;

const AGENT_FILE = /^agent-(.+)\.jsonl$/;

/**
 * Finds the sessions in a folder of projects, in a project's folder, or of a single transcript. A session comes before
 * those that copied its lines: those that have transcripts of subagents come first, and those that were written first.
 *
 * Layouts: `<session>.jsonl` with `agent-<id>.jsonl` anywhere below `<session>/subagents/`; older ones have
 * `agent-<id>.jsonl` beside the session's transcript, or in `<session>/`.
 *
 * @param onUnreadable called with what could not be read below `path`
 * @throws what the file system says of `path` itself
 */
export async function findSessions(path: string, onUnreadable: (path: string) => void): Promise<SessionFiles[]> {
  const search = new Search(onUnreadable);
  const place = resolve(path);
  const isFolder = (await stat(place)).isDirectory();
  if (isFolder) {
    // Fails where it may not be read.
    await readdir(place);
    const projects = join(place, "projects");
    const isConfiguration = await stat(projects).then(
      (found) => found.isDirectory(),
      () => false,
    );
    await search.visit(isConfiguration ? projects : place, 0);
  } else {
    await search.visit(dirname(place), MAX_DEPTH);
  }
  return search.sessions
    .filter(({ transcript, agents }) =>
      isFolder
        ? transcript !== undefined || agents.length > 0
        : transcript === place || agents.some((agent) => agent.path === place),
    )
    .toSorted(
      (a, b) =>
        Number(a.agents.length === 0) - Number(b.agents.length === 0) ||
        a.modified_at - b.modified_at ||
        (a.name < b.name ? -1 : 1),
    );
}

/** Walks through folders and puts sessions together from the files in them. */
class Search {
  readonly sessions: FoundSession[] = [];
  readonly #onUnreadable: (path: string) => void;

  constructor(onUnreadable: (path: string) => void) {
    this.#onUnreadable = onUnreadable;
  }

  async visit(folder: string, depth: number): Promise<void> {
    const here = new Map<string, FoundSession>();
    const session = (name: string): FoundSession => {
      let found = here.get(name);
      if (!found) {
        found = { name, project: basename(folder), transcript: undefined, agents: [], bytes: 0, modified_at: 0 };
        here.set(name, found);
        this.sessions.push(found);
      }
      return found;
    };
    const entries = await this.#list(folder);
    for (const { name, isFolder } of entries) {
      if (isFolder || !name.endsWith(".jsonl") || AGENT_FILE.test(name)) continue;
      await this.#add(session(name.slice(0, -".jsonl".length)), join(folder, name));
    }
    for (const { name, isFolder } of entries) {
      const path = join(folder, name);
      const agent_id = isFolder ? undefined : AGENT_FILE.exec(name)?.[1];
      if (agent_id !== undefined) await this.#add(session((await this.#sessionOf(path)) ?? name), path, agent_id);
      if (!isFolder) continue;
      const isSession = here.has(name);
      const subagents = await this.#agentsBelow(join(path, "subagents"));
      const beside = isSession ? await this.#agentsIn(path) : [];
      for (const agent of [...subagents, ...beside]) await this.#add(session(name), agent.path, agent.agent_id);
      if (!isSession && subagents.length === 0 && depth < MAX_DEPTH) await this.visit(path, depth + 1);
    }
  }

  async #list(folder: string): Promise<{ name: string; isFolder: boolean }[]> {
    try {
      const entries = await readdir(folder, { withFileTypes: true });
      return entries.map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() }));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") this.#onUnreadable(folder);
      return [];
    }
  }

  async #agentsIn(folder: string): Promise<AgentFile[]> {
    return (await this.#list(folder)).flatMap(({ name, isFolder }) => {
      const agent_id = isFolder ? undefined : AGENT_FILE.exec(name)?.[1];
      return agent_id === undefined ? [] : [{ agent_id, path: join(folder, name) }];
    });
  }

  async #agentsBelow(folder: string): Promise<AgentFile[]> {
    const agents = await this.#agentsIn(folder);
    for (const { name, isFolder } of await this.#list(folder)) {
      if (isFolder) agents.push(...(await this.#agentsBelow(join(folder, name))));
    }
    return agents;
  }

  async #add(session: FoundSession, path: string, agent_id?: string): Promise<void> {
    try {
      const { size, mtimeMs } = await stat(path);
      session.bytes += size;
      session.modified_at = Math.max(session.modified_at, mtimeMs);
    } catch {
      return this.#onUnreadable(path);
    }
    if (agent_id === undefined) session.transcript = path;
    else session.agents.push({ agent_id, path });
  }

  /** The session that an agent's transcript names in its first lines. */
  async #sessionOf(path: string): Promise<string | undefined> {
    try {
      const file = await open(path, "r");
      try {
        const { bytesRead, buffer } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES);
        const head = buffer.toString("utf8", 0, bytesRead);
        for (const line of head.split("\n")) {
          const record = parseRecord(line);
          const session_id = record && rootSessionOf(record);
          if (session_id !== undefined) return session_id;
        }
        // The prompt may be longer than what was read.
        return /"sessionId":"([^"\\]+)"/.exec(head)?.[1];
      } finally {
        await file.close();
      }
    } catch {
      return undefined;
    }
  }
}

const HEAD_BYTES = 64 * 1024;

/** What Claude Code notes beside the transcript of a subagent, in newer versions. */
export interface Sidecar {
  readonly agent_type: string | undefined;
  readonly description: string | undefined;
  /** The call that started it. */
  readonly tool_use_id: string | undefined;
  /** The subagent that started it, if not the session itself. */
  readonly parent_agent_id: string | undefined;
}

/** Reads what stands beside the transcript of a subagent; undefined where there is nothing, or nothing of use. */
export async function readSidecar(transcript: string): Promise<Sidecar | undefined> {
  let record: TranscriptRecord | undefined;
  try {
    record = asObject(JSON.parse(await readFile(transcript.replace(/\.jsonl$/, ".meta.json"), "utf8")));
  } catch {
    return undefined;
  }
  return (
    record && {
      agent_type: asText(record["agentType"]),
      description: asText(record["description"]),
      tool_use_id: asText(record["toolUseId"]),
      parent_agent_id: asText(record["parentAgentId"]),
    }
  );
}
