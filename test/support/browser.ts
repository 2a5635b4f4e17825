import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";

import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";
import { afterAll, beforeAll, onTestFinished } from "vitest";

/** Debian's; `test/support/install-chromium.sh` fetches it. */
const CHROMIUM = "/usr/bin/chromium";

const FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-gpu"];

/** Under load a page may take long; what decides a test is what is there in the end. */
const PATIENCE = 120_000;

/** Whether there is a browser to test with. */
export function hasBrowser(): boolean {
  const there = existsSync(CHROMIUM);
  if (!there) console.warn(`skipped: ${CHROMIUM} is not there; test/support/install-chromium.sh fetches it`);
  return there;
}

/** A page, and what its browser has complained about. */
export interface OpenPage {
  readonly page: Page;
  readonly complaints: readonly string[];
}

/** A browser for all tests of a file; each page has a context of its own. */
export function useBrowser(): (url: string, options?: BrowserContextOptions) => Promise<OpenPage> {
  let browser: Browser | undefined;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS, timeout: PATIENCE });
  });
  afterAll(() => browser?.close());
  return async (url, options = {}) => {
    const context = await browser!.newContext({ locale: "en-US", ...options });
    onTestFinished(() => context.close());
    context.setDefaultTimeout(PATIENCE);
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    await page.goto(url);
    await settled(page);
    return { page, complaints };
  };
}

/** Waits until the page shows what it has asked the server for. */
export async function settled(page: Page): Promise<void> {
  await page.locator("h1, .trouble").first().waitFor();
  await page.getByText("Reading the log…").first().waitFor({ state: "detached" });
}

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe finds wrong with a page for people who do not see or use it as most do, unless it is a trifle. */
export async function barriers(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof import("axe-core") };
    const { violations } = await axe.run();
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical" || impact === "moderate")
      .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 120)}`));
  });
}

/** By how many pixels the page is wider than its window. */
export function excessWidth(page: Page): Promise<number> {
  // A text, as the types of browsers are none of this project's other tests.
  return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
}
