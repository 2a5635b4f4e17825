import type { PastRun, TaskQuery } from "../select/past-run.js";
import type { Fitted, Method, Statement } from "./methods.js";
import type { OutcomeTable } from "./outcome-table.js";
import { completePool, randomPool } from "./pool.js";
import { below, randomOf, shuffled, type Random } from "./random.js";
import { mean, scoreSums, type ScoreSums } from "./scores.js";
import type { SimilarTasks } from "./similar-tasks.js";

/**
 * How a history comes about and what it is tested on.
 *
 * - standard: 70 % of the tasks make the history, at random and with random agents; the rest is the test
 * - specialist: the same with a pool of agents that complement each other
 * - recur: all tasks make the history, with all trials but the last; the test is the last trial of all tasks
 * - closed-loop: as standard, but each method chooses the agents of its history itself
 */
export type ReplayMode = "standard" | "specialist" | "recur" | "closed-loop";

/** What is replayed. */
export interface Replay {
  readonly mode: ReplayMode;
  /** Agents to choose from. */
  readonly pool: number;
  /** Whether the pool complements each other; always in mode "specialist". */
  readonly specialists: boolean;
  /** Runs in the history. */
  readonly history: number;
  /** Whether the domains of tasks are known. */
  readonly domain: boolean;
}

/** What a method did in one replay. */
export interface MethodRun {
  /** Over the agents that it picked. */
  readonly picks: ScoreSums;
  /** Mean success on the way, where it made its own history. */
  readonly on_the_way: number | null;
  /** Whether the agent's rate on similar tasks lay in the stated interval: of the picks, and of every agent. */
  readonly covered: Coverage;
}

/** How often an interval held what it should, of how many. */
export interface Coverage {
  readonly picks: Hits;
  readonly all: Hits;
}

interface Hits {
  readonly inside: number;
  readonly total: number;
}

/** One replay of all methods. */
export interface SeedResult {
  readonly seed: number;
  /** By name of the method. */
  readonly methods: Readonly<Record<string, MethodRun>>;
  readonly reference: Reference;
}

/** What could have been achieved on the same tasks. */
export interface Reference {
  /** Mean of an agent chosen at random. */
  readonly random: number;
  /** The agent of the pool that is best on these tasks, sent to all of them. */
  readonly best_single: number;
  /** For each task the best agent. */
  readonly oracle: number;
}

/** Of the tasks, what makes the history; the rest is the test. */
const TRAINING_SHARE = 0.7;

/** Test tasks on which intervals are checked in each replay: to find similar tasks is slow. */
const COVERAGE_TASKS = 200;

const TASKS_PER_BREATH = 100;

/** What each source of randomness is for. */
const PURPOSE = { split: 0, pool: 1, history: 2, method: 3 };

/** The first run of a history; the others follow by the second. */
const BEGINNING = Date.UTC(2000, 0, 1);

/** What a replay needs besides the table. */
export interface Means {
  readonly similar: SimilarTasks;
  /** Called often; lets the program do something else in between. */
  readonly breathe: () => Promise<void>;
}

/** A table with the trials that the history, and the test, may use. */
interface Setting {
  readonly table: OutcomeTable;
  readonly replay: Replay;
  readonly pool: readonly number[];
  readonly training: readonly number[];
  readonly test: readonly number[];
  readonly trainingTrials: readonly number[];
  readonly testTrials: readonly number[];
}

/**
 * Replays one history, and lets every method pick an agent for every task of the test. The same seed gives all methods
 * the same tasks, agents and (but for the closed loop) history; a longer history begins with the shorter one.
 *
 * @throws {RangeError} when the table is too small: fewer agents than the pool, no second task, no second trial to recur
 */
