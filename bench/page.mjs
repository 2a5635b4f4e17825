// @ts-check
// How soon the dashboard is there with a long history: `node bench/page.mjs [INVOCATIONS] [ROUNDS]`. Every view is opened
// in a browser of its own context (nothing cached), in turn with the same view of an empty directory, the baseline: what
// a history adds. Medians. The server has been asked before, as it reads the log when it starts.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

import { writeHistory } from "./history.mjs";

const [invocations = 100_000, rounds = 7] = process.argv.slice(2).map(Number);

/** Each view, and what is there when it has its answer. */
const VIEWS = /** @type {const} */ ([
  ["/", "h1:has-text('Nothing is running')"],
  ["/workflows", "tbody tr"],
  ["/agents", "tbody tr"],
  ["/agents/qa-specialist", ".chart canvas"],
  ["/coordination", ".sentence"],
  ["/recommend?task=fix+the+login", ".sentence"],
]);

/** Typed one after the other: each changes the ranking. */
const TASKS = ["fix the login", "build the search page", "document the order history", "migrate the cache layer"];

/** Serves a directory; gives the address. @param {string} directory */
async function serve(directory) {
  const oak = fileURLToPath(new URL("../dist/cli/main.cjs", import.meta.url));
  const child = spawn(process.execPath, [oak, "serve", "--dir", directory, "--port", "0", "--json"]);
  const [text] = await once(child.stdout, "data");
  return { url: /** @type {string} */ (JSON.parse(String(text)).url), child };
}

/** @param {readonly number[]} values */
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/**
 * Opens a view; milliseconds to the first paint with content, and to what is waited for.
 *
 * @param {import("playwright-core").Browser} browser
 * @param {string} address
 * @param {string} selector
 */
async function openView(browser, address, selector) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(address, { waitUntil: "commit" });
  await page.locator(selector).first().waitFor({ timeout: 120_000 });
  const times = /** @type {{ paint: number, there: number }} */ (
    await page.evaluate(
      `({ paint: performance.getEntriesByName("first-contentful-paint")[0]?.startTime, there: performance.now() })`,
    )
  );
  await context.close();
  return times;
}

/** Milliseconds from typing a task to another ranking. @param {import("playwright-core").Page} page @param {string} task */
function typeTask(page, task) {
  return /** @type {Promise<number>} */ (
    page.evaluate(`new Promise((resolve) => {
      const [main, input] = [document.querySelector("main"), document.querySelector("input")];
      const ranking = () => document.querySelector("tbody")?.textContent;
      const before = ranking();
      const began = performance.now();
      new MutationObserver(() => ranking() !== before && resolve(performance.now() - began))
        .observe(main, { subtree: true, childList: true, characterData: true });
      input.value = ${JSON.stringify(task)};
      input.dispatchEvent(new Event("input", { bubbles: true }));
    })`)
  );
}

const folder = await mkdtemp(join(tmpdir(), "oak-bench-"));
const servers = [];
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-background-networking", "--disable-component-update"],
});
try {
  const [long, empty] = [join(folder, "long"), join(folder, "empty")];
  const now = Date.now();
  writeHistory(long, invocations, { from: now - 365 * 86_400_000, to: now - 86_400_000 });
  await mkdir(empty);
  const [history, nothing] = [await serve(long), await serve(empty)];
  servers.push(history.child, nothing.child);
  for (const [path, selector] of VIEWS) await openView(browser, history.url + path, selector);
  console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}, load ${loadavg()[0]?.toFixed(1)}`);
  console.log(`${invocations.toLocaleString("en")} invocations, medians of ${rounds}\n`);
  console.log("view                            first paint   × empty    its answer");
  for (const [path, selector] of VIEWS) {
    const [paints, answers, ratios] = [
      /** @type {number[]} */ ([]),
      /** @type {number[]} */ ([]),
      /** @type {number[]} */ ([]),
    ];
    for (let i = 0; i < rounds; i++) {
      const base = await openView(browser, nothing.url + path, "h1");
      const { paint, there } = await openView(browser, history.url + path, selector);
      paints.push(paint);
      answers.push(there);
      ratios.push(paint / base.paint);
    }
    const cells = [`${median(paints).toFixed(0)} ms`, median(ratios).toFixed(2), `${median(answers).toFixed(0)} ms`];
    console.log(path.padEnd(32) + cells.map((cell, i) => cell.padStart([11, 10, 14][i] ?? 0)).join(""));
  }
  const page = await browser.newPage();
  await page.goto(`${history.url}/recommend?task=anything`);
  await page.locator(".sentence").waitFor();
  const typed = [];
  for (let i = 0; i < rounds; i++) for (const task of TASKS) typed.push(await typeTask(page, task));
  console.log(`\nfrom typing a task to another ranking: ${median(typed).toFixed(0)} ms`);
} finally {
  await browser.close();
  for (const child of servers) {
    child.kill("SIGTERM");
    await once(child, "close");
  }
  await rm(folder, { recursive: true, force: true });
}
