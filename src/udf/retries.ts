import { setTimeout as sleep } from 'node:timers/promises';
import type { RecordBatch } from 'apache-arrow';
import type { Value } from '../columnar/value.ts';
import type { Outcome, UdfTarget } from './udf-target.ts';

const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 60_000;

export interface Retries {
  /** Tries after the first. */
  readonly retries: number;
  readonly signal: AbortSignal;
  readonly count: (figure: string, amount?: number) => void;
}

/** Calls again for the rows that failed, later and later. */
export async function rowsWithRetries(
  target: UdfTarget,
  rows: readonly (readonly Value[])[],
  { retries, signal, count }: Retries,
): Promise<readonly Outcome[]> {
  const outcomes = [...(await attempt(target, rows))];
  for (let tried = 0; tried < retries; tried += 1) {
    const failed = outcomes.flatMap((outcome, index) => ('error' in outcome ? [index] : []));
    if (failed.length === 0 || signal.aborted) break;
    count('retries', failed.length);
    await sleep(
      delayMs(
        tried,
        failed.map((index) => outcomes[index]),
      ),
      undefined,
      { signal },
    );
    const again = await attempt(
      target,
      failed.map((index) => rows[index] ?? []),
    );
    for (const [position, index] of failed.entries()) outcomes[index] = again[position] as Outcome;
  }
  return outcomes;
}

/** What an actor that dies takes with it is every row that it was given. */
async function attempt(target: UdfTarget, rows: readonly (readonly Value[])[]): Promise<readonly Outcome[]> {
  try {
    return await target.callRows(rows);
  } catch (error) {
    return rows.map(() => ({ error }));
  }
}

export async function batchWithRetries(
  target: UdfTarget,
  rows: () => RecordBatch,
  { retries, signal, count }: Retries,
): Promise<Outcome> {
  for (let tried = 0; ; tried += 1) {
    try {
      return { value: await target.callBatch(rows()) };
    } catch (error) {
      if (tried === retries || signal.aborted) return { error };
      count('retries');
      await sleep(delayMs(tried, [{ error }]), undefined, { signal });
    }
  }
}

/** Doubled from try to try, a quarter more or less by chance; as long as an error asks for with `retryAfterMs`. */
function delayMs(tried: number, outcomes: readonly (Outcome | undefined)[]): number {
  const asked = outcomes.map((outcome) =>
    outcome !== undefined && 'error' in outcome ? retryAfterMs(outcome.error) : 0,
  );
  const delay = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** tried) * (0.75 + Math.random() / 2);
  return Math.max(
    delay,
    Math.min(
      MAX_DELAY_MS,
      asked.reduce((most, ms) => Math.max(most, ms), 0),
    ),
  );
}

function retryAfterMs(error: unknown): number {
  const asked = typeof error === 'object' && error !== null && 'retryAfterMs' in error ? Number(error.retryAfterMs) : 0;
  return Number.isFinite(asked) ? asked : 0;
}
