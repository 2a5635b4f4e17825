import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { TelemetryEvent } from "../../src/event/events.js";
import { TelemetryAnalyzer, type AnalyzerOptions } from "../../src/index.js";
import { append } from "./directory.js";

/** Lets `work` ask an analyzer of a telemetry directory that holds these events, in this order, and is removed then. */
export async function analyzing<T>(
  events: readonly TelemetryEvent[],
  work: (analyzer: TelemetryAnalyzer, directory: string) => Promise<T>,
  options: Omit<AnalyzerOptions, "directory"> = {},
): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), "oak-test-"));
  const analyzer = new TelemetryAnalyzer({ ...options, directory });
  try {
    append(directory, events);
    return await work(analyzer, directory);
  } finally {
    analyzer.close();
    rmSync(directory, { recursive: true, force: true });
  }
}
