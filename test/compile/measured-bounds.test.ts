/**
 * Columns without a bound over batches whose values grow and shrink: what is assumed of a batch is that of those before it,
 * and where that is wrong, results are right, and overflows are seen.
 */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { batchFromRows } from '../../src/columnar/column-from-values.ts';
import { readRows } from '../../src/columnar/column-values.ts';
import { bool, int64 } from '../../src/columnar/data-type.ts';
import { field, schema } from '../../src/columnar/schema.ts';
import type { Value } from '../../src/columnar/value.ts';
import { RowProgram } from '../../src/compile/row-program.ts';
import { ArithmeticOverflow } from '../../src/errors.ts';
import type { TypedExpression } from '../../src/expressions/expression.ts';
import { interpreter } from '../../src/expressions/interpret.ts';
import { MemoryBudget } from '../../src/memory/budget.ts';
import { aggregateStage } from '../support/aggregates.ts';
import { fuzzed } from '../support/fuzz.ts';
import { runStages } from '../support/task.ts';

const INPUT = schema(field('a', int64), field('b', int64, false));
const [a, b] = INPUT.fields.map((f, index): TypedExpression => ({ kind: 'column', index, ...f })) as [
  TypedExpression,
  TypedExpression,
];
const binary = (left: TypedExpression, operator: '+' | '*', right: TypedExpression): TypedExpression => ({
  kind: 'arithmetic',
  operator,
  left,
  right,
  type: int64,
  nullable: left.nullable || right.nullable,
});
/** (a + b) * 5 + a */
const five: TypedExpression = { kind: 'literal', value: 5n, type: int64, nullable: false };
const CHAIN = binary(binary(binary(a, '+', b), '*', five), '+', a);
const isBelow: TypedExpression = { kind: 'compare', operator: '<', left: a, right: CHAIN, type: bool, nullable: true };

/** Values around 2 ** bits, of both signs. */
const around = (bits: number): fc.Arbitrary<bigint> => {
  const most = 1n << BigInt(bits);
  return fc.oneof(fc.bigInt(-most, most), fc.constantFrom(most, -most, most - 1n, 1n - most));
};
const batches = fc.array(
  fc
    .integer({ min: 0, max: 62 })
    .chain((bits) =>
      fc.array(fc.tuple(fc.option(around(bits), { freq: 6 }), around(bits)), { minLength: 1, maxLength: 70 }),
    ),
  { minLength: 1, maxLength: 6 },
);

describe('bounds that are assumed', () => {
  test.each([undefined, isBelow])('do no harm where they are wrong; filter: %#', (filter) => {
    const keep = filter && interpreter(filter);
    const evaluate = interpreter(CHAIN);
    fc.assert(
      fc.property(batches, (all) => {
        const budget = new MemoryBudget(16 << 20);
        using holding = budget.reserve('program');
        const columns = [a, CHAIN].map((expression, n) => ({ name: `c${n}`, expression }));
        using program = new RowProgram({ input: INPUT, filter, columns, operator: 'Project' }, holding);
        for (const rows of all) {
          using input = budget.reserve('input');
          const batch = batchFromRows(input, INPUT, rows);
          let expected: Value[][] | undefined;
          try {
            const kept = rows.map((cells) => ({
              value: (index: number): Value => cells[index] ?? null,
              where: () => '',
            }));
            const left = kept.filter((row) => keep === undefined || keep(row) === true);
            expected = left.map((row) => [row.value(0), evaluate(row)]);
          } catch (error) {
            if (!(error instanceof ArithmeticOverflow)) throw error;
          }
          if (expected === undefined) expect(() => program.apply(batch)).toThrow(ArithmeticOverflow);
          else {
            const given = program.apply(batch);
            expect(readRows(budget.linear, given)).toEqual(expected);
            for (const [n, { bits = 64 }] of given.columns.entries()) {
              const magnitudes = expected.map((row) => BigInt(String(row[n] ?? 0))).map((v) => (v < 0n ? -v : v));
              expect(magnitudes.every((magnitude) => magnitude < 1n << BigInt(bits))).toBe(true);
            }
          }
        }
      }),
      fuzzed(300),
    );
  });

  test('nor to sums', async () => {
    const input = {
      kind: 'binary',
      operator: '+',
      left: { kind: 'column', name: 'a' },
      right: { kind: 'column', name: 'b' },
    } as const;
    const calls = [{ name: 'total', function: 'sum', input }] as const;
    await fc.assert(
      fc.asyncProperty(batches, async (all) => {
        const sums = all.flat().map(([x, y]) => (x === null ? null : x + y));
        const isOver = sums.some((sum) => sum !== null && BigInt.asIntN(64, sum) !== sum);
        const there = sums.filter((sum) => sum !== null);
        const total = there.reduce((x, y) => x + y, 0n);
        const feed = { schema: INPUT, rows: all.flat(), cuts: all.map(({ length }) => length) };
        const run = runStages([aggregateStage(INPUT, [], calls)], feed);
        if (isOver || BigInt.asIntN(64, total) !== total) await expect(run).rejects.toThrow(ArithmeticOverflow);
        else expect((await run).rows).toEqual([[there.length === 0 ? null : total]]);
      }),
      fuzzed(100),
    );
  });
});
