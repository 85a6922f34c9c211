import { describe, expect, test } from 'vitest';
import type { Batch } from '../../src/columnar/batch.ts';
import { batchFromRows } from '../../src/columnar/column-from-values.ts';
import { readRows } from '../../src/columnar/column-values.ts';
import {
  bool,
  type DataType,
  decimal,
  float32,
  float64,
  int8,
  int16,
  int32,
  int64,
  isFloat,
  uint8,
  uint32,
  utf8,
} from '../../src/columnar/data-type.ts';
import { field, schema } from '../../src/columnar/schema.ts';
import type { Value } from '../../src/columnar/value.ts';
import { RowProgram } from '../../src/compile/row-program.ts';
import type { TypedExpression } from '../../src/expressions/expression.ts';
import { type Holding, MemoryBudget } from '../../src/memory/budget.ts';
import { AggregateProgram } from './accumulating.ts';

// Loops gather entries of dictionaries for four rows at a time. Behind the last row of a column stands whatever was there
// before: here codes of entries that lie behind all memory, so that looking one up is a trap.

const COUNTS = [1, 2, 3, 5, 62, 63, 64, 65, 66, 127, 128, 131];
const FAR = 0x1000_0000;
const TYPES = [int8, uint8, int16, int32, uint32, int64, float32, float64, decimal(15, 2)];

const isBig = ({ kind }: DataType): boolean => kind === 'int64' || kind === 'decimal';
function valueIn(type: DataType, row: number): Value {
  const value = (row * 7) % 5;
  if (isFloat(type)) return value + 0.5;
  return isBig(type) ? BigInt(value) : value;
}

/** A column of each type, and one of texts; all of them dictionaries. */
function batchOf(holding: Holding, rowCount: number, withNulls: boolean): { batch: Batch; rows: Value[][] } {
  const rows = Array.from({ length: rowCount }, (_, row) => [
    ...TYPES.map((type, at) => (withNulls && (row + at) % 3 === 0 ? null : valueIn(type, row + at))),
    withNulls && row % 4 === 0 ? null : ['AIR', 'MAIL', 'SHIP'][row % 3]!,
  ]);
  const batch = batchFromRows(
    holding,
    INPUT,
    rows,
    INPUT.fields.map(() => ({ dictionary: true })),
  );
  const { u32 } = holding.linear;
  for (const { values } of batch.columns) u32.fill(FAR, values / 4 + rowCount, values / 4 + rowCount + 64);
  return { batch, rows };
}

const INPUT = schema(...[...TYPES, utf8].map((type, at) => field(`c${at}`, type)));
const column = (index: number): TypedExpression => ({ kind: 'column', index, ...INPUT.fields[index]! });
const compared = (operator: '=' | '<', left: TypedExpression, right: TypedExpression): TypedExpression => ({
  kind: 'compare',
  operator,
  left,
  right,
  type: bool,
  nullable: true,
});

describe.each(COUNTS)('of %i rows', (rowCount) => {
  test.each([false, true])('sums look at no code behind the last row (nulls: %s)', (withNulls) => {
    const budget = new MemoryBudget(32 << 20);
    using holding = budget.reserve('test');
    const { batch, rows } = batchOf(holding, rowCount, withNulls);
    for (const [index, type] of TYPES.entries()) {
      const spec = {
        input: INPUT,
        group: { kind: 'single' },
        stateBytes: 16,
        accumulators: [{ function: 'sum', input: column(index), offset: 0 }],
        operator: 'Aggregate',
      } as const;
      using program = new AggregateProgram(spec, holding);
      const states = holding.allocateZeroed(16).address;
      program.prepare(batch)!.accumulate({ states }, [true]);
      const { data } = holding.linear;
      const sum = isFloat(type) ? data.getFloat64(states, true) : Number(data.getBigInt64(states, true));
      expect(sum, `${type.kind} ${rowCount}`).toBe(rows.reduce((a, row) => a + Number(row[index] ?? 0), 0));
    }
  });

  test.each([false, true])('nor do conditions (nulls: %s)', (withNulls) => {
    const budget = new MemoryBudget(32 << 20);
    using holding = budget.reserve('test');
    const { batch, rows } = batchOf(holding, rowCount, withNulls);
    const mail: TypedExpression = { kind: 'literal', value: 'MAIL', type: utf8, nullable: false };
    const isMail = compared('=', column(TYPES.length), mail);
    const isLess = compared('<', column(TYPES.indexOf(int32)), column(TYPES.indexOf(int16)));
    const and: TypedExpression = {
      kind: 'logic',
      operator: 'and',
      left: isMail,
      right: isLess,
      type: bool,
      nullable: true,
    };
    const or: TypedExpression = { ...and, operator: 'or' };
    const texts = (row: Value[]): boolean => row[TYPES.length] === 'MAIL';
    const less = (row: Value[]): boolean => {
      const [a, b] = [row[TYPES.indexOf(int32)], row[TYPES.indexOf(int16)]];
      return a !== null && b !== null && Number(a) < Number(b);
    };
    for (const [filter, passes] of [
      [isMail, texts],
      [isLess, less],
      [and, (row: Value[]) => texts(row) && less(row)],
      [or, (row: Value[]) => texts(row) || less(row)],
    ] as const) {
      using program = new RowProgram(
        { input: INPUT, filter, columns: [{ name: 'x', expression: column(0) }], operator: 'Filter' },
        holding,
      );
      const found = readRows(holding.linear, program.apply(batch)).map(([value]) => value);
      expect(found).toEqual(rows.filter(passes).map(([value]) => value));
    }
  });
});
