/**
 * A number of the standard normal distribution, drawn for some words: for the same words always the same, for others
 * as good as independent of it. So who explores is sent to different agents by different tasks, and the same question
 * has the same answer.
 *
 * Sources: G. Fowler, L. C. Noll, P. Vo's hash FNV-1a; the final mixing is that of A. Appleby's MurmurHash3; G. E. P. Box,
 * M. E. Muller, A note on the generation of random normal deviates (1958).
 */
export function luckOf(...words: readonly string[]): number {
  const text = JSON.stringify(words);
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  const [radius, angle] = [uniform(hash), uniform(hash ^ 0x9e3779b9)];
  return Math.sqrt(-2 * Math.log(radius)) * Math.cos(2 * Math.PI * angle);
}

/** A number in (0, 1). */
function uniform(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (((mixed ^ (mixed >>> 16)) >>> 0) + 0.5) / 2 ** 32;
}
