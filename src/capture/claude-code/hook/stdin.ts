import { closeSync, constants, openSync, read, writeSync } from "node:fs";

const CHUNK = 1024 * 1024;

/** Longer payloads are taken from whoever writes them, and not looked at. */
const LONGEST_PAYLOAD = 64 * 1024 * 1024;

/** How often what has come is looked at to see whether it is a whole payload: it must not become the work itself. */
const MOST_LOOKS = 8;

/** How long to wait before a pipe that has nothing yet is asked again. */
const PAUSE_MILLISECONDS = 5;

/**
 * Reads one payload from standard input: until its end, or until it is whole though the other side leaves the pipe open.
 * `process.stdin` would do the same, but takes a fifth of the start of a process to load.
 *
 * @param patience milliseconds after which the process ends, whatever has come
 */
export function readStdin(patience: number, use: (text: string) => void): void {
  const parts: Buffer[] = [];
  let length = 0;
  let looks = 0;
  const buffer = Buffer.allocUnsafe(CHUNK);
  const deadline = setTimeout(giveUp, patience);
  const finish = (text: string) => {
    clearTimeout(deadline);
    use(text);
  };
  const next = () =>
    read(0, buffer, 0, CHUNK, null, (error, bytes) => {
      if (error?.code === "EAGAIN") return void setTimeout(next, PAUSE_MILLISECONDS);
      // Windows reports the end as an error. What cannot be read is no payload.
      if (error || bytes === 0) return finish(Buffer.concat(parts).toString("utf8"));
      length += bytes;
      if (length <= LONGEST_PAYLOAD) parts.push(Buffer.from(buffer.subarray(0, bytes)));
      else parts.length = 0;
      if (bytes < CHUNK && looks < MOST_LOOKS && endsObject(buffer.subarray(0, bytes))) {
        looks++;
        const text = Buffer.concat(parts).toString("utf8");
        if (isJson(text)) return finish(text);
      }
      next();
    });
  next();
}

/** Whether bytes end with what a payload ends with. */
function endsObject(bytes: Buffer): boolean {
  let last = bytes.length - 1;
  while (last >= 0 && bytes[last]! <= 0x20) last--;
  return bytes[last] === 0x7d;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * Ends a process that waits for input that does not come. Node's own exit would wait for the read: it is ended by giving
 * it something, which a pipe with a name in `/proc` takes, or the process becomes another one, where Node can do that.
 */
function giveUp(): void {
  process.exitCode = 0;
  try {
    const own = openSync("/proc/self/fd/0", constants.O_WRONLY | constants.O_NONBLOCK);
    writeSync(own, "\n");
    closeSync(own);
    return process.exit(0);
  } catch {
    // No such pipe.
  }
  const { execve } = process as { execve?: (file: string, args: readonly string[]) => void };
  try {
    execve?.call(process, "/bin/sh", ["sh", "-c", "exit 0"]);
  } catch {
    // Not on this system.
  }
  process.kill(process.pid, "SIGKILL");
}
