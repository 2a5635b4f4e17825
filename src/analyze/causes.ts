import type { AgentPathTime, HandoffTime, PooledTime } from "./overhead.js";
import { reworkShare } from "./rework.js";

/** Shares below this name no cause: then no single thing stands out. */
const WORTH_NAMING = { waiting: 0.05, rework: 0.2, drag: 0.3 };

/** What costs most time. */
export interface DominantCause {
  readonly cause: "lead_in" | "handoff_gaps" | "contention" | "tail" | "rework" | "drag";
  /** Share of T; for "rework" share of the runs. */
  readonly share: number;
  /** For "drag": the agent. */
  readonly agent_name?: string;
  /** What to do about it. */
  readonly advice: string;
}

/**
 * Names what costs most. Where waiting is more than the band "stay" allows, it is the largest part of the waiting; else
 * rework when a fifth of the runs are; else the agent whose time holds up everything, when that is 30 % of T.
 *
 * @param waiting whether the idle share has left the band "stay"
 * @returns `null` when nothing stands out
 */
export function dominantCause(
  pool: PooledTime,
  agents: readonly AgentPathTime[],
  handoffs: HandoffTime,
  waiting: boolean,
): DominantCause | null {
  const cause = waiting ? causeOfWaiting(pool, handoffs) : null;
  return cause ?? causeOfWork(pool, agents);
}

function causeOfWaiting(pool: PooledTime, { contention, prioritization }: HandoffTime): DominantCause | null {
  // What of the gaps may be due to agents that were busy elsewhere: no more than all such waits.
  const busy = Math.min(contention + prioritization, pool.handoff_gaps);
  const causes: DominantCause[] = [
    {
      cause: "handoff_gaps",
      share: (pool.handoff_gaps - busy) / pool.wall,
      advice: "nobody starts the next agent: delegate automatically, or share memory so that it can start at once",
    },
    {
      cause: "contention",
      share: busy / pool.wall,
      advice: "agents wait for one that is busy elsewhere: run more instances of it",
    },
    { cause: "lead_in", share: pool.lead_in / pool.wall, advice: "the first agent starts late: plan less before it" },
    {
      cause: "tail",
      share: pool.tail / pool.wall,
      advice: "workflows stay open after the last agent: complete them when it ends, or record the work that follows",
    },
  ];
  const largest = causes.reduce((a, b) => (b.share > a.share ? b : a));
  return largest.share >= WORTH_NAMING.waiting ? largest : null;
}

function causeOfWork(pool: PooledTime, agents: readonly AgentPathTime[]): DominantCause | null {
  const share = reworkShare(pool, pool.ended_invocations + pool.open_invocations) ?? 0;
  if (share >= WORTH_NAMING.rework)
    return {
      cause: "rework",
      share,
      advice: "work is done again and again: make the specification of the task clearer",
    };
  const [first, ...rest] = agents;
  if (!first) return null;
  const slowest = rest.reduce((a, b) => (b.drag > a.drag ? b : a), first);
  if (slowest.drag / pool.wall < WORTH_NAMING.drag) return null;
  return {
    cause: "drag",
    share: slowest.drag / pool.wall,
    agent_name: slowest.agent_name,
    advice: `everything waits for ${slowest.agent_name}: split its tasks so that parts run side by side`,
  };
}
