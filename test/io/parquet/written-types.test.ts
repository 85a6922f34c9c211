/** What our writer writes, of every type, other readers find: arrow-rs by parquet-wasm, DuckDB, and our own. */

import { writeFileSync } from 'node:fs';
import { tableFromIPC } from 'apache-arrow';
import fc from 'fast-check';
import { readParquet } from 'parquet-wasm';
import { describe, expect, test } from 'vitest';
import { fromArrow } from '../../../src/columnar/arrow.ts';
import * as types from '../../../src/columnar/data-type.ts';
import { childTypes, type DataType } from '../../../src/columnar/data-type.ts';
import { field, type Schema, schema, schemaText } from '../../../src/columnar/schema.ts';
import { anyType, anyValue, FLAT_TYPES } from '../../support/arbitrary-values.ts';
import { query } from '../../support/duckdb.ts';
import { valueInJson } from '../../support/fixture-values.ts';
import { fuzzed } from '../../support/fuzz.ts';
import { Collector, type Row, testBudget } from '../../support/task.ts';
import { scanRows, temporaryDirectory, uriOf } from './scan-file.ts';
import { freshPath, type WriteOptions, writeGroups } from './write-file.ts';

const directory = temporaryDirectory();

const holdsInterval = (type: DataType): boolean => type.kind === 'interval' || childTypes(type).some(holdsInterval);
const writable = (type: DataType): boolean => !holdsInterval(type);
/** Our reader has no columns of them inside of others. */
const holdsNulls = (type: DataType): boolean => childTypes(type).some((t) => t.kind === 'null' || holdsNulls(t));

async function written(of: Schema, groups: readonly (readonly Row[])[], options: WriteOptions = {}): Promise<string> {
  const path = freshPath(directory);
  writeFileSync(path, (await writeGroups(of, groups, options)).bytes);
  return path;
}

/** UUIDs as bytes, which they are in Arrow where nothing else is said. */
const inJson = ({ fields }: Schema, rows: readonly Row[]): unknown[][] =>
  rows.map((row) => fields.map(({ type }, column) => valueInJson(row[column] ?? null, type)));

/** What arrow-rs reads, as Arrow has it. */
async function arrowRows(bytes: Uint8Array): Promise<{ rows: readonly unknown[][]; schema: string }> {
  const memory = testBudget(256 << 20);
  const rows: unknown[][] = [];
  let text = '';
  for (const recordBatch of tableFromIPC(readParquet(bytes).intoIPCStream()).batches) {
    if (recordBatch.numRows === 0) continue;
    using holding = memory.reserve('test');
    const batch = fromArrow(recordBatch, holding);
    text = schemaText(batch.schema);
    const collector = new Collector(memory, batch.schema);
    await collector.push(batch);
    rows.push(...inJson(batch.schema, collector.rows));
  }
  return { rows, schema: text };
}

/** A schema, rows of it, and where they are cut into row groups. */
const inputs = (type: fc.Arbitrary<DataType>) =>
  fc.array(fc.tuple(type.filter(writable), fc.boolean()), { minLength: 1, maxLength: 3 }).chain((columns) => {
    const of = schema(...columns.map(([t, isNullable], n) => field(`c${n}`, t, isNullable || t.kind === 'null')));
    const row = fc.tuple(...of.fields.map((f) => anyValue(f.type, f.nullable)));
    const rows = fc.oneof(fc.array(row, { maxLength: 70 }), fc.constant([] as Row[]));
    return fc.record({ of: fc.constant(of), rows, cut: fc.nat({ max: 70 }), dictionary: fc.boolean() });
  });

describe('any types', () => {
  test('our own reader finds the values', async () => {
    await fc.assert(
      fc.asyncProperty(
        inputs(anyType(3).filter((type) => !holdsNulls(type))),
        async ({ of, rows, cut, dictionary }) => {
          const path = await written(of, [rows.slice(0, cut), rows.slice(cut)], { dictionary });
          expect((await scanRows(uriOf(path))).rows).toEqual(rows);
        },
      ),
      fuzzed(150),
    );
  });

  test('arrow-rs finds the values, and the types where it has them', async () => {
    await fc.assert(
      fc.asyncProperty(inputs(anyType(2)), async ({ of, rows, cut, dictionary }) => {
        const file = await writeGroups(of, [rows.slice(0, cut), rows.slice(cut)], { dictionary, compression: 'zstd' });
        const read = await arrowRows(file.bytes);
        expect(read.rows).toEqual(inJson(of, rows));
      }),
      fuzzed(150),
    );
  });
});

/** Those that DuckDB has, without the ticks that it does not hold. */
const DUCK_TYPES = FLAT_TYPES.filter(
  ({ kind }) =>
    !['null', 'interval', 'duration', 'time', 'timestamp', 'date', 'float16', 'fixed-size-binary'].includes(kind),
);

test('DuckDB finds flat and nested values', async () => {
  const inside = fc.constantFrom(...DUCK_TYPES);
  const nested = fc.oneof(
    inside,
    inside.map(types.list),
    inside.map((t) => types.list(types.struct(field('a', t), field('l', types.list(t))))),
    fc.tuple(inside, inside).map(([a, b]) => types.struct(field('a', a), field('b', types.list(b)))),
  );
  await fc.assert(
    fc.asyncProperty(inputs(nested), async ({ of, rows, cut, dictionary }) => {
      const path = await written(of, [rows.slice(0, cut), rows.slice(cut)], { dictionary });
      expect(await query(`select * from '${path}'`)).toEqual(rows);
    }),
    fuzzed(60),
  );
});
