import { mkdirSync, mkdtempSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { join } from "node:path";

import { describe, expect, it, onTestFinished } from "vitest";

import { directoryOf } from "./support/directory.js";
import { oak, ROOT } from "./support/oak.js";
import { RawConnection, request, requestJson } from "./support/request.js";
import { eventsOf, run } from "./support/scenario.js";
import { serveDirectory } from "./support/server.js";

const sample = () => directoryOf(eventsOf("wf-1", { end: 60, runs: { developer: run(0, 60) } }));

const EVENT = JSON.stringify({
  timestamp: "2026-11-01T05:00:00.000Z",
  event: "workflow_start",
  workflow_id: "wf-evil",
  project_name: "Shop",
  agent_plan: [],
});

/** An address of this machine by which others reach it. */
const outside = Object.values(networkInterfaces())
  .flat()
  .find((address) => address && !address.internal && address.family === "IPv4")?.address;

const TOKEN = "a-token-that-nobody-guesses";

describe("who may come in", () => {
  it.skipIf(!outside)("is this machine only, unless it is told otherwise", async () => {
    const { url } = await serveDirectory(sample());
    const { port, hostname } = new URL(url);
    expect(hostname).toBe("127.0.0.1");
    await expect(request(`http://${outside}:${port}`, "/healthz")).rejects.toThrow(/ECONNREFUSED/);
  });

  it("is nobody who calls the server by another name (DNS rebinding)", async () => {
    const { url } = await serveDirectory(sample());
    const { port, host } = new URL(url);
    const named = async (name: string, path = "/api/v1/stats") =>
      (await request(url, path, { headers: { host: name } })).status;
    for (const name of [host, `localhost:${port}`, `LocalHost:${port}`, `[::1]:${port}`, "127.0.0.1"])
      expect(`${name} ${await named(name)}`).toBe(`${name} 200`);
    for (const name of [
      "evil.example",
      `evil.example:${port}`,
      `127.0.0.1.evil.example:${port}`,
      "localhost.evil.example",
      `evil.example@127.0.0.1:${port}`,
      "0.0.0.0",
      "127.0.0.2",
    ])
      expect(`${name} ${await named(name)}`).toMatch(/ (400|421)$/);
    for (const path of ["/", "/healthz", "/metrics", "/mcp", "/assets/x.js", "/api/v1/events", "/no/such"])
      expect(`${path} ${await named("evil.example", path)}`).toBe(`${path} 421`);
  });

  it("is no page of another origin, to read or to write, even on this machine", async () => {
    const { url } = await serveDirectory(sample());
    const { port } = new URL(url);
    const json = { "content-type": "application/json" };
    for (const origin of [
      "http://evil.example",
      `https://evil.example:${port}`,
      "http://127.0.0.1:1",
      `http://localhost:${port}`,
      "null",
      "file://",
      "chrome-extension://abc",
    ]) {
      for (const asked of [
        { path: "/api/v1/stats" },
        { path: "/api/v1/events" },
        { path: "/api/v1/events", method: "POST", body: EVENT },
        { path: "/api/v1/demo", method: "POST" },
        { path: "/mcp", method: "POST", body: "{}" },
        { path: "/api/v1/events", method: "OPTIONS" },
      ]) {
        const { status, headers } = await request(url, asked.path, { ...asked, headers: { ...json, origin } });
        expect(`${origin} ${asked.method} ${asked.path} ${status}`).toBe(`${origin} ${asked.method} ${asked.path} 403`);
        expect(headers["access-control-allow-origin"]).toBeUndefined();
      }
    }
    // What a browser says where it sends no Origin: pictures, scripts and frames of another page.
    for (const site of ["cross-site", "same-site"]) {
      const from = (mode: string, method = "GET") =>
        request(url, "/api/v1/stats", { method, headers: { "sec-fetch-site": site, "sec-fetch-mode": mode } });
      expect((await from("no-cors")).status).toBe(403);
      expect((await from("navigate", "POST")).status).toBe(403);
      expect((await from("navigate")).status).toBe(200);
    }
    const own = { ...json, origin: url, "sec-fetch-site": "same-origin" };
    expect((await request(url, "/api/v1/events", { method: "POST", headers: own, body: EVENT })).status).toBe(200);
  });

  it("is nobody without the token, where one is needed; only whether it is up is told to all", async () => {
    const { url, command } = await serveDirectory(sample(), ["--host", "0.0.0.0"], { OAK_TOKEN: TOKEN });
    expect(JSON.parse(command.stdout)).toMatchObject({ token: TOKEN });
    const reached = `http://${outside ?? "127.0.0.1"}:${new URL(url).port}`;
    const withToken = (headers: Record<string, string>, path = "/api/v1/stats", method = "GET") =>
      request(reached, path, { headers, method });
    for (const path of ["/", "/metrics", "/api/v1/stats", "/api/v1/events", "/api/v1/openapi.json", "/assets/x", "/no"])
      expect(await withToken({}, path)).toMatchObject({ status: 401, headers: { "www-authenticate": "Bearer" } });
    for (const [path, method] of [
      ["/api/v1/events", "POST"],
      ["/api/v1/demo", "POST"],
      ["/mcp", "POST"],
      ["/api/v1/stats", "DELETE"],
    ] as const)
      expect((await withToken({}, path, method)).status).toBe(401);
    for (const wrong of ["", "x", TOKEN.slice(1), `${TOKEN}x`, TOKEN.toUpperCase(), `Basic ${TOKEN}`])
      expect((await withToken({ authorization: `Bearer ${wrong}` })).status).toBe(401);
    expect((await withToken({ authorization: `Bearer ${TOKEN}` })).status).toBe(200);
    expect((await withToken({}, "/healthz")).status).toBe(200);
    // A browser comes with it in the address once, and is sent on without it.
    expect((await withToken({}, "/?token=wrong")).status).toBe(401);
    const { status, headers } = await withToken({}, `//evil.example/agents?token=${TOKEN}&sort=name`);
    expect({ status, location: headers.location }).toEqual({ status: 303, location: "/evil.example/agents?sort=name" });
    const [cookie = ""] = headers["set-cookie"] ?? [];
    expect(cookie).toMatch(/; Path=\/; HttpOnly; SameSite=Strict$/);
    expect((await withToken({ cookie: cookie.split(";", 1)[0]! })).status).toBe(200);
    const [name = ""] = cookie.split("=", 1);
    expect((await withToken({ cookie: `${name}=wrong` })).status).toBe(401);
  });

  it("is a browser with the tokens of several servers on one host, whose cookies know no ports", async () => {
    const cookies = new Map<string, string>();
    const servers = [];
    for (const token of [TOKEN, `another-${TOKEN}`]) {
      const { url } = await serveDirectory(sample(), ["--token", token]);
      const { headers } = await request(url, `/?token=${token}`);
      const [, name = "", value = ""] = /^([^=]+)=([^;]+)/.exec(headers["set-cookie"]![0]!)!;
      cookies.set(name, value);
      servers.push(url);
    }
    const cookie = [...cookies].map((pair) => pair.join("=")).join("; ");
    for (const url of servers) expect((await request(url, "/api/v1/about", { headers: { cookie } })).status).toBe(200);
  });

  it("is told a token of its own where none is given, and refuses one that is easily guessed", async () => {
    const { command } = await serveDirectory(sample(), ["--host", "0.0.0.0"]);
    expect((JSON.parse(command.stdout) as { token: string }).token).toMatch(/^[0-9a-f]{32}$/);
    for (const token of ["short", "with spaces in the middle", "wörter-von-anderswo"]) {
      const { code, stderr } = await oak(["serve", "--port", "0", "--dir", sample(), "--token", token]);
      expect(`${code} ${stderr}`).toMatch(/^2 oak: a token needs at least 16 characters/);
    }
  });
});

describe("what may be reached", () => {
  it("is no file outside of the page's own, however the path is written", async () => {
    // Beside the page, where a path that climbs would find it.
    const secret = join(ROOT, "dist/secret.txt");
    writeFileSync(secret, "SECRET");
    onTestFinished(() => rmSync(secret, { force: true }));
    const { url } = await serveDirectory(sample());
    for (const up of ["..", "%2e%2e", ".%2e", "%252e%252e", "..%2f..", "..%5c..", "..\\..", "....//....", "..;"])
      for (const path of [
        `/assets/${up}/${up}/secret.txt`,
        `/assets/${up}%2f${up}%2fsecret.txt`,
        `/${up}/secret.txt`,
      ]) {
        const { status, body } = await request(url, path);
        expect(`${path} ${status} ${body.includes("SECRET")}`).toMatch(/ (400|404) false$/);
      }
    for (const path of ["/assets//etc/passwd", "//etc/passwd", "/assets/%00", "/assets/x%00.js", "/assets/"])
      expect((await request(url, path)).status).toBeGreaterThanOrEqual(400);
  });

  it("is no file outside through a link in the page's folder", async () => {
    const folder = mkdtempSync(join(ROOT, "dist/outside-"));
    writeFileSync(join(folder, "secret.txt"), "SECRET");
    const links = ["secret.txt", "folder"].map((name) => join(ROOT, "dist/dashboard/assets", `link-${name}`));
    symlinkSync(join(folder, "secret.txt"), links[0]!);
    symlinkSync(folder, links[1]!);
    onTestFinished(() => {
      for (const link of links) unlinkSync(link);
      rmSync(folder, { recursive: true });
    });
    const { url } = await serveDirectory(sample());
    for (const path of ["/assets/link-secret.txt", "/assets/link-folder/secret.txt"])
      expect((await request(url, path)).status).toBe(404);
  });

  it("is nothing by SQL in a parameter", async () => {
    const directory = sample();
    mkdirSync(join(directory, "canary"));
    const { url, command } = await serveDirectory(directory);
    const before = (await requestJson<{ total: number }>(url, "/api/v1/workflows")).json.total;
    const texts = [
      "' OR '1'='1",
      "'; DROP TABLE workflows; --",
      "' UNION SELECT * FROM read_text('/etc/passwd') --",
      "$search",
      "\\",
      "%' OR 1=1 --",
      '"',
      "); ATTACH '/tmp/x' AS x; --",
    ].map(encodeURIComponent);
    for (const text of texts) {
      for (const path of ["workflows?agent=", "workflows?project=", "workflows?search="]) {
        const { status, json } = await requestJson<{ total: number }>(url, `/api/v1/${path}${text}`);
        expect(`${path}${text} ${status} ${json.total}`).toBe(`${path}${text} 200 0`);
      }
      for (const path of [
        "workflows?status=",
        "workflows?since=",
        "workflows?until=",
        "workflows?limit=",
        "workflows?offset=",
      ])
        expect((await request(url, `/api/v1/${path}${text}`)).status).toBe(400);
      for (const path of ["trends?days=", "patterns?by=", "overhead/weeks?weeks=", "agents/developer?days="])
        expect((await request(url, `/api/v1/${path}${text}`)).status).toBe(400);
      for (const path of ["agents/", "workflows/"])
        expect((await request(url, `/api/v1/${path}${text}`)).status).toBe(404);
      expect((await requestJson(url, `/api/v1/agents?task_type=${text}`)).json).toEqual({ agents: [] });
      expect((await requestJson(url, `/api/v1/trends/${text}`)).json).toMatchObject({ recent_runs: 0 });
    }
    expect((await requestJson<{ total: number }>(url, "/api/v1/workflows")).json.total).toBe(before);
    expect(command.stderr).toBe("");
  });

  it("is no header or event of the stream through the id that it goes on from", async () => {
    const { url } = await serveDirectory(sample());
    for (const id of ["0-0-0\nevent: evil", "0-0-0\r\nx-evil: 1", "x".repeat(5000), "9".repeat(400), "-1-0-0", "\0"]) {
      const raw = new RawConnection(url);
      raw.socket.write(
        `GET /api/v1/events?last_event_id=${encodeURIComponent(id)} HTTP/1.1\r\nHost: ${new URL(url).host}\r\n\r\n`,
      );
      await expect.poll(() => raw.received, { timeout: 60_000 }).toContain("event: ready");
      expect(raw.received).not.toMatch(/evil|NaN|Infinity|x{100}|9{100}/);
      expect(raw.received).toMatch(/\r\n\r\n[\s\S]*id: \d+-\d+-\d+\n/);
      raw.socket.destroy();
    }
  });
});

describe("what may be sent", () => {
  it("is nothing that takes for ever, head or body; others are answered meanwhile", async () => {
    const { url } = await serveDirectory(sample());
    const { host } = new URL(url);
    const slow = [
      "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ",
      `POST /api/v1/events HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n[`,
      `POST /api/v1/events HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n[\r\n`,
    ].map((text) => {
      const raw = new RawConnection(url);
      raw.socket.write(text);
      // A little now and then, as if it were to go on.
      const drip = setInterval(
        () => raw.socket.writable && raw.socket.write(text.includes("chunked") ? "1\r\n \r\n" : " "),
        500,
      );
      return raw.closed.finally(() => clearInterval(drip));
    });
    expect((await request(url, "/healthz")).status).toBe(200);
    await Promise.all(slow);
    expect((await request(url, "/healthz")).status).toBe(200);
  });

  it("is no head that is huge, and no body that says that it is", async () => {
    const { url } = await serveDirectory(sample());
    expect((await request(url, "/healthz", { headers: { "x-long": "x".repeat(100_000) } })).status).toBe(431);
    expect((await request(url, `/api/v1/workflows?search=${"x".repeat(100_000)}`)).status).toBe(431);
    const raw = new RawConnection(url);
    raw.socket.write(
      `POST /api/v1/events HTTP/1.1\r\nHost: ${new URL(url).host}\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n`,
    );
    await expect.poll(() => raw.received, { timeout: 60_000 }).toMatch(/^HTTP\/1\.1 413 /);
  });
});

describe("what a browser may do with it", () => {
  it("is to run the page's own files, in no frame of others: on every answer", async () => {
    const { url } = await serveDirectory(sample());
    for (const path of [
      "/",
      "/agents/x",
      "/api/v1/stats",
      "/api/v1/events",
      "/healthz",
      "/no",
      "/api/v1/workflows?limit=x",
    ]) {
      const { headers } = await request(url, path, path.endsWith("events") ? { method: "HEAD" } : {});
      const policy = headers["content-security-policy"] ?? "";
      expect(policy).toMatch(/default-src 'none'; script-src 'self'; style-src 'self';/);
      expect(policy).toMatch(/frame-ancestors 'none'/);
      expect(policy).not.toMatch(/script-src[^;]*unsafe|style-src [^;]*unsafe|\*/);
      expect(headers).toMatchObject({
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "no-referrer",
        "cross-origin-resource-policy": "same-origin",
      });
    }
    const { body } = await request(url, "/");
    expect(body).toMatch(/<script type="module" crossorigin src="\/assets\/[^"]+"><\/script>/);
    expect(body).not.toMatch(/<script(?![^>]*src=)|<style|\son\w+=|javascript:/);
  });
});
