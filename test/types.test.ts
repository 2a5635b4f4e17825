import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, expect, it } from "vitest";

import { node, ROOT } from "./support/oak.js";

/** A consumer as strict as the compiler can be, without the types of Node. */
const CONSUMER = `
import { TelemetryAnalyzer, startWorkflow } from "oak-telemetry";
import { TelemetryLogger } from "oak-telemetry/record";
const workflow = startWorkflow({ project_name: "Shop", agent_plan: ["architect"] });
export const result: string = await workflow.run("architect", "Design", async (run) => {
  run.declareArtifacts("docs/api.md");
  return "done";
});
const { idle_share } = await new TelemetryAnalyzer().calculateCoordinationOverhead();
export const share: number | null = idle_share;
// @ts-expect-error: a name is missing, so these are types and not any
startWorkflow({});
export const logger = new TelemetryLogger();
`;

const STRICT =
  "--strict --exactOptionalPropertyTypes --noUncheckedIndexedAccess --noPropertyAccessFromIndexSignature " +
  "--verbatimModuleSyntax --isolatedModules --noEmit --target es2022 --lib es2022 --ignoreConfig";

let folder: string;

// Within the package, so that its name means itself.
beforeAll(() => {
  folder = mkdtempSync(join(ROOT, "test", ".types-"));
  writeFileSync(join(folder, "consumer.mts"), CONSUMER);
});

afterAll(() => rmSync(folder, { recursive: true }));

it.each([
  ["node16", "node16"],
  ["bundler", "esnext"],
])("its types can be used with the module resolution %s, without those of Node", async (resolution, module) => {
  const tsc = join(ROOT, "node_modules", "typescript", "bin", "tsc");
  const options = [...STRICT.split(" "), "--types", "", "--moduleResolution", resolution, "--module", module];
  const { code, stdout, stderr } = await node([tsc, ...options, join(folder, "consumer.mts")]);
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "", stderr: "" });
});
