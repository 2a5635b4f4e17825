/**
 * The places of some numbers in ascending order; equal numbers stay in the order given. A radix sort, from the lowest
 * bits: several times faster than comparing, the more so as times of the same year share their highest bits.
 *
 * @param numbers none is NaN
 * @param width how many bits to sort by at a time; more are faster for many numbers, as counting takes 2^width steps
 */
export function sortedPlaces(numbers: Float64Array, width: 8 | 16 = numbers.length < 10_000 ? 8 : 16): Uint32Array {
  const count = numbers.length;
  const { high, low } = orderedBits(numbers);
  const mask = 2 ** width - 1;
  let places = new Uint32Array(count);
  for (let i = 0; i < count; i++) places[i] = i;
  let sorted = new Uint32Array(count);
  for (const bits of [low, high]) {
    const different = bits.reduce((seen, one) => seen | (one ^ bits[0]!), 0);
    for (let shift = 0; shift < 32; shift += width) {
      if (((different >>> shift) & mask) === 0) continue;
      /** For each digit where the next number with it goes: behind all with a lower one. */
      const next = new Uint32Array(mask + 2);
      for (let i = 0; i < count; i++) next[((bits[i]! >>> shift) & mask) + 1]!++;
      for (let digit = 1; digit <= mask; digit++) next[digit]! += next[digit - 1]!;
      for (let i = 0; i < count; i++) {
        const place = places[i]!;
        sorted[next[(bits[place]! >>> shift) & mask]!++] = place;
      }
      [places, sorted] = [sorted, places];
    }
  }
  return places;
}

/** For each number two whole numbers of 32 bits that, one after the other, are in the same order as the numbers. */
function orderedBits(numbers: Float64Array): { readonly high: Uint32Array; readonly low: Uint32Array } {
  const high = new Uint32Array(numbers.length);
  const low = new Uint32Array(numbers.length);
  const view = new DataView(new ArrayBuffer(8));
  for (let i = 0; i < numbers.length; i++) {
    view.setFloat64(0, numbers[i]! + 0); // turns −0 into 0
    const negative = view.getInt32(0) < 0;
    // As whole numbers, positive ones are in order but below the negative ones, and these are in reverse order.
    high[i] = negative ? ~view.getInt32(0) : view.getInt32(0) | 0x8000_0000;
    low[i] = negative ? ~view.getInt32(4) : view.getInt32(4);
  }
  return { high, low };
}
