import { Fragment, type ComponentChildren } from "preact";

import type { Answer } from "../api.js";
import { percent } from "../format.js";
import { href } from "../route.js";

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
      {percent(rate)}{" "}
      <span class="faint">
        · {runs} {runs === 1 ? unit : `${unit}s`}
        {bounds}
      </span>
    </span>
  );
}

/** Names that others chose: what they hold does not turn the text around them. */
export function Names({ of, between, most = Infinity }: { of: readonly string[]; between: string; most?: number }) {
  return (
    <>
      {of.slice(0, most).map((name, i) => (
        <Fragment key={i}>
          {i > 0 && between}
          <bdi class="name">{name}</bdi>
        </Fragment>
      ))}
      {of.length > most && `${between}… ${of.length - most} more`}
    </>
  );
}

/** Leads to what is known of an agent. */
export function AgentLink({ name }: { name: string }) {
  return (
    <a href={href(["agents", name])}>
      <bdi>{name}</bdi>
    </a>
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

interface LoadedProperties<T> {
  readonly answer: Answer<T>;
  /** What to show where there is no such thing. */
  readonly missing?: ComponentChildren;
  readonly children: (data: T) => ComponentChildren;
}

/** Shows an answer of the server as soon as there is one; the last one stays while the next is on its way. */
export function Loaded<T>({ answer, missing, children }: LoadedProperties<T>) {
  const { data, error } = answer;
  if (answer.missing && missing !== undefined) return <>{missing}</>;
  return (
    <>
      {error !== undefined && (
        <p class="trouble" role="alert">
          {error}
        </p>
      )}
      {data !== undefined ? children(data) : error === undefined && <p class="faint">Reading the log…</p>}
    </>
  );
}

/** Says that there is nothing of a name, and where to look. */
export function Missing({ what, name, among }: { what: string; name: string; among: string }) {
  return (
    <>
      <h1>
        There is no {what} <bdi>{name}</bdi>
      </h1>
      <p>
        <a href={href([among])}>All {among}</a>
      </p>
    </>
  );
}
