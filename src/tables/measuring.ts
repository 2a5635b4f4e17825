import { beginToMeasure } from "./measure.js";
import { replaceRows, type Target } from "./replace.js";
import { rowsWith } from "./schema.js";
import type { LogReader } from "./stage.js";

/** From when to when each agent ran, or waited to run, in the workflows of `fresh_ids`. */
const CHANGED_TIMES = `
  INSERT INTO changed_times
    SELECT agent_name, min(least(start_us, ready_us)), max(coalesce(end_us, start_us))
    FROM ${rowsWith("workflow_runs", "workflow_id", "FROM fresh_ids")} GROUP BY agent_name;`;

/** Measures workflows, some at a time, and remembers at what times this may have changed the waits of runs. */
export class Measuring {
  #measured: Promise<void> | undefined;

  constructor(
    private readonly log: LogReader,
    private readonly target: Target,
  ) {}

  /** Begins to measure the workflows in `fresh_ids`. */
  async begin(): Promise<void> {
    const { instance, connection } = this.log;
    await connection.run(`CREATE OR REPLACE TABLE measured_ids AS FROM fresh_ids; ${CHANGED_TIMES}`);
    ({ measured: this.#measured } = await beginToMeasure(instance, connection));
  }

  /** Waits for what was begun, and puts it into the tables. */
  async store(): Promise<void> {
    if (!this.#measured) return;
    const { connection } = this.log;
    await this.#measured;
    this.#measured = undefined;
    await connection.run("CREATE OR REPLACE TABLE fresh_ids AS FROM measured_ids;");
    await replaceRows(connection, this.target, "workflow_metrics");
    await replaceRows(connection, this.target, "workflow_runs");
    await connection.run(CHANGED_TIMES);
  }

  /** Waits for what was begun, whatever becomes of it. */
  async end(): Promise<void> {
    await this.#measured?.catch(() => undefined);
  }
}
