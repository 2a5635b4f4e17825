import type { PatternAnalysis, PatternUnit, Variant } from "../../analyze/patterns.js";
import { count, duration, grouped, interval, percent } from "../format.js";
import { width } from "../terminal.js";
import { fittingTable, paragraph, title } from "./fit.js";

/** Steps of a sequence that are shown; a workflow can have thousands. */
const MOST_STEPS = 20;

const NOUNS: Readonly<Record<PatternUnit, string>> = { agent_name: "agents", task_type: "kinds of task" };

/** The most frequent sequences of runs. */
export function patternsText(analysis: PatternAnalysis, limit: number, available = width()): string {
  const { by, total_workflows, variants } = analysis;
  const rest = variants.length - limit;
  const sequences = count(variants.length, "sequence");
  return [
    title(`Patterns: ${sequences} of ${NOUNS[by]} in ${count(total_workflows, "completed workflow")}`, available),
    fittingTable(
      variants.slice(0, limit),
      [
        { header: "TIMES", align: "right", value: (variant) => grouped(variant.count) },
        { header: "SHARE", align: "right", value: ({ share }) => percent(share), gives: 2 },
        { header: "SUCCESS", align: "right", value: ({ success_rate: rate }) => percent(rate) },
        { header: "95%", align: "right", value: (variant) => interval(variant.success_rate_interval), gives: 3 },
        { header: "MEDIAN TIME", align: "right", value: (each) => duration(each.median_duration_seconds), gives: 1 },
        { header: "SEQUENCE", value: sequenceText, wraps: true, comfort: 30 },
      ],
      available,
    ),
    ...(rest > 0
      ? [paragraph(`and ${count(rest, "more", "more")}: --limit ${variants.length} shows all`, "dim", available)]
      : []),
    paragraph("which follows which, as a graph: oak patterns --graph mermaid", "dim", available),
  ].join("\n");
}

/** `architect→developer ×3→tester`: the same several times in a row is named once, and the end of a long one is counted. */
export function sequenceText({ sequence }: Pick<Variant, "sequence">): string {
  const steps: { readonly name: string; times: number }[] = [];
  for (const name of sequence) {
    const last = steps.at(-1);
    if (last?.name === name) last.times += 1;
    else steps.push({ name, times: 1 });
  }
  const shown = steps.slice(0, MOST_STEPS).map(({ name, times }) => (times > 1 ? `${name} ×${times}` : name));
  const rest = steps.slice(MOST_STEPS).reduce((sum, { times }) => sum + times, 0);
  return [...shown, ...(rest > 0 ? [count(rest, "more run")] : [])].join("→");
}