export async function replaySeed(
  table: OutcomeTable,
  replay: Replay,
  methods: readonly Method[],
  seed: number,
  { similar, breathe }: Means,
): Promise<SeedResult> {
  const setting = settingOf(table, replay, seed);
  const closed = replay.mode === "closed-loop";
  const shared = closed ? [] : randomHistory(setting, randomOf(seed, PURPOSE.history));
  const results: Record<string, MethodRun> = {};
  for (const [i, method] of methods.entries()) {
    const random = randomOf(seed, PURPOSE.method + i);
    const { fitted, on_the_way } = closed
      ? await ownHistory(setting, method, random, randomOf(seed, PURPOSE.history), breathe)
      : { fitted: method.fit(shared, random), on_the_way: null };
    results[method.name] = { ...(await tested(setting, fitted, { similar, breathe })), on_the_way };
  }
  return { seed, methods: results, reference: referenceOf(setting) };
}

/** Twice as many runs as `oak recommend` learns from: more change nothing, and some day they take all memory. */
const MOST_HISTORY = 100_000;

function settingOf(table: OutcomeTable, replay: Replay, seed: number): Setting {
  const recurs = replay.mode === "recur";
  const trials = table.trials.map((_, i) => i);
  if (recurs && trials.length < 2) throw new RangeError("to recur, tasks need two trials or more");
  if (replay.history > MOST_HISTORY)
    throw new RangeError(`a history of ${replay.history} runs is more than the ${MOST_HISTORY} that can be replayed`);
  if (table.agents.length < 2) throw new RangeError("to choose, two agents or more are needed");
  if (replay.pool > table.agents.length)
    throw new RangeError(`a pool of ${replay.pool} is more than the ${table.agents.length} agents there are`);
  const order = shuffled(
    table.tasks.map((_, i) => i),
    randomOf(seed, PURPOSE.split),
  );
  const training = Math.round(order.length * TRAINING_SHARE);
  if (!recurs && (training === 0 || training === order.length))
    throw new RangeError(`to train and to test, more tasks are needed than ${order.length}`);
  const random = randomOf(seed, PURPOSE.pool);
  const specialists = replay.specialists || replay.mode === "specialist";
  return {
    table,
    replay,
    pool: specialists ? completePool(table, replay.pool, random) : randomPool(table, replay.pool, random),
    training: recurs ? order : order.slice(0, training),
    test: recurs ? order : order.slice(training),
    trainingTrials: recurs ? trials.slice(0, -1) : trials,
    testTrials: recurs ? trials.slice(-1) : trials,
  };
}

/** One task after the other, each as often as the others, with an agent drawn at random. */
function randomHistory(setting: Setting, random: Random): PastRun[] {
  const draw = drawing(setting, random);
  const runs: PastRun[] = [];
  for (const { task, agents } of draw) {
    runs.push(runOf(setting, task, agents[below(agents.length, random)]!, runs.length, random));
    if (runs.length === setting.replay.history) break;
  }
  return runs;
}

/**
 * The same with agents that the method chooses. It learns from what came of its choices not after every run, but when
 * there are a twentieth more of them.
 */
async function ownHistory(
  setting: Setting,
  method: Method,
  random: Random,
  history: Random,
  breathe: Means["breathe"],
): Promise<{ fitted: Fitted; on_the_way: number }> {
  const { table, replay } = setting;
  const runs: PastRun[] = [];
  let fitted = method.fit(runs, random);
  let learned = 0;
  for (const { task, agents } of drawing(setting, history)) {
    if (runs.length >= learned * 1.05 && runs.length > learned) {
      fitted = method.fit([...runs], random, fitted);
      learned = runs.length;
      await breathe();
    }
    const names = agents.map((agent) => table.agents[agent]!);
    const statements = fitted.state(queryOf(setting, task), names);
    const agent = agents[highest(statements, ({ exploring }) => exploring)]!;
    runs.push(runOf(setting, task, agent, runs.length, history));
    if (runs.length === replay.history) break;
  }
  return { fitted: method.fit(runs, random, fitted), on_the_way: mean(runs.map(({ outcome }) => outcome)) };
}

/** Training tasks without end, in random order, with the agents of the pool that tried them. */
function* drawing(setting: Setting, random: Random): Generator<{ task: number; agents: number[] }> {
  const { table, pool, training, trainingTrials } = setting;
  const tried = training
    .map((task) => ({
      task,
      agents: pool.filter((agent) => table.made(task, agent, trainingTrials).length > 0),
    }))
    .filter(({ agents }) => agents.length > 0);
  if (tried.length === 0) throw new RangeError("no agent of the pool has tried any of the tasks to learn from");
  for (;;) yield* shuffled(tried, random);
}

