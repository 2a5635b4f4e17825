import { InvalidArgumentError, type Command } from "commander";

import { analysisOptions, bandsOption } from "../options.js";
import type { ServeOptions } from "../serve.js";

/** The port of OTLP over HTTP: exporters find the server without being told. */
const OTLP_PORT = 4318;

export function addServe(program: Command): void {
  bandsOption(analysisOptions(program.command("serve")))
    .description("the dashboard, live, with an HTTP API and a receiver of OpenTelemetry")
    .option("--port <number>", "port; 0: any that is free", port, OTLP_PORT)
    .option("--host <name>", "address to listen on; any but the loopback's needs a token", "127.0.0.1")
    .option("--token <text>", "what clients must send (default: $OAK_TOKEN, else a new one where one is needed)")
    .option("--deliver", "run the command, and call the webhook, that oak.config.json names for alerts")
    .option("--open", "open it in the browser")
    .addHelpText(
      "after",
      `
It follows the log: what any program records shows within a second. It ends with Ctrl-C.

Examples:
  oak serve --open
  oak serve --dir ~/project/.oak --port 0
  oak serve --host 0.0.0.0 --token "$(openssl rand -hex 16)"
  curl -s http://127.0.0.1:4318/api/v1/workflows?status=running | jq .
  curl -s http://127.0.0.1:4318/api/v1/openapi.json`,
    )
    .action(async (options: ServeOptions) => {
      const { serve } = await import("../serve.js");
      await serve(options);
    });
}

function port(text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number > 65_535) throw new InvalidArgumentError("It must be a number from 0 to 65535.");
  return number;
}
