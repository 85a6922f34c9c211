/** Batches of every type, nested freely, as Arrow record batches and back. */

import * as Arrow from 'apache-arrow';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { copyToArrow, fromArrow, toArrow } from '../../src/columnar/arrow.ts';
import { fromArrowSchema, toArrowSchema } from '../../src/columnar/arrow-schema.ts';
import { Batch } from '../../src/columnar/batch.ts';
import { batchFromRows, constantColumn } from '../../src/columnar/column-from-values.ts';
import { readRows } from '../../src/columnar/column-values.ts';
import * as types from '../../src/columnar/data-type.ts';
import { type DataType, storageType } from '../../src/columnar/data-type.ts';
import { field, type Schema, schema } from '../../src/columnar/schema.ts';
import { sliceColumn } from '../../src/columnar/slice.ts';
import type { Interval, Value } from '../../src/columnar/value.ts';
import { InvalidArgument } from '../../src/errors.ts';
import { type Holding, MemoryBudget } from '../../src/memory/budget.ts';
import { anyColumns, anyType, type GivenColumn } from '../support/arbitrary-values.ts';
import { arrowReader } from '../support/arrow-values.ts';
import { checkBatch } from '../support/check-batch.ts';
import { fuzzed } from '../support/fuzz.ts';

const holdingForTest = (): Holding => new MemoryBudget(64 << 20).reserve('test');

const columns = anyColumns(70);

const schemaOf = (list: readonly GivenColumn[]): Schema => schema(...list.map(({ type }, n) => field(`c${n}`, type)));
const rowsOf = (list: readonly GivenColumn[]): Value[][] =>
  (list[0]?.values ?? []).map((_, row) => list.map(({ values }) => values[row] ?? null));
const batchOf = (holding: Holding, list: readonly GivenColumn[]): Batch =>
  batchFromRows(
    holding,
    schemaOf(list),
    rowsOf(list),
    list.map(({ dictionary }) => ({ dictionary })),
  );

/** The rows, by our own reader of Arrow's data. */
function arrowRows(batch: Arrow.RecordBatch, { fields }: Schema): Value[][] {
  const readers = batch.data.children.map((data, n) => arrowReader(data, fields[n]!.type));
  return Array.from({ length: batch.numRows }, (_, row) => readers.map((read) => read(row)));
}

const overIpc = (batch: Arrow.RecordBatch): Arrow.RecordBatch[] => [
  ...Arrow.RecordBatchReader.from(Arrow.RecordBatchStreamWriter.writeAll([batch]).toUint8Array(true)),
];

