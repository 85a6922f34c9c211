/**
 * How alike two names are, from 0 to 1 (Jaro 1989; Winkler 1990). Characters match where they are equal and stand less
 * than half the longer length apart; of the matching ones, those in another order count as half a transposition.
 *
 *     C R A T E        m = 3 match (R, A, E), none out of order, both are 5 long
 *     T R A C E        (m/5 + m/5 + (m - t)/m) / 3 = 0.733
 */

/** 0 where one of them is empty, as both may be. */
export function jaroSimilarity(a: Int32Array, b: Int32Array): number {
  const matchedA = new Uint8Array(a.length);
  const matchedB = new Uint8Array(b.length);
  const reach = Math.max(0, Math.floor(Math.max(a.length, b.length) / 2) - 1);
  let matches = 0;
  for (let at = 0; at < a.length; at++) {
    const end = Math.min(b.length, at + reach + 1);
    for (let other = Math.max(0, at - reach); other < end; other++) {
      if (matchedB[other] === 1 || a[at] !== b[other]) continue;
      matchedA[at] = 1;
      matchedB[other] = 1;
      matches++;
      break;
    }
  }
  if (matches === 0) return 0;
  let outOfOrder = 0;
  let other = 0;
  for (let at = 0; at < a.length; at++) {
    if (matchedA[at] !== 1) continue;
    while (matchedB[other] !== 1) other++;
    if (a[at] !== b[other]) outOfOrder++;
    other++;
  }
  const transpositions = Math.floor(outOfOrder / 2);
  return (matches / a.length + matches / b.length + (matches - transpositions) / matches) / 3;
}

const MAX_PREFIX = 4;
const PREFIX_WEIGHT = 0.1;
/** Names that are less alike are not brought nearer by how they begin. */
const LEAST_ALIKE = 0.7;

/** Nearer to 1 the more characters they begin with alike, up to four, where they are alike at all. */
export function jaroWinklerSimilarity(a: Int32Array, b: Int32Array): number {
  const jaro = jaroSimilarity(a, b);
  if (jaro <= LEAST_ALIKE) return jaro;
  const most = Math.min(MAX_PREFIX, a.length, b.length);
  let prefix = 0;
  while (prefix < most && a[prefix] === b[prefix]) prefix++;
  return jaro + prefix * PREFIX_WEIGHT * (1 - jaro);
}
