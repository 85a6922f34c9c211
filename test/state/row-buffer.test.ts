import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BATCH_ROWS, type Batch } from '../../src/columnar/batch.ts';
import { batchFromRows, type ColumnForm } from '../../src/columnar/column-from-values.ts';
import { readRows } from '../../src/columnar/column-values.ts';
import {
  bool,
  type DataType,
  date,
  decimal,
  float32,
  float64,
  int8,
  int16,
  int32,
  int64,
  timestamp,
  uint64,
  utf8,
} from '../../src/columnar/data-type.ts';
import { field, type Schema, schema } from '../../src/columnar/schema.ts';
import type { Value } from '../../src/columnar/value.ts';
import type { Holding, MemoryBudget } from '../../src/memory/budget.ts';
import { GatherScratch } from '../../src/state/gather-scratch.ts';
import { RowBuffer } from '../../src/state/row-buffer.ts';
import { checkBatch } from '../support/check-batch.ts';
import { tables } from '../support/tables.ts';
import { expectAllReturned, type Row, testBudget } from '../support/task.ts';

const TYPES: readonly DataType[] = [
  bool,
  int8,
  int16,
  int32,
  int64,
  uint64,
  float32,
  float64,
  decimal(12, 2),
  decimal(30, 3),
  utf8,
  date,
  timestamp('us'),
];
const ALL: Schema = schema(...TYPES.map((type, index) => field(`c${index}`, type)));

/** Appends a lent batch: its memory is overwritten and freed before this returns. */
function append(
  buffer: RowBuffer,
  memory: MemoryBudget,
  rows: readonly Row[],
  forms: readonly ColumnForm[] = [],
  picked?: readonly number[],
): void {
  using holding = memory.reserve('lent');
  const batch = batchFromRows(holding, buffer.schema, rows, forms);
  if (picked === undefined) buffer.append(batch);
  else buffer.appendRows(batch, rowNumbers(holding, picked), picked.length);
}

function rowNumbers(holding: Holding, rows: readonly number[]): number {
  const { address } = holding.allocate(Math.max(1, rows.length) * 4);
  holding.linear.u32.set(rows, address / 4);
  return address;
}

function contentOf(buffer: RowBuffer, memory: MemoryBudget): Value[][] {
  const rows: Value[][] = [];
  for (let start = 0; start < buffer.rowCount; start += BATCH_ROWS) {
    const batch = buffer.slice(start, Math.min(BATCH_ROWS, buffer.rowCount - start));
    checkBatch(memory.linear, batch, buffer.schema);
    rows.push(...readRows(memory.linear, batch));
  }
  return rows;
}

const forms = fc.array(
  fc.record(
    { dictionary: fc.boolean(), nullable: fc.constant(true), width: fc.constant(16 as const) },
    { requiredKeys: [] },
  ),
  { minLength: TYPES.length, maxLength: TYPES.length },
);

/** A decimal of up to 18 digits is always 8 bytes wide; a longer one only where its values fit. */
function fitting(form: ColumnForm, index: number, rows: readonly Row[]): ColumnForm {
  const { width, ...rest } = form;
  const type = TYPES[index] as DataType;
  if (type.kind !== 'decimal' || type.precision <= 18) return rest;
  const short = rows.every((row) => BigInt.asIntN(64, (row[index] ?? 0n) as bigint) === (row[index] ?? 0n));
  return short && width === undefined ? { ...rest, width: 8 } : { ...rest, width: 16 };
}

