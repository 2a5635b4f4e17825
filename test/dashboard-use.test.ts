import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { TelemetryEvent } from "../src/event/events.js";
import { hasBrowser, settled, useBrowser } from "./support/browser.js";
import { append, directoryOf } from "./support/directory.js";
import { oakJson } from "./support/oak.js";
import { eventsOf, run } from "./support/scenario.js";
import { serveDirectory } from "./support/server.js";

const DAY = 86_400_000;

/** What the runs of some agents record. */
const TOKENS: Readonly<Record<string, Record<string, unknown>>> = {
  architect: { input_tokens: 12_000, output_tokens: 345 },
  tester: { output_tokens: 400 },
};

/** Forty workflows of two projects; every fifth one failed. */
function history(): TelemetryEvent[] {
  const origin = Date.now() - 20 * DAY;
  return Array.from({ length: 40 }, (_, i) => {
    const failed = i % 5 === 4;
    const events = eventsOf(
      `wf-${String(i).padStart(2, "0")}`,
      {
        end: 100,
        outcome: failed ? "failure" : "success",
        plan: ["architect", "developer"],
        estimate: 90,
        runs: {
          a: run(0, 30, { agent: "architect" }),
          b: run(45, 95, { agent: i % 2 === 0 ? "developer" : "tester", status: failed ? "failure" : "success" }),
        },
        handoffs: [["architect", i % 2 === 0 ? "developer" : "tester", 31]],
      },
      origin + i * (DAY / 2),
    );
    return events.map((event): TelemetryEvent => {
      if (event.event === "workflow_start") return { ...event, project_name: i % 2 === 0 ? "Shop" : "Portal" };
      if (event.event === "invocation_start")
        return {
          ...event,
          task_description: `${event.agent_name}'s task`,
          metadata: TOKENS[event.agent_name ?? ""] ?? {},
        };
      return event;
    });
  }).flat();
}

