import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { hostname } from "node:os";
import { join } from "node:path";

import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";

import { temporaryDirectory } from "../../test/support/directory.js";
import { ArgumentError, DeliveryError, TelemetryLogger, type LoggerOptions } from "./index.js";
import { Remote } from "./remote.js";
import { spoolFolder, waitingIn } from "./spool.js";

type Answer = (lines: readonly string[], headers: IncomingHttpHeaders) => readonly [status: number, body: object];

const takeAll: Answer = (lines) => [200, { accepted: lines.length, rejected: [] }];

/** A server that notes the lines it took, and answers as it is told. */
class Receiver {
  readonly taken: string[] = [];
  requests = 0;
  answer: Answer = takeAll;
  readonly #server: Server;
  #port = 0;

  constructor() {
    this.#server = createServer((request, response) => {
      let body = "";
      request.setEncoding("utf8").on("data", (text: string) => (body += text));
      request.on("end", () => {
        this.requests++;
        const lines = body.split("\n");
        const [status, answer] = this.answer(lines, request.headers);
        if (status === 200) this.taken.push(...lines);
        response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answer));
      });
    });
    onTestFinished(() => void this.#server.close());
  }

  /** On the port that it had before, if any. */
  async start(): Promise<string> {
    this.#server.listen(this.#port, "127.0.0.1");
    await once(this.#server, "listening");
    this.#port = (this.#server.address() as AddressInfo).port;
    return this.url;
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get ids(): string[] {
    return this.taken.map((line) => (JSON.parse(line) as { invocation_id: string }).invocation_id);
  }
}

async function receiver(): Promise<Receiver> {
  const started = new Receiver();
  await started.start();
  return started;
}

/** A logger that sends, and what it says is wrong. */
function remoteLogger(directory: string, endpoint: string, options: LoggerOptions = {}) {
  const errors: Error[] = [];
  const logger = new TelemetryLogger({ directory, endpoint, onError: (error) => errors.push(error), ...options });
  const log = (...ids: string[]) => {
    for (const invocation_id of ids) logger.logInvocation({ agent_name: "a", invocation_id });
  };
  return { logger, log, errors };
}

const until = (condition: () => boolean) => vi.waitFor(() => expect(condition()).toBe(true), { timeout: 60_000 });

const filesIn = (directory: string, url: string) => readdirSync(spoolFolder(directory, url));

/** Waits until nothing waits any more. */
const arrived = (directory: string) => until(() => waitingIn(directory).length === 0);

/** A file as another process left it. */
function leave(directory: string, url: string, name: string, ids: readonly string[], end = "\n"): string {
  const folder = spoolFolder(directory, url);
  mkdirSync(folder, { recursive: true });
  const lines = ids.map((id) => JSON.stringify({ event: "invocation_start", invocation_id: id, agent_name: "a" }));
  const path = join(folder, name);
  writeFileSync(path, lines.join("\n") + end);
  return path;
}

const HOST = hostname().replaceAll(/[^\w-]/g, "_");
/** No process has so large an id. */
const DEAD = 2 ** 30;

afterEach(() => vi.unstubAllEnvs());

describe("a recorder with an endpoint", () => {
  it("sends what it records, in order, and writes no log of its own", async () => {
    const [directory, server] = [temporaryDirectory(), await receiver()];
    const { logger, log, errors } = remoteLogger(directory, `${server.url}/`, { token: "secret" });
    let authorization: string | undefined;
    server.answer = (lines, headers) => ((authorization = headers.authorization), takeAll(lines, headers));
    log("1", "2", "3");
    logger.close();
    expect(waitingIn(directory)).toMatchObject([{ endpoint: server.url, events: 3 }]);
    await logger.flush();
    await arrived(directory);
    expect(server.ids).toEqual(["1", "2", "3"]);
    expect(authorization).toBe("Bearer secret");
    expect(readdirSync(directory)).toEqual(["spool"]);
    expect(waitingIn(directory)).toEqual([]);
    // Without anybody waiting for it.
    log("4");
    await until(() => server.ids.includes("4"));
    expect({ errors, dropped: logger.dropped }).toEqual({ errors: [], dropped: 0 });
  });

  it("keeps what cannot be sent, says so once, and sends it when the server is back", async () => {
    const [directory, server] = [temporaryDirectory(), await receiver()];
    const { logger, log, errors } = remoteLogger(directory, server.url);
    log("1");
    await logger.flush();
    await server.stop();
    log("2");
    await logger.flush();
    log("3");
    await logger.flush();
    expect(waitingIn(directory)).toMatchObject([{ events: 2 }]);
    expect(errors).toEqual([expect.any(DeliveryError)]);
    expect(errors[0]!.message).toMatch(/cannot be reached: .*ECONNREFUSED.*events wait in /);
    await server.start();
    await until(() => server.ids.length === 3);
    expect(server.ids).toEqual(["1", "2", "3"]);
    await arrived(directory);
    expect(logger.dropped).toBe(0);
  });

  it.each([
    ["no token", [401, { error: "the token is missing or wrong" }], /answers 401: the token is missing/],
    ["another server", [200, { hello: "world" }], /does not answer as oak serve does/],
    ["a full disk", [507, { error: "ENOSPC" }], /answers 507: ENOSPC/],
    ["a page that is not there", [404, {}], /answers 404/],
  ] as const)("keeps what was not confirmed: %s", async (_, answer, message) => {
    const [directory, server] = [temporaryDirectory(), await receiver()];
    server.answer = () => answer;
    const { logger, log, errors } = remoteLogger(directory, server.url);
    log("1", "2");
    await logger.flush();
    expect(waitingIn(directory)).toMatchObject([{ events: 2 }]);
    expect(errors.map((error) => error.message)).toEqual([expect.stringMatching(message)]);
    server.taken.length = 0;
    server.answer = takeAll;
    await logger.flush();
    await arrived(directory);
    expect(server.ids).toEqual(["1", "2"]);
  });

  it("sends in halves what is too much for one request; of what is never taken the rest arrives", async () => {
    const [directory, server] = [temporaryDirectory(), await receiver()];
    server.answer = (lines, headers) => (lines.join("\n").length > 3000 ? [413, {}] : takeAll(lines, headers));
    const { logger, log, errors } = remoteLogger(directory, server.url);
    log("1", "2", "3", "4", "5", "x".repeat(3000), "6", "7", "8");
    await logger.flush();
    await arrived(directory);
    expect(server.ids).toEqual(["1", "2", "3", "4", "5", "6", "7", "8"]);
    expect(logger.dropped).toBe(1);
    expect(errors.map(({ message }) => message)).toEqual([expect.stringMatching(/larger than a request may be/)]);
    expect(waitingIn(directory)).toEqual([]);
  });

  it("counts as lost what the server refuses, and says so once", async () => {
    const [directory, server] = [temporaryDirectory(), await receiver()];
    server.answer = (lines) => [200, { accepted: lines.length - 1, rejected: [{ index: 0, error: "event: odd" }] }];
    const { logger, log, errors } = remoteLogger(directory, server.url);
    for (const id of ["1", "2", "3"]) {
      log(id, `${id}b`);
      await logger.flush();
      await arrived(directory);
    }
    expect(logger.dropped).toBe(3);
    expect(errors.map(({ message }) => message)).toEqual([expect.stringMatching(/refuses events.*event: odd/)]);
    expect(waitingIn(directory)).toEqual([]);
  });

  it("takes no more when too much is waiting: what is oldest is lost last", async () => {
    const [directory, server] = [temporaryDirectory(), await receiver()];
    await server.stop();
    const trouble: string[] = [];
    let lost = 0;
    const remote = new Remote({
      url: server.url,
      token: undefined,
      directory,
      fsync: false,
      onWritten: () => undefined,
      onLost: (lines) => (lost += lines),
      onTrouble: ({ message }) => trouble.push(message),
      most_bytes: 10_000,
    });
    const line = (id: number) => JSON.stringify({ invocation_id: String(id), text: "x".repeat(1000) });
    for (let id = 0; id < 15; id++) remote.append(line(id), id);
    await remote.flush();
    for (let id = 15; id < 20; id++) remote.append(line(id), id);
    expect(lost).toBe(5);
    expect(trouble).toEqual([
      expect.stringMatching(/cannot be reached/),
      expect.stringMatching(/full.*new ones are lost/),
    ]);
    await server.start();
    await until(() => server.taken.length === 15);
    await arrived(directory);
    remote.append(line(20), 20);
    await until(() => server.ids.includes("20"));
    expect(lost).toBe(5);
  });

  it("cuts what waits into files, each of which fits a request", async () => {
    const [directory, server] = [temporaryDirectory(), await receiver()];
    await server.stop();
    const { logger, log } = remoteLogger(directory, server.url);
    const ids = Array.from({ length: 30 }, (_, i) => `${i}-${"x".repeat(100_000)}`);
    log(...ids);
    expect(filesIn(directory, server.url).length).toBeGreaterThan(5);
    await server.start();
    await until(() => server.taken.length >= 30);
    expect(server.ids).toEqual(ids);
    await until(() => filesIn(directory, server.url).length === 0);
    logger.close();
  });
});

describe("what others left in the spool", () => {
  it("is sent when their process is dead, or had the id of this one before it", async () => {
    const [directory, server] = [temporaryDirectory(), await receiver()];
    leave(directory, server.url, `${HOST}~${DEAD}~0~aa~1.jsonl`, ["1", "2"]);
    leave(directory, server.url, `${HOST}~${process.pid}~0~bb~7.jsonl`, ["3"]);
    const { logger, log } = remoteLogger(directory, server.url);
    log("4");
    await logger.flush();
    await arrived(directory);
    expect(server.ids.toSorted()).toEqual(["1", "2", "3", "4"]);
    expect(waitingIn(directory)).toEqual([]);
  });

  it("is left to them while they live, unless nothing was heard of them for long", async () => {
    const [directory, server] = [temporaryDirectory(), await receiver()];
    const alive = leave(directory, server.url, `${HOST}~${process.ppid}~0~cc~1.jsonl`, ["1"]);
    leave(directory, server.url, `elsewhere~${DEAD}~0~cc~1.jsonl`, ["2"]);
    const silent = leave(directory, server.url, `elsewhere~1~0~dd~1.jsonl`, ["3"]);
    const yesterday = new Date(Date.now() - 86_400_000);
    utimesSync(silent, yesterday, yesterday);
    const { logger, log } = remoteLogger(directory, server.url);
    log("4");
    await logger.flush();
    await until(() => server.ids.length > 1);
    expect(server.ids.toSorted()).toEqual(["3", "4"]);
    expect(readFileSync(alive, "utf8")).toContain('"1"');
    expect(waitingIn(directory)).toMatchObject([{ events: 2 }]);
  });

  it("is sent but for the line in the middle of which they were killed", async () => {
    const [directory, server] = [temporaryDirectory(), await receiver()];
    const isJson = (line: string) => line.endsWith("}");
    server.answer = (lines, headers) => (lines.every(isJson) ? takeAll(lines, headers) : [400, { error: "no JSON" }]);
    leave(directory, server.url, `${HOST}~${DEAD}~0~aa~1.jsonl`, ["1", "2"], '\n{"event":"invoc');
    const { logger, log, errors } = remoteLogger(directory, server.url);
    log("3");
    await logger.flush();
    await arrived(directory);
    expect(server.ids.toSorted()).toEqual(["1", "2", "3"]);
    expect({ dropped: logger.dropped, errors: errors.length }).toEqual({ dropped: 1, errors: 1 });
    expect(waitingIn(directory)).toEqual([]);
  });

  it("is not sent to another server than it was meant for", async () => {
    const [directory, server] = [temporaryDirectory(), await receiver()];
    leave(directory, "http://127.0.0.1:1", `${HOST}~${DEAD}~0~aa~1.jsonl`, ["1"]);
    const { logger, log } = remoteLogger(directory, server.url);
    log("2");
    await logger.flush();
    await until(() => server.ids.length > 0);
    expect(server.ids).toEqual(["2"]);
    expect(waitingIn(directory)).toMatchObject([{ endpoint: "http://127.0.0.1:1", events: 1 }]);
  });

  it("is sent by one of several that come at once", async () => {
    const [directory, server] = [temporaryDirectory(), await receiver()];
    const ids = Array.from({ length: 40 }, (_, i) => `left-${i}`);
    for (const id of ids) leave(directory, server.url, `${HOST}~${DEAD}~0~${id}~1.jsonl`, [id]);
    const loggers = Array.from({ length: 5 }, () => remoteLogger(directory, server.url));
    for (const [i, { log }] of loggers.entries()) log(`own-${i}`);
    await Promise.all(loggers.map(({ logger }) => logger.flush()));
    await arrived(directory);
    const own = loggers.map((_, i) => `own-${i}`);
    expect(server.ids.toSorted()).toEqual([...ids, ...own].toSorted());
  });
});

describe("the address", () => {
  it.each(["localhost:4318", "ftp://x", "http://user:pass@host", "http://host/?a=b", "nonsense"])(
    "%s is refused as an argument; in the environment it is reported, and the log has the events",
    (endpoint) => {
      const directory = temporaryDirectory();
      expect(() => new TelemetryLogger({ directory, endpoint })).toThrow(ArgumentError);
      vi.stubEnv("OAK_ENDPOINT", endpoint);
      const errors: Error[] = [];
      const logger = new TelemetryLogger({ directory, onError: (error) => errors.push(error) });
      logger.logInvocation({ agent_name: "a" });
      logger.close();
      expect(errors.map(({ message }) => message)).toEqual([expect.stringMatching(/^OAK_ENDPOINT must/)]);
      expect(readdirSync(directory)).toEqual(["agent_invocations.jsonl"]);
    },
  );

  it("of the environment counts where none is given; null writes to the log of the directory", async () => {
    const [directory, server] = [temporaryDirectory(), await receiver()];
    vi.stubEnv("OAK_ENDPOINT", server.url);
    new TelemetryLogger({ directory, endpoint: null }).logInvocation({ agent_name: "a", invocation_id: "local" });
    const logger = new TelemetryLogger({ directory });
    logger.logInvocation({ agent_name: "a", invocation_id: "remote" });
    await logger.flush();
    await until(() => server.ids.length > 0);
    expect(server.ids).toEqual(["remote"]);
    expect(readFileSync(join(directory, "agent_invocations.jsonl"), "utf8")).toContain('"local"');
  });
});
