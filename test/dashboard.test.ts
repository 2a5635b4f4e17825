import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, copyFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { writeHistory } from "../bench/history.mjs";
import { barriers, excessWidth, hasBrowser, settled, useBrowser } from "./support/browser.js";
import { sharedData } from "./support/data.js";
import { temporaryDirectory } from "./support/directory.js";
import { oak, oakJson, ROOT } from "./support/oak.js";
import { serveDirectory } from "./support/server.js";

const python = sharedData("oak-python");

/** What the built page weighs in all, as it is sent: a promise of the documentation. */
it("is small", () => {
  const folder = join(ROOT, "dist/dashboard");
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
  const sizes = files.map(({ parentPath, name }) => gzipSync(readFileSync(join(parentPath, name))).length);
  expect(files.length).toBeGreaterThan(2);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(150_000);
});

describe.skipIf(!hasBrowser())("the dashboard", () => {
  const open = useBrowser();
  let parent: string;
  let demo: string;
  beforeAll(async () => {
    parent = mkdtempSync(join(tmpdir(), "oak-test-"));
    demo = join(parent, "demo");
    const { code, stderr } = await oak(["demo", "--dir", demo]);
    if (code !== 0) throw new Error(`oak demo ended with ${code}: ${stderr}`);
  });
  afterAll(() => rmSync(parent, { recursive: true, force: true }));

  const VIEWS = [
    ["/", "Nothing is running"],
    ["/workflows", "Workflows"],
    ["/agents", "Agents"],
    ["/coordination", "Coordination"],
    ["/recommend", "Recommend"],
  ] as const;

  describe.each([
    ["light", { colorScheme: "light", viewport: { width: 1280, height: 800 } }],
    ["dark", { colorScheme: "dark", viewport: { width: 1280, height: 800 } }],
    ["narrow", { colorScheme: "light", viewport: { width: 375, height: 700 } }],
  ] as const)("%s", (_, look) => {
    it("shows every view of the sample data: nothing complains, nothing is cut, nobody is shut out", async () => {
      const { url } = await serveDirectory(demo);
      const { workflows } = await oakJson<{ workflows: { workflow_id: string; project_name: string }[] }>([
        "workflows",
        "--list",
        "--dir",
        demo,
      ]);
      const { workflow_id, project_name } = workflows[0]!;
      const views = [...VIEWS, [`/workflows/${workflow_id}`, project_name], ["/agents/qa-specialist", "qa-specialist"]];
      const { page, complaints } = await open(url, look);
      for (const [path, heading] of views) {
        await page.goto(`${url}${path}`);
        await settled(page);
        expect(await page.locator("h1").innerText()).toContain(heading);
        expect(await page.title()).toContain("oak");
        expect([path, await excessWidth(page)]).toEqual([path, 0]);
        expect([path, await barriers(page)]).toEqual([path, []]);
      }
      expect(complaints).toEqual([]);
    });
  });

  it("says the same as the command line", async () => {
    const { url } = await serveDirectory(demo);
    const stats = await oakJson<{ agents: Record<string, { invocation_count: number }> }>(["stats", "--dir", demo]);
    const { page } = await open(`${url}/agents`);
    const rows = page.locator("tbody tr");
    await rows.first().waitFor();
    const shown = await rows.evaluateAll((all) =>
      all.map((row) => [...row.querySelectorAll("td")].slice(0, 2).map((cell) => cell.textContent)),
    );
    const known = Object.entries(stats.agents).map(([name, { invocation_count }]) => [name, String(invocation_count)]);
    expect(Object.fromEntries(shown)).toEqual(Object.fromEntries(known));
  });

  it("says of a decline that is no alert why it is none", async () => {
    const { url } = await serveDirectory(demo);
    const { page } = await open(`${url}/agents`);
    const row = page.locator("tbody tr", { hasText: "qa-specialist" });
    await row.getByText("no alert yet").waitFor();
    expect(await page.getByText("no alert yet").count()).toBe(1);
    // A name has its own direction of writing.
    expect(await row.locator("td:first-child a > bdi").innerText()).toBe("qa-specialist");
    await row.getByRole("link").click();
    await page.getByText("There is no alert: run by run").waitFor();
  });

  it("shows what was last while nothing is running", async () => {
    const { url } = await serveDirectory(demo);
    const { page } = await open(url);
    const { workflows } = await oakJson<{ workflows: { project_name: string }[] }>([
      "workflows",
      "--list",
      "--limit",
      "5",
      "--dir",
      demo,
    ]);
    await page.getByRole("heading", { name: "Last workflows" }).waitFor();
    expect(await page.locator("tbody tr td:first-child").allInnerTexts()).toEqual(
      workflows.map(({ project_name }) => project_name),
    );
    await page.getByRole("link", { name: "All 57 workflows" }).click();
    await page.getByRole("heading", { name: "Workflows" }).waitFor();
  });

  it("keeps a table's first column and what it is about in sight where it is wider than the screen", async () => {
    const { url } = await serveDirectory(demo);
    const { page } = await open(`${url}/agents`, { viewport: { width: 375, height: 800 } });
    const table = page.locator(".table");
    const left = async (selector: string) => (await table.locator(selector).first().boundingBox())!.x;
    const before = [await left("tbody td:first-child"), await left("caption span"), await left("tbody td:last-child")];
    await table.evaluate((element) => element.scrollTo({ left: 10_000 }));
    const after = [await left("tbody td:first-child"), await left("caption span"), await left("tbody td:last-child")];
    expect(after.slice(0, 2)).toEqual(before.slice(0, 2));
    expect(after[2]).toBeLessThan(before[2]! - 100);
  });

  it.skipIf(python.absent)("shows what the Python logger wrote", async () => {
    const directory = temporaryDirectory();
    for (const name of readdirSync(python.path).filter((file) => file.endsWith(".jsonl")))
      copyFileSync(join(python.path, name), join(directory, name));
    const { url } = await serveDirectory(directory);
    const { page, complaints } = await open(url);
    for (const path of ["/", "/workflows", "/agents", "/coordination", "/recommend"]) {
      await page.goto(`${url}${path}`);
      await settled(page);
      expect(await excessWidth(page)).toBe(0);
      expect(await page.locator("[role=alert]").count()).toBe(0);
    }
    await page.goto(`${url}/workflows`);
    await page.locator("tbody a").first().click();
    await page.locator(".timeline .bar").first().waitFor();
    expect(complaints).toEqual([]);
  });

  it("says in every view how to begin where nothing has been recorded", async () => {
    const { url } = await serveDirectory(temporaryDirectory());
    const { page, complaints } = await open(url);
    for (const path of ["/", "/workflows", "/agents", "/coordination", "/recommend"]) {
      await page.goto(`${url}${path}`);
      await page.getByRole("heading", { name: "No telemetry yet" }).waitFor();
      expect(await page.getByRole("button", { name: "Show it with sample data" }).isVisible()).toBe(true);
      expect([path, await barriers(page)]).toEqual([path, []]);
    }
    expect(complaints).toEqual([]);
  });

  it("loads sample data into a directory of its own", async () => {
    const directory = temporaryDirectory();
    const { url } = await serveDirectory(directory);
    const { page } = await open(url);
    await page.getByRole("button", { name: "Show it with sample data" }).click();
    await page.waitForURL((other) => other.origin !== url);
    // Its last workflow is live, for some seconds, which may be over when the page has come.
    const live = page.getByRole("heading", { name: /E-Commerce Platform MVP/ });
    await live.or(page.getByRole("heading", { name: "Nothing is running" })).waitFor();
    await page.getByRole("link", { name: "Workflows", exact: true }).click();
    await page.getByText("57 workflows").waitFor();
    await page.getByRole("cell", { name: /E-Commerce Platform MVP/ }).waitFor();
    expect(readdirSync(directory).filter((name) => name.endsWith(".jsonl"))).toEqual([]);
  });

  it("pages through a long history, and never draws more rows than can be read", async () => {
    const directory = join(parent, "history");
    mkdirSync(directory);
    const now = Date.now();
    writeHistory(directory, 20_000, { from: now - 100 * 86_400_000, to: now });
    const { url } = await serveDirectory(directory);
    const { page, complaints } = await open(`${url}/workflows`);
    const first = await page.locator("tbody a").first().getAttribute("href");
    const link = page.locator(`tbody a[href="${first}"]`);
    expect(await page.locator("tbody tr").count()).toBe(50);
    await page.getByRole("button", { name: "Earlier" }).click();
    await page.getByText(/^51–100 of /).waitFor();
    await link.waitFor({ state: "detached" });
    expect(new URL(page.url()).searchParams.get("offset")).toBe("50");
    await page.goBack();
    await link.waitFor();
    await page.goto(`${url}/coordination`);
    await settled(page);
    await page
      .getByRole("button", { name: /^Show more/ })
      .last()
      .waitFor();
    expect(await page.locator("tr").count()).toBeLessThan(300);
    await page.goto(`${url}/agents/qa-specialist`);
    await page.locator(".chart canvas").waitFor();
    expect(complaints).toEqual([]);
  });
});
