import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";
import { z } from "zod";

import { hookCommand, hookSettings } from "../src/capture/claude-code/setup/settings.js";
import { ROOT } from "./support/oak.js";

const read = (path: string): unknown => JSON.parse(readFileSync(join(ROOT, path), "utf8"));

/** Names of plugins and marketplaces: kebab-case. */
const name = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/);
const person = z.strictObject({ name: z.string().min(1), email: z.string().optional(), url: z.url().optional() });

/** `.claude-plugin/plugin.json`, as documented; paths of components are not used here. */
const pluginManifest = z.strictObject({
  name,
  version: z.string().regex(/^\d+\.\d+\.\d+$/),
  description: z.string().min(1),
  author: person,
  homepage: z.url().optional(),
  repository: z.string().optional(),
  license: z.string(),
  keywords: z.array(z.string()),
});

/** `.claude-plugin/marketplace.json`, as documented, with plugins in folders below it. */
const marketplaceManifest = z.strictObject({
  name,
  owner: person,
  plugins: z
    .array(
      z.strictObject({
        name,
        source: z.string().regex(/^\.\/(?!.*\.\.)/),
        description: z.string().optional(),
        version: z.string().optional(),
      }),
    )
    .min(1),
});

/** The events that Claude Code knows among those that are used, and hooks of type command. */
const hooksFile = z.strictObject({
  description: z.string().optional(),
  hooks: z.record(
    z.enum([
      "PreToolUse",
      "PostToolUse",
      "PostToolUseFailure",
      "UserPromptSubmit",
      "SessionStart",
      "SessionEnd",
      "Stop",
      "StopFailure",
      "SubagentStart",
      "SubagentStop",
    ]),
    z.array(
      z.strictObject({
        matcher: z.string().optional(),
        hooks: z.array(
          z.strictObject({
            type: z.literal("command"),
            command: z.string().min(1),
            async: z.boolean().optional(),
            timeout: z.number().positive().optional(),
          }),
        ),
      }),
    ),
  ),
});

describe("the plugin", () => {
  const marketplace = marketplaceManifest.parse(read(".claude-plugin/marketplace.json"));
  const [listed] = marketplace.plugins;

  it("has the manifests that Claude Code reads, in the version of the package", () => {
    const plugin = pluginManifest.parse(read(join(listed!.source, ".claude-plugin/plugin.json")));
    expect(plugin.name).toBe(listed!.name);
    expect(plugin.version).toBe((read("package.json") as { version: string }).version);
  });

  it("registers the hooks that oak init registers, with its own copy of the hook", () => {
    const { hooks } = hooksFile.parse(read(join(listed!.source, "hooks/hooks.json")));
    expect(hooks).toEqual(hookSettings(hookCommand("${CLAUDE_PLUGIN_ROOT}/hook.cjs")));
    for (const file of ["hook.cjs", "hook-redact.cjs"]) {
      const built = readFileSync(join(ROOT, "dist", file));
      expect(readFileSync(join(ROOT, listed!.source, file)).equals(built)).toBe(true);
    }
  });

  it("is part of the package", () => {
    const { files } = read("package.json") as { files: string[] };
    for (const path of [".claude-plugin", "plugin"]) {
      expect(files).toContain(path);
      expect(statSync(join(ROOT, path)).isDirectory()).toBe(true);
    }
  });
});
