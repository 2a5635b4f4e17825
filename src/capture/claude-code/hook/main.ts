import { handlePayload } from "./hook.js";
import { readStdin } from "./stdin.js";

/** So long a payload may take to come. */
const PATIENCE_MILLISECONDS = 5000;

/** What turns telemetry off, as in the recorder. */
const OFF = /^(?:false|0|off|no)$/i;

/**
 * The hook that Claude Code runs: reads one payload from standard input. Prints nothing and exits with 0 whatever comes,
 * because whatever a hook prints, or fails with, becomes a part of the user's session.
 */
export function runHook(): void {
  // There is nobody to tell what goes wrong: oak doctor says when nothing arrives.
  for (const event of ["uncaughtException", "unhandledRejection"]) process.on(event, () => process.exit(0));
  readStdin(PATIENCE_MILLISECONDS, (text) => {
    if (!OFF.test(process.env["OAK_TELEMETRY_ENABLED"]?.trim() ?? "")) handlePayload(text).catch(() => undefined);
  });
}
