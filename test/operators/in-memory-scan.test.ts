import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bool, date, decimal, float64, int32, int64, timestamp, utf8 } from '../../src/columnar/data-type.ts';
import { field, type Schema, schema } from '../../src/columnar/schema.ts';
import { valueToJson } from '../../src/expressions/literal.ts';
import type { MemoryBudget } from '../../src/memory/budget.ts';
import { inMemoryScan, type JsonRow } from '../../src/operators/sources/in-memory-scan.ts';
import { runChain } from '../../src/runtime/run-chain.ts';
import { anyType, anyValue } from '../support/arbitrary-values.ts';
import { Collector, expectAllReturned, type Row, testBudget, testTask } from '../support/task.ts';

async function scan(
  input: Schema,
  rows: readonly JsonRow[],
  {
    memory = testBudget(),
    doneAfter,
    signal,
  }: { memory?: MemoryBudget; doneAfter?: number; signal?: AbortSignal } = {},
): Promise<{ rows: readonly Row[]; batches: number }> {
  const collector = new Collector(memory, input, doneAfter);
  try {
    await runChain({ source: inMemoryScan({ schema: input, rows }), stages: [] }, collector, testTask(memory, signal));
  } finally {
    expectAllReturned(memory);
  }
  return collector;
}

const numbers = schema(field('n', int32, false));
const many = Array.from({ length: 40_000 }, (_, n): JsonRow => ({ n }));

describe('in-memory scan', () => {
  test('reads values as literals write them; a column left out is null', async () => {
    const input = schema(
      field('b', bool),
      field('i', int64),
      field('f', float64),
      field('d', decimal(5, 2)),
      field('t', utf8),
      field('day', date),
      field('at', timestamp('ms', 'UTC')),
    );
    const { rows } = await scan(input, [
      {
        b: true,
        i: '9223372036854775807',
        f: 'NaN',
        d: '1.50',
        t: 'ä',
        day: '1970-01-03',
        at: '1970-01-01T00:00:01.5Z',
      },
      { i: 7, f: -0.5, d: null, t: '', day: '1969-12-31' },
    ]);
    expect(rows).toEqual([
      [true, 2n ** 63n - 1n, Number.NaN, 150n, 'ä', 2, 1500n],
      [null, 7n, -0.5, null, '', -1, null],
    ]);
  });

  test('reads values of every type, nested ones too', async () => {
    const tablesOfAnyType = fc.array(anyType(2), { minLength: 1, maxLength: 3 }).chain((list) =>
      fc.array(fc.tuple(...list.map((type) => anyValue(type))), { maxLength: 70 }).map((rows) => ({
        input: schema(...list.map((type, n) => field(`c${n}`, type))),
        rows: rows as readonly Row[],
      })),
    );
    await fc.assert(
      fc.asyncProperty(tablesOfAnyType, async ({ input, rows }) => {
        const given = rows.map(
          (row): JsonRow =>
            Object.fromEntries(input.fields.map(({ name, type }, n) => [name, valueToJson(row[n] ?? null, type)])),
        );
        // So little that batches must be small.
        const { rows: out } = await scan(input, given, { memory: testBudget(1024 * 1024, 512 * 1024) });
        expect(out).toEqual(rows);
      }),
      { numRuns: 60 },
    );
  });

  test('comes in batches, and stops when its consumer is done', async () => {
    const all = await scan(numbers, many);
    expect(all.rows.flat()).toEqual(many.map(({ n }) => n));
    expect(all.batches).toBe(3);
    expect((await scan(numbers, many, { doneAfter: 1 })).batches).toBe(1);
  });

  test('makes batches small enough to be leased', async () => {
    const texts = schema(field('t', utf8));
    const rows = Array.from({ length: 2000 }, (_, n): JsonRow => ({ t: `${'x'.repeat(100)}${n}` }));
    const { rows: out, batches } = await scan(texts, rows, { memory: testBudget(512 * 1024, 64 * 1024) });
    expect(out.flat()).toEqual(rows.map(({ t }) => t));
    expect(batches).toBeGreaterThan(2);
  });

  test('pushes nothing when there are no rows', async () => {
    expect((await scan(numbers, [])).batches).toBe(0);
  });

  test('a row too large to lease fails by name', async () => {
    const texts = schema(field('t', utf8));
    await expect(
      scan(texts, [{ t: 'x'.repeat(200_000) }], { memory: testBudget(512 * 1024, 64 * 1024) }),
    ).rejects.toThrowError(
      expect.objectContaining({
        name: 'MemoryBudgetExceeded',
        message: expect.stringMatching(/^InMemoryScan, for what it has in hand at a time, .* needs/),
      }),
    );
  });

  test.each([
    { what: 'a value of another type', rows: [{ n: 1 }, { n: 'x' }] },
    { what: 'a null where none is allowed', rows: [{ n: 1 }, { n: null }] },
    { what: 'a missing value where none is allowed', rows: [{ n: 1 }, {}] },
  ])('refuses $what, and says in which row', async ({ rows }) => {
    await expect(scan(numbers, rows as JsonRow[])).rejects.toThrowError(
      expect.objectContaining({ name: 'InvalidArgument', message: expect.stringContaining('Row 1 ') }),
    );
  });

  test('names of inherited properties are columns like others', async () => {
    const odd = schema(field('toString', utf8), field('constructor', int32));
    expect((await scan(odd, [{}])).rows).toEqual([[null, null]]);
  });

  test('stops when the task is aborted', async () => {
    const controller = new AbortController();
    controller.abort();
    await expect(scan(numbers, many, { signal: controller.signal })).rejects.toThrowError();
  });
});
