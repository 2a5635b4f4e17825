import type { Command } from "commander";

import { addImportClaudeCode } from "./import-claude-code.js";
import { addImportOtlp } from "./import-otlp.js";

/** `oak import SOURCE`: what was recorded elsewhere. */
export function addImport(program: Command): void {
  const command = program.command("import").description("fill the log with what was recorded elsewhere");
  for (const add of [addImportClaudeCode, addImportOtlp]) add(command);
}
