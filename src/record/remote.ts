import type { AppenderOptions } from "./append.js";
import { Post } from "./post.js";
import { linesIn, Spool, spoolFolder } from "./spool.js";

/** Where a recorder sends what it records. */
export interface Endpoint {
  /** Base address of a server, such as `http://127.0.0.1:4318`, without a slash at its end. */
  readonly url: string;
  readonly token: string | undefined;
}

/** What could not be sent, for now or for good. */
export class DeliveryError extends Error {
  override readonly name = "DeliveryError";
}

/** How a {@link Remote} sends. */
export interface RemoteOptions extends Endpoint, Pick<AppenderOptions, "fsync" | "onWritten"> {
  /** The telemetry directory: lines wait in it. */
  readonly directory: string;
  /** Called with the number of lines that are lost other than because they could not be written. */
  readonly onLost: (lines: number) => void;
  /** Called once for each run of failures. */
  readonly onTrouble: (error: DeliveryError) => void;
  /** What may wait in all, bytes. */
  readonly most_bytes?: number;
}

/** Lines gather for so long before they are sent, milliseconds. */
const GATHER_MILLISECONDS = 100;

/** After a failure, the pause before the next try doubles from the first to the second of these, milliseconds. */
const FIRST_PAUSE = 200;
const LONGEST_PAUSE = 5000;

/** While lines come through, dead processes' files are looked for so often, milliseconds. */
const ADOPT_MILLISECONDS = 10_000;

/** How long the end of the program, or {@link Remote.flush}, waits for what was not sent yet, milliseconds. */
const PATIENCE_MILLISECONDS = 2000;

const MOST_BYTES = 256 * 1024 * 1024;

/**
 * Delivers lines to a server. Each is written to the spool as it would be to the log, and stays there until the server has
 * confirmed it; what an unreachable server or the end of the process leaves there is sent by whoever comes next. So each
 * line arrives at least once, and counts once, because it has an `event_id`.
 */
export class Remote {
  readonly #options: RemoteOptions;
  readonly #folder: string;
  readonly #spool: Spool;
  readonly #post: Post;
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #failures = 0;
  #adoptedAt = Number.NEGATIVE_INFINITY;
  #saidRefused = false;
  #saidFull = false;

  constructor(options: RemoteOptions) {
    this.#options = options;
    const { directory, url, fsync, onWritten, most_bytes = MOST_BYTES } = options;
    this.#folder = spoolFolder(directory, url);
    this.#post = new Post(`${url}/api/v1/events`, options.token);
    this.#spool = new Spool({ folder: this.#folder, fsync, onWritten, most_bytes });
    watchExit();
  }

  /** Never throws. Takes a line without its line end, and the time in milliseconds since 1970. */
  append(line: string, now: number): void {
    if (this.#spool.isFull) return this.#refuseNew();
    this.#saidFull = false;
    this.#spool.append(line, now);
    unsent.add(this);
    if (!this.#timer) this.#sendAfter(GATHER_MILLISECONDS);
  }

  /** Sends soon; nobody need wait for it. */
  close(): void {
    this.#spool.flush();
  }

  /** Waits until everything is delivered, or cannot be for now; no longer than two seconds. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    let timer: NodeJS.Timeout | undefined;
    // Nothing that is sent keeps the program running, but this does.
    const patience = new Promise<void>((resolve) => (timer = setTimeout(resolve, PATIENCE_MILLISECONDS)));
    await Promise.race([this.#send(), patience]);
    clearTimeout(timer);
  }

  /** Before the program ends. Where sending failed just now, it is not tried again. */
  atExit(): void {
    if (this.#failures === 0) void this.flush();
  }

  #sendAfter(pause: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#send();
    }, pause);
    // It alone does not keep the program running: `beforeExit` sends what is left.
    this.#timer.unref();
  }

  #send(): Promise<void> {
    return (this.#sending ??= this.#sendAll().finally(() => (this.#sending = undefined)));
  }

