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
    let rest = b[i]!;
    let pivot = matrix[row + i]!;
    for (let j = 0; j < i; j++) {
      const other = j * n;
      let sum = matrix[row + j]!;
      for (let k = 0; k < j; k++) sum -= matrix[row + k]! * matrix[other + k]!;
      const entry = sum / matrix[other + j]!;
      matrix[row + j] = entry;
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