describe('a row buffer', () => {
  test('holds what was appended, whatever the layouts of the batches', () => {
    const parts = fc.array(fc.tuple(tables(ALL, { maxRows: 130 }), forms), { maxLength: 5 });
    fc.assert(
      fc.property(parts, (input) => {
        const memory = testBudget();
        const holding = memory.reserve('test');
        const buffer = new RowBuffer(ALL, holding);
        const expected: Row[] = [];
        for (const [{ rows }, layout] of input) {
          append(
            buffer,
            memory,
            rows,
            layout.map((form, index) => fitting(form, index, rows)),
          );
          expected.push(...rows);
          expect(buffer.rowCount).toBe(expected.length);
        }
        expect(contentOf(buffer, memory)).toEqual(expected);
        buffer[Symbol.dispose]();
        expect(holding.heldBytes).toBe(0);
        holding[Symbol.dispose]();
        expectAllReturned(memory);
      }),
      { numRuns: 40 },
    );
  });

  test('appends and gathers the rows that are asked for, in the order asked', () => {
    const parts = fc.array(fc.tuple(tables(ALL, { maxRows: 100 }), forms, fc.array(fc.nat(), { maxLength: 150 })), {
      maxLength: 3,
    });
    fc.assert(
      fc.property(parts, fc.array(fc.nat(), { maxLength: 150 }), (input, order) => {
        const memory = testBudget();
        using holding = memory.reserve('test');
        using buffer = new RowBuffer(ALL, holding);
        const expected: Row[] = [];
        for (const [{ rows }, layout, wishes] of input) {
          const picked = rows.length === 0 ? [] : wishes.map((wish) => wish % rows.length);
          append(
            buffer,
            memory,
            rows,
            layout.map((form, index) => fitting(form, index, rows)),
            picked,
          );
          expected.push(...picked.map((row) => rows[row] as Row));
        }
        expect(contentOf(buffer, memory)).toEqual(expected);
        if (expected.length === 0) return;
        using scratch = new GatherScratch(ALL, holding);
        const wanted = order.map((row) => row % expected.length);
        const batch = buffer.gather(rowNumbers(holding, wanted), 0, wanted.length, scratch);
        checkBatch(memory.linear, batch, ALL);
        expect(readRows(memory.linear, batch)).toEqual(wanted.map((row) => expected[row]));
      }),
      { numRuns: 40 },
    );
  });

  const texts = schema(field('t', utf8));

  test('keeps text as codes of one dictionary that has the entries rows use', () => {
    const memory = testBudget();
    using holding = memory.reserve('test');
    using buffer = new RowBuffer(texts, holding);
    append(buffer, memory, [['b'], ['a'], [null], ['b'], ['z']], [{ dictionary: true }], [0, 1, 2, 3]);
    append(buffer, memory, [['c'], ['a']], [{ dictionary: true }]);
    const [column] = buffer.columns();
    expect(column?.dictionary?.size).toBe(3);
    expect(contentOf(buffer, memory).flat()).toEqual(['b', 'a', null, 'b', 'c', 'a']);
  });

  test('a new entry gives the dictionary a new id, none keeps it', () => {
    const memory = testBudget();
    using holding = memory.reserve('test');
    using buffer = new RowBuffer(texts, holding);
    append(buffer, memory, [['a']], [{ dictionary: true }]);
    const first = buffer.columns()[0]?.dictionary?.id;
    append(buffer, memory, [['a'], ['a']], [{ dictionary: true }]);
    expect(buffer.columns()[0]?.dictionary?.id).toBe(first);
    append(buffer, memory, [['b']], [{ dictionary: true }]);
    expect(buffer.columns()[0]?.dictionary?.id).not.toBe(first);
  });

  test('turns codes into text when the first plain column comes', () => {
    const memory = testBudget();
    using holding = memory.reserve('test');
    using buffer = new RowBuffer(texts, holding);
    append(buffer, memory, [['long enough to be copied in words'], [null], ['']], [{ dictionary: true }]);
    append(buffer, memory, [['plain']]);
    append(buffer, memory, [[null], ['codes again']], [{ dictionary: true }]);
    expect(buffer.columns()[0]?.dictionary).toBeUndefined();
    expect(contentOf(buffer, memory).flat()).toEqual([
      'long enough to be copied in words',
      null,
      '',
      'plain',
      null,
      'codes again',
    ]);
  });

  test('gives a batch of fewer rows rather than one of too much text', () => {
    const memory = testBudget();
    using holding = memory.reserve('test');
    using buffer = new RowBuffer(texts, holding);
    const long = 'x'.repeat(3_000_000);
    append(buffer, memory, [[long], ['a'], [`${long}y`], [long]]);
    using scratch = new GatherScratch(texts, holding);
    const permutation = rowNumbers(holding, [3, 2, 1, 0]);
    expect(buffer.gather(permutation, 0, 4, scratch).rowCount).toBe(3);
    const last: Batch = buffer.gather(permutation, 3, 1, scratch);
    expect(readRows(memory.linear, last)).toEqual([[long]]);
  });

  test('absorbs another, which is empty then', () => {
    const memory = testBudget();
    using holding = memory.reserve('one');
    using other = memory.reserve('two');
    using a = new RowBuffer(ALL, holding);
    using b = new RowBuffer(ALL, other);
    const row = (at: number): Row =>
      TYPES.map(({ kind }) => {
        if (kind === 'bool') return at % 2 === 0;
        if (kind === 'utf8') return `text ${at}`;
        return ['int64', 'uint64', 'decimal', 'timestamp'].includes(kind) ? BigInt(at) : at;
      });
    append(a, memory, [row(1), row(2)]);
    append(b, memory, [row(3), TYPES.map(() => null), row(4)]);
    a.absorb(b);
    expect(contentOf(a, memory)).toEqual([row(1), row(2), row(3), TYPES.map(() => null), row(4)]);
    expect(b.rowCount).toBe(0);
    append(b, memory, [row(5)]);
    expect(contentOf(b, memory)).toEqual([row(5)]);
  });

  test('can be used again after clear, with other layouts', () => {
    const memory = testBudget();
    using holding = memory.reserve('test');
    using buffer = new RowBuffer(texts, holding);
    append(buffer, memory, [['a'], [null]], [{ dictionary: true }]);
    buffer.clear();
    expect(buffer.rowCount).toBe(0);
    append(buffer, memory, [['b']]);
    expect(contentOf(buffer, memory)).toEqual([['b']]);
    expect(buffer.columns()[0]?.validity).toBe(0);
  });

  test('refuses more text in a column than offsets can address, before it copies any', () => {
    const memory = testBudget();
    using holding = memory.reserve('Collector');
    using buffer = new RowBuffer(texts, holding);
    append(buffer, memory, [['kept']]);
    using lent = memory.reserve('lent');
    const batch = batchFromRows(lent, texts, [['x']]);
    const [column] = batch.columns;
    memory.linear.u32.set([0, 2 ** 31 - 2], (column?.values ?? 0) / 4);
    expect(() => buffer.appendRows(batch, rowNumbers(lent, [0, 0]), 2)).toThrowError(
      expect.objectContaining({ name: 'ColumnTooLarge', message: expect.stringMatching(/^Collector would hold/) }),
    );
    expect(() => buffer.append(batch)).toThrowError(expect.objectContaining({ name: 'ColumnTooLarge' }));
    expect(contentOf(buffer, memory)).toEqual([['kept']]);
  });

  test('trim gives back the room to grow and keeps the rows', () => {
    const memory = testBudget();
    using holding = memory.reserve('test');
    using buffer = new RowBuffer(ALL, holding);
    const rows = Array.from(
      { length: 9_000 },
      (_, at): Row =>
        TYPES.map(({ kind }) => {
          if (kind === 'bool') return at % 2 === 0;
          if (kind === 'utf8') return at % 9 === 0 ? null : `some text ${at}`;
          return ['int64', 'uint64', 'decimal', 'timestamp'].includes(kind) ? BigInt(at) : at % 100;
        }),
    );
    for (let start = 0; start < rows.length; start += 1000) append(buffer, memory, rows.slice(start, start + 1000));
    const before = holding.heldBytes;
    buffer.trim();
    expect(holding.heldBytes).toBeLessThan(before);
    expect(contentOf(buffer, memory)).toEqual(rows);
    append(buffer, memory, rows.slice(0, 1000));
    expect(contentOf(buffer, memory)).toEqual([...rows, ...rows.slice(0, 1000)]);
  });

  test('counts the bytes of its rows', () => {
    const memory = testBudget();
    using holding = memory.reserve('test');
    using buffer = new RowBuffer(schema(field('n', int64), field('t', utf8)), holding);
    append(buffer, memory, [
      [1n, 'abc'],
      [2n, 'defg'],
    ]);
    expect(buffer.byteLength).toBe(2 * 8 + 2 * 4 + 7);
  });

  test('keeps its rows when the budget has no room for more, and fails by the name of its owner', () => {
    const memory = testBudget(1024 * 1024);
    using holding = memory.reserve('Collector');
    using buffer = new RowBuffer(schema(field('n', int64), field('t', utf8)), holding);
    const rows = Array.from({ length: 1000 }, (_, row): Row => [BigInt(row), `text of row ${row}`]);
    const content: Row[] = [];
    expect(() => {
      for (;;) {
        append(buffer, memory, rows);
        content.push(...rows);
      }
    }).toThrowError(
      expect.objectContaining({
        name: 'MemoryBudgetExceeded',
        message: expect.stringMatching(/^(Collector|lent) needs/),
      }),
    );
    expect(content.length).toBeGreaterThan(0);
    expect(contentOf(buffer, memory)).toEqual(content);
  });
});
