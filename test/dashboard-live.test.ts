import { readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import type { TelemetryEvent } from "../src/event/events.js";
import { hasBrowser, settled, useBrowser } from "./support/browser.js";
import { append, directoryOf, temporaryDirectory } from "./support/directory.js";
import { oak } from "./support/oak.js";
import { freePort } from "./support/port.js";
import { eventsOf, run } from "./support/scenario.js";
import { serveDirectory } from "./support/server.js";

/** Records in a process of its own, as programs do; gives what it prints. */
async function log(directory: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await oak(["log", ...args, "--dir", directory]);
  expect(`${code} ${stderr}`).toBe("0 ");
  return stdout.trim();
}

describe.skipIf(!hasBrowser())("the dashboard, live", () => {
  const open = useBrowser();

  it("shows every step of a workflow as another process records it", async () => {
    const directory = temporaryDirectory();
    const { url } = await serveDirectory(directory);
    const { page, complaints } = await open(url);
    await page.getByRole("heading", { name: "Nothing is running" }).waitFor();
    await page.evaluate("window.neverReloaded = true");

    const plan = ["--agent-plan", "architect", "developer", "--estimated-duration", "60"];
    const id = await log(directory, "workflow-start", "--project-name", "Web Shop", ...plan);
    await page.getByRole("heading", { name: "1 workflow running" }).waitFor();
    const section = page.locator(`[data-workflow="${id}"]`);
    await section.getByText("nobody at work").waitFor();
    expect(await section.locator("text.lane title").allTextContents()).toEqual(["architect", "developer"]);

    const begin = (agent: string) =>
      log(directory, "invocation", "--agent-name", agent, "--task-description", `${agent}'s task`, "--workflow-id", id);
    const end = (invocation: string, ...outcome: string[]) =>
      log(directory, "update", "--invocation-id", invocation, ...outcome);

    const first = await begin("architect");
    const bar = section.locator(`[data-run="${first}"]`);
    await bar.waitFor();
    await section.getByText("at work: architect").waitFor();
    await section.getByText("1 of 2 planned agents have begun").waitFor();
    const width = async () => Number(await bar.getAttribute("width"));
    const early = await width();
    await expect.poll(width, { timeout: 60_000 }).toBeGreaterThan(early + 1);
    await end(first, "--outcome-status", "success");
    await section.locator(`[data-run="${first}"].success`).waitFor();

    await log(
      directory,
      "handoff",
      "--workflow-id",
      id,
      "--from-agent",
      "architect",
      "--to-agent",
      "developer",
      "--artifacts",
      "design.md",
    );
    await section.locator("path.handoff").waitFor();
    expect(await section.locator("path.target title").textContent()).toBe("architect → developer: design.md");

    const second = await begin("developer");
    await section.getByText("at work: developer").waitFor();
    // Told from the times, as the workflow has no end yet.
    await section.locator("rect.wait").waitFor();
    await end(second, "--outcome-status", "failure", "--error-message", "2 tests fail");
    await section.locator(`[data-run="${second}"].failure`).waitFor();
    await log(
      directory,
      "workflow-complete",
      "--workflow-id",
      id,
      "--duration-seconds",
      "9",
      "--success",
      "false",
      "--agents-executed",
      "architect",
      "developer",
    );
    await page.getByRole("heading", { name: "Nothing is running" }).waitFor();
    await section.getByText("failed").waitFor();

    expect(await page.evaluate("window.neverReloaded")).toBe(true);
    expect(complaints).toEqual([]);
  });

  it("keeps lists, numbers and the timeline of one workflow true as the log grows", async () => {
    const directory = directoryOf(eventsOf("w0", { end: 50, runs: { a: run(0, 20) } }, Date.now() - 3_600_000));
    const { url } = await serveDirectory(directory);
    const { page: list } = await open(`${url}/workflows`);
    const { page: one } = await open(`${url}/workflows/w1`);
    await list.getByText("1 workflow, latest start first").waitFor();
    await one.getByRole("heading", { name: "There is no workflow w1" }).waitFor();
    append(directory, eventsOf("w1", { plan: ["a", "b"], runs: { a: run(0, 20) } }, Date.now() - 60_000));
    await list.getByText("2 workflows, latest start first").waitFor();
    await one.locator(".timeline [data-run='w1/a']").waitFor();
    expect(await list.locator("tbody tr").count()).toBe(2);
  });

  it("shows alerts as they come and go, and leads to what they are about", async () => {
    const runs = (status: "failure" | "success", from: number) =>
      Object.fromEntries(
        Array.from({ length: 8 }, (_, i) => [
          `${status}${i}`,
          run(from + i * 10, from + i * 10 + 5, { agent: "developer", status }),
        ]),
      );
    const began = Date.now() - 3_600_000;
    const directory = directoryOf(eventsOf("w", { end: 100, runs: runs("failure", 0) }, began));
    const { url } = await serveDirectory(directory);
    const { page, complaints } = await open(url);
    const alert = page.getByRole("status", { name: "Alerts" }).getByRole("link", { name: /failed 8 times in a row/ });
    await alert.waitFor();
    expect(await alert.getAttribute("href")).toBe("/agents/developer");
    append(directory, eventsOf("v", { end: 100, runs: runs("success", 0) }, began + 600_000));
    await alert.waitFor({ state: "detached" });
    expect(complaints).toEqual([]);
  });

  it("records that a workflow was given up, once that is confirmed", async () => {
    const directory = temporaryDirectory();
    const id = await log(directory, "workflow-start", "--project-name", "Shop", "--agent-plan", "a");
    const { url } = await serveDirectory(directory);
    const { page, complaints } = await open(`${url}/workflows/${id}`);
    await page.getByRole("button", { name: "Cancel…" }).click();
    await page.getByRole("button", { name: "Leave it" }).click();
    await page.getByRole("button", { name: "Cancel…" }).click();
    await page.getByRole("button", { name: "Record it as cancelled" }).click();
    await page.locator("h1 .cancelled").waitFor();
    expect(await page.getByRole("button", { name: "Cancel…" }).count()).toBe(0);
    expect(complaints).toEqual([]);
    const lines = readFileSync(join(directory, "workflow_events.jsonl"), "utf8").trimEnd().split("\n");
    expect(lines.map((line) => (JSON.parse(line) as TelemetryEvent).event)).toEqual([
      "workflow_start",
      "workflow_cancelled",
    ]);
  });

  it("says that the server is gone, and catches up when it is back", async () => {
    const directory = temporaryDirectory();
    const port = ["--port", String(await freePort())];
    const { url, command } = await serveDirectory(directory, port);
    const { page } = await open(url);
    const id = await log(directory, "workflow-start", "--project-name", "Shop", "--agent-plan", "a", "b");
    const section = page.locator(`[data-workflow="${id}"]`);
    await section.waitFor();
    await command.end("SIGKILL");
    await page.getByRole("status").getByText("server not reached: trying again").waitFor();
    // What was known stays.
    expect(await section.isVisible()).toBe(true);
    const invocation = await log(directory, "invocation", "--agent-name", "a", "--workflow-id", id);
    await serveDirectory(directory, port);
    await page.getByRole("status").getByText("live").waitFor();
    await section.locator(`[data-run="${invocation}"]`).waitFor();
    await section.getByText("at work: a").waitFor();
    await log(directory, "workflow-cancelled", "--workflow-id", id, "--reason", "not needed");
    await section.getByText("not needed").waitFor();
    // Where a question had failed meanwhile, it is asked again before long.
    await page.getByRole("alert").waitFor({ state: "detached" });
  });

  it("leaves the server alone while nobody sees it, and has missed nothing when somebody does", async () => {
    const directory = temporaryDirectory();
    const { url } = await serveDirectory(directory);
    const { page } = await open(url);
    await page.getByRole("status").getByText("live").waitFor();
    const see = (state: string) =>
      page.evaluate(`
        Object.defineProperty(document, "visibilityState", { value: "${state}", configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));`);
    const streams: string[] = [];
    page.on("request", (request) => request.url().includes("/events") && streams.push(request.url()));
    await see("hidden");
    const id = await log(directory, "workflow-start", "--project-name", "Shop", "--agent-plan", "a");
    expect(streams).toEqual([]);
    await see("visible");
    await page.locator(`[data-workflow="${id}"]`).waitFor();
    expect(streams).toHaveLength(1);
    expect(streams[0]).toMatch(/last_event_id=0-0-0$/);
  });
});

/** What somebody might try, in any text that is recorded. */
const MARKUP = `<img src=x onerror="window.ran=1"><script>window.ran=1</script>"'&amp;{{7*7}}`;
const BACKWARDS = "\u202Eexe.piz\u200F";
const CONTROL = "bell\u0007 escape\u001B[31m tab\t end";

function hostile(text: string, open: boolean): TelemetryEvent[] {
  const workflow_id = `wf ${open ? "open" : "done"} ${text}`;
  const events = eventsOf(
    workflow_id,
    {
      ...(open ? {} : { end: 60 }),
      plan: [`${text} planned`, `${text} first`],
      estimate: 50,
      runs: {
        a: run(0, 20, { agent: `${text} first` }),
        b: run(30, open ? null : 50, { agent: `${text} second`, status: "failure" }),
      },
      handoffs: [[`${text} first`, `${text} second`, 21]],
    },
    Date.now() - 600_000,
  );
  return events.map((event): TelemetryEvent => {
    if (event.event === "workflow_start") return { ...event, project_name: `${text} project` };
    if (event.event === "agent_handoff") return { ...event, artifacts: [`${text} artifact`] };
    if (event.event === "invocation_start")
      return { ...event, task_description: `${text} task`, task_type: `${text} type` };
    if (event.event === "invocation_update")
      return { ...event, outcome: { ...event.outcome, error_message: `${text} error` } };
    return event;
  });
}

describe.skipIf(!hasBrowser())("texts that others chose", () => {
  const open = useBrowser();

  it.each([
    ["markup", MARKUP],
    ["right-to-left marks", BACKWARDS],
    ["control characters", CONTROL],
  ])("%s is text, and does nothing", async (_, text) => {
    const directory = directoryOf([...hostile(text, true), ...hostile(text, false)]);
    const { url } = await serveDirectory(directory);
    const { page, complaints } = await open(url);
    const holds = async (...texts: string[]) => {
      await settled(page);
      await page.locator(".timeline .bar, tbody tr").first().waitFor({ state: "attached" });
      const all = (await page.evaluate("document.body.textContent")) as string;
      for (const wanted of texts) expect(all).toContain(wanted);
      expect(await page.locator("main img, main script").count()).toBe(0);
      expect(await page.evaluate("window.ran")).toBeUndefined();
    };
    await holds(`${text} project`, `${text} second`, `${text} artifact`, `${text} planned`);
    await page.goto(`${url}/workflows`);
    await holds(`${text} project`, `${text} first`);
    await page.locator("tbody a").last().click();
    await page.getByRole("heading", { name: "Handed over" }).waitFor();
    await holds(`${text} project`, `${text} task`, `${text} error`, `${text} artifact`);
    // Its direction ends where it does.
    const [name, status] = [page.locator("h1 bdi"), page.locator("h1 .status")];
    expect((await status.boundingBox())!.x).toBeGreaterThan((await name.boundingBox())!.x);
    await page.locator(".timeline .bar").last().click();
    await page.locator(".timeline figcaption strong").waitFor();
    await page.goto(`${url}/agents`);
    await holds(`${text} first`, `${text} type`);
    await page.locator("tbody a").filter({ hasText: "second" }).click();
    await page.getByRole("heading", { name: "Last failures" }).waitFor();
    await holds(`${text} second`, `${text} error`, `${text} type`);
    await page.goto(`${url}/coordination`);
    await page.getByRole("heading", { name: "Patterns" }).waitFor();
    await holds(`${text} first`);
    expect(complaints).toEqual([]);
  });
});
