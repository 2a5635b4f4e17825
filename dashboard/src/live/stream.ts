import { signal } from "@preact/signals";

import type { TelemetryEvent } from "../../../src/event/events.js";
import { changes } from "../api.js";

/** Whether the server can be heard. */
export const connection = signal<"connecting" | "live" | "lost">("connecting");

type Listener = (event: TelemetryEvent) => void;

const listeners = new Set<Listener>();

/** Tells `listener` of every event that is recorded from now on. */
export function onEvent(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const EVENTS = [
  "workflow_start",
  "agent_handoff",
  "workflow_complete",
  "workflow_cancelled",
  "invocation_start",
  "invocation_update",
  "success_metric",
];

/** Views that are computed from the whole log ask again at most so often while it grows, milliseconds. */
const PAUSE = 1000;

let announced: number | undefined;

function announce(): void {
  announced ??= setTimeout(() => {
    announced = undefined;
    changes.value++;
  }, PAUSE) as unknown as number;
}

/** Listens to the server, for as long as the page is open: the browser reconnects and reads on from where it was. */
export function listen(): void {
  const source = new EventSource("/api/v1/events");
  source.addEventListener("ready", () => {
    // What was missed comes now; what is computed from it is asked for anew.
    if (connection.value === "lost") changes.value++;
    connection.value = "live";
  });
  source.addEventListener("error", () => {
    connection.value = "lost";
    // Refused for good: try again by hand.
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, 3000);
  });
  source.addEventListener("reset", () => {
    changes.value++;
  });
  for (const name of EVENTS)
    source.addEventListener(name, ({ data }: MessageEvent<string>) => {
      const event = JSON.parse(data) as TelemetryEvent;
      for (const listener of listeners) listener(event);
      announce();
    });
}
