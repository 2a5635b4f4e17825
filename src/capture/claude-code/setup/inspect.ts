import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync, type Dirent } from "node:fs";
import { join } from "node:path";

import { claudeFolder } from "../../../event/agent-files.js";
import { countRefused, journalPath, listJournals, readJournal } from "../hook/journal.js";
import { HOOK_EVENTS } from "../hook/payload.js";
import { Session } from "../hook/session.js";
import { asNumber, asObject, parseRecord } from "../records.js";
import { settingsPath, type Scope } from "./install.js";
import { hookFileOf, installedCommands } from "./settings.js";

/** Claude Code's own default: days after which it deletes transcripts. */
const RETENTION_DAYS = 30;

/** Transcripts that are deleted so soon are worth a word. */
const SOON_DAYS = 7;

const DAY_MILLISECONDS = 86_400_000;

/** A hook may take this long to show that it runs. */
const PATIENCE_MILLISECONDS = 10_000;

/** Hooks in a settings file. */
interface InstalledHooks {
  readonly path: string;
  readonly scope: Scope["kind"];
  /** Events without a hook, among those that are needed. */
  readonly missing_events: readonly string[];
  /** Why it cannot be run; null when nothing is known to be wrong. */
  readonly problem: string | null;
  /** Whether it was run to see. */
  readonly tried: boolean;
}

/** What capture from Claude Code has to say for itself. */
export interface ClaudeCodeInspection {
  /** Settings files that name our hooks, or that cannot be read. */
  readonly hooks: readonly InstalledHooks[];
  /** The plugin is enabled in some settings. */
  readonly plugin: boolean;
  /** Sessions whose hooks were heard in the last 30 days, and what came of them. */
  readonly sessions: number;
  /** ISO 8601; null when nothing was heard. */
  readonly last_heard_at: string | null;
  readonly runs: number;
  readonly open: number;
  readonly abandoned: number;
  readonly phantom_stops: number;
  readonly duplicate_stops: number;
  /** Payloads that were not understood. */
  readonly refused: number;
  readonly transcripts: {
    readonly folder: string;
    readonly sessions: number;
    /** Days after which Claude Code deletes them. */
    readonly retention_days: number;
    /** Sessions that will be deleted within a week. */
    readonly expiring: number;
  };
}

/**
 * Looks at the hooks of a project and of the user, at what they have heard, and at the transcripts.
 *
 * @param directory telemetry directory
 * @param project folder of the project
 * @param ownHook the hook's file of this installation
 */
export function inspectClaudeCode(
  directory: string,
  project: string,
  ownHook: string,
  now = Date.now(),
): ClaudeCodeInspection {
  const scopes: Scope[] = [{ kind: "project", folder: project }, { kind: "user" }];
  const paths = scopes.map((scope) => [scope.kind, settingsPath(scope)] as const);
  paths.push(["project", join(project, ".claude", "settings.local.json")]);
  // In the home folder, the project's settings are the user's.
  if (paths[0]![1] === paths[1]![1]) paths.shift();
  const settings = paths.map(([, path]) => settingsIn(path));
  const journals = listJournals(directory);
  const counts = journals.map(({ session_id }) => {
    const session = new Session(session_id);
    for (const record of readJournal(journalPath(directory, session_id)).records) session.step(record);
    return session.counts;
  });
  const sum = (key: keyof (typeof counts)[number]) => counts.reduce((total, each) => total + each[key], 0);
  const last = Math.max(...journals.map(({ last_at }) => last_at));
  return {
    hooks: paths.flatMap(([scope, path]) => inspectHooks(path, scope, { project, ownHook })),
    plugin: settings.some((each) => asObject(each["enabledPlugins"])?.["oak-telemetry@oak-telemetry"] === true),
    sessions: journals.length,
    last_heard_at: journals.length === 0 ? null : new Date(last).toISOString(),
    runs: sum("runs"),
    open: sum("open"),
    abandoned: sum("abandoned"),
    phantom_stops: sum("phantom_stops"),
    duplicate_stops: sum("duplicate_stops"),
    refused: countRefused(directory),
    transcripts: inspectTranscripts(
      settings.map((each) => asNumber(each["cleanupPeriodDays"])),
      now,
    ),
  };
}

function settingsIn(path: string): Readonly<Record<string, unknown>> {
  return (existsSync(path) && parseRecord(readText(path))) || {};
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

interface Surroundings {
  readonly project: string;
  readonly ownHook: string;
}

function inspectHooks(path: string, scope: Scope["kind"], { project, ownHook }: Surroundings): InstalledHooks[] {
  if (!existsSync(path)) return [];
  let commands: Map<string, string>;
  try {
    commands = installedCommands(readFileSync(path, "utf8"));
  } catch (error) {
    return [{ path, scope, missing_events: [], problem: (error as Error).message, tried: false }];
  }
  if (commands.size === 0) return [];
  const missing_events = HOOK_EVENTS.filter((event) => !commands.has(event));
  const looks = [...new Set(commands.values())].map((command) => {
    const file = hookFileOf(command, project);
    // A project's settings may have come with it from anybody: of what they name, only our own file is run.
    if (scope === "user" || (file !== undefined && isSameFile(file, ownHook)))
      return { tried: true, problem: problemOf(command, project) };
    return { tried: false, problem: file === undefined || existsSync(file) ? null : `${file} does not exist` };
  });
  const problem = looks.find((look) => look.problem !== null)?.problem ?? null;
  return [{ path, scope, missing_events, problem, tried: looks.every(({ tried }) => tried) }];
}

function isSameFile(a: string, b: string): boolean {
  const [one, other] = [a, b].map((path) => statSync(path, { throwIfNoEntry: false }));
  return one !== undefined && one.ino === other?.ino && one.dev === other.dev;
}

/** Runs a hook without a payload, with telemetry turned off. */
function problemOf(command: string, project: string): string | null {
  const { error, status, signal, stderr } = spawnSync(command, {
    shell: true,
    input: "",
    encoding: "utf8",
    timeout: PATIENCE_MILLISECONDS,
    env: { ...process.env, CLAUDE_PROJECT_DIR: project, OAK_TELEMETRY_ENABLED: "false" },
  });
  if (error) return error.message;
  if (status === 0) return null;
  const said = /^.*(?:Error|not found).*$/m.exec(stderr)?.[0] ?? "";
  return `ended with ${signal ?? status}${said && `: ${said}`}`;
}

function inspectTranscripts(
  retentions: readonly (number | undefined)[],
  now: number,
): ClaudeCodeInspection["transcripts"] {
  const folder = join(claudeFolder(), "projects");
  const retention_days = retentions.find((days) => days !== undefined) ?? RETENTION_DAYS;
  const expiresBefore = now - (retention_days - SOON_DAYS) * DAY_MILLISECONDS;
  const times = entriesOf(folder)
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) =>
      entriesOf(join(folder, name))
        .filter((entry) => entry.isFile() && entry.name.endsWith(".jsonl") && !entry.name.startsWith("agent-"))
        .flatMap((entry) => statSync(join(folder, name, entry.name), { throwIfNoEntry: false })?.mtimeMs ?? []),
    );
  const expiring = times.filter((time) => time < expiresBefore).length;
  return { folder, sessions: times.length, retention_days, expiring };
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
