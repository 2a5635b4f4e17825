import type { PastRun } from "./past-run.js";

/** Runs that are looked at: the last ones. */
export const RUNS_READ = 50_000;

/** After so many later runs of the same agent a run counts half. */
const HALF_LIFE = 40;

/** A run under another definition of its agent than the present one counts so much less. */
const OTHER_DEFINITION = 0.1;

/** What counts less than this is left out: all that an agent ever did before counts a quarter of a run together. */
const NEGLIGIBLE = 2 ** -8;

/** Runs of the same task (text and domain) by the same agent, as one observation. */
interface Observation {
  /** Places in `Evidence.agents`, `Evidence.tasks`. */
  readonly agent: number;
  readonly task: number;
  /** Mean outcome, weighted. */
  readonly outcome: number;
  /** Sum of the runs' weights. */
  readonly weight: number;
  readonly runs: readonly WeightedRun[];
}

/** A past run and what it counts by now. */
interface WeightedRun {
  readonly run: PastRun;
  readonly weight: number;
}

/** Text and domain: what tells tasks apart. Places in `Evidence.texts` and `Evidence.domains`; −1: no domain. */
interface Task {
  readonly text: number;
  readonly domain: number;
}

/** The history as the model takes it. All lists are in an order that depends on the runs only, not on theirs. */
export interface Evidence {
  readonly agents: readonly string[];
  readonly domains: readonly string[];
  readonly texts: readonly string[];
  readonly tasks: readonly Task[];
  /** By agent. */
  readonly observations: readonly Observation[];
}

/**
 * Weighs the runs and puts repeats together.
 *
 * A run counts its weight, halved for every {@link HALF_LIFE} later runs of its agent, and a tenth of that under
 * another definition than the present one.
 *
 * @param definitions present definition hashes by agent; else the last one recorded counts as the present one
 */
export function weigh(runs: readonly PastRun[], definitions: ReadonlyMap<string, string> = new Map()): Evidence {
  const weighted = weights(last(runs), definitions);
  const agents = distinct(weighted.map(({ run }) => run.agent_name));
  const domains = distinct(weighted.flatMap(({ run }) => run.domain ?? []));
  const texts = distinct(weighted.map(({ run }) => run.task_description));
  const [agentPlace, domainPlace, textPlace] = [places(agents), places(domains), places(texts)];

  const tasks: Task[] = [];
  const taskPlace = new Map<number, number>();
  const groups = agents.map(() => new Map<number, WeightedRun[]>());
  for (const each of weighted) {
    const text = textPlace.get(each.run.task_description)!;
    const domain = each.run.domain === null ? -1 : domainPlace.get(each.run.domain)!;
    const key = text * (domains.length + 1) + domain + 1;
    let task = taskPlace.get(key);
    if (task === undefined) taskPlace.set(key, (task = tasks.push({ text, domain }) - 1));
    const group = groups[agentPlace.get(each.run.agent_name)!]!;
    const same = group.get(task);
    if (same) same.push(each);
    else group.set(task, [each]);
  }
  const observations = groups.flatMap((group, agent) => [...group].map(([task, same]) => observe(agent, task, same)));
  return { agents, domains, texts, tasks, observations };
}

function observe(agent: number, task: number, runs: readonly WeightedRun[]): Observation {
  const weight = runs.reduce((sum, each) => sum + each.weight, 0);
  const outcome = runs.reduce((sum, each) => sum + each.weight * each.run.outcome, 0) / weight;
  return { agent, task, outcome, weight, runs };
}

/** The last {@link RUNS_READ} runs, in an order that does not depend on theirs. */
function last(runs: readonly PastRun[]): PastRun[] {
  if (runs.length <= RUNS_READ) return runs.toSorted(inTime);
  const since = Float64Array.from(runs, (run) => run.at).toSorted()[runs.length - RUNS_READ]!;
  return runs
    .filter((run) => run.at >= since)
    .toSorted(inTime)
    .slice(-RUNS_READ);
}

function inTime(a: PastRun, b: PastRun): number {
  return (
    a.at - b.at ||
    compare(a.invocation_id, b.invocation_id) ||
    compare(a.agent_name, b.agent_name) ||
    compare(a.task_description, b.task_description) ||
    compare(a.domain ?? "", b.domain ?? "") ||
    a.outcome - b.outcome ||
    a.weight - b.weight
  );
}

function weights(runs: readonly PastRun[], definitions: ReadonlyMap<string, string>): WeightedRun[] {
  const later = new Map<string, number>();
  const present = new Map(definitions);
  const weighted: WeightedRun[] = [];
  for (const run of runs.toReversed()) {
    const age = later.get(run.agent_name) ?? 0;
    later.set(run.agent_name, age + 1);
    if (run.definition_hash !== null && !present.has(run.agent_name)) present.set(run.agent_name, run.definition_hash);
    const other = run.definition_hash !== null && run.definition_hash !== present.get(run.agent_name);
    const weight = run.weight * 2 ** (-age / HALF_LIFE) * (other ? OTHER_DEFINITION : 1);
    if (weight >= NEGLIGIBLE) weighted.push({ run, weight });
  }
  return weighted.toReversed();
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function distinct(values: readonly string[]): string[] {
  return [...new Set(values)].toSorted(compare);
}

function places(values: readonly string[]): Map<string, number> {
  return new Map(values.map((value, i) => [value, i]));
}
