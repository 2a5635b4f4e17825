import { Argument, type Command } from "commander";

import { CommandError } from "../errors.js";
import { commonOptions } from "../options.js";
import { printJson } from "../terminal.js";

export function addSchema(program: Command): void {
  commonOptions(program.command("schema"))
    .description("the JSON Schemas of the events in the log, and of oak.config.json")
    .addArgument(new Argument("[event]", "only this event, such as workflow_start; config: oak.config.json"))
    .addHelpText(
      "after",
      "\nExamples:\n  oak schema > events.schema.json\n  oak schema agent_handoff\n  oak schema config",
    )
    .action(async (event: string | undefined) => {
      if (event === "config") {
        const { configJsonSchema } = await import("../../alerts/config.js");
        return printJson(configJsonSchema());
      }
      const { EVENT_NAMES, jsonSchema } = await import("../../event/schema.js");
      const name = EVENT_NAMES.find((known) => known === event);
      if (event !== undefined && !name)
        throw new CommandError(`there is no event ${event}; events: ${EVENT_NAMES.join(", ")}; besides: config`, 2);
      printJson(name ? jsonSchema(name) : Object.fromEntries(EVENT_NAMES.map((each) => [each, jsonSchema(each)])));
    });
}
