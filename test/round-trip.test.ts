import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { TelemetryEvent } from "../src/event/events.js";
import { readLog } from "../src/log/read.js";
import { TelemetryLogger } from "../src/record/logger.js";
import { Tables } from "../src/tables/tables.js";
import { directoryOf, temporaryDirectory } from "./support/directory.js";
import { anyEvent, anyText } from "./support/events.js";

async function eventsIn(directory: string): Promise<TelemetryEvent[]> {
  const events: TelemetryEvent[] = [];
  for await (const { entries } of readLog(directory)) {
    for (const entry of entries) {
      if (entry.kind !== "event") throw new Error(`${entry.kind} at ${JSON.stringify(entry)}`);
      events.push(entry.event);
    }
  }
  return events;
}

const bySequence = (a: TelemetryEvent, b: TelemetryEvent) => Number(a.sequence) - Number(b.sequence);
const text = anyText.filter((value) => value !== "");
const optional = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined });
const object = fc.dictionary(
  text.filter((key) => key !== "__proto__"),
  fc.jsonValue({ stringUnit: "binary" }),
);
const date = fc.date({ min: new Date("0001-01-01"), max: new Date("9999-12-31"), noInvalidDate: true });

describe("what was recorded", () => {
  it("is read unchanged: every event that its schema accepts", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyEvent, { maxLength: 20 }), async (events) => {
        const order = (list: readonly TelemetryEvent[]) =>
          list.toSorted((a, b) => (a.event_id! < b.event_id! ? -1 : 1));
        expect(order(await eventsIn(directoryOf(events)))).toEqual(
          order(JSON.parse(JSON.stringify(events)) as TelemetryEvent[]),
        );
      }),
      { numRuns: 100 },
    );
  });

  it("is read unchanged: every argument that the recorder accepts, down to the tables", async () => {
    const invocation = fc.record({
      invocation_id: fc.uuid(),
      agent_name: text,
      agent_type: optional(anyText),
      task_description: optional(anyText),
      state_features: optional(object),
      parent_invocation_id: optional(text),
      workflow_id: optional(text),
      spec_section: optional(fc.array(text)),
      q_value: optional(fc.double({ noNaN: true, noDefaultInfinity: true })),
      exploration: optional(fc.boolean()),
      propensity: optional(fc.double({ min: Number.MIN_VALUE, max: 1, noNaN: true })),
      metadata: optional(object),
      timestamp: optional(date),
    });
    const handoff = fc.record({ workflow_id: text, from_agent: text, to_agent: text, artifacts: fc.array(text) });
    const workflow = fc.record({
      workflow_id: text,
      project_name: text,
      agent_plan: fc.array(text),
      estimated_duration: optional(fc.double({ min: 0, max: 1e9, noNaN: true })),
    });
    const calls = fc.record({
      invocations: fc.uniqueArray(invocation, { selector: (each) => each.invocation_id, maxLength: 5 }),
      handoffs: fc.array(handoff, { maxLength: 5 }),
      workflows: fc.array(workflow, { maxLength: 5 }),
    });
    await fc.assert(
      fc.asyncProperty(calls, async ({ invocations, handoffs, workflows }) => {
        const directory = temporaryDirectory();
        const logger = new TelemetryLogger({ directory });
        for (const fields of workflows) logger.logWorkflowStart(fields);
        for (const fields of handoffs) logger.logAgentHandoff(fields);
        for (const fields of invocations) logger.logInvocation(fields);
        logger.close();
        // As JSON carries it: without what is undefined, and with 0 for -0.
        const expected = [...workflows, ...handoffs, ...invocations].map(
          (fields) => JSON.parse(JSON.stringify(fields)) as object,
        );
        const events = (await eventsIn(directory)).toSorted(bySequence);
        expect(events).toMatchObject(expected);

        const tables = await Tables.open(directory);
        expect(tables.unreadable_lines).toBe(0);
        const rows = await tables.rows(
          "SELECT invocation_id, agent_name, task_description, workflow_id, propensity FROM invocations",
        );
        tables.close();
        const columns = invocations.map(
          ({ invocation_id, agent_name, task_description = null, workflow_id = null, propensity = null }) => ({
            invocation_id,
            agent_name,
            task_description,
            workflow_id,
            propensity,
          }),
        );
        const order = (list: readonly object[]) => list.map((row) => JSON.stringify(row)).toSorted();
        expect(order(rows)).toEqual(order(columns));
      }),
      { numRuns: 40 },
    );
  });
});
