/**
 * How many edits make one sequence of characters another one.
 *
 *     Levenshtein: characters put in, taken out, exchanged.        Damerau: neighbours that change places, too, even
 *     A row of the table holds the distances of one beginning      where others were put between them (ca → abc is 2).
 *     of `a` to all beginnings of `b`:
 *
 *              ·  d  u  s  k            ↖ exchange, if they differ
 *           ·  0  1  2  3  4            ↑ take out
 *           d  1  0  1  2  3            ← put in
 *           u  2  1  0  1  2   …
 *
 * Time is the product of both lengths, memory their sum: the unrestricted distance of Damerau is computed as in Zhao and
 * Sahni, "String correction using the Damerau-Levenshtein distance" (2019), with three rows instead of the whole table.
 */

import { InvalidValue } from '../../errors.ts';

/** The most characters that are compared with each other: each with each. */
const MAX_COMPARED = 1 << 16;

/** The characters of a text. @throws InvalidValue where there are too many to compare them with another text's */
export function comparable(text: string): Int32Array {
  const codes = new Int32Array(Math.min(text.length, 2 * MAX_COMPARED));
  let count = 0;
  for (let at = 0; at < text.length; count++) {
    if (count === MAX_COMPARED)
      throw new InvalidValue(`a text of more than ${MAX_COMPARED} characters is too long for it`);
    const code = text.codePointAt(at) ?? 0;
    codes[count] = code;
    at += code > 0xffff ? 2 : 1;
  }
  return codes.subarray(0, count);
}

/** Both without what they begin with and end with alike, which never needs an edit. */
function differing(a: Int32Array, b: Int32Array): readonly [Int32Array, Int32Array] {
  const shorter = Math.min(a.length, b.length);
  let from = 0;
  while (from < shorter && a[from] === b[from]) from++;
  let tail = 0;
  while (tail < shorter - from && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  return [a.subarray(from, a.length - tail), b.subarray(from, b.length - tail)];
}

export function levenshteinDistance(one: Int32Array, other: Int32Array): number {
  const [a, b] = differing(one, other);
  if (a.length === 0 || b.length === 0) return a.length + b.length;
  const row = Int32Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let line = 0; line < a.length; line++) {
    const code = a[line];
    // Above and to the left, before it is overwritten.
    let corner = line;
    let left = line + 1;
    row[0] = left;
    for (let column = 1; column <= b.length; column++) {
      const above = row[column] ?? 0;
      const exchanged = corner + (code === b[column - 1] ? 0 : 1);
      left = Math.min(exchanged, above + 1, left + 1);
      row[column] = left;
      corner = above;
    }
  }
  return row[b.length] ?? 0;
}

export function damerauLevenshteinDistance(one: Int32Array, other: Int32Array): number {
  const [a, b] = differing(one, other);
  if (a.length === 0 || b.length === 0) return a.length + b.length;
  const far = Math.max(a.length, b.length) + 1;
  const lastLines = new Map<number, number>();
  // Distances of this line and of the one before, from column -1 on; and those that an exchange of places starts from.
  let [row, above] = [new Int32Array(b.length + 2).fill(far), new Int32Array(b.length + 2).fill(far)];
  for (let column = 0; column <= b.length; column++) row[column + 1] = column;
  const beforeSwap = new Int32Array(b.length + 2).fill(far);
  for (let line = 1; line <= a.length; line++) {
    [row, above] = [above, row];
    const code = a[line - 1] ?? 0;
    let [lastColumn, beforeLine] = [0, far];
    // What stood here two lines ago, left of the column.
    let older = row[1] ?? far;
    row[1] = line;
    for (let column = 1; column <= b.length; column++) {
      const target = b[column - 1] ?? 0;
      let best = Math.min(
        (above[column] ?? far) + (code === target ? 0 : 1),
        (row[column] ?? far) + 1,
        (above[column + 1] ?? far) + 1,
      );
      if (code === target) {
        lastColumn = column;
        beforeSwap[column + 1] = above[column - 1] ?? far;
        beforeLine = older;
      } else {
        const lastLine = lastLines.get(target) ?? 0;
        if (column - lastColumn === 1) best = Math.min(best, (beforeSwap[column + 1] ?? far) + line - lastLine);
        else if (line - lastLine === 1) best = Math.min(best, beforeLine + column - lastColumn);
      }
      older = row[column + 1] ?? far;
      row[column + 1] = best;
    }
    lastLines.set(code, line);
  }
  return row[b.length + 1] ?? 0;
}

/** At how many places they differ; undefined where they are not equally long. */
export function hammingDistance(a: Int32Array, b: Int32Array): number | undefined {
  if (a.length !== b.length) return undefined;
  let distance = 0;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) distance++;
  return distance;
}
