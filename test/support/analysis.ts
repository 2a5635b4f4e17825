import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { TelemetryEvent } from "../../src/event/events.js";
import {
  TelemetryAnalyzer,
  type AnalyzerOptions,
  type CoordinationOverhead,
  type HandoffAnalysis,
  type PatternAnalysis,
  type Statistics,
  type WorkflowAnalysis,
  type WorkflowDetail,
  type WorkflowSummary,
} from "../../src/index.js";
import { append } from "./directory.js";
import { timeAt } from "./scenario.js";

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

/** All that the analyzer says of a log. */
export interface Results {
  readonly statistics: Statistics;
  readonly analysis: WorkflowAnalysis;
  readonly overhead: CoordinationOverhead;
  readonly patterns: PatternAnalysis;
  readonly handoffs: HandoffAnalysis;
  readonly list: readonly WorkflowSummary[];
  readonly details: Readonly<Record<string, WorkflowDetail>>;
}

/**
 * All that the analyzer says of a log.
 *
 * @param seconds what is now, since {@link ORIGIN}
 */
export async function resultsOf(events: readonly TelemetryEvent[], seconds = 3600, abandoned_after_seconds?: number) {
  const options = {
    as_of: timeAt(seconds),
    ...(abandoned_after_seconds === undefined ? {} : { abandoned_after_seconds }),
  };
  return analyzing(
    events,
    async (analyzer): Promise<Results> => {
      const { workflows } = await analyzer.listWorkflows({}, { limit: 100 });
      const details = await Promise.all(workflows.map((each) => analyzer.getWorkflow(each.workflow_id)));
      return {
        statistics: await analyzer.generateStatistics(),
        analysis: await analyzer.analyzeWorkflows(),
        overhead: await analyzer.calculateCoordinationOverhead(),
        patterns: await analyzer.analyzePatterns(),
        handoffs: await analyzer.analyzeHandoffs(),
        list: workflows,
        details: Object.fromEntries(details.map((detail) => [detail!.workflow_id, detail!])),
      };
    },
    options,
  );
}
