import { computed, signal, type Signal } from "@preact/signals";

import type { WorkflowDetail, WorkflowList } from "../../../src/analyze/workflow-detail.js";
import type { TelemetryEvent } from "../../../src/event/events.js";
import { changes, read } from "../api.js";
import { after, begun } from "./fold.js";
import { onEvent } from "./stream.js";

/** Workflows that are drawn at once. */
const MOST = 30;

/** One that has ended stays to be seen, milliseconds. */
const STAYS = 20_000;

/** Events that are remembered until a snapshot of the server has come, which may be older than they are. */
const MOST_REMEMBERED = 2000;

/** What is running, latest start first: each by itself, so that what happens in one redraws that one only. */
export const running: Signal<readonly Signal<WorkflowDetail>[]> = signal([]);

/** Those that the server knows of beyond {@link running}; `undefined` until it has answered. */
const others: Signal<number | undefined> = signal(undefined);

/** How many are running in all; `undefined` until the server has answered. */
export const runningTotal = computed(() =>
  others.value === undefined
    ? undefined
    : others.value + running.value.filter(({ value }) => value.status === "running").length,
);

/** What is wrong with the last question to the server. */
export const runningTrouble: Signal<string | undefined> = signal(undefined);

const recent: TelemetryEvent[] = [];

function apply(event: TelemetryEvent): void {
  recent.push(event);
  if (recent.length > MOST_REMEMBERED) recent.splice(0, MOST_REMEMBERED / 2);
  if (event.event === "workflow_start" && !find(event.workflow_id)) {
    running.value = [signal(begun(event)), ...running.value].slice(0, MOST);
  }
  for (const workflow of running.value) update(workflow, after(workflow.value, event));
}

function find(id: string): Signal<WorkflowDetail> | undefined {
  return running.value.find(({ value }) => value.workflow_id === id);
}

function update(workflow: Signal<WorkflowDetail>, now: WorkflowDetail): void {
  const wasRunning = workflow.value.status === "running";
  workflow.value = now;
  if (wasRunning && now.status !== "running") leaveSoon(workflow);
}

function leaveSoon(workflow: Signal<WorkflowDetail>): void {
  setTimeout(() => {
    running.value = running.value.filter((other) => other !== workflow);
  }, STAYS);
}

let asking = false;

/** Asks the server what is running, and adds what has happened since. */
async function ask(): Promise<void> {
  if (asking) return;
  asking = true;
  try {
    const { total, workflows } = await read<WorkflowList>(`workflows?status=running&limit=${MOST}`);
    const details = await Promise.all(
      workflows.map(({ workflow_id }) => read<WorkflowDetail>(`workflows/${encodeURIComponent(workflow_id)}`)),
    );
    const present = details.map((detail) => {
      const now = recent.reduce(after, detail);
      // The list says that it was running, its details may say that it is over.
      const workflow = find(detail.workflow_id) ?? signal({ ...detail, status: "running" });
      // What the page has seen may be newer than what the server has read.
      if (workflow.value.status === "running") update(workflow, now);
      return workflow;
    });
    const ids = new Set(details.map(({ workflow_id }) => workflow_id));
    const unknown = running.value.filter(
      ({ value }) => !ids.has(value.workflow_id) && (value.status !== "running" || isYoung(value)),
    );
    running.value = [...unknown, ...present].toSorted((a, b) =>
      (a.value.started_at ?? "") < (b.value.started_at ?? "") ? 1 : -1,
    );
    others.value = total - workflows.length;
    runningTrouble.value = undefined;
  } catch (error) {
    runningTrouble.value = (error as Error).message;
  } finally {
    asking = false;
  }
}

/** It may have begun after the server looked. */
function isYoung({ workflow_id }: WorkflowDetail): boolean {
  return recent.some((event) => event.event === "workflow_start" && event.workflow_id === workflow_id);
}

/** The server is asked at most so often: events tell the rest. Milliseconds. */
const PAUSE = 5000;

/** Keeps {@link running} true for as long as somebody looks. */
export function followRunning(): () => void {
  const stopEvents = onEvent(apply);
  let next: ReturnType<typeof setTimeout> | undefined;
  let last = -Infinity;
  const askSoon = () => {
    next ??= setTimeout(
      () => {
        next = undefined;
        last = performance.now();
        void ask();
      },
      Math.max(0, last + PAUSE - performance.now()),
    );
  };
  // At once at first, then whenever the server may have more to say than single events do.
  const stopChanges = changes.subscribe(askSoon);
  return () => {
    stopEvents();
    stopChanges();
    clearTimeout(next);
  };
}
