import type { KeptTables } from "./tables/kept.js";

/** What an analyzer reads, and what now is for it (milliseconds). */
interface AnalyzerSource {
  readonly tables: KeptTables;
  readonly as_of: number | undefined;
}

const sources = new WeakMap<object, AnalyzerSource>();

/** Lets others read what an analyzer reads. */
export function shareSource(analyzer: object, source: AnalyzerSource): void {
  sources.set(analyzer, source);
}

/**
 * For what reads beside an analyzer without reading twice. By itself, so that who has no analyzer does not load it.
 *
 * @throws {TypeError} when it is none
 */
export function sourceOf(analyzer: object): AnalyzerSource {
  const source = sources.get(analyzer);
  if (!source) throw new TypeError("analyzer must be a TelemetryAnalyzer");
  return source;
}
