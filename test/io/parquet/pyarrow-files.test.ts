/** Files that pyarrow wrote (`fixtures/write_parquet.py`) hold the values that it was given. */

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  type DataType,
  decimal,
  float64,
  int64,
  list,
  struct,
  timestamp,
  utf8,
} from '../../../src/columnar/data-type.ts';
import { field, schemaText } from '../../../src/columnar/schema.ts';
import { SchemaMismatch } from '../../../src/errors.ts';
import { fileStore } from '../../../src/io/file-store.ts';
import { query, sqlType } from '../../support/duckdb.ts';
import { valueInJson, wantedValues } from '../../support/fixture-values.ts';
import { testBudget } from '../../support/task.ts';
import { type ScanTestOptions, scanRows, schemaOf, uriOf } from './scan-file.ts';

const path = (name: string): string => new URL(`fixtures/${name}`, import.meta.url).pathname;

async function scanned(name: string, options: ScanTestOptions = {}): Promise<{ columns: string[]; rows: unknown[][] }> {
  const { rows, schema } = await scanRows(uriOf(path(`${name}.parquet`)), options);
  return {
    columns: schema.fields.map((one) => one.name),
    rows: rows.map((row) => row.map((value, n) => valueInJson(value, schema.fields[n]!.type))),
  };
}

const FORMS = ['dictionary', 'plain', 'encoded'];

test.each(FORMS)('every flat type, %s', async (form) => {
  const { columns, rows } = await scanned(`flat_${form}`);
  expect(rows).toEqual(wantedValues(readFileSync(path('flat.json')), columns));
});

test.each(FORMS)('nested types, %s', async (form) => {
  const { columns, rows } = await scanned(`nested_${form}`);
  expect(rows).toEqual(wantedValues(readFileSync(path('nested.json')), columns));
});

test.each(FORMS)('parquet-wasm finds the same in %s', async (form) => {
  // Ticks that its nanoseconds cannot hold, and types that Arrow has otherwise.
  const differs = ['nothing', 'json', 'uuid', 'clock_ms', 'clock_us'];
  for (const name of [`flat_${form}`, `nested_${form}`]) {
    const schema = await schemaOf(fileStore(), uriOf(path(`${name}.parquet`)));
    const readSchema = { fields: schema.fields.filter((one) => !differs.includes(one.name)) };
    const { rows } = await scanned(name, { readSchema });
    expect((await scanned(name, { readSchema, reader: 'parquet-wasm', budget: testBudget(256 << 20) })).rows).toEqual(
      rows,
    );
  }
});

test.each(FORMS)('columns of wider types in the plan, %s, are what DuckDB casts to', async (form) => {
  const wider: Record<string, DataType> = {
    half: float64,
    single: float64,
    int8: decimal(6, 3),
    uint32: float64,
    int64: decimal(38, 19),
    uint64: decimal(20, 0),
    nine: decimal(25, 10),
    eighteen: decimal(30, 6),
    long: decimal(38, 6),
    date: timestamp('ms'),
  };
  const readSchema = { fields: Object.entries(wider).map(([name, type]) => field(name, type)) };
  const file = path(`flat_${form}.parquet`);
  const casts = Object.entries(wider).map(([name, type]) => `"${name}"::${sqlType(type)}`);
  expect((await scanRows(uriOf(file), { readSchema })).rows).toEqual(
    await query(`select ${casts.join()} from '${path('flat_plain.parquet')}'`),
  );
});

test('fields of structs are matched by name, in the order of the plan', async () => {
  const readSchema = {
    fields: [
      field('struct', struct(field('label', utf8))),
      field('inside', struct(field('p', struct(field('label', utf8), field('x', int64))))),
    ],
  };
  const { rows } = await scanned('nested_plain', { readSchema });
  const wanted = wantedValues(readFileSync(path('nested.json')), []);
  const columns = (await scanned('nested_plain', { limit: 0 })).columns;
  const [at, inside] = [columns.indexOf('struct'), columns.indexOf('inside')];
  type Parts = readonly (readonly unknown[] | null)[] | null;
  expect(rows).toEqual(
    wanted.map((row) => {
      const [one, two] = [row[at] as Parts, row[inside] as Parts];
      return [one && [one[1]], two && [two[1] ? [two[1][1], two[1][0]] : null]];
    }),
  );
});

test('what does not go together is refused by name', async () => {
  const read = (type: DataType): Promise<unknown> =>
    scanned('nested_plain', { readSchema: { fields: [field('struct', type)] } });
  await expect(read(struct(field('nowhere', utf8)))).rejects.toThrow(SchemaMismatch);
  await expect(read(list(utf8))).rejects.toThrow(
    /column struct is struct\(x int64, label utf8\) there and list\(utf8\)/,
  );
});

test('INT96 in the unit of the plan', async () => {
  const { rows: wanted } = await scanned('flat_plain', {
    readSchema: { fields: [field('clock_us', timestamp('us'))] },
  });
  expect((await scanned('flat_int96', { readSchema: { fields: [field('clock_us', timestamp('us'))] } })).rows).toEqual(
    wanted,
  );
});

test('the types of the files', async () => {
  const types = async (name: string): Promise<string> =>
    schemaText((await scanRows(uriOf(path(`${name}.parquet`)), { limit: 1 })).schema);
  expect(await types('flat_plain')).toMatchInlineSnapshot(
    `"nothing null?, bool bool?, sure bool?, int8 int8?, int16 int16?, int32 int32?, int64 int64?, uint8 uint8?, uint16 uint16?, uint32 uint32?, uint64 uint64?, half float16?, single float32?, double float64?, nine decimal(9, 2)?, eighteen decimal(18, 4)?, long decimal(38, 6)?, utf8 utf8?, binary binary?, three fixed-size-binary(3)?, wide fixed-size-binary(19)?, uuid uuid?, json utf8?, date date?, time_ms time(us)?, time_us time(us)?, time_ns time(ns)?, clock_ms timestamp(ms)?, clock_us timestamp(us)?, clock_ns timestamp(ns)?, utc_ms timestamp(ms, UTC)?, utc_us timestamp(us, UTC)?, utc_ns timestamp(ns, UTC)?"`,
  );
  expect(await types('nested_plain')).toMatchInlineSnapshot(
    `"list list(int32)?, texts list(utf8)?, bools list(bool)?, long list(int16)?, struct struct(x int64, label utf8)?, map map(utf8, int64)?, lists list(list(int8))?, structs list(struct(x int64, label utf8))?, inside struct(l list(float64), p struct(x int64, label utf8))?, maps map(int8, list(binary))?, deep list(list(struct(m map(utf8, struct(x int64, label utf8)))))?, decimals list(decimal(30, 3))?"`,
  );
});
