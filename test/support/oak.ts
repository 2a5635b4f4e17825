import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The project's folder. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The command as users run it. */
const OAK = `${ROOT}dist/cli/main.cjs`;

/** In the environment of a program: it does not give up as soon as it otherwise would, see there. */
export const PATIENT = { NODE_OPTIONS: `--import=${new URL("patient.mjs", import.meta.url).href}` };

/** How a process ended and what it printed. */
interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where a process runs, and with what in its environment besides PATH and HOME. */
interface Surroundings {
  readonly cwd?: string;
  readonly env?: Record<string, string>;
}

/** Runs `node` with these arguments to its end. */
export function node(args: readonly string[], { cwd = ROOT, env = {} }: Surroundings = {}): Promise<Result> {
  return new Promise((resolve, reject) => {
    const { PATH = "", HOME = "" } = process.env;
    const child = spawn(process.execPath, args, {
      cwd,
      env: { PATH, HOME, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

/** Runs `oak` with these arguments to its end. */
export function oak(args: readonly string[], surroundings?: Surroundings): Promise<Result> {
  return node([OAK, ...args], surroundings);
}

/** Runs `oak … --json`, which must succeed without a word on standard error. */
export async function oakJson<T = Record<string, unknown>>(args: readonly string[]): Promise<T> {
  const { code, stdout, stderr } = await oak([...args, "--json"]);
  if (code !== 0 || stderr !== "") throw new Error(`oak ${args.join(" ")} ended with ${code}: ${stderr}`);
  return JSON.parse(stdout) as T;
}
