/** What scans that read ahead leave behind when they end early. */

import { expect } from 'vitest';
import { fileStore } from '../../src/io/file-store.ts';
import type { ObjectStore } from '../../src/io/object-store.ts';
import type { Source } from '../../src/operators/operator.ts';
import { type Observed, observedStore } from './observed-store.ts';
import { expectAllReturned, testBudget, testTask } from './task.ts';

export const nameOf = (uri: string): string => uri.split('/').at(-1) ?? '';

export interface SlowStore extends Pick<Observed, 'store' | 'asked'> {
  /** Reads into memory that have not ended. */
  readonly active: () => number;
}

/** Files, each request for which takes until others have come and gone. */
export function slowStore(): SlowStore {
  let active = 0;
  const { store, asked } = observedStore(fileStore(), async () => {
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  });
  const readInto: ObjectStore['readInto'] = async (...given) => {
    active += 1;
    try {
      await store.readInto(...given);
    } finally {
      active -= 1;
    }
  };
  return { store: { ...store, readInto }, asked, active: () => active };
}

/** That a scan which is aborted in batch `last` gives no other, waits for its reads, and gives all memory back. */
export async function expectAborted(
  scan: Source,
  last: number,
  limitBytes: number,
  active: () => number,
): Promise<void> {
  const budget = testBudget(limitBytes);
  const abort = new AbortController();
  using run = scan.open(testTask(budget, abort.signal));
  let batches = 0;
  const running = run.run({
    push: async () => {
      batches += 1;
      if (batches === last) abort.abort();
      return 'more';
    },
  });
  await expect(running).rejects.toThrow();
  expect(batches).toBe(last);
  expect(active()).toBe(0);
  expectAllReturned(budget);
}
