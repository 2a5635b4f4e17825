import { join } from "node:path";

import { isObject } from "../../../event/object.js";
import { TOOL_EVENTS, HOOK_EVENTS, type HookEvent } from "../hook/payload.js";
import { SPAWN_TOOLS } from "../identity.js";
import { JsonFile, SettingsError } from "./json-file.js";

/** A group of hooks in the settings. Whatever else it holds stays. */
interface HookGroup {
  readonly matcher?: string;
  readonly hooks: readonly { readonly type: string; readonly command?: string }[];
}

/** Hooks by event, as settings and plugins hold them. */
type HookSettings = Readonly<Record<string, readonly HookGroup[]>>;

/** An argument that does nothing: it marks our commands, wherever they are installed. */
const MARK = "--oak-telemetry";

const IS_OURS = /(?:^|\s)--oak-telemetry(?:\s|$)/;

/**
 * The shell command that runs the hook. It is no `command` with `args`, because versions that do not know `args` would
 * run `node` alone, which takes the payload for a program.
 *
 * @param path of the hook's file, as it may stand between double quotes in a shell
 */
export function hookCommand(path: string): string {
  return `node "${path}" ${MARK}`;
}

/** A shell command of just that form; nothing in its path means anything to a shell but the project's folder before it. */
const OUR_FORM = /^node "(\$CLAUDE_PROJECT_DIR\/)?((?:[^"\\$`]|\\["\\$`])+)" --oak-telemetry$/;

/**
 * The file that a command of {@link hookCommand} runs.
 *
 * @param project folder of the project
 * @returns undefined for any other command, which may do anything
 */
export function hookFileOf(command: string, project: string): string | undefined {
  const [, inside, path] = OUR_FORM.exec(command) ?? [];
  if (path === undefined) return undefined;
  const file = path.replaceAll(/\\(.)/g, "$1");
  return inside === undefined ? file : join(project, file);
}

/** What is registered: for each event a command that Claude Code does not wait for. */
export function hookSettings(command: string): HookSettings {
  return Object.fromEntries(HOOK_EVENTS.map((event) => [event, [hookGroup(event, command)]]));
}

function hookGroup(event: HookEvent, command: string): HookGroup {
  // When the session ends nobody is left to run it in the background.
  const async = event === "SessionEnd" ? {} : { async: true };
  const hooks = [{ type: "command", command, ...async, timeout: 10 }];
  return TOOL_EVENTS.has(event) ? { matcher: [...SPAWN_TOOLS].join("|"), hooks } : { hooks };
}

/**
 * Adds the hooks to a settings file, where they are not there yet. All else stays as it is, comments included.
 *
 * @param text content of the file; undefined when there is none
 * @returns the new content
 * @throws {SettingsError}
 */
export function installHooks(text: string | undefined, command: string): string {
  const file = new JsonFile(text);
  const hooks = hooksIn(file);
  if (!Object.hasOwn(file.value, "hooks")) file.add([], "hooks", hookSettings(command));
  else
    for (const event of HOOK_EVENTS) {
      const ours = oursIn(hooks[event] ?? []);
      const group = hookGroup(event, command);
      if (!hooks[event]) file.add(["hooks"], event, [group]);
      else if (ours.length === 0) file.add(["hooks", event], "", group);
      for (const { group: i, hook } of ours) {
        if (hooks[event]![i]!.hooks[hook]!.command !== command)
          file.setText(["hooks", event, i, "hooks", hook, "command"], command);
      }
    }
  return file.text;
}

/**
 * Takes the hooks out of a settings file, and what then is empty. All else stays as it is.
 *
 * @throws {SettingsError}
 */
export function removeHooks(text: string): string {
  if (text.trim() === "") return text;
  const file = new JsonFile(text);
  const hooks = hooksIn(file);
  for (const [event, groups] of Object.entries(hooks)) {
    // From the last on, so that places stay what they are.
    for (const { group, hook } of oursIn(groups).toReversed()) {
      const left = hooksIn(file);
      if (left[event]![group]!.hooks.length > 1) file.remove(["hooks", event, group, "hooks", hook]);
      else if (left[event]!.length > 1) file.remove(["hooks", event, group]);
      else if (Object.keys(left).length > 1) file.remove(["hooks", event]);
      else file.remove(["hooks"]);
    }
  }
  return file.text;
}

/** The commands of ours in a settings file, by event. @throws {SettingsError} */
export function installedCommands(text: string): Map<string, string> {
  const hooks = hooksIn(new JsonFile(text));
  return new Map(
    Object.entries(hooks).flatMap(([event, groups]) =>
      oursIn(groups).map(({ group, hook }) => [event, groups[group]!.hooks[hook]!.command!] as const),
    ),
  );
}

/** A server of the Model Context Protocol, as settings name it. */
export interface McpServer {
  readonly command: string;
  readonly args: readonly string[];
}

const MCP_SERVERS = "mcpServers";
const MCP_NAME = "oak-telemetry";

/** Our MCP server in a file such as `.mcp.json`. @throws {SettingsError} */
export function installedMcpServer(text: string): McpServer | undefined {
  const servers = new JsonFile(text).value[MCP_SERVERS];
  return isObject(servers) ? (servers[MCP_NAME] as McpServer | undefined) : undefined;
}

/** Names the MCP server in a file such as `.mcp.json`. @throws {SettingsError} */
export function installMcpServer(text: string | undefined, server: McpServer): string {
  const file = new JsonFile(text);
  const servers = file.value[MCP_SERVERS];
  if (servers === undefined) file.add([], MCP_SERVERS, { [MCP_NAME]: server });
  else if (!isObject(servers)) throw new SettingsError(`"${MCP_SERVERS}" is no object`);
  else if (JSON.stringify(servers[MCP_NAME]) !== JSON.stringify(server)) {
    if (Object.hasOwn(servers, MCP_NAME)) file.remove([MCP_SERVERS, MCP_NAME]);
    file.add([MCP_SERVERS], MCP_NAME, server);
  }
  return file.text;
}

/** Takes the MCP server out of a file such as `.mcp.json`. @throws {SettingsError} */
export function removeMcpServer(text: string): string {
  if (text.trim() === "") return text;
  const file = new JsonFile(text);
  const servers = file.value[MCP_SERVERS];
  if (isObject(servers) && Object.hasOwn(servers, MCP_NAME))
    file.remove(Object.keys(servers).length > 1 ? [MCP_SERVERS, MCP_NAME] : [MCP_SERVERS]);
  return file.text;
}

/** The hooks of a settings file, if they have the form that Claude Code reads. */
function hooksIn(file: JsonFile): Record<string, HookGroup[]> {
  const hooks = file.value["hooks"];
  if (hooks === undefined) return {};
  if (!isObject(hooks)) throw new SettingsError('"hooks" is no object');
  for (const [event, groups] of Object.entries(hooks))
    if (!Array.isArray(groups)) throw new SettingsError(`"hooks.${event}" is no array`);
  return hooks as Record<string, HookGroup[]>;
}

/** Places of our commands. */
function oursIn(groups: readonly HookGroup[]): { readonly group: number; readonly hook: number }[] {
  return groups.flatMap((group, i) =>
    Array.isArray(group?.hooks)
      ? group.hooks.flatMap((hook: { command?: unknown } | null, j) =>
          typeof hook?.command === "string" && IS_OURS.test(hook.command) ? [{ group: i, hook: j }] : [],
        )
      : [],
  );
}
