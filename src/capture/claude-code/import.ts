import { basename, join, resolve } from "node:path";

import { makeDirectory } from "../../event/directory.js";
import type { TelemetryEvent } from "../../event/events.js";
import { withLock } from "../../log/lock.js";
import { EventWriter } from "../../record/event-writer.js";
import { chosenRedaction } from "../redact.js";
import type { Redact } from "../writable.js";
import { eventsOfRun, eventsOfWorkflow, invocationOf, startOfWorkflow, workflowOf, type Closing } from "./events.js";
import { ABANDONED_AFTER_HOURS, contentEventId, invocationId } from "./identity.js";
import { learn, readKnownLog, type KnownLog } from "./known.js";
import { readRecords, type TranscriptRecord, type Trouble } from "./records.js";
import { runsOf, type NoRun, type Run } from "./runs.js";
import { SessionReader, type Turn } from "./session-reader.js";
import { findSessions, readSidecar, type SessionFiles, type Sidecar } from "./transcript-files.js";

/** What is imported, and where to. */
export interface ClaudeCodeImportOptions {
  /** Telemetry directory. */
  readonly directory: string;
  /** A folder of projects, a project's folder, or a transcript. */
  readonly path: string;
  /** Only this project: its path, or the name of its folder among the transcripts. */
  readonly project?: string;
  /** Only what began then or later: milliseconds since 1970. */
  readonly since?: number;
  /** Counts what would be added, and adds nothing. */
  readonly dry_run?: boolean;
  /** Takes secrets out of texts; by default {@link chosenRedaction}. */
  readonly redact?: Redact;
  /** What counts as now: milliseconds since 1970. */
  readonly now?: number;
  /** Called with the bytes read so far, and how many there are. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** How many of something were found, and how many of them the log did not hold. */
interface Found {
  found: number;
  added: number;
}

/** What an import found and added. */
export interface ClaudeCodeImportResult {
  readonly directory: string;
  readonly path: string;
  readonly dry_run: boolean;
  readonly sessions: number;
  /** Sessions that were not read: they have not changed since the time that was asked for. */
  readonly sessions_unchanged: number;
  readonly bytes: number;
  readonly workflows: Found;
  readonly invocations: Found;
  readonly handoffs: Found;
  /** Lines that the log did not hold. */
  readonly lines_added: number;
  /** What looks like a run and is none, by reason; `copy` is a run of a session that another one continues. */
  readonly left_out: Readonly<Partial<Record<NoRun | "copy", number>>>;
  /** What was not understood, by kind. */
  readonly not_understood: Readonly<Record<string, number>>;
}

/** There are no transcripts of that project. */
export class UnknownProjectError extends Error {
  override readonly name = "UnknownProjectError";
  /** Names of the folders of the projects that there are. */
  readonly projects: readonly string[];

  constructor(project: string, projects: readonly string[]) {
    super(`there are no transcripts of project ${project}`);
    this.projects = projects;
  }
}

/** More kinds of things that are not understood are counted as one. */
const MAX_KINDS = 50;

/**
 * Imports the runs of subagents from the transcripts of Claude Code. Lines that the log holds already are not added
 * again: the log itself says which those are. Transcripts are read as streams, one session after the other.
 *
 * @throws what the file system says of `path`, or of a log that cannot be written
 * @throws {UnknownProjectError}
 * @throws {LockedError} when another import into the same directory is under way
 */
export async function importClaudeCode(options: ClaudeCodeImportOptions): Promise<ClaudeCodeImportResult> {
  const { directory, path, dry_run = false } = options;
  const troubles = new Tally(MAX_KINDS);
  const all = await findSessions(path, () => troubles.add("unreadable file"));
  const chosen = ofProject(all, options.project);
  const since = options.since ?? Number.NEGATIVE_INFINITY;
  const sessions = chosen.filter((session) => session.modified_at >= since);
  const work = async () => {
    const task = new Import(options, await readKnownLog(directory), troubles);
    await task.run(sessions);
    return task;
  };
  const lock = join(directory, "capture", "import.lock");
  if (!dry_run) makeDirectory(join(directory, "capture"));
  const { counts, leftOut } = await (dry_run ? work() : withLock(lock, work));
  return {
    directory,
    path,
    dry_run,
    sessions: sessions.length,
    sessions_unchanged: chosen.length - sessions.length,
    bytes: sessions.reduce((sum, session) => sum + session.bytes, 0),
    ...counts,
    left_out: leftOut.result(),
    not_understood: troubles.result(),
  };
}

/** The sessions of a project. Claude Code names its folder after its path, with all but letters and digits replaced. */
function ofProject(sessions: readonly SessionFiles[], project: string | undefined): readonly SessionFiles[] {
  if (project === undefined) return sessions;
  const names = new Set([project, basename(project), resolve(project).replaceAll(/[^a-zA-Z0-9]/g, "-")]);
  const found = sessions.filter((session) => names.has(session.project));
  if (found.length === 0)
    throw new UnknownProjectError(project, [...new Set(sessions.map((session) => session.project))].toSorted());
  return found;
}

/** Counts by kind. */
class Tally {
  readonly #counts = new Map<string, number>();
  readonly #maxKinds: number;

