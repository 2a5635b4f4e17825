import { PassThrough, type Readable, type Writable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { setTimeout as sleep } from "node:timers/promises";

import { StdioServerTransport } from "@modelcontextprotocol/server/stdio";

/** How long requests may take that were under way when the client closed its end, milliseconds. */
const GRACE = 30_000;

/**
 * Standard input and output, where a client may close its end as soon as it has asked (`printf … | oak mcp`): the
 * protocol's own transport would leave what is under way unanswered.
 */
export class PatientStdio extends StdioServerTransport {
  readonly #unanswered = new Set<unknown>();
  readonly #ended: Promise<void>;
  readonly #input: Readable;
  #closed: () => void = () => undefined;
  #isClosed = false;

  constructor(input: Readable = process.stdin, output: Writable = process.stdout) {
    // Its end is kept back.
    const passed = new PassThrough();
    super(passed, output);
    this.#input = input;
    const decoder = new StringDecoder();
    let rest = "";
    input.on("data", (bytes: Buffer) => {
      const lines = (rest + decoder.write(bytes)).split("\n");
      rest = lines.pop()!;
      for (const line of lines) this.#expect(line);
      passed.write(bytes);
    });
    this.#ended = new Promise((resolve) => {
      input.once("end", resolve);
      input.once("close", resolve);
      input.once("error", () => resolve());
      this.#closed = resolve;
    });
  }

  /**
   * Until the client has closed its end and has been answered.
   *
   * @returns false when the protocol's own transport gave up before, as it does at a message that is too long
   */
  async done(): Promise<boolean> {
    await this.#ended;
    const until = Date.now() + GRACE;
    while (this.#unanswered.size > 0 && !this.#isClosed && Date.now() < until) await sleep(10);
    // One who has given up would take what still comes, and never answer it.
    this.#input.destroy();
    return !this.#isClosed;
  }

  override async close(): Promise<void> {
    this.#isClosed = true;
    await super.close();
    this.#closed();
  }

  override async send(message: Parameters<StdioServerTransport["send"]>[0]): Promise<void> {
    await super.send(message);
    if ("id" in message && !("method" in message)) this.#unanswered.delete(message.id);
  }

  #expect(line: string): void {
    try {
      const { id, method, params } = JSON.parse(line) as { id?: unknown; method?: string; params?: object };
      if (method === "notifications/cancelled" && params && "requestId" in params)
        this.#unanswered.delete(params.requestId);
      else if (id !== undefined && method !== undefined) this.#unanswered.add(id);
    } catch {
      // It is no request.
    }
  }
}
