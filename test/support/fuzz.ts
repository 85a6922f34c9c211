/** How many cases a property is tried on, and from which seed: `npm run fuzz:expressions` sets both. */

const times = Number(process.env['FUZZ_TIMES'] ?? 1);
const seed = process.env['FUZZ_SEED'];

/** Parameters of a property that is tried on `cases` cases in `npm test`. */
export const fuzzed = (cases: number): { numRuns: number; seed?: number } => ({
  numRuns: cases * times,
  ...(seed === undefined ? {} : { seed: Number(seed) }),
});

/** As many cases as `cases` are in `npm test`. */
export const fuzzedCases = (cases: number): number => cases * times;

/** An offset for seeds of cases that are made by hand. */
export const fuzzSeed: number = Number(seed ?? 0);
