import type { LogInspection, Orphan, Problem, Tally } from "../../log/inspect.js";
import type { Waiting } from "../../record/spool.js";
import { count, grouped } from "../format.js";
import { table } from "../table.js";
import { faint, heading, style } from "../terminal.js";

/** Places named one by one; more are only counted. `--json` names all. */
const MOST_PLACES = 20;

const ORPHANS: Readonly<Record<Orphan, string>> = {
  workflow_events_without_start: "workflow events without a workflow_start",
  invocations_without_workflow: "invocations of a workflow without a workflow_start",
  updates_without_invocation: "updates of an invocation that was never logged",
  feedback_without_invocation: "feedback on an invocation that was never logged",
  invocations_without_parent: "invocations whose parent was never logged",
  workflow_ids_used_twice: "starts of a workflow whose id was used before: their runs are taken for one",
};

export function inspectionText(directory: string, inspection: LogInspection, healthy: boolean): string {
  const sections = [
    heading(directory),
    table(inspection.files, [
      { header: "FILE", value: ({ file }) => file, wraps: true },
      { header: "BYTES", align: "right", value: ({ bytes }) => grouped(bytes) },
      { header: "LINES", align: "right", value: ({ lines }) => grouped(lines) },
      { header: "EVENTS", align: "right", value: ({ events }) => grouped(events) },
      {
        header: "DAMAGED",
        align: "right",
        value: ({ damaged }) => grouped(damaged),
        style: alarm(({ damaged }) => damaged),
      },
      {
        header: "INVALID",
        align: "right",
        value: ({ invalid }) => grouped(invalid),
        style: alarm(({ invalid }) => invalid),
      },
    ]),
    ...places("Damaged: not in the analysis", inspection.damaged),
    ...places("Invalid: the analysis takes from the field what it can, or nothing", inspection.invalid),
    ...tallies(
      "Orphans",
      Object.entries(inspection.orphans).map(([name, tally]) => [ORPHANS[name as Orphan], tally]),
    ),
    ...tallies("Unknown events, ignored", Object.entries(inspection.unknown_events)),
    ...tallies("Unknown fields, ignored", Object.entries(inspection.unknown_fields)),
    ...(inspection.duplicates > 0 ? [`\n${count(inspection.duplicates, "duplicate line")}: counted once`] : []),
    "",
    healthy ? style("green", "Every line can be read.") : style("red", "Some lines cannot be read as they should."),
  ];
  return sections.join("\n");
}

/** What was recorded for a server, and has not arrived. */
export function waitingText(waiting: readonly Waiting[]): string {
  return [
    heading("Recorded for a server, not sent yet"),
    table(waiting, [
      { header: "SERVER", value: ({ endpoint }) => endpoint, wraps: true },
      { header: "EVENTS", align: "right", value: ({ events }) => grouped(events) },
      { header: "BYTES", align: "right", value: ({ bytes }) => grouped(bytes) },
    ]),
    faint("Who records for that server in this directory next (OAK_ENDPOINT) sends them, once it can be reached."),
  ].join("\n");
}

type FileCounts = LogInspection["files"][number];

function alarm(value: (file: FileCounts) => number): (file: FileCounts) => "red" | undefined {
  return (file) => (value(file) > 0 ? "red" : undefined);
}

function places(title: string, problems: readonly Problem[]): string[] {
  if (problems.length === 0) return [];
  const rest = problems.length - MOST_PLACES;
  return [
    `\n${heading(title)}`,
    table(problems.slice(0, MOST_PLACES), [
      { header: "FILE", value: ({ file }) => file },
      { header: "LINE", align: "right", value: ({ line }) => String(line) },
      { header: "REASON", value: ({ reason }) => reason, wraps: true },
    ]),
    ...(rest > 0 ? [faint(`and ${count(rest, "more", "more")}: oak doctor --json names all`)] : []),
  ];
}

function tallies(title: string, entries: readonly (readonly [string, Tally | undefined])[]): string[] {
  const found = entries.flatMap(([name, tally]) => (tally ? [{ name, ...tally }] : []));
  if (found.length === 0) return [];
  return [
    `\n${heading(title)}`,
    table(found, [
      { header: "TIMES", align: "right", value: (tally) => grouped(tally.count) },
      { header: "WHAT", value: ({ name }) => name, wraps: true },
      { header: "FIRST AT", value: ({ first }) => `${first.file}:${first.line}` },
    ]),
  ];
}
