import { difference } from './answers.ts';
import type { Cell } from './duckdb.ts';
import { type Comparison, comparison } from './result.ts';

const WARM_UPS = 3;
/** A case that takes longer is decided by the runs that it has had by then, LEAST_RUNS at least. */
const PATIENCE_MS = 60_000;
const LEAST_RUNS = 3;

/** What one run of a contestant gave. */
export interface Answer {
  readonly ms: number;
  readonly rows: readonly (readonly Cell[])[];
}

/** One query and its two contestants. */
export interface Contest<Ours extends Answer> {
  /** For errors. */
  readonly name: string;
  readonly ours: () => Promise<Ours>;
  readonly theirs: () => Promise<Answer>;
  /** Counted runs of each. */
  readonly runs: number;
}

/**
 * Both contestants run in turns, so that what else the machine does meets both alike. Gives the last of our answers.
 * @throws Error where the answers differ: there is no ratio then.
 */
export async function takeTurns<Ours extends Answer>({
  name,
  ours,
  theirs,
  runs,
}: Contest<Ours>): Promise<{ answer: Ours; compared: Comparison }> {
  const times = { ours: [] as number[], theirs: [] as number[] };
  const startMs = performance.now();
  for (let run = -WARM_UPS; ; run++) {
    // The first run of a turn warms the caches that the other engine has just filled; the second is counted.
    await ours();
    const answer = await ours();
    await theirs();
    const duck = await theirs();
    const wrong = difference(answer.rows, duck.rows);
    if (wrong !== undefined) throw new Error(`${name}: the answers differ: ${wrong}`);
    if (run < 0) continue;
    times.ours.push(answer.ms);
    times.theirs.push(duck.ms);
    const isLate = run + 1 >= LEAST_RUNS && performance.now() - startMs > PATIENCE_MS;
    if (run + 1 >= runs || isLate) return { answer, compared: comparison(times.ours, times.theirs) };
  }
}
