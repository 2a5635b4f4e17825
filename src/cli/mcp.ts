import { once } from "node:events";

import { serveStdio } from "@modelcontextprotocol/server/stdio";

import { TelemetryAnalyzer } from "../analyzer.js";
import { findTelemetryDirectory } from "../event/directory.js";
import { createMcpServer } from "../mcp/server.js";
import { TelemetryLogger } from "../record/logger.js";
import { AgentSelector } from "../selector.js";
import type { CommonOptions } from "./options.js";
import { note } from "./terminal.js";
import { version } from "./version.js";

/** Speaks the Model Context Protocol on standard input and output, until the client goes away. */
export async function serveMcp(options: CommonOptions): Promise<void> {
  const directory = findTelemetryDirectory(options.dir);
  const analyzer = new TelemetryAnalyzer({ directory });
  const selector = new AgentSelector({ directory });
  const logger = new TelemetryLogger({ directory, endpoint: null });
  const ended = once(process.stdin, "close");
  const connection = serveStdio(() => createMcpServer({ analyzer, selector, logger }, version()), {
    onerror: (error) => note(`oak mcp: ${error.message}`),
  });
  await ended;
  await connection.close();
  logger.close();
  selector.close();
  analyzer.close();
}
