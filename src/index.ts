export * from "./record/index.js";
export { TelemetryAnalyzer } from "./analyzer.js";
export type { AnalyzerOptions, Report } from "./analyzer.js";
export { backtest } from "./backtester.js";
export type { BacktestOptions, BacktestReport } from "./backtester.js";
export type { AdviceComparison, AdviceEvidence, AdviceValue, OutcomeRate } from "./backtest/own-history.js";
export type { ReliabilityBin, Scores } from "./backtest/scores.js";
export type { AgentProfile, AgentWeek, RecentFailure, Strength } from "./analyze/agent-profile.js";
export type { BandThresholds, PhaseBand } from "./analyze/band.js";
export type { DominantCause } from "./analyze/causes.js";
export type { Evidence } from "./analyze/evidence.js";
export type { HandoffAnalysis, Handover, PairLatency, PingPongCount } from "./analyze/handovers.js";
export type { MonotonicTrend } from "./analyze/mann-kendall.js";
export type {
  CoordinationOverhead,
  CriticalPathShares,
  CycleTimeEfficiency,
  HandoffWaits,
  IdleSplit,
  OverheadBand,
  PhaseAdvice,
} from "./analyze/overhead.js";
export type { ArcTotals, PatternAnalysis, PatternUnit, Variant } from "./analyze/patterns.js";
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
export type { InvocationSummary } from "./analyze/run.js";
export type { AgentRank, AgentStatistics, Statistics } from "./analyze/statistics.js";
export type { FailureStreak } from "./analyze/streaks.js";
export type { AgentTrend, TrendAlert, TrendDay } from "./analyze/trends.js";
export type {
  RunDetail,
  WorkflowDetail,
  WorkflowDetailMetrics,
  WorkflowFilter,
  WorkflowList,
  WorkflowSummary,
} from "./analyze/workflow-detail.js";
export type { WorkflowAnalysis, WorkflowStatus } from "./analyze/workflows.js";
export { AgentSelector, queryBestAgent } from "./selector.js";
export type { AgentQuery, SelectorOptions } from "./selector.js";
export type {
  AgentAdvice,
  AgentAssessment,
  AgentExplanation,
  AgentRanking,
  Alternative,
  NoSuitableAgent,
  NotEnoughEvidence,
  PastRunShare,
  Recommendation,
  RecentPerformance,
  ShortlistedAgent,
} from "./select/advice.js";
export type { DefinitionProblem } from "./event/definition-problem.js";
export type { Balance } from "./select/choice.js";
export type { DomainMatch } from "./select/domain.js";
export type { FailedTask, SpecialistOutline } from "./select/specialist.js";
export type { CoordinationWeek } from "./analyze/weeks.js";
