import type { Command } from "commander";

import type { AlertsOptions } from "../alerts.js";
import { analysisOptions, bandsOption } from "../options.js";

export function addAlerts(program: Command): void {
  bandsOption(analysisOptions(program.command("alerts")))
    .description("what a person should look at: agents in decline, failures in a row, stuck workflows, waiting")
    .option("--deliver", "run the command, and call the webhook, that oak.config.json names")
    .option("--dry-run", "tell what would fire: remember and deliver nothing")
    .addHelpText(
      "after",
      `
Each alert fires once for each cause, whoever finds it first: this command or oak serve. oak.config.json in the
telemetry directory has the rules; without one they are as oak schema config says. What runs commands must be allowed
to: the file may have come with a repository. With --as-of nothing is remembered or delivered.

Exit code 1 when something fires, else 0.

Examples:
  oak alerts
  oak alerts --deliver --dir ~/project/.oak            (from cron)
  oak alerts --dry-run --json | jq -r '.alerts[].text'
  oak schema config > oak.config.schema.json`,
    )
    .action(async (options: AlertsOptions) => {
      const { alerts } = await import("../alerts.js");
      await alerts(options);
    });
}
