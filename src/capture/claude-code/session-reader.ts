import { AgentTranscript, lastWordOf, type LastWord } from "./agent-transcript.js";
import { SPAWN_TOOLS, type EndReason } from "./identity.js";
import {
  asNumber,
  asObject,
  asText,
  blocksOf,
  messageOf,
  textOf,
  timeOf,
  type TranscriptRecord,
  type Trouble,
} from "./records.js";
import { Requests, rootSessionOf, type Request } from "./requests.js";

/** How a run is said to have ended. */
export interface End {
  /** Milliseconds since 1970. */
  readonly at: number | undefined;
  readonly reason: EndReason;
  readonly error?: string | undefined;
  readonly seconds?: number | undefined;
}

/** A call of the tool that starts a subagent. */
export interface Spawn {
  readonly tool_use_id: string;
  readonly at: number | undefined;
  /** The subagent that made the call; undefined for the session itself. */
  readonly by: string | undefined;
  readonly request: Request | undefined;
  readonly session_id: string | undefined;
  readonly description: string | undefined;
  readonly prompt: string | undefined;
  agent_type: string | undefined;
  /** The run that it started, as the result says. */
  agent_id: string | undefined;
  /** Whoever made the call does not wait. */
  detached: boolean;
  end: End | undefined;
}

/** From one request of the user to the next. */
export interface Turn {
  readonly request: Request;
  last_at: number | undefined;
  last_word: LastWord;
}

/** Kinds of records that are known, and say nothing of agents. */
const OTHER_RECORDS = new Set([
  "system",
  "summary",
  "file-history-snapshot",
  "file-history-delta",
  "custom-title",
  "ai-title",
  "agent-name",
  "agent-color",
  "agent-setting",
  "mode",
  "permission-mode",
  "last-prompt",
  "pr-link",
  "tag",
  "worktree-state",
  "content-replacement",
  "task-summary",
  "attribution-snapshot",
  "bridge-session",
  "saved_hook_context",
  "marble-origami-commit",
  "marble-origami-snapshot",
  "started",
  "result",
]);

/** What a task's status says of its end. */
const ENDED: Readonly<Record<string, EndReason>> = {
  completed: "completed",
  forked: "completed",
  failed: "failed",
  error: "failed",
  killed: "killed",
  stopped: "killed",
  cancelled: "killed",
  canceled: "killed",
  interrupted: "interrupted",
};

/** The call has returned, and the subagent goes on without it. */
const LAUNCHED = new Set(["async_launched", "remote_launched", "teammate_spawned"]);

/** Tools that end a task that runs in the background. */
const STOP_TOOLS = new Set(["TaskStop", "KillShell", "KillTask"]);

const REFUSED = /interrupted by user|doesn't want to (?:proceed|take this action)|User rejected|was rejected/i;

/** What the records of a session, and those of its subagents, say: not yet put together. */
export class SessionReader {
  readonly turns: Turn[] = [];
  readonly spawns = new Map<string, Spawn>();
  /** By the id of the run; records of subagents without a transcript of their own are found in the session's. */
  readonly agents = new Map<string, AgentTranscript>();
  /** Ids of runs that a record tells of, with the call that started them. */
  readonly edges = new Map<string, string>();
  /** What was heard of tasks in the background, by the id of the task and by that of the call. */
  readonly ends = new Map<string, End[]>();
  /** Tasks that somebody stopped: when. */
  readonly stops = new Map<string, number | undefined>();
  last_at: number | undefined;
  readonly #requests = new Requests();
  readonly #onTrouble: Trouble;
  /** Ids of the runs that have a transcript of their own. */
  readonly hasTranscript: ReadonlySet<string>;

  constructor(onTrouble: Trouble, hasTranscript: ReadonlySet<string>) {
    this.#onTrouble = onTrouble;
    this.hasTranscript = hasTranscript;
  }

  /** Takes a record of the session's own transcript. */
  see(record: TranscriptRecord): void {
    const type = asText(record["type"]);
    const agent_id = asText(record["agentId"]);
    if (record["isSidechain"] === true) {
      if (agent_id !== undefined && !this.hasTranscript.has(agent_id)) this.seeOfAgent(agent_id, record);
      return;
    }
    this.#seeTime(record);
    if (type === "user" || type === "assistant") this.#seeMessage(record, undefined);
    else if (type === "progress") this.#seeProgress(record);
    else if (type === "queue-operation") this.#seeNotifications(asText(record["content"]), record);
    else if (type === "attachment") this.#seeAttachment(record);
    else if (type === undefined) this.#onTrouble("record without a type");
    else if (!OTHER_RECORDS.has(type)) this.#onTrouble(`record of type ${type.slice(0, 40)}`);
  }

