/** Characters of a text that are read, from its start. What a task is about is said there. */
export const TEXT_READ = 5_000;

/** Words that say nothing of what a task is about. */
const STOP_WORDS = new Set(
  `a about after all also an and any are as at be been before being both but by can could did do does doing down each
  else for from further had has have having he her here him his how i if in into is it its itself just let me more most
  my no nor not now of off on once only or other our out over own please same she should so some such than that the
  their them then there these they this those through to too under until up us very was we were what when where which
  while who whom why will with would you your yours`.split(/\s+/),
);

/** Only a text that has this may have words in camelCase. */
const CAPITAL = /[\p{Ll}\p{Lu}\p{N}]\p{Lu}/u;

/** Scripts that put no spaces between words. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

/**
 * The terms of a text, in order, repeated as they are: camelCase is split, case and compatible forms are unified, stop
 * words left out, light suffixes stripped. Of scripts without spaces, pairs of characters. Only the first
 * {@link TEXT_READ} characters are read.
 */
export function terms(text: string): string[] {
  const read = text.slice(0, TEXT_READ).normalize("NFKC").slice(0, TEXT_READ);
  // loginPage, HTTPServer; but APIs and OAuth are one word.
  const split = CAPITAL.test(read)
    ? read.replaceAll(/[\p{Ll}\p{N}](?=\p{Lu})|(?<=\p{Lu})\p{Lu}(?=\p{Lu}(?!s\b)\p{Ll})/gu, "$& ")
    : read;
  const words = split.toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
  // Asked of the text first: of every word it would take as long as all else.
  const unspaced = UNSPACED.test(read);
  const found: string[] = [];
  for (const word of words) {
    if (unspaced && UNSPACED.test(word)) found.push(...pairs(word));
    else if (!STOP_WORDS.has(word)) found.push(stem(word));
  }
  return found;
}

/** Pairs of neighbouring characters; the word itself when it has one only. */
function pairs(word: string): string[] {
  const characters = Array.from(word);
  if (characters.length < 2) return characters;
  return characters.slice(1).map((character, i) => characters[i]! + character);
}

/** Plural and verb endings of English go; what is left has three letters at least. */
function stem(word: string): string {
  if (word.length > 4 && word.endsWith("ies")) return `${word.slice(0, -3)}y`;
  if (word.length > 4 && word.endsWith("es") && /(?:[sxz]|ch|sh)es$/.test(word)) return word.slice(0, -2);
  const singular = word.length > 3 && word.endsWith("s") && !/[su]s$/.test(word) ? word.slice(0, -1) : word;
  const ending = singular.length < 6 ? 0 : singular.endsWith("ing") ? 3 : singular.endsWith("ed") ? 2 : 0;
  const bare = singular.slice(0, singular.length - ending);
  return bare.length > 3 && bare.endsWith("e") ? bare.slice(0, -1) : bare;
}
