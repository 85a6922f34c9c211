import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { batchFromRows } from '../../../src/columnar/column-from-values.ts';
import * as types from '../../../src/columnar/data-type.ts';
import { field, schema } from '../../../src/columnar/schema.ts';
import type { Value } from '../../../src/columnar/value.ts';
import { ParquetWriter } from '../../../src/io/parquet/parquet-writer.ts';
import { tables } from '../../support/tables.ts';
import { expectAllReturned, type Row, testBudget } from '../../support/task.ts';
import { encodingMemory, freshPath, KeptFile, writeGroups } from './write-file.ts';

const MiB = 1024 * 1024;

const ALL_TYPES = schema(
  field('flag', types.bool),
  field('i8', types.int8),
  field('i16', types.int16),
  field('i32', types.int32),
  field('i64', types.int64),
  field('u8', types.uint8),
  field('u16', types.uint16),
  field('u32', types.uint32),
  field('u64', types.uint64),
  field('f32', types.float32),
  field('f64', types.float64),
  field('d9', types.decimal(9, 2)),
  field('d18', types.decimal(18, 4)),
  field('d38', types.decimal(38, 10)),
  field('text', types.utf8),
  field('day', types.date),
  field('ms', types.timestamp('ms')),
  field('us', types.timestamp('us', 'UTC')),
  field('ns', types.timestamp('ns')),
  field('required', types.int32, false),
);

/** What DuckDB should call them: its own words, from its own documentation of Parquet. */
const DUCKDB_TYPES = [
  'BOOLEAN',
  'TINYINT',
  'SMALLINT',
  'INTEGER',
  'BIGINT',
  'UTINYINT',
  'USMALLINT',
  'UINTEGER',
  'UBIGINT',
  'FLOAT',
  'DOUBLE',
  'DECIMAL(9,2)',
  'DECIMAL(18,4)',
  'DECIMAL(38,10)',
  'VARCHAR',
  'DATE',
  'TIMESTAMP',
  'TIMESTAMP WITH TIME ZONE',
  'TIMESTAMP_NS',
  'INTEGER',
];

