import { METHODS, type Method } from "./methods.js";
import type { OutcomeTable } from "./outcome-table.js";
import { replaySeed, type Coverage, type MethodRun, type Reference, type Replay, type SeedResult } from "./replay.js";
import { jackknifeError, mean, reliability, scores, standardError, type ReliabilityBin } from "./scores.js";
import { SimilarTasks } from "./similar-tasks.js";

/** What a method achieved, over all seeds. Standard errors are over seeds, and `null` where there is one only. */
export interface MethodScores {
  /** Mean success of the agents that it picked. */
  readonly value: number;
  readonly value_se: number | null;
  /** Of the probabilities that it stated of those agents. */
  readonly brier: number;
  readonly brier_se: number | null;
  readonly ece: number;
  readonly ece_se: number | null;
  readonly log_loss: number;
  readonly log_loss_se: number | null;
  /** `value` less that of the specified formula, on the same histories and tasks. */
  readonly gain_over_keyword: number;
  readonly gain_over_keyword_se: number | null;
  /** `value` less that of the success rate regardless of the task. */
  readonly gain_over_global: number;
  readonly gain_over_global_se: number | null;
  /** Mean success in the history that it made itself; `null` in other modes. */
  readonly on_the_way: number | null;
  /**
   * Share of 80 % intervals that held the agent's rate on similar tasks, of the agents picked and of every agent of the
   * pool; `null` for methods without intervals.
   */
  readonly coverage_of_picks: number | null;
  readonly coverage_of_all: number | null;
}

/** What {@link replaySeeds} gives. */
export interface ReplayResult extends Replay {
  readonly tasks: number;
  readonly agents: number;
  readonly trials: number;
  readonly seeds: number;
  readonly first_seed: number;
  readonly methods: Readonly<Record<string, MethodScores>>;
  readonly reference: Reference;
  /** Standard errors over seeds. */
  readonly reference_se: Readonly<Record<keyof Reference, number | null>>;
  /** What our method stated of the agents that it picked, and what was observed. */
  readonly reliability: readonly ReliabilityBin[];
}

/** The method of this package, and the one that it is compared with first. */
const OURS = "oak";
const SPECIFIED = "keyword";
const GLOBAL = "global";

/**
 * Replays a table once per seed, and sums up.
 *
 * @param seeds at least 1
 * @param onProgress called often, with how many replays there have been; waited for
 * @throws {RangeError} as {@link replaySeed}
 */
export async function replaySeeds(
  table: OutcomeTable,
  replay: Replay,
  { first_seed, seeds }: { readonly first_seed: number; readonly seeds: number },
  onProgress: (done: number) => Promise<void> = () => Promise.resolve(),
  methods: readonly Method[] = METHODS,
): Promise<ReplayResult> {
  const similar = new SimilarTasks(table);
  const results: SeedResult[] = [];
  for (let i = 0; i < seeds; i++) {
    results.push(await replaySeed(table, replay, methods, first_seed + i, { similar, breathe: () => onProgress(i) }));
  }
  const of = (name: string) => results.map((result) => result.methods[name]!);
  const references = (key: keyof Reference) => results.map(({ reference }) => reference[key]);
  const reference = <T>(value: (values: readonly number[]) => T) => ({
    random: value(references("random")),
    best_single: value(references("best_single")),
    oracle: value(references("oracle")),
  });
  return {
    ...replay,
    tasks: table.tasks.length,
    agents: table.agents.length,
    trials: table.trials.length,
    seeds,
    first_seed,
    methods: Object.fromEntries(
      methods.map(({ name }) => [name, methodScores(of(name), of(SPECIFIED), of(GLOBAL))] as const),
    ),
    reference: reference(mean),
    reference_se: reference(standardError),
    reliability: reliability(of(OURS).map(({ picks }) => picks)),
  };
}

function methodScores(
  runs: readonly MethodRun[],
  keyword: readonly MethodRun[],
  global: readonly MethodRun[],
): MethodScores {
  const sums = runs.map(({ picks }) => picks);
  const of = (key: "value" | "brier" | "log_loss") => runs.map(({ picks }) => scores([picks])[key]!);
  const gains = (others: readonly MethodRun[]) => {
    const values = others.map(({ picks }) => scores([picks]).value!);
    return of("value").map((value, i) => value - values[i]!);
  };
  const way = runs.flatMap(({ on_the_way }) => (on_the_way === null ? [] : [on_the_way]));
  return {
    value: mean(of("value")),
    value_se: standardError(of("value")),
    brier: mean(of("brier")),
    brier_se: standardError(of("brier")),
    ece: scores(sums).ece!,
    ece_se: jackknifeError(sums, (kept) => scores(kept).ece!),
    log_loss: mean(of("log_loss")),
    log_loss_se: standardError(of("log_loss")),
    gain_over_keyword: mean(gains(keyword)),
    gain_over_keyword_se: standardError(gains(keyword)),
    gain_over_global: mean(gains(global)),
    gain_over_global_se: standardError(gains(global)),
    on_the_way: way.length > 0 ? mean(way) : null,
    coverage_of_picks: coverage(runs, "picks"),
    coverage_of_all: coverage(runs, "all"),
  };
}

function coverage(runs: readonly MethodRun[], of: keyof Coverage): number | null {
  const sum = (key: "inside" | "total") => runs.reduce((all, { covered }) => all + covered[of][key], 0);
  return sum("total") > 0 ? sum("inside") / sum("total") : null;
}
