import { join } from "node:path";

import { ROOT } from "./oak.js";
import { RunningCommand } from "./process.js";

/** A server of its own process, on a port that is free. */
export interface ServedDirectory {
  readonly url: string;
  readonly command: RunningCommand;
}

/** Starts `oak serve` on a directory; it ends with the test. */
export async function serveDirectory(
  directory: string,
  args: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<ServedDirectory> {
  const oak = join(ROOT, "dist/cli/main.cjs");
  const all = [oak, "serve", "--dir", directory, "--port", "0", "--json", ...args];
  const command = new RunningCommand(process.execPath, all, env);
  await command.until("the server is up", () => command.stdout.includes("}"));
  return { url: (JSON.parse(command.stdout) as { url: string }).url, command };
}
