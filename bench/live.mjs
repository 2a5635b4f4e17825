// @ts-check
// Live: from an event that another process writes to the DOM of the page in chromium; then many clients of the stream of
// events, for a minute. Run it: npm run bench:live [-- SECONDS]
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { TelemetryLogger } from "oak-telemetry/record";
import { chromium } from "playwright-core";

const SECONDS = Number(process.argv[2] ?? 60);
const CLIENTS = 100;
const EVENTS_PER_SECOND = 2000;
const WORKFLOWS = 30;
const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** @param {number[]} numbers @param {number} share @returns {number} */
const quantile = (numbers, share) => numbers.toSorted((a, b) => a - b)[Math.floor(share * (numbers.length - 1))] ?? NaN;

/** @param {string} directory */
async function serve(directory) {
  const args = ["dist/cli/main.cjs", "serve", "--dir", directory, "--port", "0", "--json"];
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.on("data", (chunk) => (text += String(chunk)));
  while (!text.includes("}")) await sleep(20);
  return { url: JSON.parse(text).url, child };
}

/** @param {string} url @param {string} directory */
async function toTheDom(url, directory) {
  const browser = await chromium.launch({
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-background-networking", "--disable-component-update"],
  });
  try {
    const page = await browser.newPage();
    await page.goto(url);
    const logger = new TelemetryLogger({ directory, endpoint: null });
    const times = [];
    for (let i = 0; i < WORKFLOWS; i++) {
      const project_name = `Project ${i} of the bench`;
      /** @type {Promise<number>} */
      const seen = page.evaluate(`new Promise((resolve) => {
        const look = () => {
          if (!document.body.textContent.includes(${JSON.stringify(project_name)})) return;
          observer.disconnect();
          resolve(Date.now());
        };
        const observer = new MutationObserver(look);
        observer.observe(document.body, { subtree: true, childList: true, characterData: true });
        look();
      })`);
      await sleep(500);
      const written = Date.now();
      const workflow_id = logger.logWorkflowStart({ project_name, agent_plan: ["architect"] });
      logger.close();
      times.push((await seen) - written);
      logger.logWorkflowComplete({ workflow_id, duration_seconds: 1, success: true, agents_executed: ["architect"] });
    }
    const [half, most] = [quantile(times, 0.5), quantile(times, 0.95)];
    console.log(`event → DOM, ${WORKFLOWS} workflows: median ${half} ms, 95th percentile ${most} ms`);
  } finally {
    await browser.close();
  }
}

/** A client of the stream, which checks that each event comes once, in order. */
class Client {
  next = 0;
  wrong = 0;
  #text = "";

  /** @param {string} url */
  constructor(url) {
    this.request = request(`${url}/api/v1/events`);
    this.request.on("response", (response) => response.setEncoding("latin1").on("data", (text) => this.#take(text)));
    this.request.on("error", () => undefined);
    this.request.end();
  }

  /** @param {string} text */
  #take(text) {
    this.#text += text;
    const end = this.#text.lastIndexOf("\n\n") + 2;
    if (end === 1) return;
    for (const [, number] of this.#text.slice(0, end).matchAll(/"invocation_id":"load-(\d+)"/g))
      if (Number(number) !== this.next++) this.wrong++;
    this.#text = this.#text.slice(end);
  }
}

/** Megabytes that a process has in memory. @param {number | undefined} pid */
const memoryOf = (pid) =>
  Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024);

/** @param {string} url @param {string} directory @param {number | undefined} pid */
async function load(url, directory, pid) {
  const clients = Array.from({ length: CLIENTS }, () => new Client(url));
  await sleep(1000);
  const logger = new TelemetryLogger({ directory, endpoint: null });
  const memory = [memoryOf(pid)];
  const began = Date.now();
  let written = 0;
  while (Date.now() < began + SECONDS * 1000) {
    for (const due = ((Date.now() - began) / 1000) * EVENTS_PER_SECOND; written < due; written++)
      logger.logInvocation({ agent_name: "architect", invocation_id: `load-${written}` });
    await sleep(5);
    if (Date.now() - began > (memory.length * SECONDS * 1000) / 6) memory.push(memoryOf(pid));
  }
  logger.close();
  for (let patience = 600; patience > 0 && clients.some(({ next }) => next < written); patience--) await sleep(100);
  const whole = clients.filter(({ next, wrong }) => next === written && wrong === 0).length;
  console.log(`${CLIENTS} clients, ${written} events in ${SECONDS} s: ${whole} clients got all of them in order`);
  console.log(`the server's memory, MB: ${memory.join(", ")}`);
  for (const client of clients) client.request.destroy();
}

const directory = mkdtempSync(join(tmpdir(), "oak-bench-"));
const { url, child } = await serve(directory);
try {
  await toTheDom(url, directory);
  await load(url, directory, child.pid);
} finally {
  child.kill("SIGTERM");
  await once(child, "close");
  rmSync(directory, { recursive: true });
}
