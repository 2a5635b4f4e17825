import { terms } from "./text.js";

/** A sparse vector: `values[i]` at place `ids[i]`; no place occurs twice. */
export interface SparseVector {
  readonly ids: Int32Array;
  readonly values: Float64Array;
}

/** The vector of nothing. */
export const EMPTY: SparseVector = { ids: new Int32Array(0), values: new Float64Array(0) };

/**
 * The words of a set of texts, and how telling each is.
 *
 * A text's vector has (1 + ln tf) · (ln((1 + N) / (1 + df)) + 1) for each term, and unit length: tf is how often the
 * term occurs in it, df in how many of the N texts. Source: C. D. Manning, P. Raghavan, H. Schütze, Introduction to
 * Information Retrieval (2008), section 6.4, with smoothed document frequencies.
 */
export class Vocabulary {
  /** Vectors of the texts it was made of, in their order. */
  readonly vectors: readonly SparseVector[];
  readonly #ids = new Map<string, number>();
  readonly #texts: number;
  readonly #frequency: Float64Array;

  /** @param texts each of them once */
  constructor(texts: readonly string[]) {
    // Where each term is among those of the text at hand, by id; −1 between texts. A map for each text takes longer.
    const places: number[] = [];
    const counted = texts.map((text) => {
      const ids: number[] = [];
      const counts: number[] = [];
      for (const term of terms(text)) {
        const id = this.#ids.get(term) ?? places.push(-1) - 1;
        if (id === this.#ids.size) this.#ids.set(term, id);
        if (places[id]! < 0) {
          places[id] = ids.push(id) - 1;
          counts.push(1);
        } else counts[places[id]!]!++;
      }
      for (const id of ids) places[id] = -1;
      // Small typed arrays are slow to make, so only those that stay are made.
      return { ids, counts };
    });
    this.#texts = texts.length;
    this.#frequency = new Float64Array(this.#ids.size);
    for (const { ids } of counted) for (const id of ids) this.#frequency[id]!++;
    this.vectors = counted.map(({ ids, counts }) => {
      const vector = { ids: new Int32Array(ids), values: new Float64Array(ids.length) };
      let square = 0;
      for (let i = 0; i < ids.length; i++) {
        const value = this.#weight(counts[i]!, this.#frequency[ids[i]!]!);
        vector.values[i] = value;
        square += value * value;
      }
      unit(vector.values, Math.sqrt(square));
      return vector;
    });
  }

  /** How many different terms there are. */
  get size(): number {
    return this.#ids.size;
  }

  /** Vector of any text. Terms that no text of the vocabulary has only lengthen it, so it is less like all of them. */
  vector(text: string): SparseVector {
    const ids: number[] = [];
    const values: number[] = [];
    let square = 0;
    for (const [term, count] of countTerms(text)) {
      const id = this.#ids.get(term);
      const weight = this.#weight(count, id === undefined ? 0 : this.#frequency[id]!);
      square += weight * weight;
      if (id === undefined) continue;
      ids.push(id);
      values.push(weight);
    }
    return { ids: Int32Array.from(ids), values: unit(Float64Array.from(values), Math.sqrt(square)) };
  }

  #weight(count: number, frequency: number): number {
    return (1 + Math.log(count)) * (Math.log((1 + this.#texts) / (1 + frequency)) + 1);
  }
}

function countTerms(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const term of terms(text)) counts.set(term, (counts.get(term) ?? 0) + 1);
  return counts;
}

/** Divides all values by their length, in place. */
function unit(values: Float64Array, length: number): Float64Array {
  for (let i = 0; i < values.length; i++) values[i]! /= length;
  return values;
}
