import * as Arrow from 'apache-arrow';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { copyToArrow, fromArrow, toArrow } from '../../src/columnar/arrow.ts';
import { fromArrowSchema, toArrowSchema } from '../../src/columnar/arrow-schema.ts';
import { batchFromRows } from '../../src/columnar/column-from-values.ts';
import { readColumn, readRows } from '../../src/columnar/column-values.ts';
import * as types from '../../src/columnar/data-type.ts';
import { field, type Schema, schema } from '../../src/columnar/schema.ts';
import type { Value } from '../../src/columnar/value.ts';
import { MemoryBudget } from '../../src/memory/budget.ts';
import { LinearMemory } from '../../src/memory/linear-memory.ts';
import { checkBatch } from '../support/check-batch.ts';

const MiB = 1024 * 1024;
const budgetOf = (limit = 16 * MiB) => new MemoryBudget(limit, limit / 4, new LinearMemory(limit, true));

const signed = (bits: number) => fc.bigInt({ min: -(1n << BigInt(bits - 1)), max: (1n << BigInt(bits - 1)) - 1n });
const small = (bits: number) => signed(bits).map(Number);
const float = fc.oneof(fc.double(), fc.constantFrom(0, -0, Number.NaN, Number.POSITIVE_INFINITY));

/** Each type of ours with Arrow's for it and values of it. */
const CASES: readonly { ours: types.DataType; arrow: Arrow.DataType; values: fc.Arbitrary<Value> }[] = [
  { ours: types.bool, arrow: new Arrow.Bool(), values: fc.boolean() },
  { ours: types.int8, arrow: new Arrow.Int8(), values: small(8) },
  { ours: types.int16, arrow: new Arrow.Int16(), values: small(16) },
  { ours: types.int32, arrow: new Arrow.Int32(), values: small(32) },
  { ours: types.int64, arrow: new Arrow.Int64(), values: signed(64) },
  { ours: types.uint8, arrow: new Arrow.Uint8(), values: fc.nat({ max: 255 }) },
  { ours: types.uint16, arrow: new Arrow.Uint16(), values: fc.nat({ max: 65_535 }) },
  { ours: types.uint32, arrow: new Arrow.Uint32(), values: fc.nat({ max: 2 ** 32 - 1 }) },
  { ours: types.uint64, arrow: new Arrow.Uint64(), values: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }) },
  { ours: types.float32, arrow: new Arrow.Float32(), values: float.map(Math.fround) },
  { ours: types.float64, arrow: new Arrow.Float64(), values: float },
  { ours: types.decimal(9, 2), arrow: new Arrow.Decimal(2, 9, 128), values: signed(29) },
  { ours: types.decimal(18, 0), arrow: new Arrow.Decimal(0, 18, 128), values: signed(59) },
  { ours: types.decimal(38, 10), arrow: new Arrow.Decimal(10, 38, 128), values: signed(126) },
  { ours: types.utf8, arrow: new Arrow.Utf8(), values: fc.string({ unit: 'binary', maxLength: 9 }) },
  { ours: types.date, arrow: new Arrow.DateDay(), values: small(22) },
  { ours: types.timestamp('s'), arrow: new Arrow.TimestampSecond(), values: signed(40) },
  { ours: types.timestamp('ms', 'UTC'), arrow: new Arrow.TimestampMillisecond('UTC'), values: signed(50) },
  { ours: types.timestamp('us'), arrow: new Arrow.TimestampMicrosecond(), values: signed(60) },
  {
    ours: types.timestamp('ns', 'Europe/Berlin'),
    arrow: new Arrow.TimestampNanosecond('Europe/Berlin'),
    values: signed(64),
  },
];

interface Column {
  readonly ours: types.DataType;
  readonly arrow: Arrow.DataType;
  readonly values: readonly Value[];
  readonly isDictionary: boolean;
}

/** Columns of one length, of any types, with and without nulls, some as dictionaries. */
const columns: fc.Arbitrary<readonly Column[]> = fc.nat({ max: 70 }).chain((rows) =>
  fc.array(
    fc.constantFrom(...CASES).chain(({ ours, arrow, values }) =>
      fc.record({
        ours: fc.constant(ours),
        arrow: fc.constant(arrow),
        values: fc
          .boolean()
          .chain((nulls) =>
            fc.array(nulls ? fc.option(values, { freq: 3 }) : values, { minLength: rows, maxLength: rows }),
          ),
        isDictionary: fc.boolean(),
      }),
    ),
    { minLength: 1, maxLength: 4 },
  ),
);

