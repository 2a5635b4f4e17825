// @ts-check
import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";

/*
 * A made-up history of a team of agents, the same for the same size and seed: workflows of 1 to 8 runs, some of them in
 * parallel or nested, with handoffs, failures, retries and judgements, spread over a year. Lines as the recorder writes
 * them.
 */

/** @type {(readonly [name: string, type: string, task_type: string, seconds: number])[]} */
const AGENTS = [
  ["systems-architect", "architecture", "architecture_design", 600],
  ["backend-architect", "development", "api_development", 1500],
  ["frontend-developer", "development", "ui_development", 1200],
  ["database-engineer", "development", "schema_migration", 700],
  ["qa-specialist", "quality", "integration_testing", 500],
  ["security-auditor", "security", "security_audit", 900],
  ["docs-writer", "documentation", "documentation", 400],
  ["devops-engineer", "operations", "deployment", 800],
];
const PROJECTS = ["Web Shop", "Payment Service", "Customer Portal", "Data Platform", "Mobile App"];
const VERBS = ["Build", "Fix", "Review", "Refactor", "Extend", "Document", "Test", "Migrate"];
const THINGS = ["the login endpoint", "the order history", "the search page", "the invoice export", "the cache layer"];
const TOOLS = ["Read", "Edit", "Bash", "Grep", "Write", "WebFetch"];
const ERRORS = ["tests failed", "build failed: type error", "timeout after 600 s", "merge conflict"];

const SPAN_MILLISECONDS = 365 * 24 * 3600 * 1000;
const BUFFER_CHARACTERS = 1 << 20;

/** Where the made-up histories end. */
export const HISTORY_END = Date.UTC(2026, 10, 1);

/**
 * Random numbers in [0, 1) (mulberry32).
 *
 * @param {number} seed
 */
export function randomNumbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Appends lines to a file with few large writes.
 *
 * @param {string} path
 */
function lineWriter(path) {
  const file = openSync(path, "a", 0o600);
  let buffer = "";
  return {
    /** @param {object} event */
    write(event) {
      buffer += `${JSON.stringify(event)}\n`;
      if (buffer.length > BUFFER_CHARACTERS) this.flush();
    },
    flush() {
      writeSync(file, buffer);
      buffer = "";
    },
    close() {
      this.flush();
      closeSync(file);
    },
  };
}

/**
 * Appends a history to a telemetry directory.
 *
 * @param {string} directory
 * @param {number} invocations how many there are to be
 * @param {{ seed?: number, from?: number, to?: number }} [options] when it begins and ends, milliseconds
 */
export function writeHistory(
  directory,
  invocations,
  { seed = 1, from = HISTORY_END - SPAN_MILLISECONDS, to = HISTORY_END } = {},
) {
  mkdirSync(directory, { recursive: true });
  const random = randomNumbers(seed);
  /**
   * @template T
   * @param {readonly T[]} list
   * @returns {T}
   */
  const pick = (list) => /** @type {T} */ (list[Math.floor(random() * list.length)]);
  const id = () => {
    const hex = () =>
      Math.floor(random() * 2 ** 32)
        .toString(16)
        .padStart(8, "0");
    const text = hex() + hex() + hex() + hex();
    return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join("-");
  };
  const files = {
    workflow: lineWriter(join(directory, "workflow_events.jsonl")),
    invocation: lineWriter(join(directory, "agent_invocations.jsonl")),
    feedback: lineWriter(join(directory, "success_metrics.jsonl")),
  };
  const writer = id().replaceAll("-", "").slice(0, 16);
  let sequence = 0;
  let session_id = id();
  /**
   * @param {keyof typeof files} kind
   * @param {number} time
   * @param {string} event
   * @param {object} fields
   */
  const log = (kind, time, event, fields) =>
    files[kind].write({
      timestamp: new Date(time).toISOString(),
      event,
      ...fields,
      session_id,
      event_id: `${writer}-${sequence.toString(36)}`,
      sequence: sequence++,
    });

  for (let written = 0; written < invocations;) {
    const size = Math.min(1 + Math.floor(random() * 8), invocations - written);
    const start = from + ((to - from) * written) / invocations;
    if (random() < 0.1) session_id = id();
    const workflow_id = id();
    const plan = Array.from({ length: size }, () => pick(AGENTS));
    const estimated_duration = plan.reduce((sum, agent) => sum + agent[3], 0);
    const agent_plan = plan.map(([name]) => name);
    log("workflow", start, "workflow_start", {
      workflow_id,
      project_name: pick(PROJECTS),
      agent_plan,
      estimated_duration,
    });
    let now = start;
    /** @type {{ agent_name: string, invocation_id: string, begin: number } | null} */
    let previous = null;
    let success = true;
    for (const [agent_name, agent_type, task_type, seconds] of plan) {
      /** @type {{ agent_name: string, invocation_id: string, begin: number } | null} */
      const beside = previous !== null && random() < 0.15 ? previous : null;
      /** @type {number} */
      const begin = beside ? beside.begin : now + random() * 120_000;
      const duration_seconds = Math.round(seconds * (0.4 + random() * 1.2) * 1000) / 1000;
      const end = begin + duration_seconds * 1000;
      if (previous && !beside)
        log("workflow", begin, "agent_handoff", {
          workflow_id,
          from_agent: previous.agent_name,
          to_agent: agent_name,
          artifacts: [`artifacts/${previous.agent_name}/${workflow_id}.md`],
        });
      const invocation_id = id();
      const good = random() < 0.85;
      log("invocation", begin, "invocation_start", {
        invocation_id,
        agent_name,
        agent_type,
        task_description: `${pick(VERBS)} ${pick(THINGS)} and ${pick(VERBS).toLowerCase()} ${pick(THINGS)}`,
        state_features: { task: { type: task_type, complexity: Math.ceil(random() * 5) } },
        parent_invocation_id: beside && random() < 0.3 ? beside.invocation_id : null,
        workflow_id,
        spec_id: null,
        spec_section: null,
        agent_variant: null,
        task_type,
        q_value: null,
        exploration: null,
        reward: null,
        learning_enabled: null,
        tools_used: [],
        duration_seconds: null,
        outcome: null,
        metadata: null,
      });
      log("invocation", end, "invocation_update", {
        invocation_id,
        duration_seconds,
        outcome: {
          status: good ? "success" : "failure",
          error_message: good ? null : pick(ERRORS),
          files_modified: [`src/${pick(TOOLS).toLowerCase()}.ts`, `src/${task_type}.ts`],
          files_created: [],
          tests_passed: good,
          build_succeeded: null,
        },
        tools_used: [pick(TOOLS), pick(TOOLS), pick(TOOLS)],
      });
      if (random() < 0.2)
        log("feedback", end, "success_metric", {
          invocation_id,
          success: good,
          quality_rating: good ? 4 + Math.round(random()) : 1 + Math.round(random()),
          feedback_source: "automated_tests",
          feedback_notes: null,
          would_use_again: null,
          alternative_agent_suggested: null,
        });
      success = good;
      now = Math.max(now, end);
      previous = { agent_name, invocation_id, begin };
      written++;
    }
    log("workflow", now, "workflow_complete", {
      workflow_id,
      duration_seconds: Math.round(now - start) / 1000,
      success,
      agents_executed: agent_plan,
    });
  }
  for (const file of Object.values(files)) file.close();
}
