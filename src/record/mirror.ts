import { microsecondTimestamp, parseTimestamp } from "../event/clock.js";
import type { Environment } from "../event/directory.js";
import type { TelemetryEvent } from "../event/events.js";
import { feedbackSpan, invocationSpan, workflowSpan } from "../otlp/genai.js";
import { exportRequest, type SpanJson } from "../otlp/span.js";

/** Where what is recorded is sent to as well. */
export interface MirrorOptions {
  /** Base address of an OTLP/HTTP receiver; `/v1/traces` is added unless it ends with it. */
  readonly endpoint: string;
  /** Sent with each request, as for authorization. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What was recorded could not be sent; it is in the log all the same. */
export class MirrorError extends Error {
  override readonly name = "MirrorError";
}

/** Spans that wait to be sent; when there are more, the oldest are dropped. */
const MAX_WAITING = 2048;
/** Workflows and invocations under way that are remembered; when there are more, the oldest are forgotten. */
const MAX_OPEN = 10_000;
const SPANS_PER_REQUEST = 256;
const SEND_AFTER_MILLISECONDS = 1000;
/** A request under way keeps the program from ending. */
const REQUEST_TIMEOUT_MILLISECONDS = 3000;
/** How long the end of the program may wait for what was not sent yet. */
const EXIT_TIMEOUT_MILLISECONDS = 2000;
/** Answers after which the specification of OTLP/HTTP says to try again. */
const TRY_AGAIN: ReadonlySet<number> = new Set([429, 502, 503, 504]);

type Row = Readonly<Record<string, unknown>>;

/**
 * Sends what is recorded to an OTLP endpoint as spans of the GenAI conventions, when they are known to have ended.
 * Nothing waits for it but the end of the program, and that not for long.
 */
export class Mirror {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #onError: (error: Error) => void;
  readonly #workflows = new Map<string, { row: Row; handoffs: Row[] }>();
  readonly #invocations = new Map<string, { row: Row; feedback: Row[] }>();
  #waiting: SpanJson[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #failures = 0;

  /**
   * @param onError called once for each run of failures
   * @throws {MirrorError} when the endpoint is no address of HTTP
   */
  constructor({ endpoint, headers = {} }: MirrorOptions, onError: (error: Error) => void) {
    if (!/^https?:\/\/[^/]/.test(endpoint) || !URL.canParse(endpoint))
      throw new MirrorError(`must be an address such as http://localhost:4318, got ${endpoint}`);
    this.#url = /\/v1\/traces\/?$/.test(endpoint) ? endpoint : `${endpoint.replace(/\/+$/, "")}/v1/traces`;
    this.#headers = headers;
    this.#onError = onError;
  }

