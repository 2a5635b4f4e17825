import type { TelemetryEvent } from "../../../event/events.js";
import type { Closing } from "../events.js";
import { isInternalAgent } from "../identity.js";
import { failure, isKnown, parentOf, type Call, type End, type Run, type UserRequest } from "./facts.js";
import type { HookRecord } from "./record.js";
import { Telling } from "./telling.js";

/** Hooks run beside each other: what happened at once may be told in any order, by so much. */
const DISORDER_MILLISECONDS = 2000;

/** So long after a session's start the program may start subagents to be faster later. */
const WARM_UP_MILLISECONDS = 10_000;

/** Counts of what `oak doctor` shows. */
export interface SessionCounts {
  readonly runs: number;
  /** Runs without an end. */
  readonly open: number;
  /** Stops of what nobody had asked for. */
  readonly phantom_stops: number;
  /** Stops of a run that had stopped before. */
  readonly duplicate_stops: number;
  /** Runs whose end was never told. */
  readonly abandoned: number;
}

/**
 * The runs and requests of one session of Claude Code, as its hooks tell them. Records in, events out: the same records
 * in the same order give the same events.
 *
 * An event is given as soon as what it says is known, and again when more is known; readers merge them.
 */
export class Session {
  readonly #calls = new Map<string, Call>();
  readonly #runs = new Map<string, Run>();
  readonly #requests: UserRequest[] = [];
  /** Requests by the keys of prompts of the program itself, during which work on them went on. */
  readonly #continued = new Map<string, UserRequest>();
  readonly #changed = new Set<Run>();
  readonly #touched = new Set<UserRequest>();
  readonly #telling: Telling;
  #lastAt = 0;
  #startedAt = Number.NEGATIVE_INFINITY;
  #prompted = false;
  #phantomStops = 0;
  #duplicateStops = 0;

  constructor(session_id: string) {
    this.#telling = new Telling(session_id, (run) => this.#requestOfRun(run));
  }

  /**
   * Takes the next record.
   *
   * @param due whether the events that follow from it are wanted: to make none is quicker
   * @returns those events
   */
  step(record: HookRecord, due = true): TelemetryEvent[] {
    this.#changed.clear();
    this.#touched.clear();
    this.#hear(record, this.#requestOf(record));
    const events = this.#telling.tell(this.#changed, this.#touched, due);
    this.#lastAt = Math.max(this.#lastAt, record.at);
    return events;
  }

  get counts(): SessionCounts {
    const runs = [...this.#runs.values()].filter(isKnown);
    const unknown = [...this.#runs.values()].filter((run) => !isKnown(run));
    return {
      runs: runs.length,
      open: runs.filter((run) => !run.end).length,
      phantom_stops: this.#phantomStops + unknown.reduce((sum, run) => sum + run.stops, 0),
      duplicate_stops: this.#duplicateStops,
      abandoned: runs.filter((run) => run.end?.reason === "abandoned").length,
    };
  }

  #hear(record: HookRecord, request: UserRequest): void {
    switch (record.event) {
      case "PreToolUse":
        return this.#heardCall(record, request);
      case "PostToolUse":
        return this.#heardResult(record, request);
      case "PostToolUseFailure":
        return this.#heardFailure(record, request);
      case "SubagentStart":
        return this.#heardStart(record, request);
      case "SubagentStop":
        return this.#heardStop(record, request);
      case "StopFailure":
        if (record.agent_id !== undefined) return this.#endRun(record.agent_id, failure(record));
        return this.#closeRequest(request, "error");
      case "Stop":
        return this.#closeRequest(request, "answer");
      case "UserPromptSubmit":
        this.#prompted = true;
        if (record.continues) return;
        for (const other of this.#requests)
          if (other !== request && other.closing === undefined) this.#closeRequest(other, "answer");
        return;
      case "SessionStart":
        this.#startedAt = record.at;
        return;
      case "SessionEnd":
      case "Silence":
        return this.#close(record.event === "Silence" ? Math.max(this.#lastAt, 0) || record.at : record.at);
    }
  }

  #heardCall(record: HookRecord, request: UserRequest): void {
    const call = this.#call(record, request);
    call.input = record.call ?? { agent_name: "general-purpose" };
    call.request ??= request;
    if (record.agent_id !== undefined) call.parent_agent_id = record.agent_id;
    if (call.agent_id !== undefined) this.#link(this.#run(call.agent_id), call, call.certain === true);
    this.#pair(call.input.agent_name);
  }

  #heardResult(record: HookRecord, request: UserRequest): void {
    const call = this.#call(record, request);
    if (record.agent_id !== undefined) call.parent_agent_id ??= record.agent_id;
    call.finished = true;
    // The call itself may not have been heard.
    if (record.call) call.input ??= record.call;
    const { agent_type, status, milliseconds } = record.result ?? {};
    const agent_id = record.result?.agent_id ?? this.#unnamedRun(call, record);
    if (agent_id === undefined) return;
    const run = this.#run(agent_id);
    run.agent_name ??= agent_type;
    this.#link(run, call, true);
    if (status === undefined || status === "completed") {
      if (run.started_at === undefined && milliseconds !== undefined) run.started_at = record.at - milliseconds;
      if (!run.end || run.end.reason === "abandoned") run.end = { at: record.at, reason: "completed" };
    } else run.detached = true;
  }

