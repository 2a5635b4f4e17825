import { LOG_KINDS } from "../../event/directory.js";
import { IMPLIED_EVENT } from "../../event/schema.js";
import { endsOf, LogTail, readFrom, type Offsets, type TailEntry } from "../../log/tail.js";

/** More listen to no server that one person looks at: who opens more has lost count of them, and each takes memory. */
export const MOST_CLIENTS = 1000;

/** A client that is so far behind is dropped, bytes: it comes back and reads on from where it was. */
const MOST_WAITING_BYTES = 4 * 1024 * 1024;

/** Something is sent at least so often, so that a connection that is gone is noticed, milliseconds. */
const HEARTBEAT_MILLISECONDS = 15_000;

const encoder = new TextEncoder();

/** One client of the stream. */
interface Client {
  readonly controller: ReadableStreamDefaultController<Uint8Array>;
  /** It is being given what it has missed: what comes meanwhile waits here. */
  waiting: Uint8Array[] | undefined;
  waitingBytes: number;
}

/**
 * Sends every line that is appended to the log, to up to {@link MOST_CLIENTS} clients, as Server-Sent Events. The log itself is the
 * memory: the id of an event says how far the log has been read, so a client that comes back with the last one it had gets
 * exactly what it has missed.
 */
export class EventStream {
  readonly #clients = new Set<Client>();
  readonly #heartbeat: NodeJS.Timeout;
  #tail!: LogTail;
  /** How often the log was replaced since the server started: places in the one before are none in this one. */
  #generation = 0;

  private constructor(private readonly directory: string) {
    this.#heartbeat = setInterval(() => this.#send(encoder.encode(": still here\n\n")), HEARTBEAT_MILLISECONDS).unref();
  }

  /** @param onEntries is told too, before the clients */
  static async start(directory: string, onEntries: (entries: readonly TailEntry[]) => void): Promise<EventStream> {
    const stream = new EventStream(directory);
    stream.#tail = await LogTail.start(directory, {
      onEntries: (entries, offsets) => {
        onEntries(entries);
        stream.#sendEntries(entries, offsets);
      },
      onReset: (offsets) => {
        stream.#generation++;
        stream.#send(encoder.encode(`id: ${stream.#idOf(offsets)}\nevent: reset\ndata: {}\n\n`));
      },
      onTrouble: () => undefined,
    });
    return stream;
  }

  get clients(): number {
    return this.#clients.size;
  }

  /**
   * A stream for one client; `undefined` while there are too many.
   *
   * @param lastId the last id it had, if any; one that fits no place in the log begins anew
   */
  open(lastId: string | undefined): ReadableStream<Uint8Array> | undefined {
    if (this.#clients.size >= MOST_CLIENTS) return undefined;
    let client: Client;
    return new ReadableStream<Uint8Array>(
      {
        start: async (controller) => {
          client = { controller, waiting: [], waitingBytes: 0 };
          this.#clients.add(client);
          const now = this.#tail.offsets;
          const last = parseId(lastId);
          const from = last?.generation === this.#generation ? last.offsets : undefined;
          const known = from && isThere(from, await endsOf(this.directory));
          controller.enqueue(
            encoder.encode(`retry: 1000\nid: ${this.#idOf(known ? from : now)}\nevent: ready\ndata: {}\n\n`),
          );
          if (lastId !== undefined && !known)
            controller.enqueue(encoder.encode(`id: ${this.#idOf(now)}\nevent: reset\ndata: {}\n\n`));
          // Not awaited: what is missed may be more than the client takes at once.
          void this.#catchUp(client, known ? from : now, now);
        },
        cancel: () => {
          this.#clients.delete(client);
        },
      },
      new ByteLengthQueuingStrategy({ highWaterMark: MOST_WAITING_BYTES }),
    );
  }

  /** Sends what is no line of the log, to those who listen now. */
  announce(name: string, data: object): void {
    this.#send(encoder.encode(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`));
  }

  stop(): void {
    clearInterval(this.#heartbeat);
    this.#tail.stop();
    for (const client of this.#clients) this.#drop(client);
  }

  async #catchUp(client: Client, from: Offsets, to: Offsets): Promise<void> {
    try {
      const offsets = { ...from };
      for await (const entries of readFrom(this.directory, from, to)) {
        for (const entry of entries) {
          offsets[entry.kind] = entry.to;
          client.controller.enqueue(encoder.encode(this.#textOf(entry, offsets)));
          while (this.#clients.has(client) && client.controller.desiredSize! <= 0) await pause();
        }
      }
      const { waiting } = client;
      client.waiting = undefined;
      for (const bytes of waiting ?? []) this.#give(client, bytes);
    } catch {
      this.#drop(client);
    }
  }

  #sendEntries(entries: readonly TailEntry[], { ...offsets }: Offsets): void {
    if (this.#clients.size === 0) return;
    const { kind } = entries[0]!;
    const text = entries.map((entry) => this.#textOf(entry, { ...offsets, [kind]: entry.to })).join("");
    this.#send(encoder.encode(text));
  }

  #textOf({ kind, object }: TailEntry, offsets: Offsets): string {
    const given = object["event"] ?? IMPLIED_EVENT[kind];
    // A name that is no word would end the line that it stands in.
    const name = typeof given === "string" && /^\w+$/.test(given) ? given : "unknown";
    const data = jsonOf({ ...object, event: given });
    // Without data it is no event, but who comes back comes back behind it.
    const event = data === undefined ? "" : `event: ${name}\ndata: ${data}\n`;
    return `id: ${this.#idOf(offsets)}\n${event}\n`;
  }

  #idOf({ workflow, invocation, feedback }: Offsets): string {
    const generation = this.#generation === 0 ? "" : `-${this.#generation}`;
    return `${workflow}-${invocation}-${feedback}${generation}`;
  }

  #send(bytes: Uint8Array): void {
    for (const client of this.#clients) {
      if (!client.waiting) {
        this.#give(client, bytes);
        continue;
      }
      client.waiting.push(bytes);
      client.waitingBytes += bytes.length;
      if (client.waitingBytes > MOST_WAITING_BYTES) this.#drop(client);
    }
  }

  #give(client: Client, bytes: Uint8Array): void {
    if (client.controller.desiredSize! <= 0) return this.#drop(client);
    client.controller.enqueue(bytes);
  }

  #drop(client: Client): void {
    if (!this.#clients.delete(client)) return;
    try {
      client.controller.close();
    } catch {
      // It has gone by itself.
    }
  }
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 10));

/** Whether so much of the log is there. */
function isThere(offsets: Offsets, ends: Offsets): boolean {
  return LOG_KINDS.every((kind) => offsets[kind] <= ends[kind]);
}

/** What JSON's reader takes, its writer may not: nested by thousands, it is left out like what is damaged. */
function jsonOf(value: object): string | undefined {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function parseId(id: string | undefined): { readonly offsets: Offsets; readonly generation: number } | undefined {
  const [, workflow, invocation, feedback, generation] =
    /^(\d{1,15})-(\d{1,15})-(\d{1,15})(?:-([1-9]\d{0,14}))?$/.exec(id ?? "") ?? [];
  if (feedback === undefined) return undefined;
  const offsets = { workflow: Number(workflow), invocation: Number(invocation), feedback: Number(feedback) };
  return { offsets, generation: Number(generation ?? 0) };
}
