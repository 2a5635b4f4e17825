import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Where a version of Claude Code puts what it knows of a subagent. */
export type Layout =
  /** `<session>/subagents/agent-<id>.jsonl` with a sidecar: from 2.1.60 or so. */
  | "sidecar"
  /** The same without the sidecar. */
  | "folder"
  /** `agent-<id>.jsonl` beside the session's transcript: 2.0. */
  | "flat"
  /** Nothing but what the session's transcript repeats. */
  | "progress";

/** How a run of a subagent ends in the transcripts. */
type Ending =
  | "completed"
  | "failed"
  | "interrupted"
  /** In the background, and a notification tells. */
  | "async"
  /** In the background, stopped. */
  | "killed"
  /** In the background, and nobody tells. */
  | "silent";

/** A run to write down. */
export interface RunScript {
  readonly agent: string;
  readonly ending: Ending;
  readonly requests: number;
  readonly edits: readonly string[];
  readonly creates: readonly string[];
  readonly reads: readonly string[];
  /** A call whose result is an error. */
  readonly failedEdit?: string;
  readonly children: readonly RunScript[];
  /** Content as a plain text, where the format allows it. */
  readonly plain: boolean;
}

/** What must be found. */
export interface TrueRun {
  readonly agent_id: string;
  readonly agent_name: string;
  readonly parent: string | undefined;
  readonly request: number;
  readonly status: "success" | "failure" | "unknown";
  readonly end_reason: string;
  readonly files_modified: readonly string[];
  readonly files_created: readonly string[];
  readonly tools_used: readonly string[];
  readonly input_tokens: number;
  readonly output_tokens: number;
}

type Line = Record<string, unknown>;

/** Writes transcripts as Claude Code does, and knows what is in them. */
export class FakeSession {
  readonly id: string;
  readonly runs: TrueRun[] = [];
  readonly lines: (Line | string)[] = [];
  /** Transcripts of subagents, by their id. */
  readonly agents = new Map<string, { lines: Line[]; sidecar: Line }>();
  readonly #layout: Layout;
  /** Milliseconds since 1970. */
  #now: number;
  #count = 0;
  #request = -1;
  #promptId: string | undefined;

  constructor(id: string, layout: Layout, started_at = Date.UTC(2026, 9, 1)) {
    this.id = id;
    this.#layout = layout;
    this.#now = started_at;
  }