describe.skipIf(!hasBrowser())("the dashboard, in use", () => {
  const open = useBrowser();
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "oak-test-"));
    append(directory, history());
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  const parameters = (page: Page) => Object.fromEntries(new URL(page.url()).searchParams);

  it("is led by the keyboard: views, search, help", async () => {
    const { url } = await serveDirectory(directory);
    const { page, complaints } = await open(url);
    for (const [key, path] of [
      ["w", "/workflows"],
      ["a", "/agents"],
      ["c", "/coordination"],
      ["r", "/recommend"],
      ["n", "/now"],
    ] as const) {
      await page.keyboard.press("g");
      await page.keyboard.press(key);
      await page.waitForURL(`${url}${path}`);
      await settled(page);
    }
    await page.goBack();
    await page.waitForURL(`${url}/recommend`);

    await page.goto(`${url}/agents`);
    await settled(page);
    await page.keyboard.press("/");
    await page.keyboard.type("arch");
    await page.getByText(/^1 agent;/).waitFor();
    // Letters that are typed into a field lead nowhere.
    await page.keyboard.type("gn");
    await page.getByText(/^0 agents;/).waitFor();
    expect(new URL(page.url()).pathname).toBe("/agents");
    await page.keyboard.press("Tab");

    await page.keyboard.press("?");
    const help = page.getByRole("dialog", { name: "Keys" });
    await help.waitFor();
    await page.keyboard.press("Escape");
    await help.waitFor({ state: "detached" });
    expect(complaints).toEqual([]);
  });

  it("begins with a link past the header, and goes on at the content after a change of view", async () => {
    const { url } = await serveDirectory(directory);
    const { page } = await open(`${url}/agents`);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    const focused = () => page.evaluate("document.activeElement.id");
    expect(await focused()).toBe("main");
    await page.getByRole("link", { name: "Workflows", exact: true }).click();
    await page.waitForURL(`${url}/workflows`);
    await settled(page);
    expect(await focused()).toBe("main");
  });

  it("keeps filters, order and rows in the address, and Back goes to where one was", async () => {
    const { url } = await serveDirectory(directory);
    const { page } = await open(`${url}/workflows`);
    await page.getByRole("searchbox", { name: "Search" }).fill("SHOP");
    await page.getByText("20 workflows").waitFor();
    await page.getByLabel("Status").selectOption("failed");
    await page.getByText("4 workflows").waitFor();
    expect(parameters(page)).toEqual({ search: "SHOP", status: "failed" });
    await page.reload();
    await page.getByText("4 workflows").waitFor();
    expect(await page.getByRole("searchbox", { name: "Search" }).inputValue()).toBe("SHOP");
    await page.locator("tbody a").first().click();
    await page.locator(".timeline .bar").first().waitFor();
    await page.goBack();
    await page.getByText("4 workflows").waitFor();
    expect(parameters(page)).toEqual({ search: "SHOP", status: "failed" });
    await page.goto(`${url}/workflows?search=nobody`);
    await page.getByRole("link", { name: "All workflows" }).click();
    await page.getByText("40 workflows").waitFor();

    await page.goto(`${url}/agents`);
    await settled(page);
    const names = () => page.locator("tbody tr td:first-child").allInnerTexts();
    await page.getByRole("button", { name: "Agent", exact: true }).click();
    expect(await names()).toEqual(["architect", "developer", "tester"]);
    await page.getByRole("button", { name: "Agent ↑" }).click();
    expect(await names()).toEqual(["tester", "developer", "architect"]);
    expect(parameters(page)).toEqual({ "agents.sort": "-agent_name" });
    await page.reload();
    await settled(page);
    expect(await names()).toEqual(["tester", "developer", "architect"]);
  });

  it("shows the tokens of a run, and of what they are made", async () => {
    const { url } = await serveDirectory(directory);
    const { page, complaints } = await open(`${url}/agents`);
    await page.getByRole("button", { name: "Tokens", exact: true }).click();
    const heading = page.getByRole("columnheader", { name: "Tokens" });
    expect(await heading.getAttribute("aria-sort")).toBe("descending");
    const place = (await page.locator("th").allInnerTexts()).findIndex((name) => name.startsWith("Tokens"));
    const cells = page.locator(`tbody td:nth-child(${place + 1})`);
    expect(await cells.allInnerTexts()).toEqual(["12,345", "400", "–"]);
    expect(await cells.locator("span").evaluateAll((all) => all.map((cell) => cell.getAttribute("title")))).toEqual([
      "in 12,000, out 345; 40 runs",
      "in –, out 400; 20 runs",
      null,
    ]);
    await page.getByRole("link", { name: "architect" }).click();
    await page.getByText("12,345 · in 12,000, out 345").waitFor();
    await page.goto(`${url}/agents/developer`);
    await settled(page);
    expect(await page.getByText("Tokens of a run").count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it("gives every row of a table away as CSV and JSON", async () => {
    const { url } = await serveDirectory(directory);
    const { page } = await open(`${url}/workflows?project=shop`);
    const take = async (name: string) => {
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name, exact: true }).click(),
      ]);
      return readFileSync(await download.path(), "utf8");
    };
    const rows = JSON.parse(await take("JSON")) as Record<string, unknown>[];
    expect(rows).toHaveLength(20);
    expect(rows[0]).toMatchObject({ project_name: "Shop", status: "completed", agents: "architect → developer" });
    const lines = (await take("CSV")).trimEnd().split("\r\n");
    expect(lines).toHaveLength(21);
    expect(lines[0]).toBe("project_name,status,started_at,duration_seconds,estimated_duration,idle_share,agents");
  });

  it("neither runs formulas in a spreadsheet nor breaks cells", async () => {
    const nasty = ['=HYPERLINK("http://x")', "+1", "@x", 'a,"b"', "two\nlines"];
    const events = eventsOf("w", {
      end: 50,
      runs: Object.fromEntries(nasty.map((agent, i) => [`r${i}`, run(i * 10, i * 10 + 5, { agent })])),
    });
    const { url } = await serveDirectory(directoryOf(events));
    const { page } = await open(`${url}/agents`);
    await page.getByRole("link", { name: "+1" }).waitFor();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "CSV", exact: true }).click(),
    ]);
    const text = readFileSync(await download.path(), "utf8");
    for (const cell of [`"'=HYPERLINK(""http://x"")"`, "'+1", "'@x", '"a,""b"""', '"two\nlines"'])
      expect(text).toContain(`\r\n${cell},`);
  });

  it("walks along the critical path, zooms and fits, and says where in the address", async () => {
    const { url } = await serveDirectory(directory);
    const { page, complaints } = await open(`${url}/workflows/wf-00`);
    await page.locator(".timeline [role=group]").focus();
    await page.keyboard.press("ArrowRight");
    await page.locator(".timeline figcaption", { hasText: "architect" }).waitFor();
    await page.keyboard.press("ArrowRight");
    const caption = page.locator(".timeline figcaption", { hasText: "developer" });
    await caption.waitFor();
    expect(await caption.innerText()).toContain("waited 15 s after architect");
    await page.waitForURL((address) => address.searchParams.get("run") === "wf-00/b");
    const bar = page.locator("[data-run='wf-00/b']");
    const width = async () => (await bar.boundingBox())!.width;
    const whole = await width();
    await page.keyboard.press("+");
    await page.waitForURL((address) => address.searchParams.has("from"));
    expect((await width()) / whole).toBeCloseTo(1.5, 1);
    await page.reload();
    await bar.waitFor();
    await caption.waitFor();
    expect((await width()) / whole).toBeCloseTo(1.5, 1);
    const before = (await bar.boundingBox())!.x;
    const box = (await page.locator(".timeline svg").boundingBox())!;
    await page.mouse.move(box.x + 600, box.y + 4);
    await page.mouse.down();
    await page.mouse.move(box.x + 500, box.y + 4, { steps: 4 });
    await page.mouse.up();
    expect((await bar.boundingBox())!.x - before).toBeCloseTo(-100, 0);
    await page.locator(".timeline [role=group]").focus();
    await page.keyboard.press("f");
    expect(await width()).toBeCloseTo(whole, 0);
    await page.waitForURL((address) => !address.searchParams.has("from"));
    // The wait has room for its name.
    await page.locator(".timeline text.waiting").first().waitFor();
    expect(complaints).toEqual([]);
  });

  it("prints black on white, whole tables and nothing to click", async () => {
    const { url } = await serveDirectory(directory);
    const { page } = await open(`${url}/workflows/wf-00`, { colorScheme: "dark" });
    await page.locator(".timeline .bar").first().waitFor();
    const look = () => page.evaluate("getComputedStyle(document.body).backgroundColor");
    expect(await look()).not.toBe("rgb(255, 255, 255)");
    await page.emulateMedia({ media: "print" });
    expect(await look()).toBe("rgb(255, 255, 255)");
    expect(await page.locator("header").isVisible()).toBe(false);
    expect(await page.getByRole("button", { name: "CSV" }).first().isVisible()).toBe(false);
    expect(await page.locator(".timeline svg").isVisible()).toBe(true);
    expect((await page.pdf()).length).toBeGreaterThan(1000);
  });

  it("says that there is no such workflow, agent or view, and leads on", async () => {
    const { url } = await serveDirectory(directory);
    const { page } = await open(`${url}/workflows/nothing`);
    await page.getByRole("heading", { name: "There is no workflow nothing" }).waitFor();
    await page.getByRole("link", { name: "All workflows" }).click();
    await page.getByText("40 workflows").waitFor();
    await page.goto(`${url}/agents/${encodeURIComponent("no/body %")}`);
    await page.getByRole("heading", { name: "There is no agent no/body %" }).waitFor();
    await page.goto(`${url}/agents/%E0%A4%A`);
    await page.getByRole("heading", { name: "There is no agent" }).waitFor();
    expect(await page.getByRole("alert").count()).toBe(0);
  });

  it("recommends while one types, says why, and keeps the question in the address", async () => {
    const { url } = await serveDirectory(directory);
    const { page, complaints } = await open(`${url}/recommend`);
    await page.getByText("Type a task").waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("architect's task", { delay: 20 });
    const sentence = page.locator(".sentence");
    await sentence.getByText("architect").waitFor();
    await page.waitForURL((address) => address.searchParams.get("task") === "architect's task");

    // What the command line says, digit by digit.
    const question = ["--task", "architect's task", "--dir", directory];
    const advice = await oakJson<{ agent_name: string; confidence: number }>(["recommend", ...question]);
    const answer = await fetch(`${url}/api/v1/recommend?task=architect%27s%20task`);
    expect(await answer.json()).toMatchObject({ agent_name: advice.agent_name, confidence: advice.confidence });
    expect(await sentence.innerText()).toContain(`${Math.round(advice.confidence * 100)}\u00A0%`);
    const { agents } = await oakJson<{ agents: { agent_name: string }[] }>(["recommend", "--all", ...question]);
    const ranked = page.locator("table", { hasText: "In the order in which they would be chosen" });
    expect(await ranked.locator("tbody td:first-child").allInnerTexts()).toEqual(
      agents.map(({ agent_name }) => agent_name),
    );

    await page.getByRole("button", { name: "Why tester" }).click();
    await page.getByRole("heading", { name: /^Why tester is given/ }).waitFor();
    await page.getByText("Past runs that speak for it most").waitFor();
    expect(parameters(page)).toEqual({ task: "architect's task", agent: "tester" });
    await page.reload();
    await page.getByRole("heading", { name: /^Why tester is given/ }).waitFor();
    expect(complaints).toEqual([]);
  });

  it("says in words why it recommends nobody, and what the domains are", async () => {
    const { url } = await serveDirectory(directory);
    const { page } = await open(`${url}/recommend?task=paint+a+fence`);
    await page.getByText("Not enough evidence").waitFor();
    await page.getByRole("searchbox", { name: "Domain" }).fill("gardening");
    await page.getByText("No run is of a domain").waitFor();
    await page.getByRole("button", { name: "tester", exact: true }).click();
    await page.waitForURL((address) => address.searchParams.get("domain") === "tester");
    await page.locator(".sentence").getByText("tester").waitFor();
    expect(await page.getByText("No run is of a domain").count()).toBe(0);
    await page.getByRole("searchbox", { name: "Task" }).fill("");
    await page.getByText("Type a task").waitFor();
  });

  it("describes the specialist that is missing where all have failed", async () => {
    const eight = (agent: string, status: "success" | "failure") =>
      Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`r${i}`, run(i * 10, i * 10 + 5, { agent, status })]));
    const work = (id: string, task_description: string, runs: ReturnType<typeof eight>) =>
      eventsOf(id, { end: 90, runs }, Date.now() - DAY).map((event): TelemetryEvent =>
        event.event === "invocation_start" ? { ...event, task_description } : event,
      );
    const events = [
      ...work("w", "Tune the query planner", eight("junior", "failure")),
      ...work("v", "Write the manual", eight("writer", "success")),
    ];
    const { url } = await serveDirectory(directoryOf(events));
    const { page } = await open(`${url}/recommend?task=tune+the+query+planner`);
    await page.getByText("No suitable agent").waitFor();
    await page.getByText(/It would cover .*planner/).waitFor();
    await page.getByText(/failed 8 of 8 times, with junior/).waitFor();
    expect(await page.locator("li").first().innerText()).toContain("Tune the query planner");
  });
});
