import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tableFromArrays, tableToIPC } from 'apache-arrow';
import fc from 'fast-check';
import { EnabledStatistics, Table, WriterPropertiesBuilder, writeParquet } from 'parquet-wasm';
import { beforeAll, describe, expect, test } from 'vitest';
import { type DataType, float64, int64, typeName } from '../../../src/columnar/data-type.ts';
import { field } from '../../../src/columnar/schema.ts';
import type { Scalar } from '../../../src/columnar/value.ts';
import { MillraceError } from '../../../src/errors.ts';
import type { Expression } from '../../../src/expressions/expression.ts';
import { memoryStore } from '../../../src/io/memory-store.ts';
import { mayMatch } from '../../../src/io/parquet/prune.ts';
import { NULL_RANGE, type ValueRange } from '../../../src/io/parquet/statistics.ts';
import { col, int, op } from '../../support/plans.ts';
import { testBudget } from '../../support/task.ts';
import { bound, matching, type ScanResult, scanRows, temporaryDirectory, uriOf, writeByDuck } from './scan-file.ts';

const directory = temporaryDirectory();

const literal = (type: DataType, value: null | boolean | number | string): Expression => ({
  kind: 'literal',
  type,
  value,
});

describe('what a filter may be, given ranges', () => {
  const schema = { fields: [field('a', int64), field('x', float64)] };
  const range = (low: bigint | number, high: bigint | number, mayBeNull: boolean = false): ValueRange => ({
    low,
    high,
    mayBeNull,
    mayBeValue: true,
  });
  const may = (expression: Expression, ...ranges: ValueRange[]): boolean => mayMatch(bound(expression, schema), ranges);

  test.each([
    ['>', 10, false],
    ['>=', 10, false],
    ['>=', 9, true],
    ['<', 3, false],
    ['<=', 3, true],
    ['=', 2, false],
    ['=', 5, true],
    ['!=', 5, true],
  ] as const)('a in [3, 9]: a %s %d', (operator, value, expected) => {
    expect(may(op(col('a'), operator, int(value)), range(3n, 9n))).toBe(expected);
  });

  test('nulls are not true, nor is what is not true', () => {
    expect(may({ kind: 'is-null', input: col('a') }, range(3n, 9n))).toBe(false);
    expect(may({ kind: 'is-null', input: col('a') }, range(3n, 9n, true))).toBe(true);
    expect(may({ kind: 'is-not-null', input: col('a') }, NULL_RANGE)).toBe(false);
    expect(may(op(col('a'), '=', int(1)), NULL_RANGE)).toBe(false);
    expect(may({ kind: 'not', input: op(col('a'), '=', int(1)) }, NULL_RANGE)).toBe(false);
    expect(may(op(op(col('a'), '>', int(10)), 'or', { kind: 'is-null', input: col('a') }), range(3n, 9n))).toBe(false);
    expect(may(op(op(col('a'), '>', int(10)), 'and', op(col('x'), '>', int(0))), range(3n, 9n), range(1, 2))).toBe(
      false,
    );
  });

  test('NaN is above every bound, and both zeros may be there for one', () => {
    expect(may(op(col('x'), '>', literal(float64, 100)), NULL_RANGE, range(1, 2))).toBe(true);
    expect(may(op(col('x'), '<', literal(float64, 1)), NULL_RANGE, range(2, 3))).toBe(false);
    expect(may(op(col('x'), '<', literal(float64, 0)), NULL_RANGE, range(-0, 3))).toBe(true);
  });
});

/** Columns that grow, so that row groups differ, and one that does not. */
const COLUMNS = `i % 7 = 0 and i < 2000 as flag, (i / 100 - 20)::integer as n, i * 1000003 - 1000000 as big,
  (i % 200)::utinyint as small, (4294967295 - i)::uinteger as down, (i / 8 - 100)::double as x, (i * 1.01 - 500)::decimal(9, 2) as d,
  (i::hugeint * 10000000000000 - 99)::decimal(25, 3) as long, case when i between 1000 and 3000 then null else i end as holes,
  'k' || lpad(i::varchar, 5, '0') as t, date '2000-01-01' + (i / 50)::integer as day,
  timestamp '2000-01-01 00:00:00' + to_hours(i) as moment`;

let file: ScanResult;
let uri: string;
beforeAll(async () => {
  uri = await writeByDuck(
    join(directory, 'sorted.parquet'),
    `select ${COLUMNS} from range(10240) r(i)`,
    'row_group_size 2048',
  );
  file = await scanRows(uri);
});

