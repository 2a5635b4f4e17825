import { existsSync } from "node:fs";
import { basename, resolve } from "node:path";

import type { Environment } from "../event/directory.js";
import { definitionHash, findAgentFolders, listAgentFiles, readAgentFile, reasonOf } from "../event/agent-files.js";
import type { DefinitionProblem } from "../event/definition-problem.js";
import type { FrontMatter } from "./front-matter.js";

/** An agent as its definition file describes it. */
export interface AgentDefinition {
  /** `name` of its front matter, else the name of its file. */
  readonly agent_name: string;
  /** What the agent is for, and when to use it; empty when the file does not say. */
  readonly description: string;
  /** The agent's instructions. */
  readonly body: string;
  /** Null: all tools. */
  readonly tools: readonly string[] | null;
  readonly model: string | null;
  /** See {@link definitionHash}; compared with `definition_hash` of past runs. */
  readonly definition_hash: string;
  readonly path: string;
  /** Whose it is; `given`: of a folder that was asked for. */
  readonly source: "project" | "user" | "given";
}

/** What the folders of agents hold. */
export interface AgentDefinitions {
  /** One for each agent, by name. */
  readonly definitions: readonly AgentDefinition[];
  readonly problems: readonly DefinitionProblem[];
}

/** Where to look for definitions. */
export interface DefinitionOptions {
  /** Read instead of the folders of the project and of the user; relative to `cwd`. */
  readonly directory?: string | undefined;
  readonly env?: Environment;
  readonly cwd?: string;
}

/** Documents beside the agents, as README.md, are not definitions, and nobody expects them to be. */
const DOCUMENT = /^[A-Z_-]+\.md$/;

/**
 * Reads the definition files of agents: Markdown with front matter, in `.claude/agents` of the project and of the user
 * and all folders below. Where both define an agent, the project's counts.
 *
 * Never rejects: a file that cannot be read is among the problems, and so is a given folder that does not exist.
 */
export async function readAgentDefinitions(options: DefinitionOptions = {}): Promise<AgentDefinitions> {
  const byName = new Map<string, AgentDefinition>();
  const problems: DefinitionProblem[] = [];
  const report = (path: string, reason: string) => void problems.push({ path, reason });

  for (const { folder, source } of foldersOf(options))
    for (const path of listAgentFiles(folder, report))
      try {
        // Whoever has no definitions need not wait for a parser of YAML.
        const { cutFrontMatter, readFrontMatter } = await import("./front-matter.js");
        const bytes = readAgentFile(path);
        const text = bytes.toString("utf8");
        if (text.includes("\0")) throw new Error("is not a text in UTF-8");
        const parts = cutFrontMatter(text);
        if (parts === undefined) {
          if (DOCUMENT.test(basename(path))) continue;
          throw new Error("has no front matter, which begins with a line --- and gives name and description");
        }
        const fields: FrontMatter = readFrontMatter(parts.front);
        const agent_name = fields.name ?? basename(path, ".md");
        const other = byName.get(agent_name);
        if (other?.source === source) throw new Error(`defines ${agent_name}, as ${other.path} does, which is taken`);
        if (other !== undefined) continue;
        byName.set(agent_name, {
          agent_name,
          description: fields.description ?? "",
          body: parts.body,
          tools: fields.tools ?? null,
          model: fields.model ?? null,
          definition_hash: definitionHash(bytes),
          path,
          source,
        });
      } catch (error) {
        report(path, reasonOf(error));
      }
  const definitions = [...byName.values()].toSorted((a, b) => (a.agent_name < b.agent_name ? -1 : 1));
  return { definitions, problems };
}

/** The folders to read, the one that counts more first. */
function foldersOf({
  directory,
  env,
  cwd,
}: DefinitionOptions): { folder: string; source: AgentDefinition["source"] }[] {
  if (directory !== undefined) return [{ folder: resolve(cwd ?? "", directory), source: "given" }];
  const { project, user } = findAgentFolders(env, cwd);
  return [
    ...(project === null ? [] : [{ folder: project, source: "project" as const }]),
    // Most users have none.
    ...(user === null || !existsSync(user) ? [] : [{ folder: user, source: "user" as const }]),
  ];
}