const schemaOf = (list: readonly Column[]): Schema => schema(...list.map(({ ours }, i) => field(`c${i}`, ours)));
const rowsOf = (list: readonly Column[]): Value[][] =>
  (list[0]?.values ?? []).map((_, row) => list.map(({ values }) => values[row] as Value));

/** The value as Arrow's own accessors give it, in our form of values. */
function arrowValue(vector: Arrow.Vector, row: number): Value {
  const value = vector.get(row);
  const type = Arrow.DataType.isDictionary(vector.type) ? vector.type.dictionary : vector.type;
  if (value === null) return null;
  if (Arrow.DataType.isDecimal(type)) {
    const [a, b, c, d] = value as Uint32Array;
    return BigInt.asIntN(128, BigInt(a!) | (BigInt(b!) << 32n) | (BigInt(c!) << 64n) | (BigInt(d!) << 96n));
  }
  if (Arrow.DataType.isDate(type)) return Number(value) / 86_400_000;
  return value;
}

/** The columns as an Arrow record batch, made by Arrow's builders alone; undefined values under nulls are Arrow's. */
function arrowBatch(list: readonly Column[]): Arrow.RecordBatch {
  const vectors = list.map(({ arrow, values, isDictionary }) => {
    const builderValues = values.map((value) => (value === null ? null : builderValue(arrow, value)));
    if (Arrow.DataType.isTimestamp(arrow)) {
      // Builders of timestamps take milliseconds only; these have the layout of an int64.
      const { length, nullCount, buffers } = Arrow.vectorFromArray(values, new Arrow.Int64()).data[0] ?? int64s;
      return new Arrow.Vector([new Arrow.Data(arrow, 0, length, nullCount, buffers as never)]);
    }
    const type = isDictionary && Arrow.DataType.isUtf8(arrow) ? new Arrow.Dictionary(arrow, new Arrow.Int16()) : arrow;
    return Arrow.vectorFromArray(builderValues, type);
  });
  const fields = list.map((_, i) => new Arrow.Field(`c${i}`, vectors[i]!.type, true));
  const children = vectors.map((vector, i) => vector.data[0] ?? Arrow.makeData({ type: fields[i]!.type } as never));
  const rows = list[0]!.values.length;
  const struct = new Arrow.Data(new Arrow.Struct(fields), 0, rows, 0, {}, children as Arrow.Data[]);
  return new Arrow.RecordBatch(new Arrow.Schema(fields), struct);
}

const int64s = Arrow.makeData({ type: new Arrow.Int64(), length: 0, data: new BigInt64Array(0) });

function builderValue(type: Arrow.DataType, value: Exclude<Value, null>): unknown {
  if (Arrow.DataType.isDecimal(type)) {
    const words = BigInt.asUintN(128, value as bigint);
    return Uint32Array.from([0n, 32n, 64n, 96n], (shift) => Number((words >> shift) & 0xffff_ffffn));
  }
  if (Arrow.DataType.isDate(type)) return new Date(Number(value) * 86_400_000);
  return value;
}

/** Timestamps as Arrow's accessors give them are milliseconds, rounded: their ticks are in the buffer. */
const ticks = (vector: Arrow.Vector, row: number): Value => {
  if (!Arrow.DataType.isTimestamp(vector.type)) return arrowValue(vector, row);
  return vector.get(row) === null ? null : (vector.data[0]!.values as BigInt64Array)[row]!;
};

