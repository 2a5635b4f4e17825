import { serveStdio } from "@modelcontextprotocol/server/stdio";

import { TelemetryAnalyzer } from "../analyzer.js";
import { findTelemetryDirectory } from "../event/directory.js";
import { createMcpServer } from "../mcp/server.js";
import { PatientStdio } from "../mcp/stdio.js";
import { openRecorder } from "../mcp/tool.js";
import { AgentSelector } from "../selector.js";
import type { CommonOptions } from "./options.js";
import { note, output } from "./terminal.js";
import { version } from "./version.js";

/** Speaks the Model Context Protocol on standard input and output, until the client goes away. */
export async function serveMcp(options: CommonOptions): Promise<void> {
  const directory = findTelemetryDirectory(options.dir);
  const analyzer = new TelemetryAnalyzer({ directory });
  const selector = new AgentSelector({ analyzer });
  const recorder = openRecorder(directory);
  const transport = new PatientStdio(process.stdin, output());
  const connection = serveStdio(() => createMcpServer({ analyzer, selector, recorder }, version()), {
    transport,
    onerror: (error) => note(`oak mcp: ${error.message}`),
  });
  if (!(await transport.done())) process.exitCode = 1;
  await connection.close();
  recorder.logger.close();
  selector.close();
  analyzer.close();
}