  /** Very old versions do not say which run a call started: it is named after the call, as the import does. */
  #unnamedRun({ agent_id, tool_use_id, input }: Call, { result }: HookRecord): string | undefined {
    if (agent_id !== undefined || result?.milliseconds === undefined) return agent_id;
    return this.#runsWithoutCall(input?.agent_name).length > 0 ? undefined : tool_use_id;
  }

  #heardFailure(record: HookRecord, request: UserRequest): void {
    const call = this.#call(record, request);
    call.finished = true;
    const end = failure(record);
    if (call.agent_id !== undefined) return this.#endRun(call.agent_id, end);
    // It cannot be said which run it was of those alike; once all their calls have failed, it was all of them.
    const name = call.input?.agent_name;
    if (this.#callsWithoutRun(name).length > 0) return;
    for (const run of this.#runsWithoutCall(name)) if (run.asked_for) this.#endRun(run.agent_id, end);
  }

  #heardStart(record: HookRecord, request: UserRequest): void {
    const run = this.#run(record.agent_id!);
    run.request ??= request;
    run.agent_name ??= record.agent_type;
    // What stops before it starts was told in the wrong order; later it is started again.
    if (run.started_at === undefined) run.started_at = Math.min(record.at, run.end?.at ?? record.at);
    else if (run.end) run.resumed = true;
    run.early ??= !this.#prompted && record.at - this.#startedAt < WARM_UP_MILLISECONDS;
    this.#heardOrigin(run, record, request);
    if (run.agent_name !== undefined) this.#pair(run.agent_name);
    this.#changed.add(run);
  }

  #heardStop(record: HookRecord, request: UserRequest): void {
    const named = record.transcript_agent_id;
    const known = named !== undefined && !this.#runs.has(record.agent_id!) && this.#runs.has(named);
    const run = this.#run(known ? named : record.agent_id!);
    run.request ??= request;
    run.agent_name ??= record.agent_type;
    this.#heardOrigin(run, record, request);
    run.transcript = record.transcript ?? run.transcript;
    this.#trust(run);
    const again = run.stops > 0 && !run.resumed && !record.stop_hook_active;
    if (again && isKnown(run)) this.#duplicateStops++;
    else run.stops++;
    if (again && !record.transcript) return;
    const open = !run.end || run.end.reason === "abandoned";
    if (open || run.resumed || record.stop_hook_active) run.end = { at: record.at, reason: "completed" };
    delete run.resumed;
    this.#changed.add(run);
  }

  /**
   * Where nobody tells of calls, whatever has a type and was started counts: what the program starts for itself has no
   * type, or only stops, or warms up.
   */
  #trust(run: Run): void {
    if (this.#calls.size > 0 || run.started_at === undefined || run.agent_name === undefined) return;
    if (!run.early && !run.transcript?.warm_up) run.asked_for = true;
  }

  /** What the file beside the transcript says. */
  #heardOrigin(run: Run, record: HookRecord, request: UserRequest): void {
    if (!record.spawned_by) return;
    const { tool_use_id, parent_agent_id, agent_type } = record.spawned_by;
    run.agent_name ??= agent_type;
    run.parent_agent_id ??= parent_agent_id;
    if (agent_type !== undefined && !record.transcript?.warm_up) run.asked_for = true;
    if (tool_use_id === undefined) return;
    const call = this.#call({ ...record, tool_use_id }, request);
    if (parent_agent_id !== undefined) call.parent_agent_id ??= parent_agent_id;
    this.#link(run, call, true);
  }

  /** The session is over, or nothing is heard of it any more. */
  #close(at: number): void {
    for (const run of this.#runs.values()) {
      this.#trust(run);
      if (run.end || !isKnown(run)) continue;
      this.#endRun(run.agent_id, { at, reason: "abandoned" });
    }
    for (const request of this.#requests) if (request.closing === undefined) this.#closeRequest(request, "abandoned");
  }

  #closeRequest(request: UserRequest, closing: Exclude<Closing, "interruption">): void {
    request.closing = closing;
    this.#touched.add(request);
  }

  #endRun(agent_id: string, end: End): void {
    const run = this.#run(agent_id);
    // Whoever gave an answer was not interrupted by what came afterwards.
    if (run.end && run.end.reason !== "abandoned" && !run.resumed) return;
    run.end = end;
    this.#changed.add(run);
    if (end.reason !== "interrupted") return;
    for (const child of this.#runs.values()) {
      if (parentOf(child) === agent_id && !child.end && !child.detached) this.#endRun(child.agent_id, end);
    }
  }

  #run(agent_id: string): Run {
    let run = this.#runs.get(agent_id);
    if (!run) this.#runs.set(agent_id, (run = { agent_id, stops: 0 }));
    return run;
  }

  #call({ tool_use_id, at }: HookRecord, request: UserRequest): Call {
    let call = this.#calls.get(tool_use_id!);
    if (!call) this.#calls.set(tool_use_id!, (call = { tool_use_id: tool_use_id!, at, request }));
    return call;
  }

  /** A run and the call that started it. */
  #link(run: Run, call: Call, certain: boolean): void {
    if (run.call?.certain && run.call !== call) return;
    if (run.call && run.call !== call) delete run.call.agent_id;
    const other = call.agent_id === undefined ? undefined : this.#runs.get(call.agent_id);
    if (other && other !== run) {
      delete other.call;
      this.#changed.add(other);
    }
    // What was concluded rightly is not said again.
    if (run.call !== call) run.concluded = !certain;
    call.agent_id = run.agent_id;
    call.certain = certain;
    run.call = call;
    run.asked_for = true;
    if (call.input?.background) run.detached = true;
    this.#changed.add(run);
    if (other && other !== run && other.agent_name !== undefined) this.#pair(other.agent_name);
  }

  /** Takes the only run and the only call of an agent for each other; several can only be told apart later. */
  #pair(agent_name: string): void {
    const runs = this.#runsWithoutCall(agent_name);
    const calls = this.#callsWithoutRun(agent_name).filter((call) =>
      runs.some((run) => run.started_at! >= call.at - DISORDER_MILLISECONDS),
    );
    const due = runs.filter((run) => calls.some((call) => run.started_at! >= call.at - DISORDER_MILLISECONDS));
    const [run] = due;
    const [call] = calls;
    if (run && call && due.length === 1 && calls.length === 1) return this.#link(run, call, false);
    if (due.length > calls.length) return;
    for (const each of due) {
      each.asked_for = true;
      this.#changed.add(each);
    }
  }

  #runsWithoutCall(agent_name: string | undefined): Run[] {
    return [...this.#runs.values()].filter(
      (run) =>
        run.agent_name === agent_name &&
        run.agent_name !== undefined &&
        !run.call &&
        !run.end &&
        run.started_at !== undefined &&
        !isInternalAgent(run.agent_id),
    );
  }

  #callsWithoutRun(agent_name: string | undefined): Call[] {
    return [...this.#calls.values()].filter(
      (call) => call.agent_id === undefined && !call.finished && call.input?.agent_name === agent_name,
    );
  }

  /** The request that a record belongs to: the one it names, else the last. */
  #requestOf(record: HookRecord): UserRequest {
    const { prompt_key, at, cwd } = record;
    const last = this.#requests.at(-1);
    if (record.continues && last) {
      if (prompt_key !== undefined) this.#continued.set(prompt_key, last);
      return last;
    }
    const isNew = record.event === "UserPromptSubmit" && !record.continues;
    const named =
      prompt_key === undefined
        ? undefined
        : (this.#continued.get(prompt_key) ?? this.#requests.findLast(({ key }) => key === prompt_key));
    const unnamed = prompt_key !== undefined && !named && last && last.key === undefined && !isNew ? last : undefined;
    if (unnamed) unnamed.key = prompt_key!;
    let request = named ?? unnamed ?? (prompt_key === undefined && !isNew ? last : undefined);
    if (!request) {
      request = { place: this.#requests.length, at, runs: new Set() };
      if (prompt_key !== undefined) request.key = prompt_key;
      this.#requests.push(request);
    }
    if (cwd !== undefined) request.cwd ??= cwd;
    return request;
  }

  /** A subagent's subagent works on the same request, whatever the user has asked for since. */
  #requestOfRun(run: Run, depth = 0): UserRequest | undefined {
    const parent = this.#runs.get(parentOf(run) ?? "");
    const inherited = parent && parent !== run && depth < 32 ? this.#requestOfRun(parent, depth + 1) : undefined;
    return inherited ?? run.call?.request ?? run.request;
  }
}
