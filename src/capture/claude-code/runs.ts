import type { AgentTranscript } from "./agent-transcript.js";
import { ABANDONED_AFTER_HOURS, isInternalAgent, WARM_UP_PROMPT } from "./identity.js";
import type { Request } from "./requests.js";
import type { End, SessionReader, Spawn } from "./session-reader.js";
import type { Sidecar } from "./transcript-files.js";

/** A run of a subagent, as far as it is known. */
export interface Run {
  readonly agent_id: string;
  /** The root session. */
  readonly session_id: string;
  readonly agent_name: string;
  readonly description: string | undefined;
  readonly prompt: string | undefined;
  readonly tool_use_id: string | undefined;
  /** The run that started it, if not the session itself. */
  readonly parent: string | undefined;
  readonly request: Request | undefined;
  readonly detached: boolean;
  /** Milliseconds since 1970. */
  readonly started_at: number;
  /** Undefined while it runs, or may. */
  readonly end: (End & { readonly at: number; readonly seconds: number }) | undefined;
  /** Its own records; undefined where nobody kept them. */
  readonly transcript: RunRecords | undefined;
  /** Names of fields that were concluded, not stated. */
  readonly inferred: readonly string[];
}

/** What is told of a run from its own records. */
type RunRecords = Pick<
  AgentTranscript,
  "files_read" | "files_written" | "files_created" | "tools" | "model" | "tokens" | "records" | "first_uuid"
>;

/** Why something that looks like a run is none. */
export type NoRun =
  /** The program's own work: compaction, suggestions. */
  | "internal"
  | "warm_up"
  /** Nobody asked for it: no call started it. */
  | "not_requested"
  /** A call that started nothing: it was refused, or failed before. */
  | "not_started"
  /** A record of it has no time. */
  | "without_time";

/** What was read of one session. */
export interface SessionFacts {
  readonly reader: SessionReader;
  readonly sidecars: ReadonlyMap<string, Sidecar>;
  /** The session's own transcript was there to be read. */
  readonly complete: boolean;
  /** What the session is called where no record says. */
  readonly name: string;
}

/** A result is written when the subagent has written its last record; the clock is the same. */
const TOLERANCE_MILLISECONDS = 2000;

/** An answer that is being written may go on. */
const SETTLED_AFTER_MILLISECONDS = 60_000;

/**
 * Puts together which subagents ran in a session.
 *
 * @param now milliseconds since 1970: silence is judged by it
 * @param onNoRun called for each thing that looks like a run and is none
 */
export function runsOf(facts: SessionFacts, now: number, onNoRun: (reason: NoRun) => void): Run[] {
  const { reader, sidecars } = facts;
  const started = new Map<string, Spawn>();
  const calls = [...sidecars].map(([id, sidecar]) => [id, sidecar.tool_use_id ?? ""] as const);
  for (const [agent_id, tool_use_id] of [...reader.edges, ...calls]) {
    const spawn = reader.spawns.get(tool_use_id);
    if (spawn) started.set(agent_id, spawn);
  }
  const matched = matchByPrompt(facts, started);
  const runs: Run[] = [];
  const ids = new Set([...reader.agents.keys(), ...reader.edges.keys(), ...started.keys(), ...matched.keys()]);
  for (const agent_id of ids) {
    const transcript = reader.agents.get(agent_id);
    const spawn = started.get(agent_id) ?? matched.get(agent_id);
    const reason = whyNoRun(facts, agent_id, transcript, spawn);
    if (reason !== undefined) onNoRun(reason);
    else {
      const run = runOf(facts, agent_id, spawn, matched.has(agent_id), now);
      if (run) runs.push(run);
      else onNoRun("without_time");
    }
  }
  const seen = new Set([...started.values(), ...matched.values()]);
  for (const spawn of reader.spawns.values()) {
    if (seen.has(spawn) || (spawn.agent_id !== undefined && ids.has(spawn.agent_id))) continue;
    // Very old versions do not say which run a call started.
    const ran = spawn.end?.reason === "completed" ? runOf(facts, spawn.tool_use_id, spawn, false, now) : undefined;
    if (ran) runs.push(ran);
    else onNoRun("not_started");
  }
  return withRequests(runs).toSorted((a, b) => a.started_at - b.started_at || (a.agent_id < b.agent_id ? -1 : 1));
}

/** Where nobody says which call started a run: the one with the same prompt. */
function matchByPrompt({ reader }: SessionFacts, started: ReadonlyMap<string, Spawn>): Map<string, Spawn> {
  const taken = new Set(started.values());
  const free = [...reader.spawns.values()].filter((spawn) => spawn.prompt !== undefined && !taken.has(spawn));
  const matched = new Map<string, Spawn>();
  if (free.length === 0) return matched;
  const agents = [...reader.agents]
    .filter(([agent_id]) => !started.has(agent_id) && !isInternalAgent(agent_id))
    .toSorted(([, a], [, b]) => (a.first_at ?? 0) - (b.first_at ?? 0));
  for (const [agent_id, { prompt }] of agents) {
    const place = free.findIndex((spawn) => spawn.prompt === prompt);
    if (place !== -1) matched.set(agent_id, free.splice(place, 1)[0]!);
  }
  return matched;
}

function whyNoRun(
  { reader, sidecars, complete }: SessionFacts,
  agent_id: string,
  transcript: AgentTranscript | undefined,
  spawn: Spawn | undefined,
): NoRun | undefined {
  if (isInternalAgent(agent_id)) return "internal";
  if (spawn && (transcript || spawn.agent_id === agent_id)) return undefined;
  if (transcript?.prompt === WARM_UP_PROMPT) return "warm_up";
  const sidecar = sidecars.get(agent_id);
  const named = sidecar?.agent_type !== undefined;
  const told = named || sidecar?.tool_use_id !== undefined || reader.edges.has(agent_id);
  // Without the session's transcript nobody can say who started what: then it counts.
  return told || !complete ? undefined : "not_requested";
}

