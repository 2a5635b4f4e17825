import { useSignal } from "@preact/signals";

import type { WorkflowSummary } from "../../../src/analyze/workflow-detail.js";
import type { WorkflowCancelled } from "../../../src/event/events.js";
import { read } from "../api.js";

/** Records that a workflow without an end was given up, once that is confirmed. */
export function Cancel({ workflow: { workflow_id, status } }: { workflow: WorkflowSummary }) {
  const asking = useSignal(false);
  const trouble = useSignal<string | undefined>(undefined);
  if (status !== "running" && status !== "abandoned") return null;
  const cancel = async () => {
    const event: WorkflowCancelled = {
      event: "workflow_cancelled",
      timestamp: new Date().toISOString(),
      workflow_id,
      reason: "cancelled in the dashboard",
    };
    try {
      const headers = { "content-type": "application/json" };
      await read("events", { method: "POST", headers, body: JSON.stringify(event) });
      asking.value = false;
    } catch (error) {
      trouble.value = (error as Error).message;
    }
  };
  if (!asking.value)
    return (
      <p class="controls">
        <button type="button" onClick={() => (asking.value = true)}>
          Cancel…
        </button>
      </p>
    );
  return (
    <div class="controls" role="group" aria-label="Cancel the workflow">
      <span>This records that it was given up. It stops no agent.</span>
      <button type="button" class="main" onClick={() => void cancel()}>
        Record it as cancelled
      </button>
      <button type="button" onClick={() => (asking.value = false)}>
        Leave it
      </button>
      {trouble.value !== undefined && <span role="alert">{trouble.value}</span>}
    </div>
  );
}
