import type { Alert, Finding } from "./alert.js";

/** An alert whose cause lasts, and what tells whether it is still the same one. */
export interface Known {
  readonly alert: Alert;
  /** How bad it was found to be: more than 0. */
  readonly level: number;
  /** See {@link Finding}. */
  readonly until: string | null;
}

/** What becomes of the alerts when one looks again. */
export interface Settled {
  /** Those whose cause lasts, as it is now. */
  readonly known: readonly Known[];
  /** Those of them that are new, or worse than they were. */
  readonly fired: readonly Alert[];
}

/**
 * Puts what the rules find beside what is known. An alert fires once for each cause: again when it gets worse, or when
 * its cause had gone away.
 *
 * @param now ISO 8601
 */
export function settle(known: readonly Known[], findings: readonly Finding[], now: string): Settled {
  const before = new Map(known.map((one) => [keyOf(one.alert), one]));
  const fired: Alert[] = [];
  const after: Known[] = [];
  for (const { at_least, at_most, until, ...found } of findings) {
    const old = sameCause(before.get(keyOf(found)), found, until);
    const level = Math.min(Math.max(old?.level ?? 0, at_least), at_most);
    if (level === 0) continue;
    const isNew = !old || level > old.level;
    const alert: Alert = isNew
      ? { id: `${found.rule}:${found.subject}:${now}`, ...found, fired_at: now }
      : { id: old.alert.id, ...found, fired_at: old.alert.fired_at };
    if (isNew) fired.push(alert);
    // The end of the cause as it was when the alert fired: what continues it begins no later.
    after.push({ alert, level, until: isNew ? until : old.until });
  }
  return { known: after, fired };
}

/** What is known of a subject, unless it ended before what is found began. */
function sameCause(known: Known | undefined, found: Pick<Finding, "since">, until: string | null): Known | undefined {
  if (!known || until === null || known.until === null || found.since === null) return known;
  return Date.parse(found.since) > Date.parse(known.until) ? undefined : known;
}

function keyOf({ rule, subject }: Pick<Finding, "rule" | "subject">): string {
  return `${rule} ${subject}`;
}