  /** Takes a record of a subagent. */
  seeOfAgent(agent_id: string, record: TranscriptRecord): void {
    // A subagent that begins with a copy of another's conversation.
    const owner = asText(record["agentId"]);
    if (owner !== undefined && owner !== agent_id) return;
    const type = record["type"];
    if (type === "progress") return this.#seeProgress(record);
    let agent = this.agents.get(agent_id);
    if (!agent) this.agents.set(agent_id, (agent = new AgentTranscript()));
    agent.see(record);
    if (type === "user" || type === "assistant") this.#seeMessage(record, agent_id);
    else if (type === "queue-operation") this.#seeNotifications(asText(record["content"]), record);
    else if (type === "attachment") this.#seeAttachment(record);
  }

  #seeTime(record: TranscriptRecord): void {
    const time = timeOf(record);
    if (time !== undefined) this.last_at = Math.max(this.last_at ?? time, time);
  }

  #seeMessage(record: TranscriptRecord, by: string | undefined): void {
    if (by === undefined) {
      const request = this.#requests.requestOf(record);
      if (request) this.turns.push({ request, last_at: request.at, last_word: "nothing" });
      const turn = this.turns.at(-1);
      if (turn) {
        turn.last_at = timeOf(record) ?? turn.last_at;
        turn.last_word = lastWordOf(record) ?? turn.last_word;
      }
    }
    for (const block of blocksOf(messageOf(record))) {
      if (block["type"] === "tool_use") this.#seeCall(block, record, by);
      else if (block["type"] === "tool_result") this.#seeResult(block, record, by);
      else if (block["type"] === "text" && record["type"] === "user")
        this.#seeNotifications(asText(block["text"]), record);
    }
  }

  #seeCall(block: TranscriptRecord, record: TranscriptRecord, by: string | undefined): void {
    const name = asText(block["name"]) ?? "";
    const id = asText(block["id"]);
    const input = asObject(block["input"]) ?? {};
    if (STOP_TOOLS.has(name)) {
      const task = asText(input["task_id"]) ?? asText(input["shell_id"]);
      if (task !== undefined) this.stops.set(task, timeOf(record));
    }
    if (!SPAWN_TOOLS.has(name) || id === undefined || this.spawns.has(id)) return;
    this.spawns.set(id, {
      ...this.#origin(id, record, by),
      agent_type: asText(input["subagent_type"]),
      description: asText(input["description"]),
      prompt: asText(input["prompt"]),
      detached: input["run_in_background"] === true,
    });
  }

  #origin(tool_use_id: string, record: TranscriptRecord, by: string | undefined): Spawn {
    return {
      tool_use_id,
      at: timeOf(record),
      by,
      request: this.turns.at(-1)?.request,
      session_id: rootSessionOf(record),
      agent_type: undefined,
      description: undefined,
      prompt: undefined,
      agent_id: undefined,
      detached: false,
      end: undefined,
    };
  }

  #seeResult(block: TranscriptRecord, record: TranscriptRecord, by: string | undefined): void {
    const id = asText(block["tool_use_id"]);
    const result = asObject(record["toolUseResult"]) ?? {};
    this.#seeTask(asObject(result["task"]), record);
    if (id === undefined) return;
    const agent_id = asText(result["agentId"]) ?? asText(result["agent_id"]);
    let spawn = this.spawns.get(id);
    if (!spawn) {
      // A skill that ran in a subagent, or a call that stood on a damaged line.
      const told = asText(result["status"]) !== undefined && agent_id !== undefined && !this.edges.has(agent_id);
      if (!told) return;
      spawn = {
        ...this.#origin(id, record, by),
        agent_type: asText(result["commandName"]),
        prompt: asText(result["prompt"]),
      };
      this.spawns.set(id, spawn);
    }
    spawn.agent_type = asText(result["agentType"]) ?? asText(result["agent_type"]) ?? spawn.agent_type;
    spawn.agent_id ??= agent_id ?? asText(result["taskId"]);
    spawn.end ??= this.#endOf(spawn, block, result, record);
    if (spawn.agent_id === undefined) return;
    const first = this.edges.get(spawn.agent_id);
    if (first === undefined) this.edges.set(spawn.agent_id, id);
    // A call that resumed a run.
    else if (first !== id && spawn.end) this.#addEnd(spawn.agent_id, spawn.end);
  }

  #endOf(spawn: Spawn, block: TranscriptRecord, result: TranscriptRecord, record: TranscriptRecord): End | undefined {
    const at = timeOf(record);
    const status = asText(result["status"]);
    const milliseconds = asNumber(result["totalDurationMs"]);
    const seconds = milliseconds === undefined ? undefined : milliseconds / 1000;
    if (status !== undefined && LAUNCHED.has(status)) {
      spawn.detached = true;
      return undefined;
    }
    if (block["is_error"] === true) {
      const text = textOf(block);
      return REFUSED.test(text) ? { at, reason: "interrupted" } : { at, reason: "failed", error: text };
    }
    if (result["wasInterrupted"] === true || result["interrupted"] === true)
      return { at, reason: "interrupted", seconds };
    if (status === undefined) return { at, reason: "completed", seconds };
    const reason = Object.hasOwn(ENDED, status) ? ENDED[status]! : undefined;
    if (reason === undefined) this.#onTrouble(`result with status ${status.slice(0, 40)}`);
    return reason && { at, reason, seconds };
  }

  /** An agent asked for the output of a task in the background. */
  #seeTask(task: TranscriptRecord | undefined, record: TranscriptRecord): void {
    const id = asText(task?.["task_id"]);
    const status = asText(task?.["status"]);
    if (id === undefined || status === undefined || !Object.hasOwn(ENDED, status)) return;
    this.#addEnd(id, { at: timeOf(record), reason: ENDED[status]!, error: asText(task?.["error"]) });
  }

  #seeAttachment(record: TranscriptRecord): void {
    const prompt = asObject(record["attachment"])?.["prompt"];
    this.#seeNotifications(typeof prompt === "string" ? prompt : textOf({ content: prompt }), record);
  }

  /** A task in the background has ended, or been resumed and ended again. */
  #seeNotifications(text: string | undefined, record: TranscriptRecord): void {
    if (text === undefined || !text.includes(NOTIFICATION)) return;
    for (const part of text.split(NOTIFICATION).slice(1)) {
      // What the agent answered may look like anything.
      const notification = part.split("</task-notification>")[0]!.split("<result>")[0]!;
      const tag = (name: string) => new RegExp(`<${name}>([^<]{1,4096})</${name}>`).exec(notification)?.[1]?.trim();
      const status = tag("status") ?? "";
      if (!Object.hasOwn(ENDED, status)) {
        if (status !== "" && status !== "running") this.#onTrouble(`notification with status ${status.slice(0, 40)}`);
        continue;
      }
      const milliseconds = /<duration_ms>(\d{1,12})<\/duration_ms>/.exec(part)?.[1];
      const end: End = {
        at: timeOf(record),
        reason: ENDED[status]!,
        error: tag("error") ?? tag("summary"),
        seconds: milliseconds === undefined ? undefined : Number(milliseconds) / 1000,
      };
      for (const name of ["task-id", "tool-use-id"]) {
        const id = tag(name);
        if (id !== undefined) this.#addEnd(id, end);
      }
    }
  }

  #addEnd(id: string, end: End): void {
    const ends = this.ends.get(id);
    if (ends) ends.push(end);
    else this.ends.set(id, [end]);
  }

  /** Older versions repeat the records of a subagent in the transcript of whoever waits for it. */
  #seeProgress(record: TranscriptRecord): void {
    const data = asObject(record["data"]);
    const agent_id = asText(data?.["agentId"]);
    if (!data || agent_id === undefined || data["type"] !== "agent_progress") return;
    const tool_use_id = asText(record["parentToolUseID"]);
    if (tool_use_id !== undefined && !this.edges.has(agent_id)) this.edges.set(agent_id, tool_use_id);
    const repeated = asObject(data["message"]);
    if (!repeated || this.hasTranscript.has(agent_id)) return;
    const { sessionId, cwd, promptId } = record;
    this.seeOfAgent(agent_id, { sessionId, cwd, promptId, ...repeated, agentId: agent_id });
  }
}

const NOTIFICATION = "<task-notification>";