describe('batches of any types', () => {
  test.each([
    { name: 'views', convert: toArrow },
    { name: 'copies', convert: copyToArrow },
  ])('are the same rows as $name, dictionaries kept or decoded', ({ convert }) => {
    fc.assert(
      fc.property(columns, fc.constantFrom('keep', 'decode'), (list, dictionaries) => {
        using holding = holdingForTest();
        const batch = batchOf(holding, list);
        const arrow = convert(batch, holding.linear, { dictionaries });
        expect(arrowRows(arrow, batch.schema)).toEqual(rowsOf(list));
        for (const [index, { values, type }] of list.entries()) {
          const vector = arrow.getChildAt(index)!;
          expect(vector.nullCount).toBe(values.filter((value) => value === null).length);
          if (dictionaries === 'decode') expect(String(vector.type)).not.toMatch(/Dictionary/);
          if (!isRounded(type)) expect(values.map((_, row) => fromAccessor(vector.get(row), type))).toEqual(values);
        }
      }),
      fuzzed(120),
    );
  });

  test('come back from any slice, with their types and the rules of columns', () => {
    fc.assert(
      fc.property(columns, fc.nat({ max: 40 }), fc.nat({ max: 70 }), (list, from, length) => {
        using holding = holdingForTest();
        const batch = batchOf(holding, list);
        const sliced = copyToArrow(batch, holding.linear).slice(from, from + length);
        const wanted = rowsOf(list).slice(from, from + length);
        const read = fromArrow(sliced, holding);
        expect(readRows(holding.linear, read)).toEqual(wanted);
        checkBatch(holding.linear, read, batch.schema);
      }),
      fuzzed(120),
    );
  });

  test('come back from an IPC stream', () => {
    fc.assert(
      fc.property(columns, fc.constantFrom('keep', 'decode'), (list, dictionaries) => {
        using holding = holdingForTest();
        const batch = batchOf(holding, list);
        const read = overIpc(copyToArrow(batch, holding.linear, { dictionaries })).map((one) =>
          fromArrow(one, holding),
        );
        expect(read.flatMap((one) => readRows(holding.linear, one))).toEqual(rowsOf(list));
        for (const one of read) checkBatch(holding.linear, one, batch.schema);
      }),
      fuzzed(80),
    );
  });

  test('are read from vectors that Arrow has built, from any slice of them', () => {
    fc.assert(
      fc.property(columns, fc.nat({ max: 40 }), fc.nat({ max: 70 }), (list, from, length) => {
        using holding = holdingForTest();
        fc.pre(!list.some(({ type }) => isRounded(type)));
        const built = builtBatch(list).slice(from, from + length);
        const read = fromArrow(built, holding);
        expect(readRows(holding.linear, read)).toEqual(rowsOf(list).slice(from, from + length));
        checkBatch(holding.linear, read, schemaOf(list));
      }),
      fuzzed(120),
    );
  });

  test('slices of ours, and constants, are views too', () => {
    fc.assert(
      fc.property(columns, fc.constantFrom(0, 64), (list, start) => {
        using holding = holdingForTest();
        const whole = batchOf(
          holding,
          list.map((one) => ({ ...one, values: [...one.values, ...one.values] })),
        );
        const rowCount = whole.rowCount - Math.min(start, whole.rowCount);
        if (rowCount === 0) return;
        const batch = new Batch(
          whole.schema,
          rowCount,
          whole.columns.map((column) => sliceColumn(column, start)),
        );
        const arrow = toArrow(batch, holding.linear);
        expect(arrowRows(arrow, whole.schema)).toEqual(readRows(holding.linear, batch));
        const constants = list.map(({ type, values }) => constantColumn(holding, type, values[0] ?? null, 3));
        const constant = new Batch(whole.schema, 3, constants);
        const row = list.map(({ values }) => values[0] ?? null);
        expect(arrowRows(toArrow(constant, holding.linear), whole.schema)).toEqual([row, row, row]);
        expect(readRows(holding.linear, fromArrow(copyToArrow(constant, holding.linear), holding))).toEqual([
          row,
          row,
          row,
        ]);
      }),
      fuzzed(60),
    );
  });

  test('whose buffers were damaged are refused by name, or read as something', () => {
    const hits = fc.array(fc.tuple(fc.nat(), fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 });
    const outcomes = { read: 0, refused: 0 };
    fc.assert(
      fc.property(columns, hits, (list, damages) => {
        using holding = holdingForTest();
        const arrow = copyToArrow(batchOf(holding, list), holding.linear);
        const buffers = buffersOf(arrow.data).filter(({ byteLength }) => byteLength > 0);
        fc.pre(buffers.length > 0);
        for (const [which, at, byte] of damages) {
          const buffer = buffers[which % buffers.length]!;
          buffer[at % buffer.byteLength] = byte;
        }
        try {
          const read = fromArrow(arrow, holding);
          checkBatch(holding.linear, read, read.schema);
          outcomes.read += 1;
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidArgument);
          expect(String(error)).toMatch(/The Arrow column 'c\d/);
          outcomes.refused += 1;
        }
      }),
      fuzzed(200),
    );
    expect(Math.min(outcomes.read, outcomes.refused)).toBeGreaterThan(0);
  });

  test('schemas are what they were', () => {
    fc.assert(
      fc.property(fc.array(anyType(3), { maxLength: 5 }), (list) => {
        const ours = schema(...list.map((type, n) => field(`c${n}`, type, n % 2 === 0)));
        expect(fromArrowSchema(toArrowSchema(ours))).toEqual(ours);
        const bytes = Arrow.RecordBatchStreamWriter.writeAll(new Arrow.Table(toArrowSchema(ours))).toUint8Array(true);
        expect(fromArrowSchema(Arrow.RecordBatchReader.from(bytes).open().schema)).toEqual(ours);
      }),
      fuzzed(60),
    );
  });
});

/** All buffers of the data, and of what lies inside. */
function buffersOf(data: Arrow.Data): Uint8Array[] {
  const own = [data.valueOffsets, data.values, data.nullBitmap] as readonly (ArrayBufferView | undefined)[];
  const entries = data.dictionary?.data ?? [];
  return [
    ...own.flatMap((view) =>
      view === undefined ? [] : [new Uint8Array(view.buffer, view.byteOffset, view.byteLength)],
    ),
    ...[...data.children, ...entries].flatMap((child) => buffersOf(child as Arrow.Data)),
  ];
}

