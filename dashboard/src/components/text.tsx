import type { ComponentChildren } from "preact";

import type { Answer } from "../api.js";

/** An outcome or state: sign, colour and word. */
export function Status({ of }: { of: string }) {
  return <span class={`status ${of}`}>{of}</span>;
}

/** A rate with how many runs it is of and how sure it is: `82 % · 61 runs · 71–90`. */
export function Rate({
  rate,
  runs,
  interval,
  unit = "run",
}: {
  rate: number | null;
  runs: number;
  interval: readonly [number, number] | null;
  unit?: string;
}) {
  if (rate === null || runs === 0) return <span class="faint">not enough evidence</span>;
  const bounds = interval && ` · ${Math.round(interval[0] * 100)}–${Math.round(interval[1] * 100)}`;
  return (
    <span>
      {Math.round(rate * 100)} %{" "}
      <span class="faint">
        · {runs} {runs === 1 ? unit : `${unit}s`}
        {bounds}
      </span>
    </span>
  );
}

/** A point in time in the reader's zone. */
export function Time({ at }: { at: string | null }) {
  if (at === null) return <span>–</span>;
  const text = new Date(at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
  return (
    <time dateTime={at} title={at}>
      {text}
    </time>
  );
}

/** Shows an answer of the server as soon as there is one; the last one stays while the next is on its way. */
export function Loaded<T>({ answer, children }: { answer: Answer<T>; children: (data: T) => ComponentChildren }) {
  return (
    <>
      {answer.error !== undefined && (
        <p class="trouble" role="alert">
          {answer.error}
        </p>
      )}
      {answer.data !== undefined
        ? children(answer.data)
        : answer.error === undefined && <p class="faint">Reading the log…</p>}
    </>
  );
}