async function expectPruned(expression: Expression): Promise<number> {
  const filter = bound(expression, file.schema);
  const { rows, counters } = await scanRows(uri, { readSchema: file.schema, filter });
  const pruned = counters['row groups pruned'] ?? 0;
  expect(rows.length + Number(counters['rows skipped']) + pruned * 2048).toBe(file.rows.length);
  expect(matching(filter, rows)).toEqual(matching(filter, file.rows));
  return pruned;
}

describe('row groups of a sorted file', () => {
  test.each<[string, Expression, number]>([
    ['integer', op(col('n'), '<', int(0)), 4],
    ['bigint', op(col('big'), '>=', int(10_000_000_000)), 4],
    ['unsigned', op(col('down'), '>', int(4_294_967_000)), 4],
    ['double', op(col('x'), '<', literal(float64, 0)), 4],
    ['decimal', op(col('d'), '=', literal({ kind: 'decimal', precision: 9, scale: 2 }, '-500.00')), 4],
    ['text', op(col('t'), '>', literal({ kind: 'utf8' }, 'k09000')), 4],
    ['date', op(col('day'), '<=', literal({ kind: 'date' }, '2000-01-31')), 4],
    [
      'timestamp',
      op(col('moment'), '<', literal({ kind: 'timestamp', unit: 'us', timezone: null }, '2000-01-05T00:00:00')),
      4,
    ],
    ['nulls', { kind: 'is-null', input: col('holes') }, 3],
    ['bool', col('flag'), 4],
  ])('%s', async (_, expression, pruned) => {
    expect(await expectPruned(expression)).toBe(pruned);
  });

  test('any filter finds what it finds in all row groups', async () => {
    const columns = file.schema.fields.flatMap(({ name, type }, at) =>
      type.kind === 'bool' ? [] : [{ name, type, at }],
    );
    const comparison = fc
      .tuple(fc.constantFrom(...columns), fc.constantFrom('<', '<=', '>', '>=', '=', '!='), fc.nat(10_239))
      .map(([{ name, type, at }, operator, row]): Expression => {
        const value = file.rows[row]?.[at];
        if (value === null || value === undefined) return { kind: 'is-null', input: col(name) };
        return op(col(name), operator as '<', literal(type, literalValue(type, value as Scalar & {})));
      });
    const { predicate } = fc.letrec<{ predicate: Expression }>((tie) => ({
      predicate: fc.oneof(
        { maxDepth: 2 },
        comparison,
        fc.record({ kind: fc.constant('not' as const), input: tie('predicate') }),
        fc
          .tuple(tie('predicate'), fc.constantFrom('and' as const, 'or' as const), tie('predicate'))
          .map(([a, o, b]) => op(a, o, b)),
      ),
    }));
    await fc.assert(
      fc.asyncProperty(predicate, async (expression) => {
        await expectPruned(expression);
      }),
      { numRuns: 12 },
    );
  });
});

function literalValue(type: DataType, value: boolean | number | bigint | string): boolean | number | string {
  if (type.kind === 'decimal') {
    const digits = (BigInt(value) < 0n ? -BigInt(value) : BigInt(value)).toString().padStart(type.scale + 1, '0');
    return `${BigInt(value) < 0n ? '-' : ''}${digits.slice(0, -type.scale)}.${digits.slice(-type.scale)}`;
  }
  if (type.kind === 'date') return new Date(Number(value) * 86_400_000).toISOString().slice(0, 10);
  if (type.kind === 'timestamp') return new Date(Number(BigInt(value) / 1000n)).toISOString().slice(0, 23);
  if (typeof value === 'bigint') return typeName(type).endsWith('64') ? value.toString() : Number(value);
  return value;
}

test('a file without statistics is read as a whole', async () => {
  const path = join(directory, 'bare.parquet');
  const table = tableFromArrays({ a: BigInt64Array.from({ length: 3000 }, (_, i) => BigInt(i)) });
  const properties = new WriterPropertiesBuilder()
    .setStatisticsEnabled(EnabledStatistics.None)
    .setMaxRowGroupSize(1000)
    .build();
  writeFileSync(path, writeParquet(Table.fromIPCStream(tableToIPC(table, 'stream')), properties));
  const { schema } = await scanRows(uriOf(path));
  const { rows, counters } = await scanRows(uriOf(path), { filter: bound(op(col('a'), '<', int(0)), schema) });
  expect(rows.length).toBe(3000);
  expect(counters['row groups pruned']).toBe(0);
});

