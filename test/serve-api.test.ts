import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { append, directoryOf, temporaryDirectory } from "./support/directory.js";
import { oak, oakJson } from "./support/oak.js";
import { RawConnection, request, requestJson } from "./support/request.js";
import { eventsOf, run } from "./support/scenario.js";
import { serveDirectory } from "./support/server.js";

/** Three workflows of other agents and outcomes, an hour apart. */
function sampleDirectory(): string {
  const hour = (number: number) => Date.UTC(2026, 10, 1, number);
  const done = { end: 600, runs: { architect: run(0, 200), developer: run(260, 600) } };
  const failed = { end: 300, outcome: "failure", runs: { Tester: run(0, 300, { status: "failure" }) } } as const;
  return directoryOf([
    ...eventsOf("wf-done", done, hour(1)),
    ...eventsOf("wf-failed", failed, hour(2)),
    ...eventsOf("wf-open", { runs: { developer: run(0, null) } }, hour(3)),
  ]);
}

const POST_JSON = { method: "POST", headers: { "content-type": "application/json" } };

const START = {
  timestamp: "2026-11-01T05:00:00.000Z",
  event: "workflow_start",
  workflow_id: "wf-new",
  project_name: "Shop",
  agent_plan: ["architect"],
  event_id: "e1",
};

const ids = (list: { workflows: { workflow_id: string }[] }) => list.workflows.map(({ workflow_id }) => workflow_id);

describe("the list of workflows", () => {
  it("is filtered, searched and paged, as by the command", async () => {
    const directory = sampleDirectory();
    const { url } = await serveDirectory(directory, ["--as-of", "2026-11-01T04:00:00Z"]);
    const ask = async (query: string) =>
      (await requestJson<{ total: number; workflows: { workflow_id: string }[] }>(url, `/api/v1/workflows?${query}`))
        .json;
    expect(ids(await ask(""))).toEqual(["wf-open", "wf-failed", "wf-done"]);
    expect(ids(await ask("status=running"))).toEqual(["wf-open"]);
    expect(ids(await ask("agent=developer&limit=1"))).toEqual(["wf-open"]);
    expect((await ask("agent=developer&limit=0")).total).toBe(2);
    expect(ids(await ask("agent=developer&offset=1"))).toEqual(["wf-done"]);
    expect(ids(await ask("search=TEST"))).toEqual(["wf-failed"]);
    expect(ids(await ask("search=wf-O"))).toEqual(["wf-open"]);
    expect((await ask("search=PROJ")).total).toBe(3);
    // What means something to the engine is but a text.
    expect((await ask(`search=${encodeURIComponent("%")}`)).total).toBe(0);
    expect(ids(await ask("since=2026-11-01T02:00:00Z&until=2026-11-01T03:00:00Z"))).toEqual(["wf-failed"]);
    for (const words of [
      ["--search", "TEST"],
      ["--search", "wf-o"],
      ["--search", "nothing"],
      ["--search", "'"],
    ]) {
      const command = await oakJson<{ workflows: { workflow_id: string }[] }>([
        "workflows",
        "--as-of",
        "2026-11-01T04:00:00Z",
        "--dir",
        directory,
        ...words,
      ]);
      expect(command).toEqual(await ask(`search=${encodeURIComponent(words[1]!)}`));
    }
  });
});

describe("the patterns", () => {
  it("come by pages of sequences, and say how many there are", async () => {
    const { url } = await serveDirectory(sampleDirectory());
    const ask = async (query: string) =>
      (
        await requestJson<{ total_variants: number; variants: { sequence: string[] }[]; starts: unknown[] }>(
          url,
          `/api/v1/patterns${query}`,
        )
      ).json;
    const all = await ask("");
    expect(all.variants.map(({ sequence }) => sequence)).toEqual([["architect", "developer"], ["Tester"]]);
    expect(await ask("?limit=1&offset=1")).toEqual({ ...all, variants: all.variants.slice(1) });
    expect(all.total_variants).toBe(2);
  });
});

