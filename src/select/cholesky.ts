/**
 * log |A| and bᵀA⁻¹b, by Cholesky's method.
 *
 * @param matrix lower half of A, n × n, row by row, symmetric and positive definite; becomes its factor
 */
export function whiten(matrix: Float64Array, b: Float64Array): { log_determinant: number; square: number } {
  const n = b.length;
  const white = new Float64Array(n);
  let log_determinant = 0;
  let square = 0;
  for (let i = 0; i < n; i++) {
    const row = i * n;
    reduce(matrix, n, row, i);
    let rest = b[i]!;
    let pivot = matrix[row + i]!;
    for (let j = 0; j < i; j++) {
      const entry = matrix[row + j]!;
      rest -= entry * white[j]!;
      pivot -= entry * entry;
    }
    matrix[row + i] = Math.sqrt(pivot);
    white[i] = rest / matrix[row + i]!;
    log_determinant += Math.log(pivot);
    square += white[i]! ** 2;
  }
  return { log_determinant, square };
}

/**
 * Makes a row of the matrix, up to its diagonal, one of the factor; the rows above are. Four entries at a time, because
 * a processor adds four sums in the time of one.
 */
function reduce(matrix: Float64Array, n: number, row: number, end: number): void {
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
  for (; j < end; j++) {
    let sum = matrix[row + j]!;
    for (let k = 0; k < j; k++) sum -= matrix[row + k]! * matrix[j * n + k]!;
    matrix[row + j] = sum / matrix[j * n + j]!;
  }
}