describe('to Arrow', () => {
  test.each([
    { name: 'views', convert: toArrow },
    { name: 'copies', convert: copyToArrow },
  ])('$name hold the values that Arrow itself reads, dictionaries kept or decoded', ({ convert }) => {
    fc.assert(
      fc.property(columns, fc.constantFrom('keep', 'decode'), (list, dictionaries) => {
        const budget = budgetOf();
        using holding = budget.reserve('test');
        const forms = list.map(({ isDictionary }) => ({ dictionary: isDictionary }));
        const batch = batchFromRows(holding, schemaOf(list), rowsOf(list), forms);
        const arrow = convert(batch, budget.linear, { dictionaries });
        expect(arrow.numRows).toBe(batch.rowCount);
        for (const [index, { values, ours }] of list.entries()) {
          const vector = arrow.getChildAt(index)!;
          const isTimestampDictionary = ours.kind === 'timestamp' && Arrow.DataType.isDictionary(vector.type);
          if (isTimestampDictionary) continue; // Covered through IPC and back, below: Arrow rounds what it gives.
          expect(values.map((_, row) => ticks(vector, row))).toEqual(values);
          expect(vector.nullCount).toBe(values.filter((value) => value === null).length);
        }
      }),
      { numRuns: 100 },
    );
  });

  test('a copy stays as it is when the memory of the batch is reused', () => {
    const budget = budgetOf();
    const holding = budget.reserve('test');
    const list = [
      ['a', 1n],
      ['b', null],
    ] as Value[][];
    const batch = batchFromRows(holding, schema(field('s', types.utf8), field('n', types.int64)), list);
    const copied = copyToArrow(batch, budget.linear);
    holding[Symbol.dispose]();
    expect(copied.toArray().map((row) => row?.toArray())).toEqual(list);
    expect(copied.getChildAt(1)?.data[0]?.values.buffer).not.toBe(budget.linear.u8.buffer);
  });

  test('a view costs nothing: it has the very memory of the batch', () => {
    const budget = budgetOf();
    using holding = budget.reserve('test');
    const batch = batchFromRows(holding, schema(field('n', types.int64)), [[1n], [null]]);
    const data = toArrow(batch, budget.linear).getChildAt(0)!.data[0]!;
    expect(data.values.buffer).toBe(budget.linear.u8.buffer);
    expect(data.values.byteOffset).toBe(batch.columns[0]!.values);
  });

  test('survives an IPC stream, where later batches have other dictionaries', () => {
    const budget = budgetOf();
    using holding = budget.reserve('test');
    const one = schema(field('s', types.utf8), field('t', types.timestamp('us')));
    const parts: Value[][][] = [
      [
        ['x', 5n],
        [null, 7n],
        ['y', 5n],
      ],
      [['z', -1n]],
      [],
      [['x', null]],
    ];
    const batches = parts.map((rows) =>
      copyToArrow(batchFromRows(holding, one, rows, [{ dictionary: true }, { dictionary: true }]), budget.linear),
    );
    const bytes = Arrow.RecordBatchStreamWriter.writeAll(batches).toUint8Array(true);
    const read = [...Arrow.RecordBatchReader.from(bytes)].flatMap((batch) =>
      readRows(budget.linear, fromArrow(batch, holding)),
    );
    expect(read).toEqual(parts.flat());
  });
});

