/**
 * Reads damaged files of one format, one after the other, in a thread that can be ended: what hangs in a kernel hears no signal.
 * Which file is read, and since when, is in memory that the main thread looks at.
 */

import { parentPort, workerData } from 'node:worker_threads';
import '../../src/expressions/functions/all-functions.ts';
import type { FormatName } from './formats.ts';
import { DamagedReader } from './read-damaged.ts';
import type { Seed } from './seeds.ts';

/** What a thread is begun with. */
export interface Shift {
  readonly format: FormatName;
  readonly seeds: readonly Seed[];
  readonly randomSeed: number;
  /** Files [from, to). */
  readonly from: number;
  readonly to: number;
  readonly checkedOf: number;
  /** No file is begun after so many milliseconds. */
  readonly milliseconds: number;
  /** Index of the file that is read, and milliseconds of `Date.now()` when it was begun. */
  readonly now: BigInt64Array<SharedArrayBuffer>;
}

/** What a thread says: that it begins, how many files ended how since it last said so, or that one did not end as it should. */
export type Report =
  | { readonly kind: 'outcomes' | 'done'; readonly outcomes: Readonly<Record<string, number>>; readonly next: number }
  | { readonly kind: 'begun' }
  | { readonly kind: 'failure'; readonly index: number; readonly text: string };

const REPORT_EVERY_MILLISECONDS = 200;

const shift: Shift = workerData;
const say = (report: Report): void => parentPort?.postMessage(report);

const reader = new DamagedReader(shift.format, shift.seeds, shift.randomSeed, shift.checkedOf);
await reader.readWhole();
say({ kind: 'begun' });
const start = Date.now();
let said = start;
let outcomes: Record<string, number> = {};
let index = shift.from;
for (; index < shift.to && Date.now() - start < shift.milliseconds; index += 1) {
  Atomics.store(shift.now, 1, BigInt(Date.now()));
  Atomics.store(shift.now, 0, BigInt(index));
  const result = await reader.read(index);
  const name = typeof result === 'string' ? result : 'failed';
  outcomes[name] = (outcomes[name] ?? 0) + 1;
  if (typeof result !== 'string') {
    const { seed, path, error } = result;
    say({ kind: 'failure', index, text: `${seed}, kept as ${path}\n${error instanceof Error ? error.stack : error}` });
  }
  if (Date.now() - said > REPORT_EVERY_MILLISECONDS) {
    said = Date.now();
    say({ kind: 'outcomes', outcomes, next: index + 1 });
    outcomes = {};
  }
}
say({ kind: 'done', outcomes, next: index });