  /** A request of the user, and what the agent starts for it, one after the other or at once. */
  request(text: string, runs: readonly RunScript[], { parallel = false, promptId = false } = {}): this {
    this.#request++;
    this.#promptId = promptId ? this.#id("prompt") : undefined;
    this.lines.push({ type: "file-history-snapshot", messageId: "m", snapshot: {} });
    this.lines.push(this.#line("user", { role: "user", content: text }, { permissionMode: "default" }));
    if (parallel) this.#together(runs);
    else for (const run of runs) this.#run(run, undefined, this.lines)();
    this.lines.push(this.#answer("All done."));
    return this;
  }

  /** All are called before the first one has ended. */
  #together(runs: readonly RunScript[]): void {
    for (const finish of runs.map((run) => this.#run(run, undefined, this.lines)).toReversed()) finish();
  }

  /** Something that looks like a run and is none. */
  noise(kind: "compaction" | "warm_up" | "not_requested" | "refused"): this {
    if (kind === "refused") {
      const call = this.#id("toolu");
      this.lines.push(
        this.#call(call, "Task", { subagent_type: "general-purpose", description: "d", prompt: "refused" }),
      );
      const content = "The user doesn't want to proceed with this tool use. The tool use was rejected.";
      this.lines.push(this.#result(call, content, "User rejected tool use", true));
      return this;
    }
    const agent_id = kind === "compaction" ? `acompact-${this.#id("x")}` : this.#id("a");
    const lines = [
      this.#line("user", { role: "user", content: kind === "warm_up" ? "Warmup" : "something else" }),
      this.#answer("ready"),
    ].map((line) => ({ ...line, isSidechain: true, agentId: agent_id }));
    this.agents.set(agent_id, { lines, sidecar: {} });
    return this;
  }

  /** Writes the files below a project's folder. */
  write(project: string): void {
    const put = (path: string, lines: readonly (Line | string)[]) => {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, lines.map((line) => `${typeof line === "string" ? line : JSON.stringify(line)}\n`).join(""));
    };
    put(join(project, `${this.id}.jsonl`), this.lines);
    if (this.#layout === "progress") return;
    for (const [agent_id, { lines, sidecar }] of this.agents) {
      const folder = this.#layout === "flat" ? project : join(project, this.id, "subagents");
      put(join(folder, `agent-${agent_id}.jsonl`), lines);
      if (this.#layout === "sidecar" && Object.keys(sidecar).length > 0)
        writeFileSync(join(folder, `agent-${agent_id}.meta.json`), JSON.stringify(sidecar));
    }
  }

  /** Starts a run. Gives what ends it. */
  #run(script: RunScript, parent: string | undefined, caller: (Line | string)[]): () => void {
    const { agent, ending } = script;
    const agent_id = this.#id("a");
    const call = this.#id("toolu");
    const detached = ending === "async" || ending === "killed" || ending === "silent";
    const prompt = `Do part ${call} of it.`;
    const input = { subagent_type: agent, description: `Part of ${agent}`, prompt };
    const own = (line: Line): Line => (parent === undefined ? line : { ...line, isSidechain: true, agentId: parent });
    const tool = this.#layout === "sidecar" ? "Agent" : "Task";
    caller.push(own(this.#call(call, tool, { ...input, ...(detached ? { run_in_background: true } : {}) })));
    if (detached) {
      const launched = { isAsync: true, status: "async_launched", agentId: agent_id, prompt };
      caller.push(own(this.#result(call, "Async agent launched", launched)));
    }
    const lines: Line[] = [];
    const add = (...added: Line[]) => {
      for (const line of added) {
        const record = { ...line, isSidechain: true, agentId: agent_id };
        lines.push(record);
        const { agentId: _, ...message } = record;
        if (this.#layout === "progress" || (this.#layout === "folder" && lines.length === 1))
          caller.push(own(this.#progress(call, agent_id, message, prompt)));
      }
    };
    add(this.#line("user", { role: "user", content: script.plain ? prompt : [{ type: "text", text: prompt }] }));
    const tools = this.#work(script, add);
    this.agents.set(agent_id, {
      lines,
      sidecar: {
        agentType: agent,
        description: input.description,
        ...(parent === undefined ? { toolUseId: call } : { toolUseId: call, parentAgentId: parent }),
        spawnDepth: 1,
      },
    });
    for (const child of script.children) {
      tools.add(tool);
      this.#run(child, agent_id, this.#layout === "progress" ? caller : lines)();
    }
    if (ending === "completed" || ending === "async" || ending === "silent")
      add({ ...this.#answer("The answer"), requestId: "last" });
    this.runs.push(this.#truth(script, agent_id, parent, tools));
    return () => this.#finish(script, agent_id, call, (line) => caller.push(own(line)));
  }

  /** The calls of a run. Gives the names of its tools. */
  #work(script: RunScript, add: (...lines: Line[]) => void): Set<string> {
    const tools = new Set<string>();
    for (let i = 0; i < script.requests; i++) {
      // One request is written on several lines; the first ones do not know all tokens yet.
      const line = this.#answer(`Thinking ${i}`);
      const message = line["message"] as Line;
      add({ ...line, message: { ...message, usage: { ...(message["usage"] as Line), output_tokens: 1 } } });
      add({ ...line, uuid: this.#id("u") });
    }
    const use = (name: string, path: string, result: unknown, error = false) => {
      tools.add(name);
      const id = this.#id("toolu");
      const call = this.#call(id, name, { file_path: path });
      // No tokens of its own: a further line of a request that is counted.
      add(
        { ...call, message: { ...(call["message"] as Line), usage: undefined } },
        this.#result(id, "ok", result, error),
      );
    };
    for (const path of script.reads) use("Read", path, { type: "text" });
    for (const path of script.edits) use("Edit", path, { filePath: path });
    for (const path of script.creates) use("Write", path, { type: "create", filePath: path });
    if (script.failedEdit !== undefined) use("Edit", script.failedEdit, "Error: no match", true);
    return tools;
  }

  #truth(script: RunScript, agent_id: string, parent: string | undefined, tools: ReadonlySet<string>): TrueRun {
    const [status, end_reason] = (
      {
        completed: ["success", "completed"],
        async: ["success", "completed"],
        silent: ["success", "completed"],
        failed: ["failure", "failed"],
        interrupted: ["unknown", "interrupted"],
        killed: ["unknown", "killed"],
      } as const
    )[script.ending];
    const answered = status === "success" ? 1 : 0;
    return {
      agent_id,
      agent_name: script.agent,
      parent,
      request: this.#request,
      status,
      end_reason,
      files_modified: [...new Set([...script.edits, ...script.creates])],
      files_created: [...new Set(script.creates)],
      tools_used: [...tools],
      input_tokens: 3 * (script.requests + answered),
      output_tokens: 40 * (script.requests + answered),
    };
  }

  #finish(script: RunScript, agent_id: string, call: string, add: (line: Line) => void): void {
    const { ending } = script;
    if (ending === "completed") {
      const result = { status: "completed", agentId: agent_id, totalDurationMs: 5000, totalTokens: 7, prompt: "p" };
      add(this.#result(call, [{ type: "text", text: "The answer" }], result));
    } else if (ending === "failed") add(this.#result(call, "The subagent broke", "Error: The subagent broke", true));
    else if (ending === "interrupted")
      add(
        this.#result(call, "[Request interrupted by user for tool use]", "Error: [Request interrupted by user]", true),
      );
    else if (ending !== "silent") {
      const status = ending === "async" ? "completed" : "killed";
      const text = `<task-notification>\n<task-id>${agent_id}</task-id>\n<tool-use-id>${call}</tool-use-id>\n<status>${status}</status>\n<summary>Agent "x" ended</summary>\n<result>Take <status>failed</status> for a text.</result>\n</task-notification>`;
      // Told twice: when it is queued, and when it is delivered.
      add({
        type: "queue-operation",
        operation: "enqueue",
        timestamp: this.#time(),
        sessionId: this.id,
        content: text,
      });
      const delivered = this.#line("user", { role: "user", content: text }, { origin: { kind: "task-notification" } });
      add({ ...delivered, promptId: this.#id("prompt") });
    }
  }

  #line(type: string, message: Line, more: Line = {}): Line {
    return {
      parentUuid: this.#id("p"),
      isSidechain: false,
      sessionId: this.id,
      cwd: "/home/me/shop",
      version: "2.1.0",
      type,
      message,
      uuid: this.#id("u"),
      timestamp: this.#time(),
      ...(type === "user" && this.#promptId !== undefined ? { promptId: this.#promptId } : {}),
      ...more,
    };
  }

  #answer(text: string): Line {
    const usage = { input_tokens: 3, output_tokens: 40, cache_read_input_tokens: 100, cache_creation_input_tokens: 7 };
    const content = [{ type: "text", text }];
    const message = { id: this.#id("msg"), role: "assistant", model: "claude-x", content, usage, stop_reason: null };
    return this.#line("assistant", message, { requestId: this.#id("req") });
  }

  #call(id: string, name: string, input: Line): Line {
    const content = [{ type: "tool_use", id, name, input }];
    const message = { id: this.#id("msg"), role: "assistant", model: "claude-x", content, stop_reason: "tool_use" };
    return this.#line("assistant", message, { requestId: this.#id("req") });
  }

  #result(tool_use_id: string, content: unknown, toolUseResult: unknown, error = false): Line {
    const block = { type: "tool_result", tool_use_id, content, ...(error ? { is_error: true } : {}) };
    return this.#line("user", { role: "user", content: [block] }, { toolUseResult });
  }

  #progress(call: string, agent_id: string, message: Line, prompt: string): Line {
    const data = { type: "agent_progress", agentId: agent_id, message, prompt, normalizedMessages: [] };
    return { ...this.#line("progress", {}), message: undefined, data, parentToolUseID: call, toolUseID: this.#id("t") };
  }

  #time(): string {
    return new Date((this.#now += 500)).toISOString();
  }

  /** Ids that are the same in every run of the test. Those of runs are as short as Claude Code's own, and may coincide. */
  #id(kind: string): string {
    const number = (++this.#count).toString(16).padStart(6, "0");
    if (kind !== "a") return `${kind}_${number}${this.id}`;
    return this.#layout === "flat" ? `a${number}${this.id}` : `a${number}`;
  }
}
