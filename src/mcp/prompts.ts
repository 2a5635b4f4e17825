import type { McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";

const TEACHING = `You delegate work to agents. Their history is recorded, and you can learn from it:

1. Before you choose an agent, call recommend_agent with the task in one sentence. Take its first choice unless you have a
   reason not to. "not_enough_evidence" means what it says: choose by the agents' descriptions, and record how it went.
2. When several agents will work on one thing, call start_workflow with your plan, and keep the workflow_id.
3. When an agent has ended, call record_outcome: agent, task, outcome, how long it took, and why it failed if it did. Be
   honest: a success that is none makes the next recommendation worse.
4. When its results go to another agent, call log_handoff with the artifacts.
5. At the end call complete_workflow, or cancel_workflow when it is given up. Read what it says about waiting.`;

/** What teaches an orchestrator to use the tools. */
export function addPrompts(server: McpServer): void {
  server.registerPrompt(
    "delegate",
    {
      title: "Delegate with the history in mind",
      description: "Teaches an orchestrator to ask before it delegates, and to record what came of it",
      argsSchema: z.object({ task: z.string().optional().describe("What is to be done") }),
    },
    ({ task }) => ({
      messages: [
        {
          role: "user" as const,
          content: { type: "text" as const, text: task ? `${TEACHING}\n\nThe task: ${task}` : TEACHING },
        },
      ],
    }),
  );
}
