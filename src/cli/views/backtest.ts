import type { AdviceValue, OutcomeRate, OwnHistory } from "../../backtest/own-history.js";
import type { ReliabilityBin, Scores } from "../../backtest/scores.js";
import { count, grouped, interval, percent, points, signedInterval, UNKNOWN } from "../format.js";
import { table } from "../table.js";
import { heading, width } from "../terminal.js";
import { fittingTable, paragraph, sections, title } from "./fit.js";

/** How good the advice would have been in the course of a history. */
export function backtestText(report: OwnHistory, available = width()): string {
  const { runs, first_runs, scores, baseline, reliability, advice, advice_value } = report;
  const left = first_runs === 1 ? "the first is" : `the first ${grouped(first_runs)} are`;
  const first = first_runs > 0 ? `; ${left} left out, because nothing was known before` : "";
  return sections(
    [
      title(`Backtest: ${count(runs - first_runs, "run")} in order of time${first}`, available),
      paragraph(verdict(report), undefined, available),
    ].join("\n"),
    [heading("What was stated when the run began, and what came of it"), reliabilityTable(reliability, available)].join(
      "\n",
    ),
    table(
      [
        { name: "oak", scores },
        { name: "agent's rate so far", scores: baseline },
      ],
      [
        { header: "STATED BY", value: ({ name }) => name },
        { header: "BRIER", align: "right", value: (row) => digits(row.scores, "brier") },
        { header: "ECE", align: "right", value: (row) => digits(row.scores, "ece") },
        { header: "LOG LOSS", align: "right", value: (row) => digits(row.scores, "log_loss") },
      ],
      available,
    ),
    [
      table(
        [
          { name: "the agent that was sent", ...advice.same },
          { name: "another agent", ...advice.different },
          { name: "none", ...advice.none },
        ],
        [
          { header: "ADVICE", value: ({ name }) => name },
          { header: "RUNS", align: "right", value: (row: OutcomeRate) => grouped(row.runs) },
          { header: "SUCCESS", align: "right", value: (row) => percent(row.success_rate) },
          { header: "95%", align: "right", value: (row) => interval(row.interval) },
        ],
        available,
      ),
      ...differing(report, available),
      paragraph(valueText(advice_value), undefined, available),
    ].join("\n"),
  );
}

function reliabilityTable(bins: readonly ReliabilityBin[], available: number): string {
  return fittingTable<ReliabilityBin>(
    bins,
    [
      { header: "STATED", value: ({ from, to }) => `${Math.round(from * 100)}–${Math.round(to * 100)}%` },
      { header: "RUNS", align: "right", value: (bin) => grouped(bin.count) },
      { header: "MEAN", align: "right", value: ({ stated }) => percent(stated) },
      { header: "OBSERVED", align: "right", value: ({ observed }) => percent(observed) },
      { header: "95%", align: "right", value: (bin) => interval(bin.interval) },
    ],
    available,
  );
}

function verdict({ brier_difference, brier_difference_interval, verdict: word }: OwnHistory): string {
  if (brier_difference === null || brier_difference_interval === null)
    return "Too few runs to tell whether oak states better probabilities than the agent's rate so far.";
  const [low, high] = brier_difference_interval.map(signedDigits);
  const difference = `Brier score ${signedDigits(brier_difference)} (95%: ${low} to ${high}; less is better)`;
  if (word === "undecided")
    return `It cannot be told whether oak states better probabilities than the agent's rate so far: ${difference}.`;
  return `oak states ${word} probabilities than the agent's rate so far: ${difference}.`;
}

function differing({ advice }: OwnHistory, available: number): string[] {
  const { runs, stated_of_sent, stated_of_advised } = advice.different;
  if (runs === 0) return [];
  const stated = `Where another agent would have been advised, it was given ${percent(stated_of_advised)}, and the one that was sent ${percent(stated_of_sent)}.`;
  return [paragraph(stated, undefined, available)];
}

function valueText(value: AdviceValue): string {
  if (value.status === "unknown")
    return `What following the advice would have cost or gained cannot be known: ${value.reason}. Success with and without differing advice is no answer, because the tasks are not the same.`;
  const { matched, effective_runs, explored, success_rate, random_success_rate, gain, gain_interval } = value;
  return (
    `Estimated from ${count(explored, "run")} whose agent was left to chance, ${grouped(matched)} of them as advised (weighted, worth ${grouped(Math.round(effective_runs))} alike): ` +
    `the advice succeeds in ${percent(success_rate)}, chance in ${percent(random_success_rate)}; ${points(gain)} points (95%: ${signedInterval(gain_interval)}).`
  );
}

function digits(scores: Scores, key: keyof Scores): string {
  const value = scores[key];
  return value === null ? UNKNOWN : value.toFixed(3);
}

function signedDigits(value: number): string {
  return `${value > 0 ? "+" : ""}${value.toFixed(3)}`;
}
