import type { TelemetryEvent } from "../../../event/events.js";
import { eventsOfRun, eventsOfWorkflow, type WorkflowRuns } from "../events.js";
import { contentEventId, workflowId } from "../identity.js";
import type { Request } from "../requests.js";
import type { Run as ToldRun } from "../runs.js";
import { isKnown, parentOf, startOf, type Run, type UserRequest } from "./facts.js";

/** What is told of a request. Its id is left out, because to make one takes long. */
type Workflow = Omit<WorkflowRuns, "workflow_id">;

/** What was told of something, and the same as a text, to be compared. */
interface TellingOf<T> {
  readonly text: string;
  readonly told: T;
}

/** Tells in events what is known of the runs and requests of a session, and remembers what it has told. */
export class Telling {
  readonly #session_id: string;
  readonly #requestOf: (run: Run) => UserRequest | undefined;
  /** What was last told of each. */
  readonly #toldRuns = new Map<Run, TellingOf<ToldRun>>();
  readonly #toldRequests = new Map<UserRequest, TellingOf<Workflow>>();
  #steps = 0;

  /** @param requestOf the request that a run works on */
  constructor(session_id: string, requestOf: (run: Run) => UserRequest | undefined) {
    this.#session_id = session_id;
    this.#requestOf = requestOf;
  }

  /**
   * The events that say what is new since the last call. Runs enter the requests that they work on.
   *
   * @param runs of which more may be known
   * @param requests of which more may be known
   * @param due whether the events are wanted: to make none is quicker
   */
  tell(runs: Iterable<Run>, requests: Iterable<UserRequest>, due: boolean): TelemetryEvent[] {
    this.#steps++;
    const touched = new Set(requests);
    const events: TelemetryEvent[] = [];
    for (const run of runs) {
      const request = isKnown(run) ? this.#requestOf(run) : undefined;
      // The request's key is in the transcript, which may be written in a moment; at the end there is no waiting any more.
      if (!request || (request.key === undefined && !run.end)) continue;
      touched.add(request);
      for (const event of this.#tellRun(run, request, due)) events.push(event);
    }
    // A request without subagents is no workflow.
    for (const request of touched)
      if (request.runs.size > 0) for (const event of this.#tellEnd(request, due)) events.push(event);
    return events;
  }

  #tellRun(run: Run, request: UserRequest, due: boolean): TelemetryEvent[] {
    const isFirst = request.runs.size === 0;
    request.runs.add(run);
    const begun = isFirst && due ? this.#eventsOf(request, { ...this.#workflow(request), closing: undefined }) : [];
    const eventsOf = (told: ToldRun) => eventsOfRun(told, this.#workflowId(request), (text) => text);
    return [...begun, ...this.#news(this.#toldRuns, run, this.#told(run), due, eventsOf)];
  }

  /** The workflow ends when work on the request is over and all its runs have ended. */
  #tellEnd(request: UserRequest, due: boolean): TelemetryEvent[] {
    const eventsOf = (told: Workflow) => this.#eventsOf(request, told).slice(1);
    return [...request.runs].every((run) => run.end)
      ? this.#news(this.#toldRequests, request, this.#workflow(request), due, eventsOf)
      : [];
  }

  /**
   * What the events of something say that those of what was told of it before did not. What is told again, because more
   * is known, stands behind the first.
   */
  #news<K, T>(
    before: Map<K, TellingOf<T>>,
    key: K,
    told: T,
    due: boolean,
    eventsOf: (told: T) => TelemetryEvent[],
  ): TelemetryEvent[] {
    const text = JSON.stringify(told, (_, value: unknown) =>
      value instanceof Set ? [...(value as Set<unknown>)] : value,
    );
    const last = before.get(key);
    if (last?.text === text) return [];
    before.set(key, { text, told });
    if (!due) return [];
    const lastEvents = last ? eventsOf(last.told) : [];
    const said = new Set(lastEvents.map((event) => JSON.stringify(event)));
    const kinds = new Set(lastEvents.map(kindOf));
    return eventsOf(told).flatMap((event) => {
      if (said.has(JSON.stringify(event))) return [];
      if (!kinds.has(kindOf(event)) || event.event === "invocation_update" || event.event === "agent_handoff")
        return event;
      const again = { ...event, sequence: (event.sequence ?? 0) + this.#steps };
      return { ...again, event_id: contentEventId(again) };
    });
  }

  #eventsOf(request: UserRequest, told: Workflow): TelemetryEvent[] {
    return eventsOfWorkflow({ ...told, workflow_id: this.#workflowId(request) });
  }

  /** The request as the import of transcripts tells it. */
  #workflow(request: UserRequest): Workflow {
    const interrupted =
      request.closing !== "error" && [...request.runs].some(({ end }) => end?.reason === "interrupted");
    return {
      project: "unknown",
      runs: [...request.runs].map((run) => this.#told(run)).toSorted((a, b) => a.started_at - b.started_at),
      closing: interrupted ? "interruption" : request.closing,
    };
  }

  #asked({ key = "", at, cwd }: UserRequest): Request {
    return { key, at, session_id: this.#session_id, cwd };
  }

  /** A run as the import of transcripts tells it. */
  #told(run: Run): ToldRun {
    const { call, end, transcript } = run;
    const started_at = startOf(run);
    const request = this.#requestOf(run);
    const { tool_use_id, input } = call ?? {};
    return {
      agent_id: run.agent_id,
      session_id: this.#session_id,
      agent_name: input?.agent_name ?? run.agent_name ?? "general-purpose",
      description: input?.task_description,
      prompt: undefined,
      tool_use_id,
      parent: parentOf(run),
      request: request && this.#asked(request),
      detached: run.detached ?? false,
      called_at: call?.at,
      started_at,
      end: end && { ...end, seconds: Math.max(0, end.at - started_at) / 1000 },
      transcript: transcript && {
        files_read: new Set(transcript.files_read),
        files_written: new Set(transcript.files_written),
        files_created: new Set(transcript.files_created),
        tools: new Set(transcript.tools),
        model: transcript.model ?? input?.model,
        tokens: transcript.tokens,
        records: transcript.records,
        first_uuid: undefined,
      },
      inferred: [
        ...(run.concluded ? ["tool_use_id", "task_description"] : []),
        ...(end?.reason === "abandoned" ? ["duration_seconds"] : []),
      ],
    };
  }

  #workflowId(request: UserRequest): string {
    return workflowId(this.#session_id, request.key ?? `request ${request.place}`);
  }
}

/** A workflow ends once, in whichever way. */
function kindOf({ event }: TelemetryEvent): string {
  return event === "workflow_cancelled" ? "workflow_complete" : event;
}
