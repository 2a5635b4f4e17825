import { handlePayload } from "./hook.js";

/** Longer payloads are taken from whoever writes them, and not looked at. */
const LONGEST_PAYLOAD = 64 * 1024 * 1024;

/** So long a payload may take to come. */
const PATIENCE_MILLISECONDS = 5000;

/** What turns telemetry off, as in the recorder. */
const OFF = /^(?:false|0|off|no)$/i;

/**
 * The hook that Claude Code runs: reads one payload from standard input. Prints nothing and exits with 0 whatever comes,
 * because whatever a hook prints, or fails with, becomes a part of the user's session.
 */
export function runHook(): void {
  // Whoever started us may be gone, and what fails beside the way must not be told.
  for (const event of ["uncaughtException", "unhandledRejection"]) process.on(event, () => process.exit(0));
  for (const signal of ["SIGPIPE", "SIGHUP"] as const) process.on(signal, () => undefined);
  setTimeout(() => process.exit(0), PATIENCE_MILLISECONDS).unref();
  const parts: Buffer[] = [];
  let length = 0;
  process.stdin
    .on("data", (part: Buffer) => {
      length += part.length;
      if (length <= LONGEST_PAYLOAD) parts.push(part);
      else parts.length = 0;
    })
    .on("error", () => process.exit(0))
    .on("end", () => {
      if (OFF.test(process.env["OAK_TELEMETRY_ENABLED"]?.trim() ?? "")) return;
      // There is nobody to tell: oak doctor says when nothing arrives.
      handlePayload(Buffer.concat(parts).toString("utf8")).catch(() => undefined);
    });
}
