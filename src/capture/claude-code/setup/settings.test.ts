import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { HOOK_EVENTS } from "../hook/payload.js";
import { SettingsError } from "./json-file.js";
import {
  hookCommand,
  installedCommands,
  installHooks,
  installMcpServer,
  removeHooks,
  removeMcpServer,
} from "./settings.js";

const COMMAND = hookCommand("/opt/oak/hook.cjs");

const read = (text: string) =>
  JSON.parse(text.replace(/^\uFEFF/, "").replace(/^\/\/.*/, "")) as Record<string, unknown>;

/** Hooks of others, as settings hold them. */
const groups = fc.array(
  fc.record(
    {
      matcher: fc.string(),
      hooks: fc.array(fc.record({ type: fc.constant("command"), command: fc.string() }), { minLength: 1 }),
    },
    { requiredKeys: ["hooks"] },
  ),
  { minLength: 1 },
);
const hooks = fc.dictionary(fc.constantFrom(...HOOK_EVENTS, "Notification", "PreCompact"), groups);
const settings = fc
  .tuple(fc.dictionary(fc.string(), fc.jsonValue()), fc.option(hooks, { nil: undefined }))
  .map(([others, own]): Record<string, unknown> => {
    const { hooks: _, ...rest } = others;
    return own && Object.keys(own).length > 0 ? { ...rest, hooks: own } : rest;
  });
const layout = fc.record({
  indent: fc.constantFrom("", "  ", "    ", "\t"),
  eol: fc.constantFrom("\n", "\r\n"),
  end: fc.constantFrom("", "\n", "\n\n"),
  mark: fc.constantFrom("", "\uFEFF"),
  comment: fc.boolean(),
});
const written = fc.tuple(settings, layout).map(([value, { indent, eol, end, mark, comment }]) => {
  const text = `${comment ? "// mine\n" : ""}${JSON.stringify(value, null, indent)}${end}`;
  return { value, text: mark + text.replaceAll("\n", eol) };
});

describe("installHooks", () => {
  it("adds its hooks and changes nothing else, once", () => {
    fc.assert(
      fc.property(written, ({ value, text }) => {
        const installed = installHooks(text, COMMAND);
        expect(installHooks(installed, COMMAND)).toBe(installed);
        expect([...installedCommands(installed)]).toEqual(expect.arrayContaining(HOOK_EVENTS.map((e) => [e, COMMAND])));
        const { hooks: after, ...rest } = read(installed);
        const { hooks: before = {}, ...others } = value;
        expect(rest).toEqual(JSON.parse(JSON.stringify(others)));
        for (const [event, theirs] of Object.entries(before as Record<string, unknown[]>))
          expect((after as Record<string, unknown[]>)[event]!.slice(0, theirs.length)).toEqual(theirs);
      }),
    );
  });

  it("is undone by removeHooks, byte for byte", () => {
    fc.assert(
      fc.property(written, ({ text }) => {
        expect(removeHooks(installHooks(text, COMMAND))).toBe(text);
        expect(removeHooks(text)).toBe(text);
      }),
    );
  });

  it("keeps comments, and the order and the form of what is there", () => {
    const text = '{\n  // mine\n  "model": "opus", /* why */\n  "hooks": {"Stop": [{"hooks": []}]}\n}\n';
    const installed = installHooks(text, COMMAND);
    expect(installed).toContain('  // mine\n  "model": "opus", /* why */\n  "hooks": {"Stop": [{"hooks": []}');
  });

  it("moves its commands to a new place, and leaves those of others", () => {
    const old = installHooks('{"hooks":{"Stop":[{"hooks":[{"type":"command","command":"echo"}]}]}}', COMMAND);
    const moved = installHooks(old, hookCommand("/new/hook.cjs"));
    expect(moved).toBe(old.replaceAll("/opt/oak/hook.cjs", "/new/hook.cjs"));
    expect(moved).toContain('"command":"echo"');
  });

  it.each([
    ["{ not json", /no valid JSON: .* at line 1, column 3/],
    ["[]", /no JSON object/],
    ['{"hooks": 1}', /"hooks" is no object/],
    ['{"hooks": {"Stop": {}}}', /"hooks.Stop" is no array/],
  ])("refuses %s", (text, reason) => {
    expect(() => installHooks(text, COMMAND)).toThrow(SettingsError);
    expect(() => installHooks(text, COMMAND)).toThrow(reason);
    expect(() => removeHooks(text)).toThrow(SettingsError);
  });

  it("begins a file where there is none", () => {
    for (const text of [undefined, "", " \n"]) {
      const installed = installHooks(text, COMMAND);
      expect(Object.keys((JSON.parse(installed) as { hooks: object }).hooks)).toEqual([...HOOK_EVENTS]);
      expect(JSON.parse(removeHooks(installed))).toEqual({});
    }
  });
});

describe("installMcpServer", () => {
  const server = { command: "oak", args: ["mcp"] };

  it("names the server beside others, once, and takes it away again", () => {
    const text = '{"mcpServers":{"other":{"command":"x"}}}';
    const installed = installMcpServer(text, server);
    expect(JSON.parse(installed)).toEqual({ mcpServers: { other: { command: "x" }, "oak-telemetry": server } });
    expect(installMcpServer(installed, server)).toBe(installed);
    expect(JSON.parse(removeMcpServer(installed))).toEqual(JSON.parse(text));
    expect(JSON.parse(removeMcpServer(installMcpServer(undefined, server)))).toEqual({});
  });
});
