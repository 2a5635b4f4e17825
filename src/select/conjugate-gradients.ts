/** The residual's size relative to the right-hand side's at which a solution is good enough. */
const TOLERANCE = 1e-9;

/** Steps after which it is given up; rounding is all that is left by then. */
const STEPS = 1000;

/**
 * Solves A·x = b for a symmetric positive definite A that is known only by what it does to a vector, by conjugate
 * gradients, preconditioned with A's diagonal.
 *
 * Source: M. R. Hestenes, E. Stiefel, Methods of conjugate gradients for solving linear systems (1952); as in Y. Saad,
 * Iterative Methods for Sparse Linear Systems (2003), algorithm 9.1.
 *
 * @param multiply writes A·v to `result`
 * @param start where to start: the solution of a similar system saves steps
 */
export function conjugateGradients(
  multiply: (v: Float64Array, result: Float64Array) => void,
  diagonal: Float64Array,
  b: Float64Array,
  start: Float64Array,
): Float64Array {
  const n = b.length;
  const x = start.slice();
  const product = new Float64Array(n);
  multiply(x, product);
  const residual = b.map((value, i) => value - product[i]!);
  const scaled = residual.map((value, i) => value / diagonal[i]!);
  const direction = scaled.slice();
  let size = dot(residual, scaled);
  let goal = 0;
  for (let i = 0; i < n; i++) goal += (b[i]! * b[i]!) / diagonal[i]!;
  goal *= TOLERANCE * TOLERANCE;
  for (let step = 0; step < STEPS && size > goal; step++) {
    multiply(direction, product);
    const length = size / dot(direction, product);
    for (let i = 0; i < n; i++) {
      x[i]! += length * direction[i]!;
      residual[i]! -= length * product[i]!;
      scaled[i] = residual[i]! / diagonal[i]!;
    }
    const next = dot(residual, scaled);
    const keep = next / size;
    for (let i = 0; i < n; i++) direction[i] = scaled[i]! + keep * direction[i]!;
    size = next;
  }
  return x;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
