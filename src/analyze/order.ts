/** The items in order; those that compare alike stay as given. The list itself if it is in order already: records are. */
export function inOrder<T>(items: readonly T[], compare: (a: T, b: T) => number): readonly T[] {
  for (let i = 1; i < items.length; i++) if (compare(items[i - 1]!, items[i]!) > 0) return items.toSorted(compare);
  return items;
}
