/** Every cell of the matrix of casts: what it says of a pair of types is true of every sample. */

import { describe, expect, test } from 'vitest';
import { columnFromValues } from '../../../src/columnar/column-from-values.ts';
import { readColumn } from '../../../src/columnar/column-values.ts';
import { type DataType, nullType, typeName } from '../../../src/columnar/data-type.ts';
import { field } from '../../../src/columnar/schema.ts';
import type { Value } from '../../../src/columnar/value.ts';
import { RowProgram } from '../../../src/compile/row-program.ts';
import { InvalidCast } from '../../../src/errors.ts';
import { bindExpression } from '../../../src/expressions/bind.ts';
import { castMatrix, MATRIX_TYPES } from '../../../src/expressions/cast-matrix.ts';
import { castBetween } from '../../../src/expressions/cast-value.ts';
import { castLiteral } from '../../../src/expressions/coerce.ts';
import { commonType, comparisonType, superType } from '../../../src/expressions/common-type.ts';
import type { TypedExpression } from '../../../src/expressions/expression.ts';
import { interpreter } from '../../../src/expressions/interpret.ts';
import { Problems } from '../../../src/expressions/problems.ts';
import { MemoryBudget } from '../../../src/memory/budget.ts';
import { FLAT, NESTED, samplesOf } from './cast-samples.ts';

const TYPES = [nullType, ...FLAT, ...NESTED];

const castOf = (from: DataType, to: DataType, isTry: boolean): TypedExpression => ({
  kind: 'cast',
  input: { kind: 'column', index: 0, name: 'c', type: from, nullable: true },
  type: to,
  nullable: true,
  ...(isTry ? { try: true } : {}),
});

/** By the interpreter; undefined where it refuses the value as it should. */
function interpreted(e: TypedExpression, value: Value): Value | undefined {
  try {
    return interpreter(e)({ value: () => value, where: () => 'Project, row 0' });
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidCast);
    expect(String(error)).toMatch(/Project, row 0: cast\(c as .*\): .* cannot be represented as .*\.$/s);
    return undefined;
  }
}

/** What a column of the type makes of the values: the same, where they are of the type. */
function stored(type: DataType, values: readonly Value[]): readonly Value[] {
  using holding = new MemoryBudget(4 << 20).reserve('test');
  return readColumn(holding.linear, columnFromValues(holding, type, values), values.length);
}

describe('casts', () => {
  test.each(TYPES.map((from) => ({ from, name: typeName(from) })))(
    'from $name: each cell is what it says',
    ({ from }) => {
      const samples = samplesOf(from);
      for (const to of TYPES) {
        const cast = castBetween(from, to);
        const pair = `${typeName(from)} to ${typeName(to)}`;
        if (cast === undefined) {
          const problems = new Problems();
          const e = { kind: 'cast', input: { kind: 'column', name: 'c' }, type: to } as const;
          expect(bindExpression(e, { fields: [field('c', from)] }, problems, '$')).toBeUndefined();
          expect(problems.found[0]?.message).toBe(`There is no cast from ${typeName(from)} to ${typeName(to)}.`);
          continue;
        }
        const results = samples.map((value) => interpreted(castOf(from, to, false), value));
        if (!cast.canFail) expect(results, pair).not.toContain(undefined);
        const held = results.filter((value) => value !== undefined);
        expect(stored(to, held), pair).toEqual(held);
        const tried = samples.map((value) => interpreted(castOf(from, to, true), value));
        expect(stored(to, tried as Value[]), pair).toEqual(tried);
        for (const [index, value] of results.entries()) {
          if (value !== undefined) expect(tried[index], pair).toEqual(value);
          expect(castLiteral(samples[index]!, from, to), pair).toEqual(value);
        }
        expect(interpreted(castOf(from, to, false), null)).toBeNull();
      }
    },
  );

  test('that may fail do fail for some sample', () => {
    const never = MATRIX_TYPES.flatMap((from) =>
      MATRIX_TYPES.filter((to) => {
        const cast = castBetween(from, to);
        return cast?.canFail === true && samplesOf(from).every((value) => cast.convert(value) !== undefined);
      }).map((to) => `${typeName(from)} to ${typeName(to)}`),
    );
    expect(never).toEqual([]);
  });

  test('have a matrix with a cell for every pair of types', () => {
    const matrix = castMatrix();
    expect(matrix.map(({ from }) => from)).toEqual(MATRIX_TYPES.map(typeName));
    expect(matrix.every(({ cells }) => cells.length === MATRIX_TYPES.length)).toBe(true);
    expect(new Set(MATRIX_TYPES.map(({ kind }) => kind))).toEqual(new Set(TYPES.map(({ kind }) => kind)));
    const all = matrix.flatMap(({ cells }) => cells);
    expect(new Set(all)).toEqual(new Set(['keeps', 'value', 'may fail', 'not offered']));
  });
});

describe('common types', () => {
  test('are such as both sides can be cast to, whichever comes first', () => {
    for (const a of TYPES) {
      for (const b of TYPES) {
        const pair = `${typeName(a)} and ${typeName(b)}`;
        for (const meet of [commonType, superType, comparisonType]) {
          const [ab, ba] = [meet(a, b), meet(b, a)];
          expect(ab?.kind, pair).toBe(ba?.kind);
          if (ab === undefined) continue;
          expect(castBetween(a, ab), pair).toBeDefined();
          expect(castBetween(b, ab), pair).toBeDefined();
        }
        if (commonType(a, b) !== undefined) expect(superType(a, b), pair).toEqual(commonType(a, b));
      }
    }
  });
});

describe('a program', () => {
  const ROWS = 70;
  test.each(TYPES.map((from) => ({ from, name: typeName(from) })))(
    'casts $name as the interpreter does',
    ({ from }) => {
      const budget = new MemoryBudget(64 << 20);
      for (const to of TYPES) {
        const cast = castBetween(from, to);
        if (cast === undefined) continue;
        for (const isTry of [false, true]) {
          const e = castOf(from, to, isTry);
          const fitting = samplesOf(from).filter((value) => isTry || cast.convert(value) !== undefined);
          const values = Array.from({ length: ROWS }, (_, n) =>
            n % 9 === 4 ? null : (fitting[n % fitting.length] ?? null),
          );
          const want = values.map((value) => interpreted(e, value));
          for (const dictionary of from.kind === 'null' ? [false] : [false, true]) {
            using holding = budget.reserve('test');
            const input = { fields: [field('c', from)] };
            using program = new RowProgram(
              { input, columns: [{ name: 'x', expression: e }], operator: 'Project' },
              holding,
            );
            const column = columnFromValues(holding, from, values, { dictionary });
            const batch = program.apply({ schema: input, rowCount: ROWS, columns: [column] } as never);
            const got = readColumn(budget.linear, batch.columns[0]!, ROWS);
            expect(got, `${typeName(from)} to ${typeName(to)}, try ${isTry}, dictionary ${dictionary}`).toEqual(want);
          }
        }
      }
    },
  );
});
