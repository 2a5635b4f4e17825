/**
 * Cholesky's factor L of a matrix A = L·Lᵀ, and what it makes of other vectors: b becomes L⁻¹b, so that the product of two
 * of them is bᵀA⁻¹c.
 *
 * @param matrix lower half of A, n × n, symmetric and positive definite, row by row, and behind it the vectors, of length
 *   n each; is overwritten by factor and results
 * @returns log |A|
 */
export function whiten(matrix: Float64Array, n: number): number {
  let log_determinant = 0;
  for (let i = 0, row = 0; row < matrix.length; i++, row += n) {
    solve(matrix, n, row, Math.min(i, n));
    if (i >= n) continue;
    const pivot = matrix[row + i]! - product(matrix, row, row, i);
    matrix[row + i] = Math.sqrt(pivot);
    log_determinant += Math.log(pivot);
  }
  return log_determinant;
}

/** Sum over the products of the first entries of two rows, given by where they begin. */
export function product(matrix: Float64Array, row: number, other: number, length: number): number {
  let sum = 0;
  for (let k = 0; k < length; k++) sum += matrix[row + k]! * matrix[other + k]!;
  return sum;
}

/**
 * Solves L·x = b for the first entries of a row, where L is in the rows above. Four entries at a time, because a
 * processor adds up four sums in the time of one.
 */
function solve(matrix: Float64Array, n: number, row: number, end: number): void {
  let j = 0;
  for (; j + 3 < end; j += 4) {
    const [first, second, third, fourth] = [j * n, (j + 1) * n, (j + 2) * n, (j + 3) * n];
    let p = matrix[row + j]!;
    let q = matrix[row + j + 1]!;
    let r = matrix[row + j + 2]!;
    let s = matrix[row + j + 3]!;
    for (let k = 0; k < j; k++) {
      const entry = matrix[row + k]!;
      p -= entry * matrix[first + k]!;
      q -= entry * matrix[second + k]!;
      r -= entry * matrix[third + k]!;
      s -= entry * matrix[fourth + k]!;
    }
    p /= matrix[first + j]!;
    q = (q - p * matrix[second + j]!) / matrix[second + j + 1]!;
    r = (r - p * matrix[third + j]! - q * matrix[third + j + 1]!) / matrix[third + j + 2]!;
    s -= p * matrix[fourth + j]! + q * matrix[fourth + j + 1]! + r * matrix[fourth + j + 2]!;
    matrix[row + j] = p;
    matrix[row + j + 1] = q;
    matrix[row + j + 2] = r;
    matrix[row + j + 3] = s / matrix[fourth + j + 3]!;
  }
  for (; j < end; j++) matrix[row + j] = (matrix[row + j]! - product(matrix, row, j * n, j)) / matrix[j * n + j]!;
}
