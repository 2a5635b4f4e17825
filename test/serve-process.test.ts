import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";

import { describe, expect, it, onTestFinished } from "vitest";

import { writeHistory } from "../bench/history.mjs";
import { append, directoryOf, temporaryDirectory } from "./support/directory.js";
import { oak, PATIENT } from "./support/oak.js";
import { freePort } from "./support/port.js";
import { RunningCommand } from "./support/process.js";
import { RawConnection, request, requestJson } from "./support/request.js";
import { eventsOf, run } from "./support/scenario.js";
import { serveDirectory } from "./support/server.js";

const workflow = (id: string) => eventsOf(id, { end: 60, runs: { developer: run(0, 60) } });

/** Longer than a server takes to stop when it is told to, by its own account, by as much as a busy machine may need. */
const PATIENCE_MILLISECONDS = 120_000;

async function endsWith(command: RunningCommand, signal?: NodeJS.Signals): Promise<number | null> {
  const late = new Promise<never>((_, reject) =>
    setTimeout(() => reject(new Error("still there")), PATIENCE_MILLISECONDS).unref(),
  );
  return Promise.race([command.end(signal), late]);
}

describe("oak serve, told to stop", () => {
  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "by %s: says goodbye to who listens, and to who sends nothing, and ends well",
    async (signal) => {
      const { url, command } = await serveDirectory(directoryOf(workflow("wf-1")));
      const { host } = new URL(url);
      const listener = new RawConnection(url);
      listener.socket.write(`GET /api/v1/events HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      await expect.poll(() => listener.received, { timeout: 60_000 }).toContain("event: ready");
      const idle = new RawConnection(url);
      idle.socket.write(`GET /healthz HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      await expect.poll(() => idle.received, { timeout: 60_000 }).toContain('"ok"');
      const half = new RawConnection(url);
      half.socket.write("GET /healthz HTT");
      expect(await endsWith(command, signal)).toBe(0);
      await Promise.all([listener.closed, idle.closed, half.closed]);
      // The end of the stream, not of the connection: a client knows that it has all that was sent.
      expect(listener.received).toMatch(/\r\n0\r\n\r\n$/);
      expect(command.stderr).toBe("");
      await expect(request(url, "/healthz")).rejects.toThrow(/ECONNREFUSED/);
    },
  );

  it("finishes what is under way, and takes nothing new", async () => {
    const directory = temporaryDirectory();
    const { url, command } = await serveDirectory(directory);
    const { host } = new URL(url);
    const body = JSON.stringify(workflow("wf-last"));
    const half = new RawConnection(url);
    half.socket.write(
      `POST /api/v1/events HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n[`,
    );
    await request(url, "/healthz");
    command.child.kill("SIGTERM");
    const refused = () =>
      request(url, "/healthz").then(
        () => "answered",
        () => "refused",
      );
    await expect.poll(refused, { timeout: 60_000, interval: 10 }).toBe("refused");
    half.socket.write(body.slice(1));
    expect(await endsWith(command)).toBe(0);
    expect(half.received).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\{"accepted":4,"rejected":\[\]\}/);
    expect(readFileSync(join(directory, "workflow_events.jsonl"), "utf8")).toContain("wf-last");
  });

  it("in the very moment in which it says where it is: hears it", async () => {
    const program = `
      import fs from "node:fs";
      const { writeSync } = fs;
      fs.writeSync = (file, ...rest) => {
        if (String(rest[0]).includes('"url"')) process.kill(process.pid, "SIGTERM");
        return writeSync(file, ...rest);
      };`;
    const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(program)}` };
    const { command } = await serveDirectory(temporaryDirectory(), [], env);
    expect(await endsWith(command)).toBe(0);
  });

  it("while it reads a long log for the first time: leaves nothing behind", async () => {
    const directory = temporaryDirectory();
    const temporary = temporaryDirectory();
    writeHistory(directory, 20_000);
    const { url, command } = await serveDirectory(directory, [], { TMPDIR: temporary });
    // It will not be answered in time, or it will: both are right.
    request(url, "/api/v1/overhead").catch(() => undefined);
    expect(await endsWith(command, "SIGTERM")).toBe(0);
    expect(readdirSync(temporary)).toEqual([]);
    expect((await oak(["stats", "--dir", directory])).code).toBe(0);
  });
});

describe("oak serve, whose messages nobody reads any more", () => {
  it("goes on", async () => {
    const directory = directoryOf(workflow("wf-1"));
    const { url, command } = await serveDirectory(directory);
    command.child.stderr!.destroy();
    const trouble = async () => (await requestJson<{ trouble: string }>(url, "/api/v1/alerts")).json.trouble;
    expect(await trouble()).toBeNull();
    writeFileSync(join(directory, "oak.config.json"), "not what it should be");
    await expect.poll(trouble, { timeout: 60_000 }).toMatch(/is not JSON/);
    expect((await request(url, "/healthz")).status).toBe(200);
    expect(await endsWith(command, "SIGTERM")).toBe(0);
  });
});

describe("the address that oak serve is told to listen on", () => {
  it.each([
    ["", 2, "--host needs an address, such as 127.0.0.1, or 0.0.0.0 for all there are"],
    ["192.0.2.1", 1, "192.0.2.1 is no address of this machine: leave out --host, or give one that is"],
  ])("%j: what is wrong with it is said", async (host, code, message) => {
    const args = ["serve", "--dir", temporaryDirectory(), "--port", "0", "--host", host];
    expect(await oak(args)).toEqual({ code, stdout: "", stderr: `oak: ${message}\n` });
  });

  const hasIPv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === "::1"));
  it.skipIf(!hasIPv6)("may be IPv6, as it stands in an address too", async () => {
    const { url } = await serveDirectory(directoryOf(workflow("wf-1")), ["--host", "[::1]"]);
    expect(url).toMatch(/^http:\/\/\[::1\]:\d+$/);
    expect((await request(url, "/healthz")).status).toBe(200);
  });
});

describe("oak serve, started again", () => {
  it("has lost nothing, and the stream goes on where it was", async () => {
    const directory = directoryOf(workflow("wf-1"));
    const port = String(await freePort());
    const first = await serveDirectory(directory, ["--port", port]);
    const { host } = new URL(first.url);
    const listener = new RawConnection(first.url);
    listener.socket.write(`GET /api/v1/events HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    await expect.poll(() => listener.received, { timeout: 60_000 }).toContain("event: ready");
    const id = /id: (\S+)/.exec(listener.received)![1]!;
    expect(await endsWith(first.command, "SIGTERM")).toBe(0);
    append(directory, workflow("wf-2"));
    const second = await serveDirectory(directory, ["--port", port]);
    append(directory, workflow("wf-3"));
    const again = new RawConnection(second.url);
    again.socket.write(`GET /api/v1/events HTTP/1.1\r\nHost: ${host}\r\nLast-Event-ID: ${id}\r\n\r\n`);
    const starts = () => [...again.received.matchAll(/"event":"workflow_start"[^\n]*"workflow_id":"(wf-\d)"/g)];
    await expect.poll(() => starts().map(([, found]) => found), { timeout: 60_000 }).toEqual(["wf-2", "wf-3"]);
    expect((await requestJson(second.url, "/api/v1/about")).json).toMatchObject({ total_workflows: 3 });
  });
});