function runOf(
  facts: SessionFacts,
  agent_id: string,
  spawn: Spawn | undefined,
  matchedByPrompt: boolean,
  now: number,
): Run | undefined {
  const { reader, sidecars, name } = facts;
  const transcript = reader.agents.get(agent_id);
  const sidecar = sidecars.get(agent_id);
  const started_at = transcript?.first_at ?? spawn?.at;
  if (started_at === undefined) return undefined;
  const inferred: string[] = matchedByPrompt ? ["tool_use_id"] : [];
  const agent_type = sidecar?.agent_type ?? spawn?.agent_type;
  if (agent_type === undefined) inferred.push("agent_name");
  if (transcript?.first_at === undefined) inferred.push("started_at");
  // What others repeat of its records need not be all.
  if (transcript && !facts.reader.hasTranscript.has(agent_id)) inferred.push("input_tokens", "output_tokens");
  const end = endOf(facts, agent_id, spawn, transcript, started_at, now, inferred);
  const parent = spawn ? spawn.by : sidecar?.parent_agent_id;
  const key = transcript?.prompt_id;
  const session_id = spawn?.session_id ?? transcript?.session_id ?? name;
  const own = key === undefined ? undefined : { key, at: undefined, session_id, cwd: transcript?.cwd };
  return {
    agent_id,
    session_id,
    // What a call without a type means.
    agent_name: agent_type ?? (spawn ? "general-purpose" : "unknown"),
    description: spawn?.description ?? sidecar?.description,
    prompt: spawn?.prompt ?? transcript?.prompt,
    tool_use_id: spawn?.tool_use_id ?? sidecar?.tool_use_id ?? reader.edges.get(agent_id),
    parent,
    request: parent === undefined ? (spawn?.request ?? own) : own,
    detached: spawn?.detached ?? false,
    started_at,
    end,
    transcript,
    inferred,
  };
}

/** How a run ended: as the last report says, else as its own records suggest, else by silence. */
function endOf(
  { reader }: SessionFacts,
  agent_id: string,
  spawn: Spawn | undefined,
  transcript: AgentTranscript | undefined,
  started_at: number,
  now: number,
  inferred: string[],
): Run["end"] {
  const last_at = transcript?.last_at ?? spawn?.at ?? started_at;
  const told = [
    ...(spawn?.end ? [spawn.end] : []),
    ...(reader.ends.get(agent_id) ?? []),
    ...(spawn ? (reader.ends.get(spawn.tool_use_id) ?? []) : []),
  ];
  const stopped_at = reader.stops.get(agent_id);
  if (stopped_at !== undefined && !told.some((end) => (end.at ?? 0) <= stopped_at))
    told.push({ at: stopped_at, reason: "killed" });
  const latest = told.reduce<End | undefined>(
    (last, end) => (last && (last.at ?? 0) > (end.at ?? 0) ? last : end),
    undefined,
  );
  const resumed = latest?.at !== undefined && last_at > latest.at + TOLERANCE_MILLISECONDS;
  if (latest && !resumed) {
    const at = Math.max(latest.at ?? last_at, started_at);
    // Of several rounds only the whole is known.
    const seconds = new Set(told.map((end) => end.at)).size === 1 ? latest.seconds : undefined;
    if (seconds === undefined) inferred.push("duration_seconds");
    return { ...latest, at, seconds: seconds ?? secondsBetween(started_at, transcript?.last_at ?? at) };
  }
  const concluded = concludedEnd(reader, spawn, transcript, last_at, now);
  if (!concluded) return undefined;
  inferred.push("outcome", "duration_seconds");
  return { ...concluded, at: last_at, seconds: secondsBetween(started_at, last_at) };
}

function concludedEnd(
  reader: SessionReader,
  spawn: Spawn | undefined,
  transcript: AgentTranscript | undefined,
  last_at: number,
  now: number,
): Pick<End, "reason" | "error"> | undefined {
  if (transcript?.last_word === "interruption") return { reason: "interrupted" };
  const silent = now - last_at > ABANDONED_AFTER_HOURS * 3_600_000;
  // Nobody waits for a call of an earlier request any more.
  const isWaitedFor = spawn !== undefined && !spawn.detached;
  const passed = isWaitedFor && spawn.by === undefined && reader.turns.at(-1)?.request !== spawn.request;
  // Whoever waits reports soon; of the others the last word counts.
  const over = passed || silent || (!isWaitedFor && now - last_at > SETTLED_AFTER_MILLISECONDS);
  if (transcript?.last_word === "answer" && over) return { reason: "completed" };
  if (transcript?.last_word === "error" && over) return { reason: "failed", error: transcript.error };
  return passed || silent ? { reason: "abandoned" } : undefined;
}

function secondsBetween(from: number, to: number): number {
  return Math.max(0, to - from) / 1000;
}

/** A subagent of a subagent works on the request of the first one. */
function withRequests(runs: readonly Run[]): Run[] {
  const byId = new Map(runs.map((run) => [run.agent_id, run]));
  return runs.map((run) => {
    let top = run;
    const passed = new Set<string>();
    while (top.parent !== undefined && byId.has(top.parent) && !passed.has(top.agent_id)) {
      passed.add(top.agent_id);
      top = byId.get(top.parent)!;
    }
    return top === run ? run : { ...run, request: top.request ?? run.request };
  });
}
