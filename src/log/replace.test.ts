import { appendFileSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { describe, expect, it } from "vitest";

import { temporaryDirectory } from "../../test/support/directory.js";
import { contradicts, sift, type Expired } from "./expiry.js";
import { Replacement } from "./replace.js";

const TIME = "2026-05-01T12:00:00Z";
const run = (id: string, more: object = {}) =>
  JSON.stringify({ timestamp: TIME, event: "invocation_start", invocation_id: id, agent_name: "a", ...more });

const EXPIRED: Expired = {
  workflow: new Set(["old"]),
  invocation: new Set(["1"]),
  feedback: new Set(["1"]),
};

describe("a replacement", () => {
  function logOf(...lines: string[]): string {
    const path = join(temporaryDirectory(), "log.jsonl");
    writeFileSync(path, lines.map((line) => `${line}\n`).join(""));
    return path;
  }

  it("takes in what was appended, and sees every whole line of it once", async () => {
    const path = logOf(run("1"), run("2"));
    const replacement = await Replacement.begin(path);
    const found = await sift(path, "invocation", Infinity, EXPIRED, (lines) => replacement.keep(lines));
    expect(found).toMatchObject({ lines: 1, events: { invocation_start: 1 }, unknown: 0 });
    appendFileSync(path, `${run("3")}\n${run("4")}\n{"torn`);
    let seen = "";
    await replacement.replace(found.end, (lines) => (seen += lines.toString()));
    expect(seen).toBe(`${run("3")}\n${run("4")}\n`);
    await replacement.drain(() => undefined);
    expect(readFileSync(path, "utf8")).toBe(`${run("2")}\n${run("3")}\n${run("4")}\n{"torn\n`);
    expect(readdirSync(join(path, ".."))).toEqual(["log.jsonl"]);
  });

  it("takes nothing for torn that somebody goes on to write, and sees the whole line", async () => {
    const path = logOf(run("1"), run("2"));
    const replacement = await Replacement.begin(path);
    const { end } = await sift(path, "invocation", Infinity, EXPIRED, (lines) => replacement.keep(lines));
    const late = run("3");
    appendFileSync(path, late.slice(0, 20));
    let seen = "";
    const replaced = replacement.replace(end, (lines) => (seen += lines.toString()));
    // Its writer gets on only now and then, as on a machine that has too much to do.
    for (let at = 20; at < late.length; at += 20) {
      await sleep(50);
      appendFileSync(path, late.slice(at, at + 20));
    }
    appendFileSync(path, "\n");
    await replaced;
    await replacement.drain(() => undefined);
    expect(readFileSync(path, "utf8")).toBe(`${run("2")}\n${late}\n`);
    expect(seen).toBe(`${late}\n`);
  });

  it("leaves the old file as it is when it is given up", async () => {
    const path = logOf(run("1"), run("2"));
    const replacement = await Replacement.begin(path);
    const { end } = await sift(path, "invocation", Infinity, EXPIRED, (lines) => replacement.keep(lines));
    appendFileSync(path, `${run("1")}\n`);
    const objects = () => {
      throw new Error("it lives");
    };
    await expect(replacement.replace(end, objects)).rejects.toThrow("it lives");
    await replacement.abandon();
    expect(readFileSync(path, "utf8")).toBe(`${run("1")}\n${run("2")}\n${run("1")}\n`);
    expect(readdirSync(join(path, ".."))).toEqual(["log.jsonl"]);
  });

  it("does not take the place of a file that somebody else put there", async () => {
    const path = logOf(run("1"));
    const replacement = await Replacement.begin(path);
    writeFileSync(`${path}.other`, "other\n");
    renameSync(`${path}.other`, path);
    await expect(replacement.replace(0, () => undefined)).rejects.toThrow("replaced by another program");
    await replacement.abandon();
    expect(readFileSync(path, "utf8")).toBe("other\n");
  });
});

describe("a line that was appended", () => {
  it.each([
    ["workflow", JSON.stringify({ timestamp: TIME, event: "workflow_complete", workflow_id: "old" }), true],
    ["workflow", JSON.stringify({ timestamp: TIME, event: "workflow_complete", workflow_id: "other" }), false],
    ["invocation", run("1"), true],
    ["invocation", run("2", { workflow_id: "old" }), true],
    ["invocation", run("2"), false],
    ["invocation", "not JSON", false],
    // Nobody works on what is judged.
    ["feedback", JSON.stringify({ timestamp: TIME, invocation_id: "1" }), false],
  ] as const)("of the %s log may keep alive what was to go: %s", (kind, line, alive) => {
    expect(contradicts(Buffer.from(line), kind, EXPIRED)).toBe(alive);
  });
});
