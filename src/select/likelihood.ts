import { product, whiten } from "./cholesky.js";
import type { SparseVector } from "./tf-idf.js";
import { noiseOf, type Variances } from "./variances.js";

/** An observation, as far as its covariance with others goes. */
export interface Row {
  /** Places in `Evidence.agents` and `Evidence.domains`; −1: no domain. */
  readonly agent: number;
  readonly domain: number;
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
 * @param vectors of the rows' texts, of unit length
 * @param deviations what the rows' outcomes differ by from what was expected
 */
export function likelihoodOf(
  rows: readonly Row[],
  vectors: readonly SparseVector[],
  deviations: Float64Array,
): (v: Variances) => Likelihood {
  const n = rows.length;
  const covariances = covariancesOf(rows, vectors);
  const all = effectsOf(rows);
  const effects = all.length < n / 2 ? all : [];
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
      for (const [i, { members }] of effects.entries())
        for (const row of members) matrix[outcomes + (1 + i) * n + row] = 1;
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

/** Of an agent, a domain or an agent in a domain: its variance, and the places of the rows that have it. */
interface Effect {
  readonly of: "agent" | "domain" | "agent_domain";
  readonly members: number[];
}

function effectsOf(rows: readonly Row[]): Effect[] {
  const effects = new Map<string, Effect>();
  const add = (key: string, of: Effect["of"], row: number) => {
    const effect = effects.get(key);
    if (effect) effect.members.push(row);
    else effects.set(key, { of, members: [row] });
  };
  for (const [i, { agent, domain }] of rows.entries()) {
    add(`a${agent}`, "agent", i);
    if (domain < 0) continue;
    add(`d${domain}`, "domain", i);
    add(`a${agent}d${domain}`, "agent_domain", i);
  }
  return [...effects.values()];
}

function same(a: Variances, b: Variances): boolean {
  return (Object.keys(a) as (keyof Variances)[]).every((key) => a[key] === b[key]);
}

/** What two rows have in common, as places of a list: nothing, the agent, the domain, both. */
const OWN = 1;
const DOMAIN = 2;

/**
 * A function that writes the lower half of the covariance of the rows' outcomes. Of two rows only their cosine, and whether
 * agent and domain are the same, matters: both are found out once for all variances.
 */
function covariancesOf(
  rows: readonly Row[],
  vectors: readonly SparseVector[],
): (v: Variances, matrix: Float64Array) => void {
  const n = rows.length;
  const cosines = cosinesOf(vectors);
  const common = new Uint8Array(n * n);
  for (const [i, { agent, domain }] of rows.entries())
    for (let j = 0; j <= i; j++) {
      const other = rows[j]!;
      common[i * n + j] = (agent === other.agent ? OWN : 0) + (domain >= 0 && domain === other.domain ? DOMAIN : 0);
    }
  return (v, matrix) => {
    const effects = Float64Array.of(0, v.agent, v.domain, v.agent + v.domain + v.agent_domain);
    const texts = Float64Array.of(v.text, v.text + v.agent_text, v.text, v.text + v.agent_text);
    for (let i = 0; i < n; i++) {
      for (let at = i * n; at <= i * n + i; at++)
        matrix[at] = effects[common[at]!]! + texts[common[at]!]! * cosines[at]!;
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