describe("what is asked for wrongly", () => {
  it("is refused by an error that names it", async () => {
    const { url } = await serveDirectory(sampleDirectory());
    const wrong = async (path: string) => {
      const { status, json } = await requestJson<{ error: string }>(url, `/api/v1/${path}`);
      return `${status} ${json.error}`;
    };
    for (const number of ["x", "-1", "1001", "1.5", "1e2", "0x10", "", "%00"])
      expect(await wrong(`workflows?limit=${number}`)).toBe("400 limit: must be a whole number from 0 to 1000");
    for (const number of ["x", "-0.1", "1.1", "1e-1", "0x1", "", "%00", "2"])
      expect(await wrong(`recommend?task=x&min_confidence=${number}`)).toBe(
        "400 min_confidence: must be a number from 0 to 1",
      );
    for (const number of ["0", "1", "1.0", ".5", "0.25"])
      expect((await requestJson(url, `/api/v1/recommend?task=x&min_confidence=${number}`)).json).toMatchObject({
        min_confidence: Number(number),
      });
    expect(await wrong("workflows?offset=99999999999999999999")).toMatch(/^400 offset: must be/);
    expect(await wrong("workflows?since=yesterday")).toMatch(/^400 since: must be an ISO 8601 time/);
    expect(await wrong("workflows?status=lost")).toMatch(/^400 status: .*"running"/);
    expect(await wrong("workflows?limit=1&limit=2")).toBe("400 limit: must be given once");
    expect(await wrong("workflows?search=a%00")).toMatch(/^400 search: /);
    expect(await wrong("workflows?stauts=failed")).toMatch(/^400 there is no parameter stauts, but status, agent/);
    expect(await wrong("stats?days=8")).toBe("400 there is no parameter days, nor any other");
    expect(await wrong("trends?days=7")).toMatch(/^400 days: must be a whole number from 8/);
    expect(await wrong("patterns?by=mood")).toMatch(/^400 by: .*agent_name/);
    expect(await wrong("overhead/weeks?weeks=0")).toMatch(/^400 weeks: /);
    for (const nobody of ["nobody", "__proto__", "toString", "a%2Fb", "%zz", "%F0%9F%A6%8A"])
      expect(await wrong(`agents/${nobody}`)).toBe("404 there is no such thing");
    expect(await wrong("workflows/wf-do")).toBe("404 there is no such thing");
    expect(await wrong("nothing")).toMatch(/^404 there is no \/api\/v1\/nothing: /);
  });

  it("is answered by 405 and what is allowed, where the method is another; HEAD is GET without a body", async () => {
    const { url } = await serveDirectory(sampleDirectory());
    for (const [method, path, allow] of [
      ["DELETE", "/api/v1/stats", "GET, HEAD"],
      ["PUT", "/api/v1/events", "GET, HEAD, POST"],
      ["PATCH", "/api/v1/workflows/wf-done", "GET, HEAD"],
      ["POST", "/metrics", "GET, HEAD"],
      ["POST", "/healthz", "GET, HEAD"],
      ["POST", "/agents/x", "GET, HEAD"],
      ["DELETE", "/mcp", "POST"],
    ] as const)
      expect(await request(url, path, { method })).toMatchObject({ status: 405, headers: { allow } });
    for (const path of ["/", "/api/v1/stats", "/api/v1/events", "/metrics", "/healthz"]) {
      const { status, body, headers } = await request(url, path, { method: "HEAD" });
      const found = { path, status, body, type: headers["content-type"] !== undefined };
      expect(found).toEqual({ path, status: 200, body: "", type: true });
    }
    // Nobody is left listening.
    expect((await request(url, "/metrics")).body).toContain("\noak_sse_clients 0\n");
  });
});

