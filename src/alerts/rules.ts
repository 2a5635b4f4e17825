import type { PhaseBand } from "../analyze/band.js";
import type { CoordinationOverhead } from "../analyze/overhead.js";
import { percent } from "../analyze/proportion.js";
import type { FailureStreak } from "../analyze/streaks.js";
import type { AgentTrend } from "../analyze/trends.js";
import type { WorkflowSummary } from "../analyze/workflow-detail.js";
import type { Finding } from "./alert.js";
import type { Rules } from "./config.js";
import { plain } from "./plain.js";

/** What the rules look at: results of the analyzer, of one time. Rules that are off need none. */
export interface Observation {
  readonly trends: readonly Pick<AgentTrend, "agent_name" | "alert">[];
  readonly overhead: Pick<CoordinationOverhead, "idle_share" | "band"> | undefined;
  readonly running: readonly Pick<
    WorkflowSummary,
    "workflow_id" | "project_name" | "started_at" | "elapsed_seconds" | "estimated_duration" | "running_agents"
  >[];
  readonly streaks: readonly FailureStreak[];
}

/** Applies the rules. At most one finding for each rule and subject. */
export function findingsOf({ trends, overhead, running, streaks }: Observation, rules: Rules): Finding[] {
  return [
    ...(rules.agent_declining.enabled ? trends.flatMap(declining) : []),
    ...(rules.overhead_band.enabled && overhead ? crossed(overhead, rules.overhead_band.from) : []),
    ...(rules.workflow_stuck.enabled
      ? running.flatMap((workflow) => stuck(workflow, rules.workflow_stuck.times_estimate))
      : []),
    ...(rules.failure_streak.enabled ? streaks.flatMap((one) => failing(one, rules.failure_streak.failures)) : []),
  ];
}

/** Seconds until the next running workflow is stuck, if it goes on; `null` when none will be. */
export function secondsUntilStuck({ running }: Observation, rules: Rules): number | null {
  if (!rules.workflow_stuck.enabled) return null;
  const left = running.flatMap(({ elapsed_seconds, estimated_duration }) => {
    if (elapsed_seconds === null || estimated_duration === null) return [];
    const seconds = estimated_duration * rules.workflow_stuck.times_estimate - elapsed_seconds;
    return seconds >= 0 ? [seconds] : [];
  });
  return left.length > 0 ? left.reduce((a, b) => Math.min(a, b)) : null;
}

const CERTAIN = { at_least: 1, at_most: 1 } as const;

function declining({ agent_name, alert }: Observation["trends"][number]): Finding[] {
  if (!alert) return [];
  const { changed_at, detected_at: _, ...facts } = alert;
  const since = `${percent(alert.rate_since)} of ${runs(alert.runs_since)} since ${changed_at.slice(0, 10)}`;
  return [
    {
      rule: "agent_declining",
      subject: agent_name,
      text: `${plain(agent_name)} succeeds less often: ${since}, ${percent(alert.rate_before)} of ${runs(alert.runs_before)} before`,
      since: changed_at,
      facts,
      ...CERTAIN,
      // The change is estimated anew with every run: while there is a decline, it is the same one.
      until: null,
    },
  ];
}

const LEVELS: readonly PhaseBand[] = ["stay", "monitor", "consider"];

function crossed({ idle_share, band }: NonNullable<Observation["overhead"]>, from: PhaseBand): Finding[] {
  if (idle_share === null || !band || band.bands.length === 0) return [];
  const levels = band.bands.map((one) => LEVELS.indexOf(one));
  const level = (index: number) => (index >= LEVELS.indexOf(from) ? index : 0);
  const at_most = level(Math.max(...levels));
  if (at_most === 0) return [];
  const interval = band.idle_share_interval;
  // With few workflows the bands are a guess, which no interval supports.
  const at_least = interval === null ? 0 : level(Math.min(...levels));
  const limit =
    at_least === 2
      ? `: more than ${band.thresholds.consider}%`
      : at_least === 1
        ? `: ${band.thresholds.stay}% or more`
        : "";
  const bounds = interval === null ? "" : ` (${Math.round(interval[0] * 100)}–${Math.round(interval[1] * 100)})`;
  return [
    {
      rule: "overhead_band",
      subject: "workflows",
      text: `workflows wait ${percent(idle_share)} of their time${bounds}${limit}`,
      since: null,
      facts: { idle_share, idle_share_interval: interval, bands: band.bands },
      at_least,
      at_most,
      until: null,
    },
  ];
}

function stuck(workflow: Observation["running"][number], times: number): Finding[] {
  const { workflow_id, project_name, started_at, elapsed_seconds, estimated_duration, running_agents } = workflow;
  if (elapsed_seconds === null || estimated_duration === null || !(elapsed_seconds > times * estimated_duration))
    return [];
  const name = project_name ? `${plain(project_name)} (${plain(workflow_id)})` : plain(workflow_id);
  const at = running_agents.length > 0 ? `at work: ${running_agents.map(plain).join(", ")}` : "nobody is at work";
  return [
    {
      rule: "workflow_stuck",
      subject: workflow_id,
      text: `${name} has been running for more than ${times} times its estimate; ${at}`,
      since: started_at,
      facts: { project_name, elapsed_seconds, estimated_duration, running_agents },
      ...CERTAIN,
      until: null,
    },
  ];
}

function failing({ agent_name, failures, since, until, last_error }: FailureStreak, least: number): Finding[] {
  if (failures < least) return [];
  const error = last_error ? `, the last time with: ${plain(last_error)}` : "";
  return [
    {
      rule: "failure_streak",
      subject: agent_name,
      text: `${plain(agent_name)} failed ${failures} times in a row${error}`,
      since,
      facts: { failures, last_error },
      ...CERTAIN,
      until,
    },
  ];
}

function runs(number: number): string {
  return number === 1 ? "1 run" : `${number} runs`;
}
