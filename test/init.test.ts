import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";

import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { describe, expect, it } from "vitest";

import { temporaryDirectory } from "./support/directory.js";
import { connectTo } from "./support/mcp.js";
import { oak, ROOT } from "./support/oak.js";

/** A project, and what its settings hold. */
function project(text?: string): { folder: string; settings: string } {
  const folder = temporaryDirectory();
  const settings = join(folder, ".claude/settings.json");
  mkdirSync(dirname(settings));
  if (text !== undefined) writeFileSync(settings, text);
  return { folder, settings };
}

describe("oak init", () => {
  it.each([
    ["", "empty"],
    ["{}", "nothing"],
    ['{"hooks": {}}', "hooks, but none"],
    ['{"hooks": {"Stop": [ ], "PreToolUse": [\n]}}\n', "events without hooks"],
    [
      '\uFEFF{\r\n\t"model" : "opus" , // why\r\n\t"permissions":{"allow":[ "Bash(ls)" ]}\r\n}\r\n\r\n',
      "a form of its own",
    ],
  ])("adds hooks to %j, and --remove gives it back", async (text) => {
    const { folder, settings } = project(text);
    expect((await oak(["init", "claude-code"], { cwd: folder })).stdout).toMatch(/changed .*settings\.json/);
    const installed = readFileSync(settings, "utf8");
    expect(installed).toContain("SubagentStop");
    const again = await oak(["init"], { cwd: folder });
    expect(again).toMatchObject({ code: 0, stdout: "Everything is there already.\n" });
    expect(readFileSync(settings, "utf8")).toBe(installed);
    expect((await oak(["init", "--remove"], { cwd: folder })).code).toBe(0);
    expect(readFileSync(settings, "utf8")).toBe(text);
    expect(existsSync(`${settings}.before-oak`)).toBe(false);
    expect((await oak(["init", "--remove"], { cwd: folder })).stdout).toBe("Nothing of oak is there.\n");
  });

  it("makes a file where there is none, and takes it away", async () => {
    const folder = temporaryDirectory();
    const settings = join(folder, ".claude/settings.json");
    await oak(["init"], { cwd: folder });
    expect(JSON.parse(readFileSync(settings, "utf8"))).toHaveProperty("hooks.SessionEnd");
    await oak(["init", "--remove"], { cwd: folder });
    expect(existsSync(settings)).toBe(false);
  });

  it("shows hooks once where the project's settings are the user's", async () => {
    const home = temporaryDirectory();
    const surroundings = { cwd: home, env: { HOME: home } };
    await oak(["init", "--user"], surroundings);
    expect((await oak(["doctor"], surroundings)).stdout.match(/^hooks .*can be run$/gm)).toHaveLength(1);
  });

  it("leaves what was changed since", async () => {
    const { folder, settings } = project('{\n  "model": "opus"\n}\n');
    await oak(["init"], { cwd: folder });
    writeFileSync(settings, readFileSync(settings, "utf8").replace("opus", "sonnet"));
    await oak(["init", "--remove"], { cwd: folder });
    expect(readFileSync(settings, "utf8")).toBe('{\n  "model": "sonnet"\n}\n');
  });

  it("shows with --dry-run what would change, and changes nothing", async () => {
    const { folder, settings } = project('{\n  "model": "opus"\n}\n');
    const { stdout } = await oak(["init", "--dry-run"], { cwd: folder });
    expect(stdout).toContain('-  "model": "opus"\n+  "model": "opus",\n+  "hooks": {');
    expect(readFileSync(settings, "utf8")).toBe('{\n  "model": "opus"\n}\n');
  });

  it("refuses what it does not understand, and says where", async () => {
    const { folder, settings } = project('{\n  "model": opus\n}');
    const { code, stderr } = await oak(["init"], { cwd: folder });
    expect(code).toBe(1);
    expect(stderr).toMatch(/settings\.json is left as it is: it is no valid JSON: \w+ at line 2, column 12\n/);
    expect(readFileSync(settings, "utf8")).toBe('{\n  "model": opus\n}');
    expect((await oak(["init", "cursor"], { cwd: folder })).code).toBe(2);
  });

  it("keeps who may read the file, and a link as a link; knows the user's own settings", async () => {
    const home = temporaryDirectory();
    const real = join(home, "dotfiles.json");
    writeFileSync(real, "{}");
    chmodSync(real, 0o640);
    symlinkSync(real, join(home, "settings.json"));
    const env = { CLAUDE_CONFIG_DIR: home };
    expect((await oak(["init", "--user"], { env })).code).toBe(0);
    expect(lstatSync(join(home, "settings.json")).isSymbolicLink()).toBe(true);
    expect(readFileSync(real, "utf8")).toContain(`node \\"${ROOT}dist/hook.cjs\\" --oak-telemetry`);
    expect(statSync(real).mode & 0o777).toBe(0o640);
    expect((await oak(["init", "--user", "--remove"], { env })).code).toBe(0);
    expect(readFileSync(real, "utf8")).toBe("{}");
  });
});

