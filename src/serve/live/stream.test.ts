import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it, onTestFinished, vi } from "vitest";

import { temporaryDirectory } from "../../../test/support/directory.js";
import { EventStream } from "./stream.js";

const FILE = "agent_invocations.jsonl";

/** One event of a stream. */
interface Heard {
  readonly id: string;
  readonly event: string;
  readonly data: Record<string, unknown>;
}

/** Someone who listens to a stream. */
class Listener {
  readonly heard: Heard[] = [];
  ended = false;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #decoder = new TextDecoder();
  #text = "";

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
  }

  /** Reads to the end. */
  async listen(): Promise<void> {
    while (!this.ended) await this.read();
  }

  async read(): Promise<void> {
    const { done, value } = await this.#reader.read();
    this.ended = done;
    if (!value) return;
    const blocks = (this.#text + this.#decoder.decode(value, { stream: true })).split("\n\n");
    this.#text = blocks.pop()!;
    for (const block of blocks) {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(block)?.[1] ?? "";
      const [id, event, data] = [field("id"), field("event"), field("data")];
      if (event !== "") this.heard.push({ id, event, data: JSON.parse(data) as Record<string, unknown> });
    }
  }

  /** Ids of the invocations that it heard of. */
  get ids(): unknown[] {
    return this.heard.flatMap(({ data }) => data["invocation_id"] ?? []);
  }

  get lastId(): string {
    return this.heard.at(-1)!.id;
  }

  async stop(): Promise<void> {
    await this.#reader.cancel();
  }
}

const until = (condition: () => boolean) => vi.waitFor(() => expect(condition()).toBe(true), { timeout: 60_000 });
const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => String(from + i));

async function startStream() {
  const directory = temporaryDirectory();
  const stream = await EventStream.start(directory, () => undefined);
  onTestFinished(() => stream.stop());
  let written = 0;
  const write = (count: number, text = "") => {
    const lines = numbers(written, (written += count)).map((invocation_id) =>
      JSON.stringify({ timestamp: "2026-11-01T00:00:00Z", event: "invocation_start", invocation_id, agent_name: text }),
    );
    appendFileSync(join(directory, FILE), lines.map((line) => `${line}\n`).join(""));
  };
  const listen = (lastId?: string) => {
    const listener = new Listener(stream.open(lastId)!);
    void listener.listen();
    return listener;
  };
  return { directory, stream, write, listen, written: () => written };
}

describe("the stream of events", () => {
  it("tells every client everything from now on, in order, under its name", async () => {
    const { stream, write, listen } = await startStream();
    const clients = [listen(), listen(), listen()];
    await until(() => clients.every(({ heard }) => heard[0]?.event === "ready"));
    for (let i = 0; i < 10; i++) write(10);
    await until(() => clients.every(({ ids }) => ids.length === 100));
    for (const { ids, heard } of clients) {
      expect(ids).toEqual(numbers(0, 100));
      expect(new Set(heard.slice(1).map(({ event }) => event))).toEqual(new Set(["invocation_start"]));
    }
    expect(stream.clients).toBe(3);
    await Promise.all(clients.map((client) => client.stop()));
    expect(stream.clients).toBe(0);
  });

  it("gives who comes back exactly what was missed, from wherever, while more is written", async () => {
    const { write, listen, written } = await startStream();
    const first = listen();
    await until(() => first.heard.length >= 1);
    write(200);
    await until(() => first.ids.length === 200);
    const timer = setInterval(() => write(3), 2);
    const places = [0, 1, 57, 120, 199, 200];
    const back = places.map((place) => listen(first.heard[place]!.id));
    await until(() => first.ids.length >= 400);
    clearInterval(timer);
    await until(() => [first, ...back].every(({ ids }) => ids.at(-1) === String(written() - 1)));
    for (const [i, place] of places.entries()) expect(back[i]!.ids).toEqual(numbers(place, first.ids.length));
    expect(back.flatMap(({ heard }) => heard.filter(({ event }) => event === "reset"))).toEqual([]);
  });

  it.each(["nonsense", "1-2", "0-99999999-0", "-1-0-0", "0-0-0-0", "1e3-0-0", "9".repeat(40)])(
    "tells who comes with an id that is none (%s) to begin anew",
    async (id) => {
      const { write, listen } = await startStream();
      const client = listen(id);
      await until(() => client.heard.length >= 2);
      expect(client.heard.map(({ event }) => event)).toEqual(["ready", "reset"]);
      await until(() => {
        write(1);
        return client.ids.length > 0;
      });
    },
  );

  it("tells when the log was written anew, and goes on", async () => {
    const { directory, write, listen } = await startStream();
    const client = listen();
    await until(() => client.heard.length >= 1);
    write(5);
    await until(() => client.ids.length === 5);
    writeFileSync(join(directory, FILE), "");
    await until(() => client.heard.at(-1)!.event === "reset");
    write(3);
    await until(() => client.ids.length === 8);
    const again = listen(client.lastId);
    await until(() => again.heard.length >= 1);
    expect(again.heard[0]!.event).toBe("ready");
  });

  it("drops who does not listen, without harm to others; who comes back has missed nothing", async () => {
    const { stream, write, listen } = await startStream();
    const slow = new Listener(stream.open(undefined)!);
    const quick = listen();
    await until(() => quick.heard.length >= 1);
    await slow.read();
    // 12 MB, of which 4 MB may wait for a client.
    for (let i = 0; i < 12; i++) {
      write(1000, "x".repeat(1000));
      await until(() => quick.ids.length === 1000 * (i + 1));
    }
    expect(stream.clients).toBe(1);
    await slow.listen();
    expect(slow.ended).toBe(true);
    const got = slow.ids.length;
    expect(got).toBeGreaterThan(0);
    expect(got).toBeLessThan(12_000);
    const back = listen(slow.lastId);
    await until(() => got + back.ids.length === 12_000);
    expect([...slow.ids, ...back.ids]).toEqual(numbers(0, 12_000));
    expect(quick.ids).toEqual(numbers(0, 12_000));
  });

  it("gives who has missed much no more at once than it takes", async () => {
    const { stream, write } = await startStream();
    write(20_000, "x".repeat(1000));
    const back = new Listener(stream.open("0-0-0")!);
    await back.read();
    void back.listen();
    await until(() => back.ids.length === 20_000);
    expect(back.ids).toEqual(numbers(0, 20_000));
    expect(stream.clients).toBe(1);
  });
});
