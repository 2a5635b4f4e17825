import { z } from "zod";

const isoTime = z.string().describe("ISO 8601, UTC");
const rate = z.number().min(0).max(1);

const common = {
  id: z.string().describe("Another one each time that an alert fires"),
  subject: z.string().describe("The agent's name or the workflow's id; `workflows` where it is about all of them"),
  text: z.string().describe("One line for whoever reads"),
  since: isoTime.nullable().describe("When its cause began"),
  fired_at: isoTime,
};

/** Something that a person should look at, as it is delivered. */
export const AlertSchema = z.discriminatedUnion("rule", [
  z.object({
    ...common,
    rule: z.literal("agent_declining"),
    facts: z.object({ rate_before: rate, rate_since: rate, runs_before: z.number(), runs_since: z.number() }),
  }),
  z.object({
    ...common,
    rule: z.literal("overhead_band"),
    facts: z.object({
      idle_share: z.number(),
      idle_share_interval: z.tuple([z.number(), z.number()]).readonly().nullable(),
      bands: z.array(z.string()).readonly().describe("From least to most idle: more than one while it is undecided"),
    }),
  }),
  z.object({
    ...common,
    rule: z.literal("workflow_stuck"),
    facts: z.object({
      project_name: z.string().nullable(),
      elapsed_seconds: z.number(),
      estimated_duration: z.number(),
      running_agents: z.array(z.string()).readonly(),
    }),
  }),
  z.object({
    ...common,
    rule: z.literal("failure_streak"),
    facts: z.object({ failures: z.number(), last_error: z.string().nullable() }),
  }),
]);

/** Something that a person should look at. */
export type Alert = z.infer<typeof AlertSchema>;

/** Without the two fields that an alert has once it fires. */
type Unfired<A> = A extends Alert ? Omit<A, "id" | "fired_at"> : never;

/** What a rule finds. */
export type Finding = Unfired<Alert> & {
  /**
   * How bad it is: certainly at least `at_least`, possibly up to `at_most`; 0 is nothing. It fires when `at_least`
   * rises, and goes away only when `at_most` falls: what is in doubt changes nothing.
   */
  readonly at_least: number;
  readonly at_most: number;
  /** ISO 8601: the last that is part of its cause. A cause that begins later is another one. */
  readonly until: string | null;
};
