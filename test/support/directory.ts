import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { onTestFinished } from "vitest";

import { LOG_FILES, type LogKind } from "../../src/event/directory.js";
import type { TelemetryEvent } from "../../src/event/events.js";

/** A new empty directory that is removed when the test ends. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "oak-test-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** The file that an event belongs into. */
function kindOf(event: TelemetryEvent): LogKind {
  if (event.event === "success_metric") return "feedback";
  return event.event.startsWith("invocation") ? "invocation" : "workflow";
}

/** A new telemetry directory that holds these events, in this order. */
export function directoryOf(events: readonly TelemetryEvent[]): string {
  const directory = temporaryDirectory();
  append(directory, events);
  return directory;
}

/** Appends events to the log of a directory. */
export function append(directory: string, events: readonly TelemetryEvent[]): void {
  for (const kind of Object.keys(LOG_FILES) as LogKind[]) {
    const lines = events.filter((event) => kindOf(event) === kind).map((event) => `${JSON.stringify(event)}\n`);
    appendFileSync(join(directory, LOG_FILES[kind]), lines.join(""));
  }
}
