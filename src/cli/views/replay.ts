import type { MethodScores, ReplayResult } from "../../backtest/replays.js";
import { count, grouped, percent, points, UNKNOWN } from "../format.js";
import { width } from "../terminal.js";
import { fittingTable, paragraph, sections, title } from "./fit.js";

/** What the methods are, in the order in which they are listed. */
const MEANINGS: Readonly<Record<string, string>> = {
  random: "any agent",
  global: "success rate, whatever the task",
  wilson: "lower bound of the success rate",
  thompson: "a draw from the posterior of the success rate",
  domain: "success rate in the task's domain",
  keyword: "keywords in common × experience × success rate",
  oak: "oak recommend",
};

/** How the methods did in the replays of an outcome table. */
export function replayText(result: ReplayResult, available = width()): string {
  const { tasks, agents, trials, pool, history, seeds, first_seed, domain, mode, specialists, reference } = result;
  const rows = Object.entries(result.methods).map(([name, scores]) => ({ name, ...scores }));
  const ours = result.methods["oak"];
  const size = `${count(tasks, "task")}, ${count(agents, "agent")}${trials > 1 ? `, ${count(trials, "trial")}` : ""}`;
  const chosen = specialists || mode === "specialist" ? "agents that complement each other" : "agents";
  const seedsText = seeds === 1 ? `seed ${first_seed}` : `seeds ${first_seed} to ${first_seed + seeds - 1}`;
  const way = rows.some(({ on_the_way }) => on_the_way !== null);
  return sections(
    [
      title(`Replay of ${size}`, available),
      paragraph(
        `${grouped(pool)} ${chosen}, ${count(history, "run")} of history, domains ${domain ? "known" : "not known"}, ${mode}; ${seedsText}`,
        undefined,
        available,
      ),
    ].join("\n"),
    fittingTable<MethodScores & { readonly name: string }>(
      rows,
      [
        { header: "METHOD", value: ({ name }) => name, style: ({ name }) => (name === "oak" ? "bold" : undefined) },
        { header: "SUCCESS", align: "right", value: ({ value }) => percent(value) },
        { header: "±", align: "right", value: ({ value_se }) => error(value_se) },
        { header: "VS KEYWORD", align: "right", value: ({ gain_over_keyword }) => points(gain_over_keyword) },
        { header: "±", align: "right", value: ({ gain_over_keyword_se }) => error(gain_over_keyword_se) },
        ...(way
          ? [
              {
                header: "ON THE WAY",
                align: "right",
                value: ({ on_the_way }: MethodScores) => percent(on_the_way),
              } as const,
            ]
          : []),
        { header: "BRIER", align: "right", value: ({ brier }) => brier.toFixed(3) },
        { header: "ECE", align: "right", value: ({ ece }) => ece.toFixed(3) },
        { header: "LOG LOSS", align: "right", value: ({ log_loss }) => log_loss.toFixed(3), gives: 2 },
        { header: "", value: ({ name }) => MEANINGS[name] ?? "", gives: 1 },
      ],
      available,
    ),
    [
      `any agent ${percent(reference.random)}, the best single one ${percent(reference.best_single)}, the best for each task ${percent(reference.oracle)} (in hindsight)`,
      ...(ours && ours.coverage_of_picks !== null
        ? [
            `80% intervals of oak held the agent's rate on the 20 most similar tasks for ${percent(ours.coverage_of_picks)} of picks, ${percent(ours.coverage_of_all)} of all agents`,
          ]
        : []),
    ]
      .map((text) => paragraph(text, undefined, available))
      .join("\n"),
    paragraph(
      "SUCCESS: of the agents picked for tasks that are not in the history. ±: standard error over seeds. BRIER, ECE and LOG LOSS: of the probability stated for the pick; less is better.",
      "dim",
      available,
    ),
  );
}

/** In percentage points. */
function error(standardError: number | null): string {
  return standardError === null ? UNKNOWN : (standardError * 100).toFixed(1);
}
