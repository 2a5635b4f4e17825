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

/** All of them, which the compiler sees to: a browser hears of no event that it was not told to listen for. */
const EVENTS = Object.keys({
  workflow_start: true,
  agent_handoff: true,
  workflow_complete: true,
  workflow_cancelled: true,
  invocation_start: true,
  invocation_update: true,
  success_metric: true,
} satisfies Record<TelemetryEvent["event"], true>);

/** Views that are computed from the whole log ask again at most so often while it grows, milliseconds. */
const PAUSE = 1000;

let announced: number | undefined;

function announce(): void {
  announced ??= setTimeout(() => {
    announced = undefined;
    changes.value++;
  }, PAUSE) as unknown as number;
}

/** Where the stream is, so that a new one goes on there. */
let last: string | undefined;

let source: EventSource | undefined;

/**
 * Listens to the server for as long as the page is to be seen: browsers open few connections to one server at once, and
 * forgotten tabs would hold them all. What was missed comes when it is seen again.
 */
export function listen(): void {
  const follow = () => {
    if (document.visibilityState === "visible") open();
    else close();
  };
  document.addEventListener("visibilitychange", follow);
  follow();
}

function close(): void {
  source?.close();
  source = undefined;
}

function open(): void {
  if (source) return;
  const resumed = last !== undefined;
  const from = last === undefined ? "" : `?last_event_id=${encodeURIComponent(last)}`;
  const opened = new EventSource(`/api/v1/events${from}`);
  source = opened;
  opened.addEventListener("ready", ({ lastEventId }: MessageEvent) => {
    // What was missed comes now; what is computed from it is asked for anew.
    if (connection.value === "lost" || resumed) changes.value++;
    connection.value = "live";
    last ??= lastEventId;
  });
  opened.addEventListener("error", () => {
    connection.value = "lost";
    // Refused for good: try again by hand.
    if (opened.readyState !== EventSource.CLOSED) return;
    close();
    setTimeout(() => document.visibilityState === "visible" && open(), 3000);
  });
  opened.addEventListener("reset", ({ lastEventId }: MessageEvent) => {
    last = lastEventId;
    changes.value++;
  });
  opened.addEventListener("alerts", announce);
  for (const name of EVENTS)
    opened.addEventListener(name, ({ data, lastEventId }: MessageEvent<string>) => {
      last = lastEventId;
      const event = JSON.parse(data) as TelemetryEvent;
      for (const listener of listeners) listener(event);
      announce();
    });
}
