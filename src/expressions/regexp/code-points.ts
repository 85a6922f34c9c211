/** Sets of code points, as pairs of the first and the last of each range, in order, none touching the next. */
export type CodePoints = readonly number[];

export const LAST_CODE_POINT = 0x10ffff;

/** The set of ranges in any order, which may overlap. */
export function codePoints(pairs: readonly (readonly [number, number])[]): CodePoints {
  const result: number[] = [];
  for (const [first, last] of pairs.toSorted(([a], [b]) => a - b)) {
    const before = result.at(-1);
    if (before !== undefined && first <= before + 1) result[result.length - 1] = Math.max(before, last);
    else result.push(first, last);
  }
  return result;
}

/** All others. */
export function negated(set: CodePoints): CodePoints {
  const result = set[0] === 0 ? [] : [0];
  for (const [index, bound] of set.entries()) {
    const isLast = index % 2 === 1;
    if (bound !== 0 && !isLast) result.push(bound - 1);
    if (isLast && bound < LAST_CODE_POINT) result.push(bound + 1);
  }
  if (result.length % 2 === 1) result.push(LAST_CODE_POINT);
  return result;
}

export const pairsOf = (set: CodePoints): readonly (readonly [number, number])[] =>
  Array.from({ length: set.length / 2 }, (_, n) => [set[2 * n] ?? 0, set[2 * n + 1] ?? 0]);

export const union = (...sets: readonly CodePoints[]): CodePoints => codePoints(sets.flatMap(pairsOf));

export function areDisjoint(a: CodePoints, b: CodePoints): boolean {
  return pairsOf(a).every(([from, to]) => pairsOf(b).every(([first, last]) => to < first || last < from));
}

const LETTERS = { upper: 0x41, lower: 0x61, count: 26 };
/** The Kelvin sign and the long s are the only letters beyond ASCII that are a k and an s in another case. */
const STRANGERS: readonly (readonly [letter: number, other: number])[] = [
  [0x6b, 0x212a],
  [0x73, 0x17f],
];

/** With the other cases of each letter; undefined where the set has more than ASCII. */
export function inEveryCase(set: CodePoints): CodePoints | undefined {
  if ((set.at(-1) ?? 0) > 0x7f) return undefined;
  const has = (code: number): boolean => pairsOf(set).some(([first, last]) => first <= code && code <= last);
  const more: [number, number][] = [];
  for (let n = 0; n < LETTERS.count; n++) {
    const [upper, lower] = [LETTERS.upper + n, LETTERS.lower + n];
    if (!has(upper) && !has(lower)) continue;
    more.push([upper, upper], [lower, lower]);
    for (const [letter, other] of STRANGERS) if (letter === lower) more.push([other, other]);
  }
  return codePoints([...pairsOf(set), ...more]);
}
