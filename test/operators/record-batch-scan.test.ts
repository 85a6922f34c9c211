import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { copyToArrow } from '../../src/columnar/arrow.ts';
import { batchFromRows } from '../../src/columnar/column-from-values.ts';
import { int32, utf8 } from '../../src/columnar/data-type.ts';
import { field, type Schema, schema } from '../../src/columnar/schema.ts';
import { InvalidArgument, MemoryBudgetExceeded } from '../../src/errors.ts';
import type { MemoryBudget } from '../../src/memory/budget.ts';
import { recordBatchScan } from '../../src/operators/sources/record-batch-scan.ts';
import { runChain } from '../../src/runtime/run-chain.ts';
import { anyType, anyValue } from '../support/arbitrary-values.ts';
import { Collector, expectAllReturned, type Row, testBudget, testTask } from '../support/task.ts';

interface ScanOptions {
  readonly memory?: MemoryBudget;
  readonly doneAfter?: number;
  readonly signal?: AbortSignal;
  /** What the plan says; the schema of the rows where absent. */
  readonly planned?: Schema;
}

/** `pieces` are the rows of one record batch each. */
async function scan(of: Schema, pieces: readonly (readonly Row[])[], options: ScanOptions = {}): Promise<Collector> {
  const { memory = testBudget(), doneAfter, signal, planned = of } = options;
  const other = testBudget(256 << 20);
  using holding = other.reserve('test');
  const batches = pieces.map((rows) => copyToArrow(batchFromRows(holding, of, rows), other.linear));
  const collector = new Collector(memory, of, doneAfter);
  try {
    const source = recordBatchScan({ schema: planned, batches });
    await runChain({ source, stages: [] }, collector, testTask(memory, signal));
  } finally {
    expectAllReturned(memory);
  }
  return collector;
}

const numbers = schema(field('n', int32));
const many = Array.from({ length: 40_000 }, (_, n): Row => [n]);

describe('scan of record batches', () => {
  test('gives rows of every type, nested ones too, however they are cut', async () => {
    const tables = fc.array(anyType(2), { minLength: 1, maxLength: 3 }).chain((types) =>
      fc
        .array(fc.array(fc.tuple(...types.map((type) => anyValue(type))), { maxLength: 40 }), { maxLength: 3 })
        .map((pieces) => ({
          of: schema(...types.map((type, n) => field(`c${n}`, type))),
          pieces: pieces as readonly (readonly Row[])[],
        })),
    );
    await fc.assert(
      fc.asyncProperty(tables, async ({ of, pieces }) => {
        expect((await scan(of, pieces)).rows).toEqual(pieces.flat());
      }),
      { numRuns: 60 },
    );
  });

  test('cuts what is larger than a batch, and stops when nobody wants more', async () => {
    const all = await scan(numbers, [many]);
    expect(all.rows).toEqual(many);
    expect(all.batches).toBeGreaterThan(1);
    expect((await scan(numbers, [many], { doneAfter: 1 })).batches).toBe(1);
  });

  test('without rows there is nothing', async () => {
    expect((await scan(numbers, [])).rows).toEqual([]);
    expect((await scan(numbers, [[]])).rows).toEqual([]);
  });

  test('refuses columns that the plan does not have', async () => {
    await expect(scan(numbers, [many], { planned: schema(field('n', utf8)) })).rejects.toThrow(InvalidArgument);
  });

  test('ends where the budget is too small, and where it is cancelled', async () => {
    const rows = Array.from({ length: 1_000 }, (): Row => ['x'.repeat(2_000)]);
    await expect(scan(schema(field('s', utf8)), [rows], { memory: testBudget(1 << 20) })).rejects.toThrow(
      MemoryBudgetExceeded,
    );
    await expect(scan(numbers, [many], { signal: AbortSignal.abort() })).rejects.toThrow();
  });
});
