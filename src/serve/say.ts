import { oneLine } from "../alerts/plain.js";

/** Says something on the server's standard error, a line each: what requests and files bring must not steer a terminal. */
export function say(...lines: string[]): void {
  process.stderr.write(lines.map((line, i) => `${i === 0 ? "oak: " : ""}${oneLine(line)}\n`).join(""));
}