  /** Takes in a line that was recorded. */
  add(event: TelemetryEvent): void {
    switch (event.event) {
      case "workflow_start":
        remember(this.#workflows, event.workflow_id, {
          row: { ...event, has_start: true, started_at: event.timestamp, status: "running" },
          handoffs: [],
        });
        return;
      case "agent_handoff":
        this.#workflows.get(event.workflow_id)?.handoffs.push({ ...event, handed_off_at: event.timestamp });
        return;
      case "workflow_complete":
      case "workflow_cancelled":
        return this.#endWorkflow(event);
      case "invocation_start":
        remember(this.#invocations, event.invocation_id, {
          row: { ...flat(event), has_start: true, started_at: event.timestamp, status: "running" },
          feedback: [],
        });
        return;
      case "invocation_update":
        return this.#endInvocation(event);
      case "success_metric": {
        const feedback = { ...event, given_at: event.timestamp };
        const open = this.#invocations.get(event.invocation_id);
        if (open) open.feedback.push(feedback);
        else this.#queue(feedbackSpan(feedback));
      }
    }
  }

  #endWorkflow(event: Extract<TelemetryEvent, { event: "workflow_complete" | "workflow_cancelled" }>): void {
    const { row, handoffs } = this.#workflows.get(event.workflow_id) ?? { row: {}, handoffs: [] };
    this.#workflows.delete(event.workflow_id);
    const cancelled = event.event === "workflow_cancelled";
    const workflow = {
      has_start: false,
      started_at: before(event.timestamp, event.duration_seconds),
      ...row,
      ...known(event),
      ...(cancelled ? { cancel_reason: event.reason } : {}),
      status: cancelled ? "cancelled" : event.success ? "completed" : "failed",
      ended_at: event.timestamp,
    };
    this.#queue(workflowSpan(workflow, handoffs));
  }

  #endInvocation(event: Extract<TelemetryEvent, { event: "invocation_update" }>): void {
    const { row, feedback } = this.#invocations.get(event.invocation_id) ?? { row: {}, feedback: [] };
    const said = flat(event);
    const { status, duration_seconds } = said;
    const start = before(event.timestamp, event.duration_seconds);
    const merged: Row = { has_start: false, started_at: start, status: "running", ...row, ...said };
    if (status === undefined && duration_seconds === undefined) {
      // Not the end of it.
      if (this.#invocations.has(event.invocation_id))
        this.#invocations.set(event.invocation_id, { row: merged, feedback });
      return;
    }
    this.#invocations.delete(event.invocation_id);
    const ended = { ...merged, status: status ?? "unknown", ended_at: event.timestamp };
    const { workflow_id, parent_invocation_id } = ended as Row;
    this.#queue(invocationSpan(ended, { in_workflow: workflow_id, parent: parent_invocation_id, feedback }));
  }

  #queue(span: SpanJson): void {
    this.#waiting.push(span);
    watchExit();
    unsent.add(this);
    if (this.#waiting.length > MAX_WAITING) {
      this.#waiting = this.#waiting.slice(-MAX_WAITING);
      this.#failed(new MirrorError(`${this.#url} does not take spans as fast as they come: the oldest are dropped`));
    }
    if (this.#waiting.length >= SPANS_PER_REQUEST && this.#failures === 0) void this.#send();
    else this.#sendLater();
  }

  #sendLater(): void {
    if (this.#timer) return;
    const wait = Math.min(SEND_AFTER_MILLISECONDS * 2 ** this.#failures, 60_000);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#send();
    }, wait);
    // It alone does not keep the program running: `beforeExit` sends what is left.
    this.#timer.unref();
  }

  /** Sends what waits, one request after the other. */
  #send(signal?: AbortSignal): Promise<void> {
    return (this.#sending ??= this.#sendAll(signal).finally(() => (this.#sending = undefined)));
  }

  async #sendAll(signal?: AbortSignal): Promise<void> {
    while (this.#waiting.length > 0) {
      const spans = this.#waiting.splice(0, SPANS_PER_REQUEST);
      const again = await this.#post(spans, signal);
      if (!again) continue;
      this.#waiting = [...spans, ...this.#waiting].slice(-MAX_WAITING);
      this.#failures++;
      this.#sendLater();
      return;
    }
    unsent.delete(this);
  }

  /** Whether these spans are to be sent again. */
  async #post(spans: readonly SpanJson[], signal?: AbortSignal): Promise<boolean> {
    const timeout = AbortSignal.timeout(REQUEST_TIMEOUT_MILLISECONDS);
    try {
      const response = await fetch(this.#url, {
        method: "POST",
        headers: { "content-type": "application/json", ...this.#headers },
        body: JSON.stringify(exportRequest(spans)),
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      });
      await response.arrayBuffer();
      if (response.ok) {
        this.#failures = 0;
        return false;
      }
      this.#failed(new MirrorError(`${this.#url} answers ${response.status} ${response.statusText}`));
      return TRY_AGAIN.has(response.status);
    } catch (error) {
      this.#failed(new MirrorError(`${this.#url} cannot be reached: ${reasonOf(error)}`));
      return true;
    }
  }

  /** Sends what waits before the program ends. Where sending failed just now, it is not tried again. */
  async sendAtExit(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#waiting.length > 0 && this.#failures === 0)
      await this.#send(AbortSignal.timeout(EXIT_TIMEOUT_MILLISECONDS));
  }

  #failed(error: Error): void {
    // Once for each run of failures.
    if (this.#failures === 0) this.#onError(error);
    this.#failures = Math.max(this.#failures, 1);
  }
}

/** Mirrors with spans that wait. */
const unsent = new Set<Mirror>();
let watchesExit = false;

/** Nothing is left to do for the program but to send: it may happen again, when something else used the time to go on. */
function watchExit(): void {
  if (watchesExit) return;
  watchesExit = true;
  process.on("beforeExit", () => {
    for (const mirror of unsent) {
      unsent.delete(mirror);
      void mirror.sendAtExit();
    }
  });
}

/**
 * Where the environment says that what is recorded is to be sent: `OAK_OTLP_ENDPOINT`, with `OAK_OTLP_HEADERS` in the
 * form of `OTEL_EXPORTER_OTLP_HEADERS` (`name=value,name=value`, values percent-encoded). OpenTelemetry's own variables
 * are for the program's traces: whoever set those did not ask for this.
 */
export function mirrorOfEnvironment(env: Environment = process.env): MirrorOptions | undefined {
  const endpoint = env["OAK_OTLP_ENDPOINT"]?.trim();
  if (!endpoint) return undefined;
  const pairs = (env["OAK_OTLP_HEADERS"] ?? "").split(",").flatMap((pair) => {
    const at = pair.indexOf("=");
    return at > 0 ? [[pair.slice(0, at).trim(), decoded(pair.slice(at + 1).trim())] as const] : [];
  });
  return { endpoint, headers: Object.fromEntries(pairs) };
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function remember<T>(open: Map<string, T>, id: string, value: T): void {
  open.set(id, value);
  if (open.size <= MAX_OPEN) return;
  for (const oldest of open.keys()) {
    open.delete(oldest);
    return;
  }
}

/** The fields of a line as the columns of the table: what is not known is left out. */
function flat(
  event: Extract<TelemetryEvent, { event: "invocation_start" | "invocation_update" }>,
): Record<string, unknown> {
  const { outcome, ...fields } = event;
  const { status, ...left } = outcome ?? {};
  const reported = event.event === "invocation_update" && status ? { status } : {};
  return { ...known(fields), ...known(left), ...reported };
}

function known(fields: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== null && value !== undefined && !isEmpty(value)),
  );
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function before(timestamp: string, seconds: number | null | undefined): string {
  return microsecondTimestamp((parseTimestamp(timestamp) ?? 0) * 1000 - Math.round((seconds ?? 0) * 1e6));
}

/** `fetch` says why in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error && cause.message !== "" ? cause.message : error.message;
}
