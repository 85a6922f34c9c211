/**
 * A hundred thousand pairs of a random expression and a random batch: compiled code gives what the interpreter gives. More
 * of them with `npm run fuzz:expressions`; the seed that is printed repeats them (FUZZ_SEED).
 *
 *     a program    8 expressions over columns of random shapes, mostly without a filter
 *     its rows     100, interpreted once; those are left out for which some expression is an error
 *     its batches  12, each of a random number of these rows, in random order
 *
 * A pair counts where the program has computed the batch itself, not where a check has left it to the interpreter.
 * What fails is tried in `row-program.test.ts`, which also finds the smallest case.
 */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Batch } from '../../src/columnar/batch.ts';
import { type ColumnForm, columnFromValues } from '../../src/columnar/column-from-values.ts';
import { readColumn } from '../../src/columnar/column-values.ts';
import { bool } from '../../src/columnar/data-type.ts';
import type { Value } from '../../src/columnar/value.ts';
import { RowProgram } from '../../src/compile/row-program.ts';
import { ArithmeticOverflow, InvalidCast, InvalidValue } from '../../src/errors.ts';
import { collectColumns } from '../../src/expressions/columns.ts';
import type { TypedExpression } from '../../src/expressions/expression.ts';
import { expressionText } from '../../src/expressions/expression-text.ts';
import { interpreter } from '../../src/expressions/interpret.ts';
import type { Holding } from '../../src/memory/budget.ts';
import { MemoryBudget } from '../../src/memory/budget.ts';
import { fuzzedCases, fuzzSeed } from '../support/fuzz.ts';
import { expression, formsOf, INPUT, random, randomRows, randomShapes, TYPES } from './arbitrary-expressions.ts';

const PAIRS = fuzzedCases(100_000);
const EXPRESSIONS = 8;
const BATCHES = 12;
const ROWS = 100;
/** A program is made of expressions that leave at least so many rows. */
const LEAST_ROWS = 50;
const ROW_COUNTS = [0, 1, 2, 3, 4, 5, 9, 17, 33, 63, 64, 65, 70, 130];

const anyExpression = fc.constantFrom(...TYPES).chain((type) => expression(type, 3));
const budget = new MemoryBudget(256 << 20);

const FAILED = Symbol('an error');

/** The value for each row, or that it is an error. */
function valuesOf(e: TypedExpression, rows: readonly (readonly Value[])[]): (Value | typeof FAILED)[] {
  const evaluate = interpreter(e);
  return rows.map((cells) => {
    try {
      return evaluate({ value: (index) => cells[index] ?? null, where: () => '' });
    } catch (error) {
      if (error instanceof ArithmeticOverflow || error instanceof InvalidCast || error instanceof InvalidValue)
        return FAILED;
      throw error;
    }
  });
}

interface Evaluated {
  readonly e: TypedExpression;
  /** By row. */
  readonly values: readonly (Value | typeof FAILED)[];
}

/** Expressions over rows for which none of them is an error. */
function evaluated(all: readonly TypedExpression[], rows: readonly (readonly Value[])[]) {
  const taken: Evaluated[] = [];
  let good = [...rows.keys()];
  for (const e of all) {
    const values = valuesOf(e, rows);
    const left = good.filter((row) => values[row] !== FAILED);
    if (left.length < LEAST_ROWS) continue;
    taken.push({ e, values });
    good = left;
  }
  return { taken, good };
}

/** A batch of rows; columns that nobody reads are not made. */
function placed(
  holding: Holding,
  rows: readonly (readonly Value[])[],
  forms: readonly ColumnForm[],
  read: ReadonlySet<number>,
): Batch {
  const unread = columnFromValues(holding, bool, []);
  const columns = INPUT.fields.map(({ type }, index) => {
    if (!read.has(index)) return unread;
    const values = rows.map((row) => row[index] ?? null);
    return columnFromValues(holding, type, values, forms[index]);
  });
  return new Batch(INPUT, rows.length, columns);
}

const found = { programs: 0, expressions: 0, batches: 0, repeated: 0, pairs: 0 };

/** One program over its batches. */
function tryProgram(seed: number): void {
  const next = random(seed);
  const filters = next() < 0.4 ? fc.sample(expression(bool, 2), { numRuns: 1, seed }) : [];
  const drawn = fc.sample(anyExpression, { numRuns: EXPRESSIONS, seed });
  const read = new Set<number>();
  for (const e of [...filters, ...drawn]) collectColumns(e, read);
  const shapes = randomShapes(next);
  const rows = randomRows(next, ROWS, shapes, { tame: next() < 0.7, read });
  const { taken, good } = evaluated([...filters, ...drawn], rows);
  const filter = taken.find(({ e }) => filters.includes(e));
  const roots = taken.filter((one) => one !== filter);
  const forms = formsOf(
    shapes,
    good.map((row) => rows[row]!),
    read,
  );
  using scratch = budget.reserve('program');
  const columns = roots.map(({ e }, n) => ({ name: `c${n}`, expression: e }));
  using program = new RowProgram({ input: INPUT, filter: filter?.e, columns, operator: 'Project' }, scratch);
  found.programs += 1;
  found.expressions += roots.length;
  for (let n = 0; n < BATCHES; n += 1) {
    using input = budget.reserve('input');
    const count = ROW_COUNTS[Math.floor(next() * ROW_COUNTS.length)]!;
    const chosen = Array.from({ length: count }, () => good[Math.floor(next() * good.length)]!);
    const batch = placed(
      input,
      chosen.map((row) => rows[row]!),
      forms,
      read,
    );
    const result = program.tryApply(batch);
    found.batches += 1;
    if (result === undefined) {
      found.repeated += 1;
      continue;
    }
    const kept = filter === undefined ? chosen : chosen.filter((row) => filter.values[row] === true);
    expect(result.rowCount, `seed ${seed}, ${filter === undefined ? '' : expressionText(filter.e)}`).toBe(kept.length);
    for (const [index, { e, values }] of roots.entries()) {
      const actual = readColumn(budget.linear, result.columns[index]!, kept.length);
      if (kept.some((row, at) => !Object.is(actual[at], values[row]))) {
        expect(actual, `seed ${seed}: ${expressionText(e)}`).toEqual(kept.map((row) => values[row]));
      }
    }
    found.pairs += roots.length;
  }
}

test(`${PAIRS} pairs of an expression and a batch`, { timeout: 1_200_000 * Math.ceil(PAIRS / 100_000) }, () => {
  for (let seed = fuzzSeed; found.pairs < PAIRS; seed += 1) tryProgram(seed | 0);
  console.log(`seed ${fuzzSeed}`, found);
  expect(found.repeated).toBeLessThan(found.batches / 2);
});