describe("events that are sent", () => {
  it("are recorded as JSON and as JSON lines, each on its own; twice is once", async () => {
    const directory = temporaryDirectory();
    const { url } = await serveDirectory(directory);
    const one = await requestJson(url, "/api/v1/events", { ...POST_JSON, body: JSON.stringify(START) });
    expect(one).toMatchObject({ status: 200, json: { accepted: 1, rejected: [] } });
    const other = { ...START, event_id: "e2", workflow_id: "wf-other" };
    const lines = `${JSON.stringify(START)}\n${JSON.stringify({ ...START, event: "mistake" })}\n\n${JSON.stringify(other)}\n`;
    const many = await requestJson(url, "/api/v1/events", {
      method: "POST",
      headers: { "content-type": "application/x-ndjson; charset=utf-8" },
      body: lines,
    });
    expect(many.json).toMatchObject({
      accepted: 2,
      rejected: [{ index: 1, error: expect.stringMatching(/^event: /) }],
    });
    // Who has recorded something finds it at once.
    const list = await requestJson<{ workflows: { workflow_id: string }[] }>(url, "/api/v1/workflows");
    expect(ids(list.json).toSorted()).toEqual(["wf-new", "wf-other"]);
    expect(await oakJson(["workflows", "--list", "--dir", directory])).toMatchObject({ total: 2 });
  });

  it("cost nothing but themselves when they are nested too deeply, and are no more than a server can bear", async () => {
    const directory = temporaryDirectory();
    const { url, command } = await serveDirectory(directory);
    const deep = JSON.stringify({ ...START, event_id: "e2", more: 0 }).replace(
      /0\}$/,
      `${"[".repeat(100_000)}${"]".repeat(100_000)}}`,
    );
    const others = [START, { ...START, event_id: "e3", workflow_id: "wf-other" }].map((event) => JSON.stringify(event));
    const body = `[${others[0]},${deep},${others[1]}]`;
    expect(await requestJson(url, "/api/v1/events", { ...POST_JSON, body })).toMatchObject({
      status: 200,
      json: { accepted: 2, rejected: [{ index: 1, error: "it is nested too deeply" }] },
    });
    for (const [type, many] of [
      ["application/json", `[${"1,".repeat(100_000)}1]`],
      ["application/x-ndjson", "1\n".repeat(100_001)],
    ]) {
      const sent = { method: "POST", headers: { "content-type": type! }, body: many! };
      expect(await requestJson(url, "/api/v1/events", sent)).toMatchObject({
        status: 413,
        json: { error: "a request may hold 100000 events: send less at once" },
      });
    }
    const list = await requestJson<{ workflows: { workflow_id: string }[] }>(url, "/api/v1/workflows");
    expect(ids(list.json).toSorted()).toEqual(["wf-new", "wf-other"]);
    expect(command.stderr).toBe("");
  });

  it("are refused with the right status when they are of another type, too long or no JSON; the server lives", async () => {
    const directory = temporaryDirectory();
    const { url, command } = await serveDirectory(directory);
    const send = async (headers: Record<string, string>, body: string | Buffer) => {
      const { status, json } = await requestJson<{ error: string }>(url, "/api/v1/events", {
        method: "POST",
        headers,
        body,
      });
      return `${status} ${json.error}`;
    };
    const json = { "content-type": "application/json" };
    expect(await send({}, "{}")).toMatch(/^415 send application\/json or application\/x-ndjson, not a body without/);
    expect(await send({ "content-type": "text/plain" }, "{}")).toMatch(/^415 .* not text\/plain/);
    expect(await send({ ...json, "content-encoding": "gzip" }, "x")).toBe("415 send it as it is, not as gzip");
    expect(await send(json, "{")).toMatch(/^400 the body is neither JSON nor/);
    expect(await send(json, "")).toMatch(/^400 /);
    expect(await send(json, Buffer.from([0x22, 0xff, 0x22]))).toMatch(/^400 .*not UTF-8/);
    const huge = Buffer.alloc(10 * 1024 * 1024 + 1, " ");
    expect(await send({ ...json, "content-length": String(huge.length) }, huge)).toMatch(
      /^413 a request may carry 10 MB/,
    );
    expect(await send({ ...json, "transfer-encoding": "chunked" }, huge)).toMatch(/^413 /);
    const deep = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
    expect((await request(url, "/api/v1/events", { ...POST_JSON, body: deep })).status).toBeLessThan(500);
    expect((await request(url, "/healthz")).status).toBe(200);
    expect(existsSync(join(directory, "workflow_events.jsonl"))).toBe(false);
    expect(command.stderr).toBe("");
  });

  it.runIf(existsSync("/dev/full"))(
    "are refused with 507 while the disk is full, and taken when it is not",
    async () => {
      const directory = temporaryDirectory();
      const log = join(directory, "workflow_events.jsonl");
      const { url } = await serveDirectory(directory);
      symlinkSync("/dev/full", log);
      const post = () => requestJson(url, "/api/v1/events", { ...POST_JSON, body: JSON.stringify(START) });
      expect(await post()).toMatchObject({ status: 507, json: { error: expect.stringContaining("ENOSPC") } });
      rmSync(log);
      await expect.poll(async () => (await post()).status, { timeout: 60_000 }).toBe(200);
      expect(readFileSync(log, "utf8")).toContain("wf-new");
    },
  );
});