describe('from Arrow', () => {
  test('any slice of any vectors has the same values, in columns that keep the rules', () => {
    fc.assert(
      fc.property(columns, fc.nat({ max: 20 }), fc.nat({ max: 70 }), (list, from, length) => {
        const budget = budgetOf();
        using holding = budget.reserve('test');
        const rows = rowsOf(list);
        const sliced = arrowBatch(list).slice(from, from + length);
        const batch = fromArrow(sliced, holding);
        expect(readRows(budget.linear, batch)).toEqual(rows.slice(from, from + length));
        checkBatch(budget.linear, batch, schemaOf(list));
      }),
      { numRuns: 150 },
    );
  });

  test('zeroes what Arrow leaves under nulls', () => {
    const budget = budgetOf();
    using holding = budget.reserve('test');
    const nullBitmap = Uint8Array.of(0b101);
    const numbers = Arrow.makeData({
      type: new Arrow.Int32(),
      length: 3,
      nullCount: 1,
      nullBitmap,
      data: Int32Array.of(1, 99, 3),
    });
    const texts = Arrow.makeData({
      type: new Arrow.Utf8(),
      length: 3,
      nullCount: 1,
      nullBitmap,
      valueOffsets: Int32Array.of(0, 1, 3, 4),
      data: new TextEncoder().encode('abcd'),
    });
    const bools = Arrow.makeData({
      type: new Arrow.Bool(),
      length: 3,
      nullCount: 1,
      nullBitmap,
      data: Uint8Array.of(0b111),
    });
    const batch = fromArrow(new Arrow.RecordBatch({ numbers, texts, bools }), holding);
    expect(readRows(budget.linear, batch)).toEqual([
      [1, 'a', true],
      [null, null, null],
      [3, 'd', true],
    ]);
    const beneath = batch.columns.map((column) => readColumn(budget.linear, { ...column, validity: 0 }, 3)[1]);
    expect(beneath).toEqual([0, '', false]);
  });

  test('reads dictionaries with nulls among their entries, of several chunks, and with any index type', () => {
    const budget = budgetOf();
    using holding = budget.reserve('test');
    const entries = Arrow.vectorFromArray(['a', null], new Arrow.Utf8()).concat(
      Arrow.vectorFromArray(['b'], new Arrow.Utf8()),
    );
    expect(entries.data.length).toBe(2);
    for (const [indices, data] of [
      [new Arrow.Int8(), Int8Array.of(2, 1, 0, 2)],
      [new Arrow.Uint64(), BigUint64Array.of(2n, 1n, 0n, 2n)],
    ] as const) {
      const type = new Arrow.Dictionary(new Arrow.Utf8(), indices as Arrow.Int8);
      const column = Arrow.makeData({ type, length: 4, nullCount: 0, data: data as Int8Array, dictionary: entries });
      const batch = fromArrow(new Arrow.RecordBatch({ column }), holding);
      expect(readRows(budget.linear, batch)).toEqual([['b'], [null], ['a'], ['b']]);
      checkBatch(budget.linear, batch, schema(field('column', types.utf8)));
    }
  });

  test('reads dates of milliseconds and large text', () => {
    const budget = budgetOf();
    using holding = budget.reserve('test');
    const day = Arrow.vectorFromArray(
      [new Date('1969-12-31'), null, new Date('2020-02-29')],
      new Arrow.DateMillisecond(),
    );
    const text = Arrow.vectorFromArray(['ä', null, ''], new Arrow.LargeUtf8());
    const batch = fromArrow(new Arrow.RecordBatch({ day: day.data[0]!, text: text.data[0]! }), holding);
    expect(readRows(budget.linear, batch)).toEqual([
      [-1, 'ä'],
      [null, null],
      [18_321, ''],
    ]);
  });

  const int32 = new Arrow.Int32();
  const utf8 = new Arrow.Utf8();
  const hostile: readonly { name: string; data: Arrow.Data; says: RegExp }[] = [
    {
      name: 'fewer values than rows',
      data: new Arrow.Data(int32, 0, 5, 0, { [Arrow.BufferType.DATA]: Int32Array.of(1) } as never),
      says: /'x' has fewer values than rows/,
    },
    {
      name: 'a short validity bitmap',
      data: new Arrow.Data(int32, 0, 100, 1, {
        [Arrow.BufferType.DATA]: new Int32Array(100),
        [Arrow.BufferType.VALIDITY]: Uint8Array.of(0),
      } as never),
      says: /'x' has a validity bitmap that is too short/,
    },
    {
      name: 'offsets beyond the text',
      data: Arrow.makeData({
        type: utf8,
        length: 1,
        valueOffsets: Int32Array.of(0, 1_000_000),
        data: new Uint8Array(4),
      }),
      says: /'x' has offsets beyond its bytes/,
    },
    {
      name: 'decreasing offsets',
      data: Arrow.makeData({ type: utf8, length: 2, valueOffsets: Int32Array.of(0, 4, 2), data: new Uint8Array(4) }),
      says: /'x' has decreasing offsets at row 1/,
    },
    {
      name: 'an index beyond the dictionary',
      data: Arrow.makeData({
        type: new Arrow.Dictionary(utf8, new Arrow.Int8()),
        length: 1,
        data: Int8Array.of(-3),
        dictionary: Arrow.vectorFromArray(['a'], utf8),
      }),
      says: /'x' has an index beyond its dictionary in row 0/,
    },
    {
      name: 'a decimal with too many digits',
      data: Arrow.makeData({ type: new Arrow.Decimal(0, 18, 128), length: 1, data: Uint32Array.of(0, 0, 1, 0) }),
      says: /'x' holds a value in row 0 with more digits than its precision/,
    },
    {
      name: 'a time of day in a date',
      data: Arrow.makeData({ type: new Arrow.DateMillisecond(), length: 1, data: BigInt64Array.of(5n) }),
      says: /'x' holds a time of day/,
    },
  ];
  const lists = new Arrow.List(new Arrow.Field('item', int32, true));
  const three = Arrow.vectorFromArray([1, 2, 3], int32).data[0]!;
  const views = (...words: number[]) =>
    Arrow.makeData({
      type: new Arrow.Utf8View(),
      length: 1,
      views: new Uint8Array(Int32Array.from(words).buffer),
    } as never);
  const entries = new Arrow.Struct([new Arrow.Field('key', int32, false), new Arrow.Field('value', int32, true)]);
  const maps = new Arrow.Map_(new Arrow.Field('entries', entries, false) as never);
  const nested: typeof hostile = [
    {
      name: 'lists beyond their items',
      data: Arrow.makeData({ type: lists, length: 1, valueOffsets: Int32Array.of(0, 4), child: three }),
      says: /'x' has offsets beyond its items/,
    },
    {
      name: 'decreasing offsets of lists',
      data: Arrow.makeData({ type: lists, length: 2, valueOffsets: Int32Array.of(0, 3, 1), child: three }),
      says: /'x' has decreasing offsets at row 1/,
    },
    {
      name: 'a negative offset',
      data: Arrow.makeData({ type: lists, length: 1, valueOffsets: Int32Array.of(-1, 1), child: three }),
      says: /'x' has a negative offset/,
    },
    {
      name: 'fewer offsets than lists',
      data: Arrow.makeData({ type: lists, length: 3, valueOffsets: Int32Array.of(0, 1), child: three }),
      says: /'x' has fewer offsets than rows/,
    },
    {
      name: 'offsets of 64 bits beyond the items',
      data: Arrow.makeData({
        type: new Arrow.LargeList(new Arrow.Field('item', int32, true)),
        length: 1,
        valueOffsets: BigInt64Array.of(0n, 2n ** 40n),
        child: three,
      }),
      says: /'x' has offsets beyond its items/,
    },
    {
      name: 'a field with fewer rows than its struct',
      data: Arrow.makeData({ type: new Arrow.Struct([new Arrow.Field('a', int32)]), length: 4, children: [three] }),
      says: /'x.a' has fewer rows than what it is part of/,
    },
    {
      name: 'a list of fixed size with too few items',
      data: Arrow.makeData({
        type: new Arrow.FixedSizeList(2, new Arrow.Field('item', int32)),
        length: 2,
        child: three,
      } as never),
      says: /'x.item' has fewer rows than what it is part of/,
    },
    {
      name: 'null keys',
      data: Arrow.makeData({
        type: maps,
        length: 1,
        valueOffsets: Int32Array.of(0, 1),
        child: Arrow.makeData({
          type: entries,
          length: 1,
          children: [Arrow.vectorFromArray([null], int32).data[0]!, Arrow.vectorFromArray([1], int32).data[0]!],
        }),
      } as never),
      says: /'x.key' holds nulls, which its field rules out/,
    },
    {
      name: 'values that are too few inside of a list',
      data: Arrow.makeData({
        type: lists,
        length: 1,
        valueOffsets: Int32Array.of(0, 3),
        child: new Arrow.Data(int32, 0, 3, 0, { [Arrow.BufferType.DATA]: Int32Array.of(1) } as never),
      }),
      says: /'x.item' has fewer values than rows/,
    },
    { name: 'a view beyond its bytes', data: views(20, 0, 0, 0), says: /'x' has a view beyond its bytes in row 0/ },
    { name: 'a view of negative length', data: views(-1, 0, 0, 0), says: /'x' has a view beyond its bytes in row 0/ },
    { name: 'fewer views than rows', data: views(1), says: /'x' has fewer values than rows/ },
    {
      name: 'text that is no UTF-8',
      data: Arrow.makeData({ type: utf8, length: 1, valueOffsets: Int32Array.of(0, 1), data: Uint8Array.of(0xff) }),
      says: /'x' holds text that is no UTF-8/,
    },
    {
      name: 'a character cut in two',
      data: Arrow.makeData({
        type: utf8,
        length: 2,
        valueOffsets: Int32Array.of(0, 1, 2),
        data: Uint8Array.of(0xc3, 0xa4),
      }),
      says: /'x' holds text that is no UTF-8 in row 1/,
    },
    {
      name: 'a time of day beyond the day',
      data: Arrow.makeData({ type: new Arrow.TimeSecond(), length: 2, data: Int32Array.of(86_399, 86_400) }),
      says: /'x' holds a time of day of 86400 ticks in row 1/,
    },
    {
      name: 'a decimal beyond the digits of its type',
      data: Arrow.makeData({
        type: new Arrow.Decimal(0, 3, 128),
        length: 2,
        data: Uint32Array.of(999, 0, 0, 0, 1000, 0, 0, 0),
      }),
      says: /'x' holds a value in row 1 with more digits than its precision/,
    },
  ];

  test.each([...hostile, ...nested])('refuses $name, by the name of the column', ({ data, says }) => {
    const budget = budgetOf();
    using holding = budget.reserve('test');
    expect(() => fromArrow(new Arrow.RecordBatch({ x: data }), holding)).toThrow(
      expect.objectContaining({ name: 'InvalidArgument', message: expect.stringMatching(says) }),
    );
  });

  test('refuses nulls in a field that rules them out', () => {
    const budget = budgetOf();
    using holding = budget.reserve('test');
    const data = Arrow.vectorFromArray([1, null], int32).data[0]!;
    const fields = [new Arrow.Field('x', int32, false)];
    const batch = new Arrow.RecordBatch(
      new Arrow.Schema(fields),
      new Arrow.Data(new Arrow.Struct(fields), 0, 2, 0, {}, [data]),
    );
    expect(() => fromArrow(batch, holding)).toThrow(/'x' holds nulls/);
  });
});

