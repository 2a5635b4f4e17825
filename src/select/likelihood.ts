import { product, whiten } from "./cholesky.js";
import type { SparseVector } from "./tf-idf.js";
import { noiseOf, type Variances } from "./variances.js";

/** An observation, as far as its covariance with others goes. */
export interface Row {
  /** Place in `Evidence.agents`. */
  readonly agent: number;
  /** What its domain is made of, of unit length; empty: no domain. */
  readonly domain: SparseVector;
  /** Of its text, of unit length. */
  readonly text: SparseVector;
  readonly weight: number;
  /** Whether the words of its task are known. */
  readonly words: boolean;
}

/** What the likelihood of outcomes is made of: log |K| and yᵀK⁻¹y of their covariance K and deviations y. */
interface Likelihood {
  readonly log_determinant: number;
  readonly square: number;
}

/**
 * Gives for any variances what the likelihood of some observations is made of.
 *
 * Effects of agents and domains are few numbers that many observations share: K = B + Z·D·Zᵀ, where a column of Z tells
 * which observations have an effect, and the diagonal D has its variance. So B is factored once for all kinds that differ
 * in nothing else, and of each kind only a matrix as large as there are effects:
 *
 *     log |K| = log |B| + log |M|,  yᵀK⁻¹y = yᵀB⁻¹y − bᵀM⁻¹b,  M = 1 + √D·Zᵀ·B⁻¹·Z·√D,  b = √D·Zᵀ·B⁻¹·y
 *
 * (C. E. Rasmussen, C. K. I. Williams, Gaussian Processes for Machine Learning, 2006, appendix A.3.) Where there are more
 * effects than that is good for, they are left in B.
 *
 * @param deviations what the rows' outcomes differ by from what was expected
 */
export function likelihoodOf(rows: readonly Row[], deviations: Float64Array): (v: Variances) => Likelihood {
  const n = rows.length;
  const covariances = covariancesOf(rows);
  const all = effectsOf(rows);
  const effects = all.length < n ? all : [];
  const size = effects.length;
  const matrix = new Float64Array((n + 1 + size) * n);
  const outcomes = n * n;
  const small = new Float64Array((size + 1) * size);
  const inner = new Float64Array((size + 1) * (size + 1));
  let factored: Variances | undefined;
  let log_determinant = 0;
  return (v) => {
    const base = size > 0 ? { ...v, agent: 0, domain: 0, agent_domain: 0 } : v;
    if (factored === undefined || !same(base, factored)) {
      covariances(base, matrix);
      matrix.fill(0, outcomes);
      matrix.set(deviations, outcomes);
      for (const [i, { shares }] of effects.entries())
        for (const [row, share] of shares) matrix[outcomes + (1 + i) * n + row] = share;
      log_determinant = whiten(matrix, n);
      for (let i = 0; i <= size; i++)
        for (let j = 0; j <= i; j++) inner[i * (size + 1) + j] = product(matrix, outcomes + i * n, outcomes + j * n, n);
      factored = base;
    }
    const deviates = effects.map(({ of }) => Math.sqrt(v[of]));
    for (let i = 0; i < size; i++) {
      for (let j = 0; j <= i; j++)
        small[i * size + j] = (i === j ? 1 : 0) + deviates[i]! * deviates[j]! * inner[(1 + i) * (size + 1) + 1 + j]!;
      small[size * size + i] = deviates[i]! * inner[(1 + i) * (size + 1)]!;
    }
    return {
      log_determinant: log_determinant + whiten(small, size),
      square: inner[0]! - product(small, size * size, size * size, size),
    };
  };
}

/** Of an agent, a domain's feature or an agent at that: its variance, and how much of it the rows have, by place. */
interface Effect {
  readonly of: "agent" | "domain" | "agent_domain";
  readonly shares: [row: number, share: number][];
}

function effectsOf(rows: readonly Row[]): Effect[] {
  const effects = new Map<string, Effect>();
  const add = (key: string, of: Effect["of"], row: number, share: number) => {
    const effect = effects.get(key);
    if (effect) effect.shares.push([row, share]);
    else effects.set(key, { of, shares: [[row, share]] });
  };
  for (const [row, { agent, domain }] of rows.entries()) {
    add(`a${agent}`, "agent", row, 1);
    for (const [i, feature] of domain.ids.entries()) {
      add(`d${feature}`, "domain", row, domain.values[i]!);
      add(`a${agent}d${feature}`, "agent_domain", row, domain.values[i]!);
    }
  }
  return [...effects.values()];
}

function same(a: Variances, b: Variances): boolean {
  return (Object.keys(a) as (keyof Variances)[]).every((key) => a[key] === b[key]);
}

/**
 * A function that writes the lower half of the covariance of the rows' outcomes. Of two rows only how alike their texts and
 * domains are, and whether the agent is the same, matters: that is found out once for all variances.
 */
function covariancesOf(rows: readonly Row[]): (v: Variances, matrix: Float64Array) => void {
  const n = rows.length;
  const texts = cosinesOf(rows.map(({ text }) => text));
  const domains = cosinesOf(rows.map(({ domain }) => domain));
  const own = new Uint8Array(n * n);
  for (const [i, { agent }] of rows.entries())
    for (let j = 0; j <= i; j++) own[i * n + j] = agent === rows[j]!.agent ? 1 : 0;
  return (v, matrix) => {
    for (let i = 0; i < n; i++) {
      for (let at = i * n; at <= i * n + i; at++)
        matrix[at] =
          domains[at]! * v.domain +
          texts[at]! * v.text +
          own[at]! * (v.agent + domains[at]! * v.agent_domain + texts[at]! * v.agent_text);
      matrix[i * n + i]! += noiseOf(v, rows[i]!.weight, rows[i]!.words);
    }
  };
}

/** Cosines of vectors of unit length, two by two: row by row, those with the vectors before it and with itself. */
function cosinesOf(vectors: readonly SparseVector[]): Float64Array {
  const cosines = new Float64Array(vectors.length ** 2);
  const own = new Float64Array(1 + vectors.reduce((most, { ids }) => ids.reduce((a, b) => Math.max(a, b), most), -1));
  for (const [i, { ids, values }] of vectors.entries()) {
    for (let k = 0; k < ids.length; k++) own[ids[k]!] = values[k]!;
    for (let j = 0; j <= i; j++) {
      const other = vectors[j]!;
      let sum = 0;
      for (let k = 0; k < other.ids.length; k++) sum += other.values[k]! * own[other.ids[k]!]!;
      cosines[i * vectors.length + j] = sum;
    }
    for (const id of ids) own[id] = 0;
  }
  return cosines;
}
