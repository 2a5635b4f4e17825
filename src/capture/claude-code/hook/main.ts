import { recordingEnabled } from "../../../record/enabled.js";
import { handlePayload } from "./hook.js";
import { readStdin } from "./stdin.js";

/** So long a payload may take to come. */
const PATIENCE_MILLISECONDS = 5000;

/**
 * The hook that Claude Code runs: reads one payload from standard input. Prints nothing and exits with 0 whatever comes,
 * because whatever a hook prints, or fails with, becomes a part of the user's session.
 */
export function runHook(): void {
  // There is nobody to tell what goes wrong: oak doctor says when nothing arrives.
  for (const event of ["uncaughtException", "unhandledRejection"]) process.on(event, () => process.exit(0));
  // One thread is enough to wait for input: to start the usual four, and to take the program apart at its end, costs more
  // than most of what happens in between.
  process.env["UV_THREADPOOL_SIZE"] = "1";
  const end = () => process.exit(0);
  readStdin(PATIENCE_MILLISECONDS, (text) => {
    if (recordingEnabled()) handlePayload(text).then(end, end);
    else end();
  });
}
