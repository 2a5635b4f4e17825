import { request, type ClientRequest } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

import { describe, expect, it, onTestFinished, vi } from "vitest";

import { TelemetryLogger } from "../src/index.js";
import { temporaryDirectory } from "./support/directory.js";
import { serveDirectory } from "./support/server.js";

const CLIENTS = 100;
const EVENTS = 4000;

/** A client of the stream: the numbers of the events that it got. */
class Client {
  readonly numbers: number[] = [];
  ready = false;
  readonly request: ClientRequest;
  #text = "";

  constructor(url: string) {
    this.request = request(`${url}/api/v1/events`);
    this.request.on("response", (response) => {
      response.setEncoding("latin1").on("data", (text: string) => this.#take(text));
      response.on("error", () => undefined);
    });
    this.request.on("error", () => undefined);
    this.request.end();
    onTestFinished(() => void this.request.destroy());
  }

  #take(text: string): void {
    this.#text += text;
    const end = this.#text.lastIndexOf("\n\n") + 2;
    if (end === 1) return;
    const whole = this.#text.slice(0, end);
    this.#text = this.#text.slice(end);
    this.ready ||= whole.includes("event: ready");
    for (const [, number] of whole.matchAll(/"invocation_id":"load-(\d+)"/g)) this.numbers.push(Number(number));
  }
}

describe("a hundred clients of the stream", () => {
  it("get each of two thousand events a second, in order", async () => {
    const directory = temporaryDirectory();
    const { url } = await serveDirectory(directory);
    const clients = Array.from({ length: CLIENTS }, () => new Client(url));
    const until = (condition: () => boolean) =>
      vi.waitFor(() => expect(condition()).toBe(true), { timeout: 100_000, interval: 100 });
    await until(() => clients.every(({ ready }) => ready));
    const logger = new TelemetryLogger({ directory, endpoint: null });
    for (let i = 0; i < EVENTS; i++) {
      logger.logInvocation({ agent_name: "architect", invocation_id: `load-${i}` });
      if (i % 20 === 19) await sleep(10);
    }
    logger.close();
    await until(() => clients.every(({ numbers }) => numbers.length >= EVENTS));
    const all = Array.from({ length: EVENTS }, (_, i) => i);
    for (const { numbers } of clients) expect(numbers).toEqual(all);
  });
});
