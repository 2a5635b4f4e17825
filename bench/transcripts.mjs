// @ts-check
// Writes transcripts as Claude Code does, without what tells of progress: every line of them must be parsed.
import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";

const WORDS = "the agent reads a file, changes some lines of it and runs its tests once more; \n\t".repeat(12);

/** A third of the lines of real transcripts, by length, is not ASCII. */
const words = (/** @type {number} */ count) => (count % 3 === 0 ? `“${WORDS}”` : WORDS);

/**
 * Writes one session with a subagent for each megabyte.
 *
 * @param {string} project folder of a project
 * @param {string} name
 * @param {number} megabytes
 */
export function writeSession(project, name, megabytes) {
  const agents = join(project, name, "subagents");
  mkdirSync(agents, { recursive: true });
  const main = openSync(join(project, `${name}.jsonl`), "w");
  let now = Date.UTC(2026, 9, 1);
  let count = 0;
  const line = (/** @type {string} */ type, /** @type {object} */ message, more = {}) => {
    const id = `${name}-${(++count).toString(16).padStart(12, "0")}`;
    const timestamp = new Date((now += 400)).toISOString();
    const envelope = { parentUuid: id, isSidechain: false, sessionId: name, cwd: "/home/me/shop", version: "2.1.40" };
    return `${JSON.stringify({ ...envelope, type, message, uuid: id, timestamp, ...more })}\n`;
  };
  const usage = { input_tokens: 3, output_tokens: 40, cache_read_input_tokens: 9000, cache_creation_input_tokens: 70 };
  const assistant = (/** @type {object} */ block, more = {}) =>
    line(
      "assistant",
      { id: `msg_${count}`, role: "assistant", model: "claude-x", content: [block], stop_reason: null, usage },
      { requestId: `req_${count}`, ...more },
    );
  const result = (
    /** @type {string} */ id,
    /** @type {unknown} */ content,
    /** @type {object} */ toolUseResult,
    more = {},
  ) =>
    line(
      "user",
      { role: "user", content: [{ type: "tool_result", tool_use_id: id, content }] },
      { toolUseResult, ...more },
    );
  // Half of it is the session's own.
  for (let agent = 0; agent < megabytes; agent++) {
    const id = `toolu_${name}_${agent}`;
    const agent_id = `a${agent.toString(16).padStart(16, "0")}`;
    const prompt = `Do part ${agent}. ${WORDS.slice(0, 300)}`;
    if (agent % 5 === 0) writeSync(main, line("user", { role: "user", content: `Request ${agent}` }));
    let own = "";
    while (own.length < 450_000) own += work(`${id}_${count}`, {});
    writeSync(main, own);
    writeSync(
      main,
      assistant({
        type: "tool_use",
        id,
        name: "Task",
        input: { subagent_type: "developer", description: "d", prompt },
      }),
    );
    const side = { isSidechain: true, agentId: agent_id };
    let text = line("user", { role: "user", content: prompt }, side);
    while (text.length < 450_000) text += work(`${id}_${count}`, side);
    text += assistant({ type: "text", text: "Done." }, side);
    const file = openSync(join(agents, `agent-${agent_id}.jsonl`), "w");
    writeSync(file, text);
    closeSync(file);
    writeSync(main, result(id, "Done.", { status: "completed", agentId: agent_id, totalDurationMs: 5000 }));
  }
  closeSync(main);

  /** A call of a tool, and what it gave. @param {string} id @param {object} side */
  function work(id, side) {
    const path = `/home/me/shop/src/file${count % 40}.ts`;
    const tool = count % 3 === 0 ? "Edit" : "Read";
    const content = WORDS.slice(count % 500) + words(count);
    return (
      assistant({ type: "text", text: WORDS.slice(0, count % 700) }, side) +
      assistant(
        {
          type: "tool_use",
          id,
          name: tool,
          input: { file_path: path, old_string: "a", new_string: WORDS.slice(0, 200) },
        },
        side,
      ) +
      result(id, content, { type: "text", file: { filePath: path, content, numLines: 20 } }, side)
    );
  }
}