describe('Arrow schemas', () => {
  test('are what Arrow calls our types, both ways', () => {
    const ours = schema(...CASES.map((one, i) => field(`c${i}`, one.ours, i % 2 === 0)));
    const arrow = toArrowSchema(ours);
    expect(arrow.fields.map(({ type }) => String(type))).toEqual(CASES.map((one) => String(one.arrow)));
    expect(fromArrowSchema(arrow)).toEqual(ours);
  });

  const item = (type: Arrow.DataType) => new Arrow.Field('item', type, true);
  test.each([
    new Arrow.Decimal(2, 50, 256),
    new Arrow.SparseUnion([0], [item(new Arrow.Int8())]),
    new Arrow.Struct([]),
    new Arrow.FixedSizeList(0, item(new Arrow.Int8())),
    new Arrow.FixedSizeBinary(0),
    new Arrow.List(item(new Arrow.Decimal(2, 50, 256))),
  ])('refuse %s, by the name of the column', (type) => {
    expect(() => fromArrowSchema(new Arrow.Schema([new Arrow.Field('odd', type, true)]))).toThrow(
      expect.objectContaining({ name: 'InvalidArgument', message: expect.stringMatching(/'odd[.']/) }),
    );
  });

  test('refuse two fields of one name, and say where', () => {
    const twice = new Arrow.Struct([new Arrow.Field('a', new Arrow.Int8()), new Arrow.Field('a', new Arrow.Int8())]);
    const fields = [new Arrow.Field('s', new Arrow.List(new Arrow.Field('item', twice)))];
    expect(() => fromArrowSchema(new Arrow.Schema(fields))).toThrow(/column 's.item' has two fields named 'a'/);
  });

  test('take a field whose metadata does not go with its type for what it is stored as', () => {
    const named = (name: string, metadata: string, type: Arrow.DataType) =>
      new Arrow.Field(
        'x',
        type,
        true,
        new Map([
          ['ARROW:extension:name', name],
          ['ARROW:extension:metadata', metadata],
        ]),
      );
    const four = new Arrow.FixedSizeList(4, item(new Arrow.Int8()));
    const stored = types.fixedSizeList(types.int8, 4);
    const cases: readonly (readonly [Arrow.Field, types.DataType])[] = [
      [named('arrow.uuid', '', new Arrow.FixedSizeBinary(3)), types.fixedSizeBinary(3)],
      [named('arrow.uuid', '', new Arrow.FixedSizeBinary(16)), types.uuid],
      [named('geo.point', '', new Arrow.Utf8()), types.utf8],
      [named('millrace.embedding', '', four), types.embedding(types.int8, 4)],
      [
        named('millrace.embedding', '', new Arrow.FixedSizeList(1, item(new Arrow.Utf8()))),
        types.fixedSizeList(types.utf8, 1),
      ],
      [named('arrow.fixed_shape_tensor', '{"shape":[2,2]}', four), types.tensor(types.int8, [2, 2])],
      [
        named('arrow.fixed_shape_tensor', '{"shape":[2,2],"permutation":[0,1]}', four),
        types.tensor(types.int8, [2, 2]),
      ],
      ...[
        '',
        '{',
        'null',
        '{"shape":[2,3]}',
        '{"shape":[-2,-2]}',
        '{"shape":4}',
        '{"shape":[2,2],"permutation":[1,0]}',
      ].map((metadata) => [named('arrow.fixed_shape_tensor', metadata, four), stored] as const),
    ];
    for (const [arrow, ours] of cases) expect(fromArrowSchema(new Arrow.Schema([arrow])).fields[0]?.type).toEqual(ours);
  });

  test('refuse two columns of one name', () => {
    const twice = [new Arrow.Field('a', new Arrow.Int8()), new Arrow.Field('a', new Arrow.Int8())];
    expect(() => fromArrowSchema(new Arrow.Schema(twice))).toThrow(/two columns named 'a'/);
  });
});