describe("the port of oak serve, when it is taken", () => {
  it("by another oak serve: that one is named", async () => {
    const directory = directoryOf(workflow("wf-1"));
    const { url } = await serveDirectory(directory);
    const again = ["serve", "--dir", directory, "--port", new URL(url).port];
    const { code, stdout, stderr } = await oak(again, { env: PATIENT });
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: "",
      stderr: `oak: oak is already serving at ${url}: open that, or oak serve --port 0 takes one that is free\n`,
    });
  });

  it.each([
    ["that answers otherwise", (respond: (text: string) => void) => respond('{"service":"another"}')],
    ["that answers with anything", (respond: (text: string) => void) => respond("<html>")],
    ["that never answers", () => undefined],
  ])("by another program %s: it says so", async (_, answer) => {
    const other = createServer((_request, response) => answer((text) => response.end(text)));
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      other.close();
      other.closeAllConnections();
    });
    const { port } = other.address() as AddressInfo;
    const { code, stdout, stderr } = await oak(["serve", "--dir", temporaryDirectory(), "--port", String(port)]);
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: "",
      stderr: `oak: port ${port} is taken by another program: oak serve --port 0 takes one that is free\n`,
    });
  });
});

describe("oak serve, asked for sample data", () => {
  it("serves it elsewhere, and takes it away at its end", async () => {
    const temporary = temporaryDirectory();
    const { url, command } = await serveDirectory(temporaryDirectory(), [], { TMPDIR: temporary });
    const demo = async () => (await requestJson<{ url: string }>(url, "/api/v1/demo", { method: "POST" })).json.url;
    const address = await demo();
    expect(await demo()).toBe(address);
    const total = async () => (await requestJson(address, "/api/v1/about")).json["total_workflows"] as number;
    await expect.poll(total, { timeout: 60_000 }).toBeGreaterThan(50);
    expect((await requestJson(url, "/api/v1/about")).json).toMatchObject({ total_workflows: 0 });
    expect(await endsWith(command, "SIGINT")).toBe(0);
    expect(readdirSync(temporary)).toEqual([]);
  });
});