describe("oak init's MCP server", () => {
  it.each([
    [[], ".mcp.json", undefined],
    [[], ".mcp.json", '{"mcpServers": {"other": {"command": "x"}}}\n'],
    [["--user"], ".claude.json", '{ "numStartups": 3 }'],
  ])("with %j in %s, which held %j: starts as registered, and goes with --remove", async (options, name, text) => {
    const folder = temporaryDirectory();
    const file = join(folder, name);
    if (text !== undefined) writeFileSync(file, text);
    const env = { CLAUDE_CONFIG_DIR: folder };
    expect((await oak(["init", "claude-code", ...options], { cwd: folder, env })).code).toBe(0);
    const { mcpServers, ...rest } = JSON.parse(readFileSync(file, "utf8"));
    const { "oak-telemetry": server, ...others } = mcpServers;
    expect({ ...rest, ...(text?.includes("other") ? { mcpServers: others } : {}) }).toEqual(JSON.parse(text ?? "{}"));

    // Node alone is on the path, as with Claude Code's own installer.
    const transport = new StdioClientTransport({
      ...server,
      cwd: folder,
      env: { PATH: dirname(process.execPath), HOME: folder, OAK_TELEMETRY_DIR: join(folder, "telemetry") },
    });
    const client = await connectTo(transport);
    expect(client.getServerVersion()).toMatchObject({ name: "oak-telemetry" });
    const { tools } = await client.listTools();
    expect(tools.map((tool) => tool.name)).toContain("recommend_agent");

    expect((await oak(["init", "claude-code", ...options, "--remove"], { cwd: folder, env })).code).toBe(0);
    expect(existsSync(file) ? readFileSync(file, "utf8") : undefined).toBe(text);
  });

  it("is named from the project's folder where oak is installed in it", async () => {
    const { stdout } = await oak(["init", "--dry-run"], { cwd: ROOT });
    expect(stdout).toContain("${CLAUDE_PROJECT_DIR:-.}/dist/cli/main.cjs");
    expect(stdout).toContain("$CLAUDE_PROJECT_DIR/dist/hook.cjs");
  });
});

describe("oak doctor", () => {
  it("says whether hooks can be run, what was heard, and what Claude Code will delete", async () => {
    const { folder, settings } = project();
    const home = temporaryDirectory();
    mkdirSync(join(home, "projects/shop"), { recursive: true });
    writeFileSync(join(home, "projects/shop/s.jsonl"), "");
    writeFileSync(join(home, "settings.json"), '{"cleanupPeriodDays": 3}');
    const env = { CLAUDE_CONFIG_DIR: home, OAK_TELEMETRY_DIR: join(folder, "telemetry") };
    mkdirSync(env.OAK_TELEMETRY_DIR);
    const before = await oak(["doctor"], { cwd: folder, env });
    expect(before).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("hooks       none here: oak init claude-code"),
    });
    expect(before.stdout).toContain("1 session in");
    await oak(["init"], { cwd: folder });
    const lines = ["SessionStart", "SubagentStop"].map((hook_event_name) =>
      JSON.stringify({ hook_event_name, session_id: "s", agent_id: "x1", agent_type: "" }),
    );
    writeFileSync(join(folder, "payloads"), lines.join("\n"));
    await oak(["hook", "--replay", "payloads", "--dir", env.OAK_TELEMETRY_DIR], { cwd: folder });
    const after = await oak(["doctor", "--json"], { cwd: folder, env });
    expect(after.code).toBe(0);
    expect(JSON.parse(after.stdout)).toMatchObject({
      claude_code: {
        hooks: [{ scope: "project", missing_events: [], problem: null, tried: true }],
        sessions: 1,
        phantom_stops: 1,
        transcripts: { sessions: 1, retention_days: 3, expiring: 1 },
      },
    });
    expect((await oak(["doctor"], { cwd: folder, env })).stdout).toMatch(
      /can be run\nheard +last .*\ndropped +1 phantom stop/,
    );
    writeFileSync(settings, readFileSync(settings, "utf8").replaceAll("hook.cjs", "gone.cjs"));
    const broken = await oak(["doctor"], { cwd: folder, env });
    expect(broken.code).toBe(1);
    expect(broken.stdout).toMatch(/cannot be run: .*gone\.cjs does not exist/);
  });

  it("runs nothing that a project's settings name but the hook of this installation", async () => {
    const { folder, settings } = project();
    const env = { CLAUDE_CONFIG_DIR: temporaryDirectory(), OAK_TELEMETRY_DIR: temporaryDirectory() };
    await oak(["init"], { cwd: folder, env });
    const own = readFileSync(settings, "utf8");
    const ran = join(folder, "ran");
    writeFileSync(join(folder, "hook.cjs"), `require("node:fs").writeFileSync(${JSON.stringify(ran)}, "")`);
    for (const command of [
      `touch ${ran} # --oak-telemetry`,
      `node "${folder}/hook.cjs" --oak-telemetry`,
      'node "$CLAUDE_PROJECT_DIR/hook.cjs" --oak-telemetry',
      `node "${ROOT}dist/hook.cjs$(touch ${ran})" --oak-telemetry`,
      `node "${ROOT}dist/hook.cjs" --oak-telemetry ; touch ${ran}`,
    ]) {
      const { hooks } = JSON.parse(own);
      for (const [group] of Object.values<{ hooks: { command: string }[] }[]>(hooks))
        group!.hooks[0]!.command = command;
      writeFileSync(settings, JSON.stringify({ hooks }));
      const { code, stdout } = await oak(["doctor"], { cwd: folder, env });
      expect({ command, code, stdout, ran: existsSync(ran) }).toEqual({
        command,
        code: 0,
        stdout: expect.stringContaining("not tried"),
        ran: false,
      });
    }
  });

  it("runs what the user's own settings name", async () => {
    const home = temporaryDirectory();
    const env = { CLAUDE_CONFIG_DIR: home, OAK_TELEMETRY_DIR: temporaryDirectory() };
    await oak(["init", "--user"], { env });
    const settings = join(home, "settings.json");
    writeFileSync(settings, readFileSync(settings, "utf8").replaceAll("hook.cjs", "gone.cjs"));
    expect((await oak(["doctor"], { env })).stdout).toMatch(/cannot be run: ended with 1: .*gone\.cjs/);
  });
});
