import { Option, type Command } from "commander";

import { CommandError } from "../errors.js";
import { commonOptions, type CommonOptions } from "../options.js";
import { existingDirectory, printEmpty, showProgress } from "../reading.js";
import { print, printJson } from "../terminal.js";

interface Options extends CommonOptions {
  readonly rebuild?: boolean;
  readonly delete?: boolean;
}

export function addTables(program: Command): void {
  commonOptions(program.command("tables"))
    .description("the cache of folded tables: where it is, how large, how much of the log it holds")
    .option("--rebuild", "delete it and fold the whole log again")
    .addOption(new Option("--delete", "delete it").conflicts("rebuild"))
    .addHelpText(
      "after",
      `
It makes analyses of a long log fast. Deleting it loses nothing: everything in it comes from the log, and it is made
again when it is worth while.

Examples:
  oak tables
  oak tables --rebuild
  oak tables --delete`,
    )
    .action(async (options: Options) => {
      const directory = existingDirectory(options);
      const cache = await import("../../access/table-cache.js");
      if (options.delete) await cache.deleteTableCache(directory);
      const state = options.rebuild
        ? await cache.rebuildTableCache(directory, showProgress())
        : await cache.tableCache(directory);
      if (options.rebuild && !state.usable && state.log_bytes > 0)
        throw new CommandError(`the tables could not be cached in ${state.path}: ${state.reason}`);
      if (options.json) return printJson({ directory, ...state });
      if (state.log_bytes === 0 && state.bytes === null) return printEmpty(directory);
      const { tablesText } = await import("../views/tables.js");
      print(tablesText(state));
    });
}
