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
 * Both contestants run in turns. Gives the last of our answers.
 * @throws Error where the answers differ: there is no ratio then.
 */
export async function takeTurns<Ours extends Answer>({
  name,
  ours,
  theirs,
  runs,
}: Contest<Ours>): Promise<{ answer: Ours; compared: Comparison }> {
  let answer: Ours | undefined;
  const times = await timesInTurns({ ours, theirs }, runs, (answers) => {
    const wrong = difference(answers.ours.rows, answers.theirs.rows);
    if (wrong !== undefined) throw new Error(`${name}: the answers differ: ${wrong}`);
    answer = answers.ours as Ours;
  });
  return { answer: answer as Ours, compared: comparison(times.ours, times.theirs) };
}

/**
 * The times of contestants who run in turns, so that what else the machine does meets all alike. `check` sees the answers
 * of each round, and throws where they are no good.
 */
export async function timesInTurns<Name extends string>(
  contestants: Readonly<Record<Name, () => Promise<Answer>>>,
  runs: number,
  check: (answers: Readonly<Record<Name, Answer>>) => void,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(contestants) as Name[];
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  const startMs = performance.now();
  for (let run = -WARM_UPS; ; run++) {
    const answers = {} as Record<Name, Answer>;
    for (const name of names) {
      // The first run of a turn warms the caches that the others have just filled; the second is counted.
      await contestants[name]();
      answers[name] = await contestants[name]();
    }
    check(answers);
    if (run < 0) continue;
    for (const name of names) times[name].push(answers[name].ms);
    const isLate = run + 1 >= LEAST_RUNS && performance.now() - startMs > PATIENCE_MS;
    if (run + 1 >= runs || isLate) return times;
  }
}
