export * from "./record/index.js";
export { TelemetryAnalyzer } from "./analyzer.js";
export type { AnalyzerOptions, Report } from "./analyzer.js";
export type { CoordinationOverhead, PhaseAdvice } from "./analyze/coordination.js";
export type {
  Period,
  PeriodBounds,
  PeriodComparison,
  RunChange,
  RunComparison,
  RunSummary,
  WorkflowPeriod,
} from "./analyze/periods.js";
export type { Interval } from "./analyze/proportion.js";
export type { AgentRank, AgentStatistics, Statistics } from "./analyze/statistics.js";
export type { AgentTrend } from "./analyze/trends.js";
export type { WorkflowAnalysis, WorkflowStatus } from "./analyze/workflows.js";
