import { CsvError, parse } from "csv-parse/sync";

import { OutcomeTable, type Task, type TrialOutcome } from "./outcome-table.js";

/** Says where a file is not as it should be, and what should stand there. */
export class TableError extends Error {
  override readonly name = "TableError";

  constructor(
    /** Counted from 1. */
    readonly line: number,
    /** Character of a JSON line, or field of a CSV line, counted from 1. */
    readonly column: number,
    readonly problem: string,
  ) {
    super(`line ${line}, column ${column}: ${problem}`);
  }
}

const REQUIRED = ["task_id", "agent", "success"] as const;
const KNOWN = [...REQUIRED, "trial", "duration_s"] as const;

type Field = (typeof KNOWN)[number];

/**
 * Reads tasks: one JSON object per line, with `task_id`, `text` and, if known, `domain`. Empty lines are passed over.
 *
 * @throws {TableError} when a line is something else, or a task stands there twice
 */
export function parseTasks(text: string): Task[] {
  const tasks: Task[] = [];
  const seen = new Map<string, number>();
  for (const [i, content] of withoutBom(text).split("\n").entries()) {
    if (content.trim() === "") continue;
    const task = parseTask(content, i + 1);
    const before = seen.get(task.task_id);
    if (before !== undefined)
      throw new TableError(i + 1, 1, `task ${quoted(task.task_id)} stands in line ${before} already`);
    seen.set(task.task_id, i + 1);
    tasks.push(task);
  }
  if (tasks.length === 0) throw new TableError(1, 1, "there is no task; expected lines with task_id, domain and text");
  return tasks;
}

function parseTask(content: string, line: number): Task {
  const value = parseJson(content, line);
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new TableError(line, 1, "expected a JSON object with task_id, domain and text");
  const { task_id, text, domain } = value as Record<string, unknown>;
  const wrong = (field: string, kind: string) => {
    const place = content.indexOf(`"${field}"`);
    return new TableError(line, place + 1 || 1, `${field} must be ${kind}${place === -1 ? ", and is missing" : ""}`);
  };
  if (typeof task_id !== "string" || task_id === "") throw wrong("task_id", "a text that is not empty");
  if (typeof text !== "string") throw wrong("text", "a text");
  if (domain !== undefined && domain !== null && typeof domain !== "string") throw wrong("domain", "a text or null");
  return { task_id, text, domain: domain || null };
}

function parseJson(content: string, line: number): unknown {
  const message = jsonProblem(content);
  if (message === undefined) return JSON.parse(content);
  throw new TableError(line, faultPosition(content, message) + 1, "this is not JSON");
}

function jsonProblem(content: string): string | undefined {
  try {
    JSON.parse(content);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Where a text stops being JSON. V8 says so of most faults; an unexpected token it only quotes. */
function faultPosition(content: string, message: string): number {
  const [, position] = /position (\d+)/.exec(message) ?? [];
  if (position !== undefined) return Number(position);
  if (!message.startsWith("Unexpected token")) return content.length;
  // The shortest beginning with this fault: those that end before it have another.
  let [before, within] = [0, content.length];
  while (within - before > 1) {
    const middle = (before + within) >> 1;
    if (jsonProblem(content.slice(0, middle))?.startsWith("Unexpected token")) within = middle;
    else before = middle;
  }
  return within - 1;
}

/**
 * Reads outcomes: CSV with a header and the columns `task_id`, `agent` and `success` (0 to 1), and, if there are,
 * `trial` and `duration_s`. Other columns are passed over.
 *
 * @throws {TableError} when a line is something else, or names a task that is not among the tasks
 */
export function parseOutcomes(text: string, tasks: readonly Task[]): OutcomeTable {
  const known = new Set(tasks.map(({ task_id }) => task_id));
  let places: Readonly<Record<Field, number>> | undefined;
  const outcomes: TrialOutcome[] = [];
  const read = (cells: readonly string[], line: number) => {
    if (places) outcomes.push(parseOutcome(cells, line, places, known));
    else places = placesOf(cells, line);
  };
  try {
    parse(text, {
      bom: true,
      skip_empty_lines: true,
      // Kept in `outcomes` alone.
      on_record: (cells: string[], { lines }) => {
        read(cells, lines);
        return null;
      },
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const { lines, column } = error as unknown as { lines?: number; column?: number };
    throw new TableError(lines ?? 1, typeof column === "number" ? column + 1 : 1, error.message);
  }
  if (outcomes.length === 0)
    throw new TableError(1, 1, `there is no outcome; expected a header with ${KNOWN.join(", ")}, and lines`);
  return new OutcomeTable(tasks, outcomes);
}

function placesOf(header: readonly string[], line: number): Record<Field, number> {
  const names = header.map((name) => name.trim());
  for (const name of REQUIRED)
    if (!names.includes(name))
      throw new TableError(line, 1, `the header has no ${name}; it must name ${KNOWN.join(", ")}`);
  return Object.fromEntries(KNOWN.map((name) => [name, names.indexOf(name)])) as Record<Field, number>;
}

function parseOutcome(
  cells: readonly string[],
  line: number,
  places: Readonly<Record<Field, number>>,
  known: ReadonlySet<string>,
): TrialOutcome {
  const cell = (field: Field) => cells[places[field]]?.trim() ?? "";
  const wrong = (field: Field, problem: string) =>
    new TableError(line, places[field] + 1, `${field} ${quoted(cell(field))} ${problem}`);
  if (!known.has(cell("task_id"))) throw wrong("task_id", "is not among the tasks");
  if (cell("agent") === "") throw wrong("agent", "is empty");
  const success = cell("success") === "" ? Number.NaN : Number(cell("success"));
  if (!(success >= 0 && success <= 1)) throw wrong("success", "is not a number from 0 to 1");
  const duration = cell("duration_s") === "" ? null : Number(cell("duration_s"));
  if (duration !== null && !(duration >= 0 && duration < Infinity)) throw wrong("duration_s", "is not a duration");
  return {
    task_id: cell("task_id"),
    agent_name: cell("agent"),
    trial: cell("trial"),
    success,
    duration_seconds: duration,
  };
}

function withoutBom(text: string): string {
  return text.startsWith("\uFEFF") ? text.slice(1) : text;
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
