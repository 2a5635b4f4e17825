import { readFileSync } from "node:fs";

import { microseconds, type LogRow } from "./event-log.js";

type Fields = Readonly<Record<string, string>>;

/** What the columns of an event log are called. */
interface Columns {
  readonly case: string;
  readonly activity: string;
  /** Absent from some logs: then the activity stands for it. */
  readonly resource?: string;
  /** Between fields; a comma by default. */
  readonly separator?: string;
}

/** A line for each execution. A log whose events are points in time has the same column twice. */
interface ExecutionColumns extends Columns {
  readonly start: string;
  readonly end: string;
}

/** A line for each thing that happens to an execution: those that `start` and `complete` it count. */
interface LifecycleColumns extends Columns {
  readonly time: string;
  readonly lifecycle: string;
  /** What a start has in common with its completion; by default case, activity and resource, first come first served. */
  readonly instance?: string;
}

export type LogColumns = ExecutionColumns | LifecycleColumns;

export const RUNNING_EXAMPLE: LogColumns = {
  case: "case:concept:name",
  activity: "concept:name",
  resource: "org:resource",
  start: "time:timestamp",
  end: "time:timestamp",
};

export const INTERVAL_EVENT_LOG: LogColumns = {
  case: "case:concept:name",
  activity: "concept:name",
  start: "start_timestamp",
  end: "time:timestamp",
};

export const PATIENTS: LogColumns = {
  case: "patient",
  activity: "handling",
  resource: "employee",
  time: "time",
  lifecycle: "registration_type",
  instance: "handling_id",
};

/** manual_log_1.csv and manual_log_2.csv. */
export const HANDOFF_LOG: LogColumns = {
  case: "case_id",
  activity: "Activity",
  resource: "Resource",
  start: "start_time",
  end: "end_time",
};

/** The executions in an event log, from the text of a CSV file. */
export function executionsIn(csv: string, columns: LogColumns): readonly LogRow[] {
  const lines = readCsv(csv, columns.separator ?? ",").map((fields) => {
    const get = (name: string) => {
      const value = fields[name];
      if (value === undefined) throw new Error(`no column ${name} among ${Object.keys(fields).join(", ")}`);
      return value;
    };
    const activity = get(columns.activity);
    const resource = columns.resource === undefined ? activity : get(columns.resource);
    return { get, row: { case: get(columns.case), activity, resource } };
  });
  if ("start" in columns)
    return lines.map(({ get, row }) => ({ ...row, start: get(columns.start), end: get(columns.end) || null }));

  const steps = lines.map(({ get, row }) => ({
    row,
    step: get(columns.lifecycle).toLowerCase(),
    time: get(columns.time),
    key: columns.instance === undefined ? JSON.stringify(row) : get(columns.instance),
  }));
  // The lines need not be in order.
  const inOrder = steps.toSorted((a, b) => microseconds(a.time) - microseconds(b.time));
  const completed = new Map<string, typeof steps>();
  for (const step of inOrder)
    if (step.step === "complete") completed.set(step.key, [...(completed.get(step.key) ?? []), step]);
  const started = inOrder
    .filter(({ step }) => step === "start")
    .map(({ row, time, key }) => ({ ...row, start: time, end: completed.get(key)?.shift()?.time ?? null }));
  // What nobody saw start is a point in time.
  const rest = [...completed.values()].flat().map(({ row, time }) => ({ ...row, start: time, end: time }));
  return [...started, ...rest];
}

/** {@link executionsIn} a file. */
export function readEventLog(path: string, columns: LogColumns): readonly LogRow[] {
  return executionsIn(readFileSync(path, "utf8"), columns);
}

/** One line of an `_expected.csv`: all handoffs of one kind together. Times are seconds. */
export interface ExpectedWaits {
  readonly source_activity: string;
  readonly source_resource: string;
  readonly target_activity: string;
  readonly target_resource: string;
  readonly frequency: number;
  readonly total: number;
  readonly contention: number;
  readonly prioritization: number;
  /** Theirs tell the absence of a resource, after its calendar, from what is left: one and the same here. */
  readonly other: number;
}

/** manual_log_1_expected.csv and manual_log_2_expected.csv. */
export function readExpectedWaits(path: string): readonly ExpectedWaits[] {
  return readCsv(readFileSync(path, "utf8"), ",").map((fields) => ({
    source_activity: fields["source_activity"]!,
    source_resource: fields["source_resource"]!,
    target_activity: fields["target_activity"]!,
    target_resource: fields["target_resource"]!,
    frequency: Number(fields["frequency"]),
    total: seconds(fields["wt_total"]!),
    contention: seconds(fields["wt_contention"]!),
    prioritization: seconds(fields["wt_prioritization"]!),
    other: seconds(fields["wt_unavailability"]!) + seconds(fields["wt_extraneous"]!),
  }));
}

/** Of a length of time as pandas writes it: `0 days 01:30:00`. */
function seconds(text: string): number {
  const [, days, hours, minutes, rest] = /^(\d+) days (\d\d):(\d\d):(\d\d)$/.exec(text)!;
  return ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(rest);
}

/** The lines of a CSV text by the names in its first line. Fields may be quoted, and then span lines. */
function readCsv(text: string, separator: string): readonly Fields[] {
  const plain = `[^"\r\n${separator}][^\r\n${separator}]*`;
  const field = new RegExp(`(?:"((?:[^"]|"")*)"|(${plain})|)(${separator === "|" ? "\\|" : separator}|\r?\n|$)`, "gy");
  const rows: string[][] = [[]];
  // Without a byte order mark.
  const body = text.replace(/^\uFEFF/, "").trimEnd();
  while (field.lastIndex < body.length) {
    const match = field.exec(body);
    if (!match) throw new Error(`line ${rows.length} is no line of a table`);
    const [, quoted, unquoted = "", end] = match;
    rows.at(-1)!.push(quoted?.replaceAll('""', '"') ?? unquoted);
    if (end !== separator && end !== "") rows.push([]);
    // A last field that is empty.
    if (end === separator && field.lastIndex === body.length) rows.at(-1)!.push("");
  }
  const [names = [], ...lines] = rows;
  return lines.map((row) => Object.fromEntries(names.map((name, i) => [name, row[i] ?? ""])));
}
