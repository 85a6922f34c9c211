/** How many cases a property is tried on, and from which seed: `scripts/fuzz.ts` sets both. */

const times = Number(process.env['FUZZ_TIMES'] ?? 1);

/** What everything random in a test starts from; vitest.config.ts sets it where nobody else did. */
export const fuzzSeed: number = Number(process.env['FUZZ_SEED']);

/** Parameters of a property that is tried on `cases` cases in `npm test`. */
export const fuzzed = (cases: number): { numRuns: number } => ({ numRuns: cases * times });

/** As many cases as `cases` are in `npm test`. */
export const fuzzedCases = (cases: number): number => Math.round(cases * times);
