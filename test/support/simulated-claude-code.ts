import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

/** What became of a hook process. */
export interface HookResult {
  readonly code: number | null;
  readonly output: string;
}

/** A payload without what every payload of a session carries. */
export type Payload = Readonly<Record<string, unknown>> & { readonly hook_event_name: string };

interface CommandHook {
  readonly type: string;
  readonly command: string;
  readonly async?: boolean;
}

type HookSettings = Readonly<Record<string, readonly { matcher?: string; hooks: readonly CommandHook[] }[]>>;

/** As many processes run at once. */
const AT_ONCE = 4;

/**
 * Does with hooks what Claude Code does: reads which are registered from the settings file, and runs the commands of
 * those that match in a shell, with the payload on standard input.
 */
export class SimulatedClaudeCode {
  readonly results: HookResult[] = [];
  readonly #hooks: HookSettings;
  readonly #project: string;
  readonly #env: Readonly<Record<string, string>>;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(settingsPath: string, project: string, env: Readonly<Record<string, string>> = {}) {
    this.#hooks = (JSON.parse(readFileSync(settingsPath, "utf8")) as { hooks: HookSettings }).hooks;
    this.#project = project;
    const { PATH = "", HOME = "" } = process.env;
    this.#env = { PATH, HOME, CLAUDE_PROJECT_DIR: project, ...env };
  }

  /** Commands that a payload is given to. */
  commandsFor(payload: Payload): string[] {
    const tool = payload["tool_name"];
    return (this.#hooks[payload.hook_event_name] ?? [])
      .filter(({ matcher }) => !matcher || (typeof tool === "string" && new RegExp(`^(?:${matcher})$`).test(tool)))
      .flatMap(({ hooks }) => hooks.map(({ command }) => command));
  }

  /** Tells the hooks of an event; is done when they are. */
  async fire(payload: Payload): Promise<void> {
    for (const command of this.commandsFor(payload)) await this.give(command, JSON.stringify(payload));
  }

  /** Runs a command with a text on its standard input; gives up as soon as nobody reads it. */
  async give(command: string, text: string | Buffer): Promise<void> {
    if (this.#running >= AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#running++;
    try {
      this.results.push(await run(command, text, this.#project, this.#env));
    } finally {
      this.#running--;
      this.#waiting.shift()?.();
    }
  }
}

function run(command: string, text: string | Buffer, cwd: string, env: Record<string, string>): Promise<HookResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, { shell: true, cwd, env, stdio: ["pipe", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (part: string) => (output += part));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output }));
    child.stdin.on("error", () => undefined);
    child.stdin.end(text);
  });
}
