/** Files that pyarrow wrote (`fixtures/write_fixtures.py`) hold the values that pyarrow sees in them. */

import { readFileSync } from 'node:fs';
import * as Arrow from 'apache-arrow';
import { describe, expect, test } from 'vitest';
import { copyToArrow, fromArrow } from '../../src/columnar/arrow.ts';
import { fromArrowSchema } from '../../src/columnar/arrow-schema.ts';
import { readRows } from '../../src/columnar/column-values.ts';
import { type DataType, storageType } from '../../src/columnar/data-type.ts';
import { schemaText } from '../../src/columnar/schema.ts';
import type { Interval, Value } from '../../src/columnar/value.ts';
import { type Holding, MemoryBudget } from '../../src/memory/budget.ts';
import { checkBatch } from '../support/check-batch.ts';

const file = (name: string): Buffer => readFileSync(new URL(`fixtures/${name}`, import.meta.url));
const batches = (name: string): Arrow.RecordBatch[] => [...Arrow.RecordBatchReader.from(file(`${name}.arrow`))];

/** A value of ours as the script writes it. */
function inJson(value: Value, type: DataType): unknown {
  if (value === null) return null;
  const stored = storageType(type);
  if (type.kind === 'uuid') return Buffer.from(String(value).replaceAll('-', ''), 'hex').toString('base64');
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  switch (stored.kind) {
    case 'list':
    case 'fixed-size-list':
      return (value as readonly Value[]).map((item) => inJson(item, stored.item));
    case 'struct':
      return stored.fields.map((f, n) => inJson((value as readonly Value[])[n] ?? null, f.type));
    case 'map':
      return (value as readonly (readonly Value[])[]).map(([k = null, v = null]) => [
        inJson(k, stored.key),
        inJson(v, stored.value),
      ]);
    case 'interval': {
      const { months, days, nanoseconds } = value as Interval;
      return [months, days, String(nanoseconds)];
    }
    default:
      if (typeof value === 'bigint') return String(value);
      return typeof value === 'number' && !Number.isFinite(value) ? String(value).replace('Infinity', 'inf') : value;
  }
}

/** Times of seconds and milliseconds come in microseconds. */
const SCALED: Readonly<Record<string, bigint>> = { time_s: 1_000_000n, time_ms: 1_000n };

function wanted(name: string, columns: readonly string[]): unknown[][] {
  const rows = JSON.parse(file(`${name}.json`).toString('utf8')) as unknown[][];
  return rows.map((row) =>
    row.map((value, index) => {
      const factor = SCALED[columns[index]!];
      if (typeof value === 'string') {
        if (factor !== undefined) return String(BigInt(value) * factor);
        if (value === 'nan') return 'NaN';
      }
      return value;
    }),
  );
}

const rowsOf = (holding: Holding, batch: Arrow.RecordBatch): unknown[][] => {
  const read = fromArrow(batch, holding);
  checkBatch(holding.linear, read, fromArrowSchema(batch.schema));
  const { fields } = read.schema;
  return readRows(holding.linear, read).map((row) => row.map((value, n) => inJson(value, fields[n]!.type)));
};

const NAMES = ['numbers', 'texts', 'times', 'nested', 'dictionaries'];

describe('files of pyarrow', () => {
  test.each(NAMES)('%s: every value, whole, empty and sliced', (name) => {
    using holding = new MemoryBudget(16 << 20).reserve('test');
    const read = batches(name);
    const columns = read[0]!.schema.fields.map((f) => f.name);
    expect(read.map(({ numRows }) => numRows)).toEqual([4, 0, 2, 1]);
    const want = wanted(name, columns);
    expect(read.flatMap((batch) => rowsOf(holding, batch))).toEqual(want);
    for (const [start, end] of [
      [1, 3],
      [2, 4],
      [3, 3],
      [0, 1],
    ] as const) {
      expect(rowsOf(holding, read[0]!.slice(start, end)), `${start} to ${end}`).toEqual(want.slice(start, end));
    }
  });

  test.each(NAMES)('%s: the same after another round through us', (name) => {
    using holding = new MemoryBudget(16 << 20).reserve('test');
    const want = wanted(
      name,
      batches(name)[0]!.schema.fields.map((f) => f.name),
    );
    for (const dictionaries of ['keep', 'decode'] as const) {
      const again = batches(name).map((one) => copyToArrow(fromArrow(one, holding), holding.linear, { dictionaries }));
      const read = again.flatMap((one) => [
        ...Arrow.RecordBatchReader.from(Arrow.RecordBatchStreamWriter.writeAll([one]).toUint8Array(true)),
      ]);
      expect(read.flatMap((batch) => rowsOf(holding, batch))).toEqual(want);
    }
  });

  test('have types that are ours', () => {
    const shown = Object.fromEntries(
      NAMES.map((name) => [name, schemaText(fromArrowSchema(batches(name)[0]!.schema))]),
    );
    expect(shown).toMatchObject({
      texts:
        'utf8 utf8?, large_utf8 utf8?, utf8_view utf8?, binary binary?, large_binary binary?, binary_view binary?, three fixed-size-binary(3)?, uuid uuid?',
      nested: expect.stringContaining(
        'tensor tensor(float32, [2, 2])?, transposed fixed-size-list(int8, 2)?',
      ) as unknown,
      dictionaries: expect.stringContaining('dates date?, lists list(int32)?, in_list list(utf8)?') as unknown,
    });
  });

  test.each([
    ['refused_decimal256', "'wide'"],
    ['refused_union', "'either'"],
  ])('%s is refused by the name of the column', (name, column) => {
    using holding = new MemoryBudget(16 << 20).reserve('test');
    expect(() => fromArrow(batches(name)[0]!, holding)).toThrow(
      expect.objectContaining({ name: 'InvalidArgument', message: expect.stringContaining(column) }),
    );
  });
});
