import { readFile } from "node:fs/promises";

import type { OutcomeTable } from "../backtest/outcome-table.js";
import { parseOutcomes, parseTasks, TableError } from "../backtest/parse-table.js";
import { CommandError, systemErrorText } from "./errors.js";

/** Reads an outcome table from its two files. */
export async function readOutcomeTable(tasksFile: string, outcomesFile: string): Promise<OutcomeTable> {
  const tasks = await parsed(tasksFile, parseTasks);
  return parsed(outcomesFile, (text) => parseOutcomes(text, tasks));
}

async function parsed<T>(file: string, parse: (text: string) => T): Promise<T> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(systemErrorText(error));
  });
  try {
    return parse(bytes.toString("utf8"));
  } catch (error) {
    if (!(error instanceof TableError)) throw error;
    throw new CommandError(`${file}:${error.line}:${error.column}: ${error.problem}`);
  }
}
