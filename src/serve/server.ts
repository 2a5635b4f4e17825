import type { Server } from "node:http";

import { serve as listen } from "@hono/node-server";
import type { OpenAPIHono } from "@hono/zod-openapi";

import { Alerts } from "../alerts/alerts.js";
import type { Channel } from "../alerts/state.js";
import { AlertWatch } from "../alerts/watch.js";
import type { AnalyzerOptions } from "../analyzer.js";
import { openRecorder } from "../mcp/tool.js";
import { createApp } from "./app.js";
import type { Access } from "./guard.js";
import { Intake } from "./intake.js";
import { EventStream } from "./live/stream.js";
import { mcpHandler } from "./mcp.js";
import { Counters } from "./metrics.js";
import { OtlpReceiver } from "./otlp.js";
import { say } from "./say.js";
import { Telemetry } from "./telemetry.js";

/** How {@link startServer} serves. */
export interface ServerOptions {
  /** What is served. */
  readonly telemetry: AnalyzerOptions;
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly access: Access;
  readonly version: string;
  /** Where alerts may go, of what `oak.config.json` names. Default: nowhere but to the page. */
  readonly channels?: readonly Channel[];
  /** Serves sample data elsewhere, and gives the address. */
  readonly serveDemo?: () => Promise<string>;
}

/** A server that is running. */
export interface RunningServer {
  readonly url: string;
  readonly directory: string;
  /** Answers what is under way, takes nothing new, and ends. */
  stop(): Promise<void>;
}

/** Who sends its headers, or its whole request, slower than this is cut off, milliseconds. */
const HEADERS_TIMEOUT = 10_000;
const REQUEST_TIMEOUT = 30_000;

/** How often the two are looked at, milliseconds. */
const TIMEOUT_CHECK = 1000;

/** How long answers that are under way may take when the server stops, milliseconds. */
const GRACE = 2000;

/**
 * Serves a telemetry directory over HTTP.
 *
 * @throws what the system says, such as EADDRINUSE
 */
export async function startServer({
  telemetry: options,
  host,
  port,
  access,
  version,
  channels = [],
  serveDemo,
}: ServerOptions): Promise<RunningServer> {
  const telemetry = new Telemetry(options);
  const { directory } = telemetry;
  const counters = new Counters();
  const stream = await EventStream.start(directory, (entries) => {
    counters.countEvents(entries);
    alerts.changed();
  });
  // After the stream, which it tells, and which tells it nothing before the running job has ended.
  const alerts = new AlertWatch(
    new Alerts(telemetry.analyzer, { channels, memory: options.as_of === undefined ? "kept" : "none" }, say),
    (now) => stream.announce("alerts", now),
  );
  const intake = new Intake(directory);
  const otlp = new OtlpReceiver(intake);
  const recorder = openRecorder(directory);
  const mcp = mcpHandler({ analyzer: telemetry.analyzer, selector: telemetry.selector, recorder }, version);
  const app = createApp({ telemetry, stream, intake, otlp, mcp, alerts, counters, access, version, serveDemo });
  const close = async () => {
    await alerts.stop();
    stream.stop();
    otlp.stop();
    intake.close();
    await mcp.close();
    recorder.logger.close();
    telemetry.close();
  };
  let server: Server;
  try {
    server = await listenOn(app, host, port);
  } catch (error) {
    await close();
    throw error;
  }
  // Whoever asks first need not wait for the log to be read, and learned from. What is wrong with it, the answers say.
  telemetry.selector.rankAgents({ task_description: "anything" }).catch(() => undefined);
  const { port: actual } = server.address() as { port: number };
  const name = host.includes(":") ? `[${host}]` : host;
  return {
    url: `http://${name}:${actual}`,
    directory,
    stop: async () => {
      const ended = new Promise<void>((resolve) => server.close(() => resolve()));
      setTimeout(() => server.closeAllConnections(), GRACE).unref();
      server.closeIdleConnections();
      // After nobody new is let in: a client of the stream comes back at once.
      stream.stop();
      await ended;
      await close();
    },
  };
}

function listenOn({ fetch }: OpenAPIHono, hostname: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = listen(
      {
        fetch,
        hostname,
        port,
        serverOptions: {
          headersTimeout: HEADERS_TIMEOUT,
          requestTimeout: REQUEST_TIMEOUT,
          connectionsCheckingInterval: TIMEOUT_CHECK,
        },
      },
      () => resolve(server),
    ) as Server;
    server.once("error", reject);
  });
}
