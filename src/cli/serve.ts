import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";

import type { RunningServer } from "../serve/server.js";
import { checkConfig } from "./alerts.js";
import { CommandError } from "./errors.js";
import type { AnalysisOptions } from "./options.js";
import { existingDirectory, showProgress } from "./reading.js";
import { ServedDemo } from "./served-demo.js";
import { note, print, printJson } from "./terminal.js";
import { version } from "./version.js";

export interface ServeOptions extends AnalysisOptions {
  readonly port: number;
  readonly host: string;
  readonly token?: string;
  readonly open?: boolean;
  readonly deliver?: boolean;
}

/** What a header can carry, and nobody guesses. */
const TOKEN = /^[!-~]{16,}$/;

/** Serves until it is told to stop. */
export async function serve(options: ServeOptions): Promise<void> {
  // It goes on when nobody reads its messages any more.
  process.stderr.on("error", () => undefined);
  const { port } = options;
  const host = options.host.trim().replace(/^\[(.*)\]$/, "$1");
  // Nothing would mean every address of this machine.
  if (host === "")
    throw new CommandError("--host needs an address, such as 127.0.0.1, or 0.0.0.0 for all there are", 2);
  const isLocal = ["127.0.0.1", "::1", "localhost"].includes(host);
  const given = options.token ?? (process.env["OAK_TOKEN"] || undefined);
  if (given !== undefined && !TOKEN.test(given))
    throw new CommandError("a token needs at least 16 characters, of ASCII and without spaces", 2);
  const token = given ?? (isLocal ? undefined : randomBytes(16).toString("hex"));
  const directory = existingDirectory(options);
  await checkConfig(directory);
  const { startServer } = await import("../serve/server.js");
  const access = { token };
  const demo = new ServedDemo((demoDirectory) =>
    startServer({ telemetry: { directory: demoDirectory }, host, port: 0, access, version: version() }),
  );
  let server: RunningServer;
  try {
    server = await startServer({
      telemetry: {
        directory,
        ...(options.asOf === undefined ? {} : { as_of: options.asOf }),
        abandoned_after_seconds: options.abandonedAfter * 3600,
        ...(options.bands === undefined ? {} : { bands: options.bands }),
        onProgress: showProgress(),
      },
      host,
      port,
      access,
      version: version(),
      channels: options.deliver ? ["stderr", "command", "webhook"] : ["stderr"],
      serveDemo: () => demo.start(),
    });
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (code === "EADDRINUSE") throw await occupied(host, port);
    if (["ENOTFOUND", "EADDRNOTAVAIL", "EAI_AGAIN"].includes(code))
      throw new CommandError(`${host} is no address of this machine: leave out --host, or give one that is`);
    throw error;
  }
  const told = stopSignal();
  const url = token === undefined ? server.url : `${server.url}/?token=${encodeURIComponent(token)}`;
  if (options.json) printJson({ url: server.url, token: token ?? null, directory: server.directory, pid: process.pid });
  else print(`oak serves ${server.directory}`, `  ${url}`, "  Ctrl-C ends it.");
  if (options.open) openBrowser(url);
  await told;
  await Promise.all([server.stop(), demo.stop()]);
  // What reads the log for an answer that nobody waits for any more would go on to its end.
  process.exit();
}

/** Waits for a signal, instead of what every other command does: answers that are under way are finished. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      const others = process.listeners(signal);
      process.once(signal, () => resolve());
      // Only now: a signal that comes while nobody listens to it, or has just come, is lost.
      for (const other of others) process.off(signal, other);
    }
  });
}

/** What to say when the port is taken: by another of us, or by somebody else. */
async function occupied(host: string, port: number): Promise<CommandError> {
  const elsewhere = "oak serve --port 0 takes one that is free";
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
  try {
    const answer = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(1000) });
    const { service } = (await answer.json()) as { service?: string };
    if (service === "oak-telemetry")
      return new CommandError(`oak is already serving at ${url}: open that, or ${elsewhere}`);
  } catch {
    // Somebody else.
  }
  return new CommandError(`port ${port} is taken by another program: ${elsewhere}`);
}

function openBrowser(url: string): void {
  const [command = "", ...before] =
    process.platform === "darwin" ? ["open"] : process.platform === "win32" ? ["cmd", "/c", "start", ""] : ["xdg-open"];
  execFile(command, [...before, url], (error) => {
    if (error) note("no browser could be opened: open the address above");
  });
}
