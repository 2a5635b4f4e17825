import { describe, expect, it } from "vitest";

import { SelectionModel } from "./model.js";
import type { PastRun } from "./past-run.js";
import { VARIANCES, type Variances } from "./variances.js";

const DOMAINS = ["api", "web", "data", "ops"];
const AGENTS = ["a", "b", "c", "d"];

/** Runs whose success depends on the agent, the domain and the number of the run. */
function history(
  count: number,
  success: (agent: number, domain: number, i: number) => boolean,
  text: (domain: number, i: number) => string = (domain, i) => `task ${(i * 7919) % 1009} for ${DOMAINS[domain]}`,
): PastRun[] {
  return Array.from({ length: count }, (_, i) => {
    const [agent, domain] = [i % 4, Math.floor(i / 4) % 4];
    return {
      invocation_id: String(i).padStart(6, "0"),
      agent_name: AGENTS[agent]!,
      task_description: text(domain, i),
      domain: DOMAINS[domain]!,
      outcome: success(agent, domain, i) ? 1 : 0,
      weight: 1,
      at: i,
      duration_seconds: null,
      definition_hash: null,
    };
  });
}

/** What looks like chance and is the same each time. */
const chance = (i: number) => ((i * 2654435761) % 4294967296) / 4294967296;
const share = (variances: Variances, of: keyof Variances) =>
  variances[of] / Object.values(variances).reduce((sum: number, each: number) => sum + each, 0);
const of = (runs: readonly PastRun[]) => SelectionModel.fit(runs).variances;

describe("variances", () => {
  it("of few runs stay near the usual ones", () => {
    const { agent, domain, agent_domain, agent_task, noise } = of(history(2, (_, __, i) => i === 0));
    for (const [value, usual] of [
      [agent, VARIANCES.agent],
      [domain, VARIANCES.domain],
      [agent_domain, VARIANCES.agent_domain],
      [agent_task, VARIANCES.agent_task],
      [noise, VARIANCES.noise],
    ] as const) {
      expect(value / usual).toBeGreaterThan(0.6);
      expect(value / usual).toBeLessThan(1.7);
    }
  });

  it("tell chance from agents and from specialists", () => {
    const random = of(history(200, (_, __, i) => chance(i) < 0.5));
    const agents = of(history(200, (agent, _, i) => chance(i) < (agent < 2 ? 0.9 : 0.3)));
    const specialists = of(history(200, (agent, domain, i) => chance(i) < (agent === domain ? 0.95 : 0.2)));
    expect(share(random, "agent")).toBeLessThan(share(agents, "agent") / 1.5);
    expect(share(random, "agent_domain")).toBeLessThan(share(specialists, "agent_domain") / 2);
    expect(share(agents, "agent_domain")).toBeLessThan(share(specialists, "agent_domain") / 2);
    expect(share(random, "noise")).toBeGreaterThan(share(specialists, "noise"));
  });

  it("are smaller where nearly all succeed", () => {
    const half = of(history(200, (_, __, i) => chance(i) < 0.5));
    const most = of(history(200, (_, __, i) => chance(i) < 0.95));
    expect(most.noise + most.agent_task).toBeLessThan((half.noise + half.agent_task) / 2);
  });

  it("tell from repeats what differs between them", () => {
    const text = (domain: number) => `the same task of ${DOMAINS[domain]}`;
    const same = of(history(160, (agent, domain) => (agent * 3 + domain * 5) % 7 < 4, text));
    const random = of(history(160, (_, __, i) => chance(i) < 0.5, text));
    expect(random.agent_task / random.noise).toBeLessThan(0.2);
    expect(same.agent_task / same.noise).toBeGreaterThan(0.6);
  });

  it("of everything else are not told by how repeats differ", () => {
    const twice = (first: number, second: number) =>
      of(
        history(120, (agent, domain, i) => chance(i) < (agent === domain ? 0.9 : 0.4)).flatMap((each, i) => [
          { ...each, invocation_id: `${i} first`, outcome: i % 3 === 0 ? first : each.outcome },
          { ...each, invocation_id: `${i} second`, outcome: i % 3 === 0 ? second : each.outcome, at: i + 0.5 },
        ]),
      );
    const [alike, different] = [twice(0.5, 0.5), twice(0, 1)];
    for (const key of ["agent", "domain", "agent_domain", "text", "agent_text"] as const)
      expect(Math.abs(Math.log(different[key] / alike[key]))).toBeLessThan(0.03);
    expect(alike.agent_task / alike.noise).toBeGreaterThan(0.6);
    expect(different.agent_task / different.noise).toBeLessThan(0.2);
  });

  it("are not told by one agent that repeats one task without end", () => {
    const honest = history(200, (_, __, i) => chance(i) < 0.6);
    const parrot = Array.from({ length: 5000 }, (_, i) => ({
      ...honest[0]!,
      invocation_id: `p${i}`,
      agent_name: "parrot",
      task_description: "say hello",
      outcome: 1,
      at: i,
    }));
    const [alone, together] = [of(honest), of([...honest, ...parrot])];
    for (const key of ["agent", "domain", "agent_domain"] as const)
      expect(Math.abs(Math.log(together[key] / alone[key]))).toBeLessThan(Math.log(1.3));
  });
});