  constructor(maxKinds: number) {
    this.#maxKinds = maxKinds;
  }

  add(kind: string): void {
    const name = this.#counts.has(kind) || this.#counts.size < this.#maxKinds ? kind : "other";
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  result(): Record<string, number> {
    return Object.fromEntries(this.#counts);
  }
}

/** An import under way. */
class Import {
  readonly counts = {
    workflows: { found: 0, added: 0 },
    invocations: { found: 0, added: 0 },
    handoffs: { found: 0, added: 0 },
    lines_added: 0,
  };
  readonly leftOut = new Tally(MAX_KINDS);
  readonly #options: ClaudeCodeImportOptions;
  readonly #known: KnownLog;
  readonly #troubles: Tally;
  readonly #redact: Redact;
  readonly #now: number;
  readonly #writer: EventWriter;
  readonly #found = new Set<string>();
  #lost: unknown;
  /** The run whose own records begin with a record: a session that copies another one copies them too. */
  readonly #runOfRecord = new Map<string, string>();

  constructor(options: ClaudeCodeImportOptions, known: KnownLog, troubles: Tally) {
    this.#options = options;
    this.#known = known;
    this.#troubles = troubles;
    this.#redact = options.redact ?? chosenRedaction();
    this.#now = options.now ?? Date.now();
    this.#writer = new EventWriter(options.directory, (_, error) => (this.#lost ??= error));
  }

  async run(sessions: readonly SessionFiles[]): Promise<void> {
    const total = sessions.reduce((sum, session) => sum + session.bytes, 0);
    let done = 0;
    const onBytes = (bytes: number) => this.#options.onProgress?.((done += bytes), total);
    try {
      for (const session of sessions) {
        this.#take(await this.#read(session, onBytes), session);
        if (this.#lost !== undefined) break;
      }
    } finally {
      this.#writer.close();
      this.#options.onProgress?.(total, total);
    }
    if (this.#lost !== undefined) throw this.#lost;
  }

  /** Reads the files of a session, its own first: it tells of the others. */
  async #read(session: SessionFiles, onBytes: (bytes: number) => void): Promise<Reading> {
    const trouble: Trouble = (kind) => this.#troubles.add(kind);
    const reader = new SessionReader(trouble, new Set(session.agents.map(({ agent_id }) => agent_id)));
    const sidecars = new Map<string, Sidecar>();
    const read = async (path: string, see: (record: TranscriptRecord) => void) => {
      try {
        await readRecords(path, see, trouble, onBytes);
      } catch {
        trouble("unreadable file");
      }
    };
    if (session.transcript !== undefined) await read(session.transcript, (record) => reader.see(record));
    for (const { agent_id, path } of session.agents) {
      const sidecar = await readSidecar(path);
      if (sidecar) sidecars.set(agent_id, sidecar);
      await read(path, (record) => reader.seeOfAgent(agent_id, record));
      reader.agents.get(agent_id)?.settle();
    }
    const onNoRun = (reason: NoRun) => this.leftOut.add(reason);
    const complete = session.transcript !== undefined;
    const runs = runsOf({ reader, sidecars, complete, name: session.name }, this.#now, onNoRun);
    return { runs, turns: reader.turns, last_at: reader.last_at };
  }

  /** Adds what the log does not hold of a session. */
  #take({ runs, turns, last_at = 0 }: Reading, { project }: SessionFiles): void {
    const silent = this.#now - last_at > ABANDONED_AFTER_HOURS * 3_600_000;
    const workflows = new Map<string | undefined, Run[]>();
    for (const run of runs) {
      const own = this.#own(run);
      if (!own) continue;
      // Whoever captured the run before may have known the request by another key.
      const workflow_id = this.#known.runs.get(invocationOf(own))?.workflow_id ?? workflowOf(own);
      const others = workflows.get(workflow_id);
      if (others) others.push(own);
      else workflows.set(workflow_id, [own]);
    }
    for (const [workflow_id, members] of workflows) {
      const turn = turns.find(({ request }) => request.key === members[0]!.request?.key);
      if (startOfWorkflow(members) < (this.#options.since ?? Number.NEGATIVE_INFINITY)) continue;
      const closing = closingOf(turn, turn === turns.at(-1), silent);
      if (workflow_id !== undefined) this.#add(eventsOfWorkflow({ workflow_id, project, runs: members, closing }));
      for (const run of members) this.#add(eventsOfRun(run, workflow_id, this.#redact));
    }
  }

  /** A run as the session's own; undefined for the copy of one that is known from another session. */
  #own(run: Run): Run | undefined {
    const id = invocationOf(run);
    const first = run.transcript?.first_uuid;
    const call = run.tool_use_id;
    const original =
      (call === undefined ? undefined : this.#known.run_of_call.get(call)) ??
      (first === undefined ? undefined : this.#runOfRecord.get(first)) ??
      id;
    if (first !== undefined && !this.#runOfRecord.has(first)) this.#runOfRecord.set(first, original);
    const known = this.#known.runs.get(original);
    // The log knows the end from the run's own records, which are not here.
    if (original === id) return known?.has_end && !run.transcript ? { ...run, end: undefined } : run;
    // The session that continues another one may be the one that tells how its runs ended.
    const session_id = known?.session_id;
    if (run.end && known && !known.has_end && session_id && invocationId(session_id, run.agent_id) === original)
      return { ...run, session_id };
    this.leftOut.add("copy");
    return undefined;
  }

  #add(events: readonly TelemetryEvent[]): void {
    const fresh = events.flatMap((event) => this.#fresh(event) ?? []);
    for (const event of fresh) learn(this.#known, { ...event });
    this.counts.lines_added += fresh.length;
    if (!this.#options.dry_run) this.#writer.write(fresh);
  }

  /** The line to add; undefined where the log says it already. */
  #fresh(event: TelemetryEvent): TelemetryEvent | undefined {
    const { event_ids, runs, workflows } = this.#known;
    const known = event_ids.has(event.event_id!);
    switch (event.event) {
      case "workflow_start":
        return this.#count("workflows", event.workflow_id, known || workflows.has(event.workflow_id))
          ? event
          : undefined;
      case "agent_handoff":
        return this.#count("handoffs", event.event_id!, known) ? event : undefined;
      case "invocation_start": {
        const run = runs.get(event.invocation_id);
        if (this.#count("invocations", event.invocation_id, run !== undefined)) return event;
        // It was captured while nobody knew what it was to do.
        return run?.has_task || !event.task_description ? undefined : { ...event, event_id: contentEventId(event) };
      }
      default:
        return known ? undefined : event;
    }
  }

  /** Counts something once. Gives whether the log does not hold it. */
  #count(kind: "workflows" | "invocations" | "handoffs", id: string, known: boolean): boolean {
    if (!this.#found.has(id)) {
      this.#found.add(id);
      this.counts[kind].found++;
      if (!known) this.counts[kind].added++;
    }
    return !known;
  }
}

/** What was read of a session. */
interface Reading {
  readonly runs: readonly Run[];
  readonly turns: readonly Turn[];
  /** Of the session's own transcript, milliseconds since 1970. */
  readonly last_at: number | undefined;
}

/** How work on a request ended. Of one that is not in the transcript nothing more can come than its runs tell. */
function closingOf(turn: Turn | undefined, isLast: boolean, silent: boolean): Closing | undefined {
  const word = turn?.last_word ?? "answer";
  if (word !== "working" && word !== "nothing") return word;
  if (!isLast) return "answer";
  return silent ? "abandoned" : undefined;
}