/** Whether Arrow's accessors round values of the type, or something inside it: their ticks are seen in the buffers. */
function isRounded(type: DataType): boolean {
  if (type.kind === 'timestamp' || type.kind === 'date') return true;
  return types.childTypes(type).some(isRounded);
}

type Parts = Iterable<unknown>;

/** What an accessor of Arrow's gives, as a value of ours. */
function fromAccessor(value: unknown, type: DataType): Value {
  if (value === null || value === undefined) return null;
  const stored = storageType(type);
  switch (stored.kind) {
    case 'list':
    case 'fixed-size-list':
      return [...(value as Parts)].map((part) => fromAccessor(part, stored.item));
    case 'struct': {
      const parts = (value as { toArray(): unknown[] }).toArray();
      return stored.fields.map((f, n) => fromAccessor(parts[n], f.type));
    }
    case 'map':
      return [...(value as Iterable<readonly [unknown, unknown]>)].map(([k, v]) => [
        fromAccessor(k, stored.key),
        fromAccessor(v, stored.value),
      ]);
    case 'decimal':
      return BigInt.asIntN(
        128,
        [...(value as Uint32Array)].reduceRight((high, word) => (high << 32n) | BigInt(word), 0n),
      );
    case 'interval': {
      const [months = 0, days = 0, low = 0, high = 0] = value as Int32Array;
      return { months, days, nanoseconds: (BigInt(high) << 32n) | BigInt(low >>> 0) };
    }
    case 'fixed-size-binary':
      if (type.kind !== 'uuid') return Uint8Array.from(value as Uint8Array);
      return Buffer.from(value as Uint8Array)
        .toString('hex')
        .replace(/(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    case 'binary':
      return Uint8Array.from(value as Uint8Array);
    default:
      return value as Value;
  }
}

/** By Arrow's builders alone. */
function builtBatch(list: readonly GivenColumn[]): Arrow.RecordBatch {
  const ours = toArrowSchema(schemaOf(list)).fields;
  const children = list.map(({ type, values, dictionary }, n) => {
    const arrow = ours[n]!.type;
    const isCoded = dictionary && type.kind === 'utf8';
    const given = values.map((value) => forBuilder(value, type));
    const vector = Arrow.vectorFromArray(given, isCoded ? new Arrow.Dictionary(arrow, new Arrow.Int16()) : arrow);
    return vector.data[0] ?? Arrow.makeData({ type: vector.type } as never);
  });
  const fields = children.map((data, n) => new Arrow.Field(`c${n}`, data.type, true, ours[n]!.metadata));
  const rows = list[0]!.values.length;
  const struct = new Arrow.Data(new Arrow.Struct(fields), 0, rows, 0, {}, children);
  return new Arrow.RecordBatch(new Arrow.Schema(fields), struct);
}

/** What a builder of Arrow's takes for a value. */
function forBuilder(value: Value, type: DataType): unknown {
  if (value === null) return null;
  const stored = storageType(type);
  switch (stored.kind) {
    case 'list':
    case 'fixed-size-list':
      return (value as readonly Value[]).map((part) => forBuilder(part, stored.item));
    case 'struct':
      return Object.fromEntries(
        stored.fields.map((f, n) => [f.name, forBuilder((value as readonly Value[])[n] ?? null, f.type)]),
      );
    case 'map': {
      const entries = (value as readonly (readonly [Value, Value])[]).map(
        ([k, v]) => [forBuilder(k, stored.key), forBuilder(v, stored.value)] as const,
      );
      const map = new Map(entries);
      // A Map takes keys that are equal for one, and -0 for 0.
      fc.pre(map.size === entries.length && !entries.some(([k]) => Object.is(k, -0)));
      return map;
    }
    case 'decimal': {
      const bits = BigInt.asUintN(128, value as bigint);
      return Uint32Array.from([0n, 32n, 64n, 96n], (shift) => Number((bits >> shift) & 0xffff_ffffn));
    }
    case 'interval': {
      const { months, days, nanoseconds } = value as Interval;
      return Int32Array.of(months, days, Number(BigInt.asIntN(32, nanoseconds)), Number(nanoseconds >> 32n));
    }
    case 'fixed-size-binary':
      return type.kind === 'uuid' ? Uint8Array.from(Buffer.from(String(value).replaceAll('-', ''), 'hex')) : value;
    default:
      return value;
  }
}
