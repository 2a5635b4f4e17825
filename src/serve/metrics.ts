import { z, type OpenAPIHono } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { routePath } from "hono/route";

import type { TelemetryAnalyzer } from "../analyzer.js";
import { WORKFLOW_STATUSES } from "../analyze/workflows.js";
import { EVENT_NAMES, IMPLIED_EVENT } from "../event/schema.js";
import type { TailEntry } from "../log/tail.js";
import { errorAnswer, REFUSALS } from "./api/resource.js";
import type { Telemetry } from "./telemetry.js";

/** Agents that have a series of their own, by number of runs; the others share one. Every series costs its reader. */
const MOST_AGENTS = 100;

const OTHER_AGENTS = "(other)";

type Labels = Readonly<Record<string, string>>;

/** One value of a metric. */
type Sample = readonly [labels: Labels, value: number];

/** Counts what happens while the server runs. */
export class Counters {
  readonly #events = new Map<string, number>();
  readonly #requests = new Map<string, number>();

  countEvents(entries: readonly TailEntry[]): void {
    for (const { kind, object } of entries) {
      const name = object["event"] ?? IMPLIED_EVENT[kind];
      const known = (EVENT_NAMES as readonly unknown[]).includes(name) ? (name as string) : "unknown";
      increment(this.#events, known);
    }
  }

  /** Counts every request by what it asked for: the route, so that there are few. */
  countRequests(): MiddlewareHandler {
    return async (c, next) => {
      await next();
      increment(this.#requests, JSON.stringify([c.req.method, routePath(c), String(c.res.status)]));
    };
  }

  get events(): Sample[] {
    return [...this.#events].map(([event, value]) => [{ event }, value]);
  }

  get requests(): Sample[] {
    return [...this.#requests].map(([key, value]) => {
      const [method = "", route = "", status = ""] = JSON.parse(key) as string[];
      return [{ method, route, status }, value];
    });
  }
}

function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** What the server can be watched by, in the text format of Prometheus. */
export function addMetrics(
  app: OpenAPIHono,
  telemetry: Telemetry,
  counters: Counters,
  clients: () => number,
  version: string,
): void {
  app.openAPIRegistry.registerPath({
    method: "get",
    path: "/metrics",
    summary: "What the log holds and what the server does, in the text format of Prometheus",
    responses: {
      200: { description: "As of now", content: { "text/plain": { schema: z.string() } } },
      405: errorAnswer("It is not asked for with GET"),
      ...REFUSALS,
    },
  });
  app.get("/metrics", async (c) => {
    const log = await telemetry.ask("metrics", ofLog);
    const memory = process.memoryUsage.rss();
    const { user, system } = process.cpuUsage();
    const text = [
      metric("oak_build_info", "gauge", "The version that is running", [[{ version }, 1]]),
      ...log,
      metric("oak_events_total", "counter", "Events appended to the log since the server started", counters.events),
      metric("oak_http_requests_total", "counter", "Requests that were answered", counters.requests),
      metric("oak_sse_clients", "gauge", "Clients of the live stream", [[{}, clients()]]),
      metric("process_resident_memory_bytes", "gauge", "Memory of the server", [[{}, memory]]),
      metric("process_cpu_seconds_total", "counter", "Processor time of the server", [[{}, (user + system) / 1e6]]),
      metric("process_start_time_seconds", "gauge", "Start of the server, Unix time", [
        [{}, performance.timeOrigin / 1000],
      ]),
    ].join("");
    return c.body(text, 200, {
      "content-type": "text/plain; version=0.0.4; charset=utf-8",
      "cache-control": "no-store",
    });
  });
}

/** What the log holds. Lines may be removed from it, so that no number only rises: none is a counter. */
async function ofLog(analyzer: TelemetryAnalyzer): Promise<string[]> {
  const { agents } = await analyzer.generateStatistics();
  const overhead = await analyzer.calculateCoordinationOverhead();
  const workflows: Sample[] = [];
  for (const status of WORKFLOW_STATUSES)
    workflows.push([{ status }, (await analyzer.listWorkflows({ status }, { limit: 0 })).total]);
  const share = (value: number | null): Sample[] => (value === null ? [] : [[{}, value]]);
  return [
    metric("oak_invocations", "gauge", "Invocations in the log, by agent and outcome", invocationSamples(agents)),
    metric("oak_workflows", "gauge", "Workflows in the log", workflows),
    metric(
      "oak_idle_share",
      "gauge",
      "Share of the time of workflows in which no agent was active",
      share(overhead.idle_share),
    ),
    metric("oak_unreadable_lines", "gauge", "Lines of the log that are in no number", [
      [{}, await analyzer.unreadableLines()],
    ]),
  ];
}

const OUTCOMES = ["success", "failure", "partial", "unknown", "running"] as const;

type Counts = { readonly invocation_count: number } & Readonly<Record<`${(typeof OUTCOMES)[number]}_count`, number>>;

/** The number of invocations of each agent and outcome; of agents beyond the limit, together. */
export function invocationSamples(agents: Readonly<Record<string, Counts>>): Sample[] {
  const ordered = Object.entries(agents).toSorted(([, a], [, b]) => b.invocation_count - a.invocation_count);
  const samples = (agent_name: string, countOf: (status: (typeof OUTCOMES)[number]) => number): Sample[] =>
    OUTCOMES.map((status) => [{ agent_name, status }, countOf(status)]);
  const others = ordered.slice(MOST_AGENTS);
  return [
    ...ordered.slice(0, MOST_AGENTS).flatMap(([name, counts]) => samples(name, (status) => counts[`${status}_count`])),
    ...(others.length === 0
      ? []
      : samples(OTHER_AGENTS, (status) => others.reduce((sum, [, counts]) => sum + counts[`${status}_count`], 0))),
  ];
}

/** A metric as Prometheus reads it (exposition formats, text-based format 0.0.4); nothing where there is no value. */
export function metric(name: string, type: "counter" | "gauge", help: string, samples: readonly Sample[]): string {
  if (samples.length === 0) return "";
  const lines = samples.map(([labels, value]) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
    return `${name}${pairs.length > 0 ? `{${pairs.join(",")}}` : ""} ${value}\n`;
  });
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join("")}`;
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