function runOf(setting: Setting, task: number, agent: number, step: number, random: Random): PastRun {
  const { table, trainingTrials, replay } = setting;
  const made = table.made(task, agent, trainingTrials);
  const trial = made[below(made.length, random)]!;
  const { domain, text } = table.tasks[task]!;
  return {
    invocation_id: String(step).padStart(9, "0"),
    agent_name: table.agents[agent]!,
    task_description: text,
    domain: replay.domain ? domain : null,
    outcome: table.success(task, agent, trial),
    weight: 1,
    at: BEGINNING + step * 1000,
    duration_seconds: table.duration(task, agent, trial),
    definition_hash: null,
  };
}

function queryOf({ table, replay }: Setting, task: number): TaskQuery {
  const { text, domain } = table.tasks[task]!;
  return { task_description: text, domains: replay.domain && domain !== null ? [domain] : [] };
}

/** Lets a fitted method pick for every task of the test. */
async function tested(
  setting: Setting,
  fitted: Fitted,
  { similar, breathe }: Means,
): Promise<Omit<MethodRun, "on_the_way">> {
  const { table, testTrials } = setting;
  const stated: number[] = [];
  const outcomes: number[] = [];
  const squares: number[] = [];
  const covered = { picks: { inside: 0, total: 0 }, all: { inside: 0, total: 0 } };
  for (const [i, { task, agents }] of testOf(setting).entries()) {
    if (i % TASKS_PER_BREATH === 0) await breathe();
    const statements = fitted.state(
      queryOf(setting, task),
      agents.map((agent) => table.agents[agent]!),
    );
    const pick = highest(statements, ({ advice }) => advice);
    const trials = table
      .made(task, agents[pick]!, testTrials)
      .map((trial) => table.success(task, agents[pick]!, trial));
    stated.push(statements[pick]!.probability);
    outcomes.push(mean(trials));
    squares.push(mean(trials.map((success) => success * success)));
    if (i >= COVERAGE_TASKS) continue;
    for (const [a, { interval }] of statements.entries()) {
      if (!interval) continue;
      const rate = similar.rate(task, agents[a]!);
      const inside = rate >= interval[0] && rate <= interval[1] ? 1 : 0;
      covered.all.inside += inside;
      covered.all.total += 1;
      if (a !== pick) continue;
      covered.picks.inside += inside;
      covered.picks.total += 1;
    }
  }
  return { picks: scoreSums(stated, outcomes, squares), covered };
}

/** The tasks of the test with the agents of the pool that have an outcome there. */
function testOf({ table, pool, test, testTrials }: Setting): { task: number; agents: number[] }[] {
  return test
    .map((task) => ({ task, agents: pool.filter((agent) => table.made(task, agent, testTrials).length > 0) }))
    .filter(({ agents }) => agents.length > 0);
}

function referenceOf(setting: Setting): Reference {
  const { table, pool, testTrials } = setting;
  const tasks = testOf(setting);
  const rates = tasks.map(({ task, agents }) => agents.map((agent) => table.rate(task, agent, testTrials)));
  const single = pool.map((agent) => {
    const known = tasks.flatMap(({ task, agents }) =>
      agents.includes(agent) ? [table.rate(task, agent, testTrials)] : [],
    );
    return known.length === tasks.length ? mean(known) : Number.NEGATIVE_INFINITY;
  });
  return {
    random: mean(rates.map(mean)),
    // Who did not try all of them cannot be sent to all of them.
    best_single: Math.max(...single),
    oracle: mean(rates.map((each) => Math.max(...each))),
  };
}

/** The first of the best. */
function highest(statements: readonly Statement[], value: (statement: Statement) => number): number {
  let best = 0;
  for (const [i, statement] of statements.entries()) if (value(statement) > value(statements[best]!)) best = i;
  return best;
}