describe("the log, while it is served", () => {
  it("may vanish and come back", async () => {
    const directory = sampleDirectory();
    const { url } = await serveDirectory(directory);
    const total = async () => (await requestJson(url, "/api/v1/about")).json["total_workflows"];
    expect(await total()).toBe(3);
    renameSync(directory, `${directory}-away`);
    expect(await total()).toBe(0);
    renameSync(`${directory}-away`, directory);
    expect(await total()).toBe(3);
    append(directory, eventsOf("wf-more", { end: 60, runs: { developer: run(0, 60) } }));
    expect(await total()).toBe(4);
  });

  it("may be unreadable: the answer says so, and nothing more than that", async () => {
    const directory = sampleDirectory();
    const log = join(directory, "agent_invocations.jsonl");
    const { url } = await serveDirectory(directory);
    rmSync(log);
    mkdirSync(log);
    for (const path of ["/api/v1/stats", "/api/v1/workflows", "/api/v1/overhead", "/metrics"]) {
      const { status, json } = await requestJson<{ error: string }>(url, path);
      expect(`${status} ${json.error}`).toMatch(/^503 the log cannot be read: .*is not a file/);
      expect(json.error).not.toMatch(/\n|\.js:/);
    }
    rmSync(log, { recursive: true });
    expect((await request(url, "/api/v1/stats")).status).toBe(200);
  });

  it("may be damaged: what can be read counts, and the rest is said", async () => {
    const directory = sampleDirectory();
    appendFileSync(join(directory, "workflow_events.jsonl"), '{"timestamp":"2026-11-01T0\n\0\0\0\n');
    const { url } = await serveDirectory(directory);
    expect((await requestJson(url, "/api/v1/about")).json).toMatchObject({ total_workflows: 3, unreadable_lines: 2 });
  });
});

