/**
 * Finds the word that was probably meant, by the least number of letters to insert, delete, replace or swap with a
 * neighbour ("optimal string alignment").
 */

import { quoted } from './problems.ts';

/** Longer words are not typing slips of anything. */
const LONGEST_WORD = 64;
/** More candidates than this are not looked at, so that an error costs little however wide a table is. */
const MOST_CANDIDATES = 500;

/** ` Did you mean "delay"?` where a candidate is close to `word`, else nothing. To be put behind a sentence. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const closest = closestWord(word, candidates);
  return closest === undefined ? '' : ` Did you mean ${quoted(closest)}?`;
}

/** The candidate that differs from `word` by at most a third of its letters, or by one; the first of equals. */
export function closestWord(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length > LONGEST_WORD) return undefined;
  const asked = normalised(word);
  let best: string | undefined;
  let bestDistance = Math.max(Math.min(1, word.length - 1), Math.floor(word.length / 3)) + 1;
  let seen = 0;
  for (const candidate of candidates) {
    seen += 1;
    if (seen > MOST_CANDIDATES) break;
    if (candidate.length > LONGEST_WORD) continue;
    const distance = editDistance(asked, normalised(candidate));
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** Case and the kind of joining are not what a reader would call different. */
const normalised = (word: string): string => word.toLowerCase().replaceAll(/[\s_]/g, '-');

function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let cost = Math.min(replaced, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    [beforeLast, last] = [last, row];
  }
  return last[b.length] ?? 0;
}
