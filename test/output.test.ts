import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, openSync } from "node:fs";
import { join } from "node:path";

import stringWidth from "string-width";
import { describe, expect, it } from "vitest";

import type { TelemetryEvent } from "../src/event/events.js";
import { directoryOf, temporaryDirectory } from "./support/directory.js";
import { oak, ROOT } from "./support/oak.js";

/**
 * Runs a line of the shell in which `$OAK` is the command; gives its output, what it says besides, and its exit code.
 *
 * @param file what it has open as number 3
 */
async function shell(line: string, file: number | "ignore" = "ignore") {
  const child = spawn("sh", ["-c", line], {
    env: { PATH: process.env["PATH"], OAK: `${process.execPath} ${ROOT}dist/cli/main.cjs` },
    stdio: ["ignore", "pipe", "pipe", file],
  });
  const [stdout, stderr] = [child.stdout, child.stderr].map((stream) => stream!.setEncoding("utf8").toArray());
  if (file !== "ignore") closeSync(file);
  const [code] = (await once(child, "close")) as [number];
  return { code, stdout: (await stdout!).join(""), stderr: (await stderr!).join("") };
}

describe("the output of oak", () => {
  it("keeps names that are written from right to left to themselves, and data as it is", async () => {
    const agent_name = "בודק-1";
    const directory = directoryOf([
      { event: "invocation_start", timestamp: "2026-11-01T12:00:00Z", invocation_id: "a", agent_name },
    ]);
    const { stdout } = await oak(["stats", "--dir", directory]);
    expect(stdout).toMatch(/\nAGENT {3}RUNS [^]*\n\u2068בודק-1\u2069 {5}1 /);
    expect((await oak(["stats", "--dir", directory, "--json"])).stdout).toContain(`"${agent_name}": {`);
    expect((await oak(["sql", "select agent_name from invocations", "--csv", "--dir", directory])).stdout).toBe(
      `agent_name\r\n${agent_name}\r\n`,
    );
    const id = await oak(["log", "invocation", "--agent-name", "a", "--invocation-id", agent_name, "--dir", directory]);
    expect(id.stdout).toBe(`${agent_name}\n`);
  });

  it("may be read as far as somebody likes", async () => {
    expect(await shell("{ $OAK schema; echo $? >&2; } | true")).toEqual({ code: 0, stdout: "", stderr: "0\n" });
  });

  it.skipIf(process.platform !== "linux")("says when there is no space for it", async () => {
    const { code, stderr } = await shell("$OAK --help > /dev/full");
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("cannot write the output: ENOSPC") });
  });

  it.skipIf(process.platform !== "linux")(
    "arrives whole through a pipe that does not wait for its reader",
    async () => {
      const started = Array.from({ length: 600 }, (_, i): TelemetryEvent => ({
        timestamp: "2026-11-01T12:00:00.000Z",
        event: "invocation_start",
        invocation_id: `i-${i}`,
        agent_name: `agent ${i}`,
      }));
      const args = ["stats", "--json", "--as-of", "2026-11-01T13:00:00Z", "--dir", directoryOf(started)];
      const { stdout } = await oak(args);
      // More than a pipe holds.
      expect(stdout.length).toBeGreaterThan(100_000);
      const fifo = join(temporaryDirectory(), "fifo");
      execFileSync("mkfifo", [fifo]);
      const writing = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
      const reader = `{ sleep 2; exec cat; } < ${fifo} 3>&- &`;
      const piped = await shell(
        `${reader} $OAK ${args.join(" ")} >&3 3>&-; code=$?; exec 3>&-; wait; exit $code`,
        writing,
      );
      expect(piped).toEqual({ code: 0, stdout, stderr: "" });
    },
  );

  it("stands in columns, also where names are not plain", async () => {
    const names = ["plain", "\u{1f469}\u200d\u{1f467} family", "\u6f22\u5b57-agent", "e\u0301t\u00e9"];
    const directory = directoryOf(
      names.map((agent_name, i): TelemetryEvent => {
        return {
          event: "invocation_start",
          timestamp: `2026-11-0${i + 1}T00:00:00Z`,
          invocation_id: `${i}`,
          agent_name,
        };
      }),
    );
    const { stdout } = await oak(["stats", "--dir", directory]);
    const lines = stdout
      .split("\n")
      .filter((line) => line.startsWith("AGENT") || names.some((n) => line.startsWith(n)));
    expect(lines).toHaveLength(1 + names.length);
    expect(new Set(lines.map((line) => stringWidth(line))).size).toBe(1);
  });
});