describe("the stream of events", () => {
  it("goes on behind a line that is nested too deeply, live and for who comes back", async () => {
    const directory = temporaryDirectory();
    const log = join(directory, "workflow_events.jsonl");
    const line = (workflow_id: string) => `${JSON.stringify({ ...START, workflow_id })}\n`;
    const deep = line("wf-deep").replace("}\n", `,"more":${"[".repeat(100_000)}${"]".repeat(100_000)}}\n`);
    writeFileSync(log, line("wf-1"));
    const { url } = await serveDirectory(directory);
    const listen = (last: string) => {
      const listener = new RawConnection(url);
      const { host } = new URL(url);
      listener.socket.write(`GET /api/v1/events HTTP/1.1\r\nHost: ${host}\r\nLast-Event-ID: ${last}\r\n\r\n`);
      return () => [...listener.received.matchAll(/"workflow_id":"(wf-\w+)"/g)].map(([, id]) => id);
    };
    const live = listen("0-0-0");
    await expect.poll(live, { timeout: 60_000 }).toEqual(["wf-1"]);
    appendFileSync(log, line("wf-2") + deep + line("wf-3"));
    await expect.poll(live, { timeout: 60_000 }).toEqual(["wf-1", "wf-2", "wf-3"]);
    await expect.poll(listen("0-0-0"), { timeout: 60_000 }).toEqual(["wf-1", "wf-2", "wf-3"]);
  });

  it("begins anew for who comes back after the log was replaced, even by a longer one", async () => {
    const directory = temporaryDirectory();
    const log = join(directory, "workflow_events.jsonl");
    const line = (workflow_id: string) => `${JSON.stringify({ ...START, workflow_id })}\n`;
    writeFileSync(log, line("wf-1") + line("wf-2"));
    const { url } = await serveDirectory(directory);
    const listen = (last: string) => {
      const listener = new RawConnection(url);
      const { host } = new URL(url);
      listener.socket.write(`GET /api/v1/events?last_event_id=${last} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      return listener;
    };
    const told = ({ received }: RawConnection) => received.replaceAll("\r\n", "\n");
    const lastId = (listener: RawConnection) => [...told(listener).matchAll(/^id: (\S+)$/gm)].at(-1)![1]!;
    const live = listen("0-0-0");
    await expect.poll(() => told(live), { timeout: 60_000 }).toContain('"wf-2"');
    const before = lastId(live);
    writeFileSync(log, line("wf-other-1") + line("wf-other-2") + line("wf-other-3"));
    await expect.poll(() => told(live), { timeout: 60_000 }).toContain("event: reset");
    const after = lastId(live);
    appendFileSync(log, line("wf-other-4"));
    const again = listen(before);
    await expect.poll(() => told(again), { timeout: 60_000 }).toContain("event: reset");
    expect(told(again)).not.toContain("wf-other-2");
    const behind = listen(after);
    await expect.poll(() => told(behind), { timeout: 60_000 }).toContain('"wf-other-4"');
    expect(told(behind)).not.toContain("event: reset");
  });
});

describe("/metrics", () => {
  it("counts the log and the server, in the format of Prometheus", async () => {
    const directory = sampleDirectory();
    const { url } = await serveDirectory(directory, ["--as-of", "2026-11-01T04:00:00Z"]);
    await request(url, "/api/v1/agents/nobody");
    await request(url, "/no/such/thing");
    const { code, stderr } = await oak([
      "log",
      "invocation",
      "--agent-name",
      'a "quoted"\\agent',
      "--task-description",
      "x",
      "--dir",
      directory,
    ]);
    expect(`${code} ${stderr}`).toBe("0 ");
    await expect
      .poll(async () => (await request(url, "/metrics")).body, { timeout: 60_000 })
      .toContain("oak_events_total{");
    const { body, headers } = await request(url, "/metrics");
    expect(headers["content-type"]).toBe("text/plain; version=0.0.4; charset=utf-8");
    const samples = new Map(
      body
        .trimEnd()
        .split("\n")
        .filter((line) => !line.startsWith("#"))
        .map((line) => /^([a-z_]+(?:\{(?:[a-z_]+="(?:[^"\\]|\\.)*",?)+\})?) (-?[\d.e+-]+)$/.exec(line)!)
        .map(([, name, value]) => [name!, Number(value)]),
    );
    expect(Object.fromEntries(samples)).toMatchObject({
      'oak_invocations{agent_name="developer",status="success"}': 1,
      'oak_invocations{agent_name="developer",status="running"}': 1,
      'oak_invocations{agent_name="Tester",status="failure"}': 1,
      'oak_workflows{status="completed"}': 1,
      'oak_workflows{status="failed"}': 1,
      'oak_workflows{status="running"}': 1,
      'oak_events_total{event="invocation_start"}': 1,
      oak_unreadable_lines: 0,
      oak_sse_clients: 0,
      'oak_http_requests_total{method="GET",route="/api/v1/agents/:agent_name",status="404"}': 1,
      'oak_http_requests_total{method="GET",route="/*",status="404"}': 1,
    });
    expect(samples.get("oak_idle_share")).toBeCloseTo(60 / 900, 6);
    expect(samples.get("process_resident_memory_bytes")).toBeGreaterThan(1e6);
  });
});