describe('Parquet writer', () => {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-writer-'));
  let duckdb: Awaited<ReturnType<DuckDBInstance['connect']>>;
  beforeAll(async () => {
    duckdb = await (await DuckDBInstance.create(':memory:')).connect();
  });
  afterAll(() => {
    duckdb.closeSync();
    rmSync(directory, { recursive: true });
  });

  async function query(file: KeptFile, select: string): Promise<Value[][]> {
    const path = freshPath(directory);
    writeFileSync(path, file.bytes);
    const reader = await duckdb.runAndReadAll(`select ${select} from '${path}'`);
    return reader.getRows() as Value[][];
  }

  /** DuckDB's values in our form, made by its own casts: ticks and unscaled numbers as text, since both exceed JSON. */
  const SELECT = [
    'flag',
    'i8',
    'i16',
    'i32',
    'i64',
    'u8',
    'u16',
    'u32',
    'u64',
    'f32',
    'f64',
    `replace(d9::varchar, '.', '')::hugeint`,
    `replace(d18::varchar, '.', '')::hugeint`,
    `replace(d38::varchar, '.', '')::hugeint`,
    'text',
    `datediff('day', date '1970-01-01', day)::integer`,
    'epoch_ms(ms)',
    'epoch_us(us)',
    'epoch_ns(ns)',
    'required',
  ].join(', ');

  test('DuckDB reads the types that were meant', async () => {
    const file = await writeGroups(ALL_TYPES, []);
    const path = freshPath(directory);
    writeFileSync(path, file.bytes);
    const described = await duckdb.runAndReadAll(`describe select * from '${path}'`);
    expect(described.getRows().map(([, type]) => type)).toEqual(DUCKDB_TYPES);
    expect(await query(file, 'count(*)')).toEqual([[0n]]);
  });

  test.each(['none', 'snappy', 'gzip', 'zstd', 'brotli'] as const)(
    'DuckDB reads what was written, with %s',
    async (compression) => {
      // What DuckDB can hold: its timestamps of ms and ns are narrower, its dates too.
      const ticks = fc.bigInt({ min: -(2n ** 52n), max: 2n ** 52n });
      const values = {
        day: fc.integer({ min: -700_000, max: 2_000_000 }),
        ms: fc.bigInt({ min: -(2n ** 45n), max: 2n ** 45n }),
        us: ticks,
        ns: fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }),
      };
      const input = tables(ALL_TYPES, { maxRows: 150, values });
      await fc.assert(
        fc.asyncProperty(input, fc.nat({ max: 150 }), fc.boolean(), async ({ rows }, cut, dictionary) => {
          const file = await writeGroups(ALL_TYPES, [rows.slice(0, cut), rows.slice(cut)], { compression, dictionary });
          expect(await query(file, SELECT)).toEqual(rows);
        }),
        { numRuns: 8 },
      );
    },
  );

  test('another reader, hyparquet, reads the same', async () => {
    const of = schema(field('n', types.int64), field('s', types.utf8), field('d', types.decimal(12, 2)));
    const rows: Row[] = [
      [1n, 'ä', 150n],
      [null, null, null],
      [-(2n ** 63n), '', -1n],
    ];
    const { bytes } = await writeGroups(of, [rows], { compression: 'snappy' });
    const read = await parquetReadObjects({ file: bytes.buffer });
    expect(read).toEqual([
      { n: 1n, s: 'ä', d: 1.5 },
      { n: null, s: null, d: null },
      { n: -(2n ** 63n), s: '', d: -0.01 },
    ]);
  });

  test('every call makes a row group, with statistics and the name of the writer', async () => {
    const of = schema(field('n', types.int32));
    const file = await writeGroups(of, [[[1], [2]], [[3], [null], [5]], []]);
    const metadata = parquetMetadata(file.bytes.buffer);
    expect(metadata.created_by).toBe('Millrace');
    expect(metadata.row_groups.map(({ num_rows }) => num_rows)).toEqual([2n, 3n]);
    const statistics = metadata.row_groups.map(({ columns }) => columns[0]?.meta_data?.statistics);
    expect(statistics).toMatchObject([
      { min_value: 1, max_value: 2, null_count: 0n },
      { min_value: 3, max_value: 5, null_count: 1n },
    ]);
  });

  test('seconds, which Parquet does not have, become milliseconds', async () => {
    const seconds = types.timestamp('s');
    const of = schema(field('s', types.timestamp('s', 'UTC')), field('w', seconds), field('l', types.list(seconds)));
    const file = await writeGroups(of, [
      [
        [1_000_000_000n, -5n, [7n]],
        [null, null, null],
      ],
    ]);
    expect(await query(file, 'epoch_ms(s), epoch_ms(w), epoch_ms(l[1]), typeof(s), typeof(w)')).toEqual([
      [1_000_000_000_000n, -5000n, 7000n, 'TIMESTAMP WITH TIME ZONE', 'TIMESTAMP'],
      [null, null, null, 'TIMESTAMP WITH TIME ZONE', 'TIMESTAMP'],
    ]);
    await expect(writeGroups(of, [[[2n ** 62n, 0n, null]]])).rejects.toThrow(
      expect.objectContaining({ name: 'ArithmeticOverflow', message: expect.stringContaining("'s'") }),
    );
  });

  test('nulls in a column that is said to have none are refused, also inside of others', async () => {
    const inside = types.list(types.struct(field('x', types.int32, false)));
    for (const [of, row, name] of [
      [schema(field('n', types.int32, false)), [null], 'n'],
      [schema(field('l', inside)), [[null, [1], [null]]], 'l.list.element.x'],
    ] as const) {
      const error = { name: 'InvalidValue', message: expect.stringContaining(`'${name}'`) };
      await expect(writeGroups(of, [[row]])).rejects.toThrow(expect.objectContaining(error));
    }
    await writeGroups(schema(field('l', inside)), [[[[null, [1]]], [null]]]);
  });

  test('a row group that would be too large is cut', async () => {
    const of = schema(field('n', types.int64));
    const rows = Array.from({ length: 5000 }, (_, n): Row => [BigInt(n)]);
    const file = await writeGroups(of, [rows], { slotCount: 1000 });
    const groups = parquetMetadata(file.bytes.buffer).row_groups.map(({ num_rows }) => Number(num_rows));
    expect(Math.max(...groups)).toBeLessThanOrEqual(1000);
    expect(await query(file, 'n')).toEqual(rows);
  });

  test('fails by name when the memory is short, and gives everything back', async () => {
    const of = schema(field('n', types.int64));
    const rows = Array.from({ length: 16_000 }, (_, n): Row => [BigInt(n)]);
    const memory = testBudget(64 * MiB);
    using hog = memory.reserve('hog');
    hog.grow(memory.limitBytes - memory.floorBytes - 200_000);
    await expect(writeGroups(of, [rows], { memory })).rejects.toThrow(
      expect.objectContaining({ name: 'MemoryBudgetExceeded' }),
    );
    hog.shrink(hog.heldBytes);
    expect(memory.usedBytes).toBe(0);
  });

  test('a failing file fails the write, and leaves nothing behind', async () => {
    const memory = testBudget(256 * MiB);
    const file = new KeptFile();
    file.write = async () => {
      throw new Error('the disk is full');
    };
    const of = schema(field('n', types.int64));
    {
      const properties = { compression: 'none' } as const;
      using encoding = encodingMemory(memory, of, properties);
      using writer = new ParquetWriter({ schema: of, properties, file, memory: encoding });
      using holding = memory.reserve('test');
      const rows = Array.from({ length: 10_000 }, (_, n): Row => [BigInt(n)]);
      await expect(writer.writeRowGroup(batchFromRows(holding, of, rows))).rejects.toThrow('the disk is full');
    }
    expectAllReturned(memory);
  });
});