  async #sendAll(): Promise<void> {
    try {
      this.#adopt();
      for (let path = this.#spool.next(); path !== undefined; path = this.#spool.next()) {
        await this.#deliver(linesIn(path));
        this.#spool.remove(path);
        this.#failures = 0;
        this.#adopt();
      }
      unsent.delete(this);
    } catch (error) {
      this.#failed(error);
    }
  }

  /** @throws when it is to be tried again */
  async #deliver(lines: readonly string[]): Promise<void> {
    if (lines.length === 0) return;
    const { status, body } = await this.#post.send(lines.join("\n"));
    if (status === 200) return this.#look(lines.length, body);
    // Another process was killed, or space ran out, in the middle of a line.
    const whole = status === 400 ? lines.filter((line) => parsed(line) !== undefined) : lines;
    if (whole.length < lines.length) {
      this.#refuse(lines.length - whole.length, "a line is torn");
      return this.#deliver(whole);
    }
    if (status !== 413) throw new DeliveryError(`${this.#options.url} answers ${status}${reasonIn(body)}`);
    if (lines.length === 1) return this.#refuse(1, "one is larger than a request may be");
    const half = lines.length >> 1;
    await this.#deliver(lines.slice(0, half));
    await this.#deliver(lines.slice(half));
  }

  /** What the server would never take is lost. */
  #look(lines: number, body: string): void {
    const receipt = parsed(body) as { accepted?: unknown; rejected?: readonly { error?: unknown }[] } | undefined;
    // Whatever answers there, it is no server of ours: nothing has been confirmed.
    if (typeof receipt?.accepted !== "number" || !Array.isArray(receipt.rejected))
      throw new DeliveryError(`${this.#options.url} does not answer as oak serve does`);
    const rejected: readonly { error?: unknown }[] = receipt.rejected;
    if (rejected.length > 0) this.#refuse(Math.min(rejected.length, lines), String(rejected[0]?.error));
  }

  /** Said once: what goes wrong with every event must be no flood. */
  #refuse(lines: number, reason: string): void {
    this.#options.onLost(lines);
    if (!this.#saidRefused)
      this.#options.onTrouble(new DeliveryError(`${this.#options.url} refuses events, which are lost: ${reason}`));
    this.#saidRefused = true;
  }

  #refuseNew(): void {
    this.#options.onLost(1);
    if (!this.#saidFull)
      this.#options.onTrouble(
        new DeliveryError(`${this.#folder} is full of events that wait for ${this.#options.url}: new ones are lost`),
      );
    this.#saidFull = true;
  }

  #adopt(): void {
    const now = performance.now();
    if (now - this.#adoptedAt < ADOPT_MILLISECONDS) return;
    this.#adoptedAt = now;
    this.#spool.adopt();
  }

  #failed(error: unknown): void {
    const pause = Math.min(FIRST_PAUSE * 2 ** this.#failures, LONGEST_PAUSE);
    if (++this.#failures === 1) {
      const { message } = error instanceof Error ? error : new Error(String(error));
      this.#options.onTrouble(new DeliveryError(`${message}; events wait in ${this.#folder}`));
    }
    this.#spool.touch();
    clearTimeout(this.#timer);
    this.#sendAfter(pause);
  }
}

/** Those with lines that were not delivered. */
const unsent = new Set<Remote>();
let watchesExit = false;

/** Nothing is left to do for the program but to send. It happens again when something else used the time to go on. */
function watchExit(): void {
  if (watchesExit) return;
  watchesExit = true;
  process.on("beforeExit", () => {
    for (const remote of unsent) {
      unsent.delete(remote);
      remote.atExit();
    }
  });
}

/**
 * Reads an address.
 *
 * @throws {DeliveryError} when it is no address
 */
export function endpointOf(url: string | undefined, token: string | undefined): Endpoint | undefined {
  const given = url?.trim();
  if (!given) return undefined;
  const address = URL.canParse(given) ? new URL(given) : undefined;
  if (!address || !/^https?:$/.test(address.protocol) || address.search !== "" || address.hash !== "")
    throw new DeliveryError(`must be an address such as http://127.0.0.1:4318, got ${JSON.stringify(given)}`);
  if (address.username !== "" || address.password !== "")
    throw new DeliveryError("must not hold a password: the token has an option of its own, and OAK_TOKEN");
  return { url: `${address.origin}${address.pathname}`.replace(/\/+$/, ""), token: token?.trim() || undefined };
}

/** What a server says is wrong. */
function reasonIn(body: string): string {
  const { error } = (parsed(body) ?? {}) as { error?: unknown };
  return typeof error === "string" ? `: ${error}` : "";
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
