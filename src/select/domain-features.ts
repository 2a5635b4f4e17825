import { Vocabulary, type SparseVector } from "./tf-idf.js";

/** How much of a domain's effect is due to the words of its name; the rest is its own. */
const BY_NAME = 0.75;

/** What each of some domains is made of. */
export interface DomainFeatures {
  /** How many features there are: first the domains themselves, then the words that two names or more have. */
  readonly count: number;
  /** By domain, of unit length. */
  readonly vectors: readonly SparseVector[];
}

/**
 * Domains whose names have words in common have effects in common: who is good at `api design` is likely good at
 * `api testing`, the more so the fewer other domains have `api` in their name. A domain that shares no word with another is
 * like itself alone.
 *
 * @param names of the domains, each of them once
 */
export function domainFeatures(names: readonly string[]): DomainFeatures {
  const words = new Vocabulary(names);
  const holders = new Int32Array(words.size);
  for (const { ids } of words.vectors) for (const id of ids) holders[id]!++;
  let count = names.length;
  const features = holders.map((many) => (many > 1 ? count++ : -1));
  const vectors = words.vectors.map(({ ids, values }, domain) => {
    const shared = [...ids.keys()].filter((i) => features[ids[i]!]! >= 0);
    const parts = shared.map((i) => Math.sqrt(BY_NAME) * values[i]!);
    const own = Math.sqrt(1 - parts.reduce((sum, part) => sum + part * part, 0));
    return {
      ids: Int32Array.of(domain, ...shared.map((i) => features[ids[i]!]!)),
      values: Float64Array.of(own, ...parts),
    };
  });
  return { count, vectors };
}

/** What a task is made of that belongs to several domains, to each with a share. */
export function mixtureOf(
  { vectors }: DomainFeatures,
  shares: readonly (readonly [domain: number, share: number])[],
): SparseVector {
  const sums = new Map<number, number>();
  for (const [domain, share] of shares) {
    const { ids, values } = vectors[domain]!;
    for (const [i, id] of ids.entries()) sums.set(id, (sums.get(id) ?? 0) + share * values[i]!);
  }
  return { ids: Int32Array.from(sums.keys()), values: Float64Array.from(sums.values()) };
}