describe('what is read to leave out more', () => {
  /** Every kind of value that has a bloom filter, spread over all row groups, so that bounds say nothing. */
  const SPREAD = `(hash(i % 200) % 1000000)::integer as n, (hash(i % 201) % 100000000)::bigint as big,
    case when i % 9 = 0 then null else 'key ' || hash(i % 202) end as t, (hash(i % 203) % 100000 / 8)::double as x,
    date '1990-01-01' + (hash(i % 204) % 20000)::integer as day,
    timestamp '2001-01-31 08:00:00' + to_milliseconds((hash(i % 205) % 100000000)::bigint) as moment,
    ((hash(i % 206) % 1000000) / 100)::decimal(9, 2) as d, repeat('filling ', 9) || hash(i) as filling`;

  async function readSpread(): Promise<{ uri: string; all: ScanResult }> {
    const path = join(directory, 'spread.parquet');
    const uri = await writeByDuck(
      path,
      `select ${SPREAD} from range(6144) r(i)`,
      "row_group_size 2048, codec 'uncompressed'",
    );
    return { uri, all: await scanRows(uri) };
  }

  test('bloom filters: no row group is read for what is nowhere, and all that is there is found', async () => {
    const { uri, all } = await readSpread();
    const { schema } = all;
    const utf8 = { kind: 'utf8' } as const;
    const scan = async (expression: Expression): Promise<ScanResult> =>
      scanRows(uri, { readSchema: schema, filter: bound(expression, schema) });
    const nowhere = await scan(op(col('t'), '=', literal(utf8, 'key 5')));
    expect(nowhere.counters['row groups pruned']).toBe(3);
    // Not much beside the end of the file, which is read with the footer.
    expect(nowhere.counters['bytes read']).toBeLessThan(280_000);
    expect(nowhere.counters['bytes total']).toBeGreaterThan(500_000);
    const list = ['key 5', 'key 6', 'key 7'].map((value) => literal(utf8, value));
    expect((await scan({ kind: 'is-in', input: col('t'), list })).counters['row groups pruned']).toBe(3);
    expect((await scan(op(col('n'), '=', literal(int64, '5000000000')))).rows).toEqual([]);
    for (const [at, { name, type }] of schema.fields.entries()) {
      for (const row of [1, 5000]) {
        const value = all.rows[row]?.[at] as Scalar & {};
        const expression = op(col(name), '=', literal(type, literalValue(type, value)));
        const found = matching(bound(expression, schema), (await scan(expression)).rows);
        expect(found, name).toEqual(matching(bound(expression, schema), all.rows));
        expect(found.length).toBeGreaterThan(0);
      }
    }
  });

  test('dictionaries: no row group is read for what none of its values is, where all of them are codes', async () => {
    const path = join(directory, 'coded.parquet');
    const numbers = Array.from({ length: 9_000 }, (_, i) => i);
    const table = tableFromArrays({
      t: numbers.map((i) => `key ${(i * 7) % 200}${Math.floor(i / 3_000) === 1 ? '!' : ''}`),
      n: Int32Array.from(numbers, (i) => (((i * 7919) % 500) - 250) * 3),
      many: numbers.map(
        (i) => `many values ${(i * 104_729) % 65_537} and ${(i * 7919) % 65_537} and ${(i * 31_337) % 65_521}`,
      ),
    });
    const properties = new WriterPropertiesBuilder()
      .setMaxRowGroupSize(3_000)
      .setDictionaryPageSizeLimit(10_000)
      .build();
    writeFileSync(path, writeParquet(Table.fromIPCStream(tableToIPC(table, 'stream')), properties));
    const all = await scanRows(uriOf(path));
    const { schema } = all;
    const pruned = async (expression: Expression): Promise<unknown> => {
      const filter = bound(expression, schema);
      const { rows, counters } = await scanRows(uriOf(path), { readSchema: schema, filter });
      expect(matching(filter, rows)).toEqual(matching(filter, all.rows));
      return counters['row groups pruned'];
    };
    const utf8 = { kind: 'utf8' } as const;
    expect(await pruned(op(col('t'), '=', literal(utf8, 'key 17?')))).toBe(3);
    expect(await pruned(op(col('t'), '=', literal(utf8, 'key 17!')))).toBe(2);
    expect(await pruned(op(col('t'), '=', literal(utf8, 'key 17')))).toBe(1);
    expect(await pruned(op(col('n'), '=', int(100)))).toBe(3);
    expect(await pruned(op(col('n'), '=', int(99)))).toBe(0);
    expect(await pruned({ kind: 'not', input: op(col('t'), '=', literal(utf8, 'key 17?')) })).toBe(0);
    // Its dictionary has grown too large: the pages behind it have values.
    expect(await pruned(op(col('many'), '=', literal(utf8, 'many values 3000?')))).toBe(0);
  });

  /** Pages of different lengths, of columns that are and are not in the filter. */
  function writeIndexed(name: string, rows: number): string {
    const numbers = Array.from({ length: rows }, (_, i) => i);
    const table = tableFromArrays({
      a: BigInt64Array.from(numbers, (i) => BigInt(i)),
      b: numbers.map((i) => (Math.floor(i / 5000) % 4 === 1 ? null : `text ${String(i).padStart(7, '0')}`)),
      c: Int32Array.from(numbers, (i) => (i * 7919) % 1000),
      d: Float64Array.from(numbers, (i) => Math.sqrt(i)),
      e: numbers.map((i) => `filling that has no order ${(i * 104_729) % 65_537}`),
    });
    const properties = new WriterPropertiesBuilder()
      .setStatisticsEnabled(EnabledStatistics.Page)
      .setDictionaryEnabled(false)
      .setColumnDictionaryEnabled('c', true)
      .setDataPageSizeLimit(8000)
      .setWriteBatchSize(300)
      .setMaxRowGroupSize(rows / 2)
      .build();
    const path = join(directory, name);
    writeFileSync(path, writeParquet(Table.fromIPCStream(tableToIPC(table, 'stream')), properties));
    return uriOf(path);
  }

  test('page indexes: only pages that may match are read', async () => {
    const indexed = writeIndexed('indexed.parquet', 60_000);
    const all = await scanRows(indexed);
    const { schema } = all;
    const utf8 = { kind: 'utf8' } as const;
    const cases: [Expression, number][] = [
      [op(op(col('a'), '>=', int(30_000)), 'and', op(col('a'), '<', int(30_100))), 5000],
      [op(op(col('a'), '<', int(10)), 'or', op(col('a'), '>=', int(59_990))), 5000],
      [
        op(op(col('a'), '<', int(10)), 'or', op(op(col('a'), '>', int(20_000)), 'and', op(col('a'), '<', int(20_010)))),
        8000,
      ],
      [op(col('b'), '=', literal(utf8, 'text 0040001')), 5000],
      [{ kind: 'is-null', input: col('b') }, 24_000],
      [op({ kind: 'is-null', input: col('b') }, 'and', op(col('a'), '<', int(7000))), 8000],
      [op(col('c'), '=', int(3)), 60_000],
      [op(col('d'), '<', literal(float64, 2)), 5000],
    ];
    for (const [at, [expression, most]] of cases.entries()) {
      const filter = bound(expression, schema);
      // Little memory, so that chunks are read in windows, or enough.
      const budget = testBudget(at % 2 === 0 ? 8 << 20 : 64 << 20);
      const { rows } = await scanRows(indexed, { readSchema: schema, filter, budget });
      expect(matching(filter, rows)).toEqual(matching(filter, all.rows));
      expect(rows.length, JSON.stringify(expression)).toBeLessThanOrEqual(most);
    }
  });

  test('pages far apart are asked for apart', async () => {
    const indexed = writeIndexed('far.parquet', 160_000);
    const { schema } = await scanRows(indexed, { limit: 0 });
    const filter = bound(op(op(col('a'), '>=', int(40_000)), 'and', op(col('a'), '<', int(40_100))), schema);
    const { rows, counters } = await scanRows(indexed, { readSchema: schema, filter });
    expect(rows.length).toBeLessThan(5000);
    expect(matching(filter, rows).length).toBe(100);
    expect(Number(counters['bytes read'])).toBeLessThan(Number(counters['bytes total']) / 2);
  });

  test('indexes that are damaged are an error by name, or what they say', async () => {
    const indexed = writeIndexed('damaged-index.parquet', 4000);
    const original = readFileSync(indexed.slice('file://'.length));
    const { schema } = await scanRows(indexed, { limit: 0 });
    const footerStart = original.byteLength - 8 - original.readUInt32LE(original.byteLength - 8);
    const filter = bound(op(op(col('a'), '<', int(100)), 'or', op(col('a'), '>=', int(3900))), schema);
    let failures = 0;
    for (let run = 0; run < 30; run += 1) {
      const bytes = Buffer.from(original);
      // Indexes lie in front of the footer.
      const at = footerStart - 1 - ((run * 61) % 1800);
      bytes[at] = ((bytes[at] ?? 0) + 1 + run * 11) & 255;
      const store = memoryStore();
      await store.put('memory://bucket/damaged.parquet', bytes);
      try {
        await scanRows('memory://bucket/damaged.parquet', {
          store,
          readSchema: schema,
          filter,
          budget: testBudget(32 << 20),
        });
      } catch (error) {
        expect(error).toBeInstanceOf(MillraceError);
        failures += 1;
      }
    }
    expect(failures).toBeGreaterThan(0);
  });
});
