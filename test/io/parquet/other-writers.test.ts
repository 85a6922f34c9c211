/** What writers do that are neither of the newest nor right in all they say. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { timestamp } from '../../../src/columnar/data-type.ts';
import { field, schemaText } from '../../../src/columnar/schema.ts';
import { ArithmeticOverflow, MalformedFile, UnsupportedFile } from '../../../src/errors.ts';
import { fileStore } from '../../../src/io/file-store.ts';
import { query } from '../../support/duckdb.ts';
import { valueInJson, wantedValues } from '../../support/fixture-values.ts';
import { handMadeFile, PHYSICAL } from './hand-made.ts';
import { type ScanResult, scanRows, schemaOf, temporaryDirectory, uriOf, writeByDuck } from './scan-file.ts';

const directory = temporaryDirectory();
const fixture = (name: string): string => new URL(`fixtures/${name}`, import.meta.url).pathname;

/** A number of Thrift, in at least `byteLength` bytes. */
function varint(value: number, byteLength: number = 1): Buffer {
  const bytes: number[] = [];
  for (let rest = value * 2; rest > 0 || bytes.length < byteLength; rest >>>= 7) bytes.push((rest & 127) | 128);
  bytes.push((bytes.pop() ?? 0) & 127);
  return Buffer.from(bytes);
}

type Change = readonly [from: Buffer, to: Buffer];

/** A file of texts and lists as DuckDB writes it, and as it is with some bytes of its footer changed for others. */
async function changed(
  name: string,
  changesOf: (sizes: Map<string, number[]>, writer: string) => Change[],
): Promise<[string, string]> {
  const path = join(directory, `${name}.parquet`);
  await writeByDuck(
    path,
    "select case when i % 3 = 0 then null else range(i % 4) end as keys, 'text ' || i % 5 as t from range(1000) r(i)",
    'codec snappy',
  );
  const sizes = await query(
    `select path_in_schema, total_uncompressed_size, total_compressed_size from parquet_metadata('${path}')`,
  );
  const [[writer]] = (await query(`select created_by from parquet_file_metadata('${path}')`)) as [[string]];
  const bytes = readFileSync(path);
  const byColumn = new Map(sizes.map(([column, ...rest]) => [String(column), rest.map(Number)]));
  for (const [from, to] of changesOf(byColumn, writer)) {
    expect(to.byteLength).toBe(from.byteLength);
    const at = bytes.lastIndexOf(from);
    expect(at, `${name}: bytes to change`).toBeGreaterThan(0);
    to.copy(bytes, at);
  }
  const other = join(directory, `${name}-changed.parquet`);
  writeFileSync(other, bytes);
  return [path, uriOf(other)];
}

/** Less than the header of a dictionary has. */
const UNCOUNTED_BYTES = 12;

/** The field of a column chunk that says how large its pages are, followed by that of their stored size. */
const sizesInFooter = (plain: Buffer, stored: Buffer): Buffer =>
  Buffer.concat([Buffer.from([0x16]), plain, Buffer.from([0x16]), stored]);

// Each by its own writer (`fixtures/write_others.py`), beside what that was given.
test.each(['fastparquet_flat', 'fastparquet_words', 'fastparquet_int96', 'polars_flat'])('%s', async (name) => {
  const uri = uriOf(fixture(`${name}.parquet`));
  const { fields } = await schemaOf(fileStore(), uri);
  const isInt96 = name === 'fastparquet_int96';
  const readSchema = { fields: isInt96 ? fields.map((one) => ({ ...one, type: timestamp('ns') })) : fields };
  const { rows, schema } = await scanRows(uri, { readSchema });
  const inJson = rows.map((row) => row.map((value, at) => valueInJson(value, schema.fields[at]!.type)));
  expect(inJson).toEqual(wantedValues(readFileSync(fixture(`${name}.json`)), []));
});

test('moments of 96 bits are those of DuckDB, in all centuries; nanoseconds only where the plan asks for them', async () => {
  const path = join(directory, 'int96.parquet');
  const moments = [-719_162, 0, 2_932_896, 19_000].map((days, at): [number, bigint] => [
    days,
    BigInt(at) * 1_234_567_891n,
  ]);
  const bytes = moments.flatMap(([days, nanoseconds]) => {
    const value = Buffer.alloc(12);
    value.writeBigInt64LE(nanoseconds);
    value.writeInt32LE(days + 2_440_588, 8);
    return [...value];
  });
  const page = { values: moments.length, bytes: Uint8Array.from(bytes), definitions: 3, repetitions: 3 };
  const column = { path: [['t', 0]], type: PHYSICAL.int96, pages: [page] } as const;
  writeFileSync(path, handMadeFile([column], moments.length, 'none'));
  const { rows, schema } = await scanRows(uriOf(path));
  expect(schemaText(schema)).toBe('t timestamp(us)');
  expect(await query(`select typeof(t) from '${path}' limit 1`)).toEqual([['TIMESTAMP']]);
  expect(rows).toEqual(await query(`select t from '${path}'`));
  const inNanoseconds = { readSchema: { fields: [field('t', timestamp('ns'))] } };
  await expect(scanRows(uriOf(path), inNanoseconds)).rejects.toThrow(ArithmeticOverflow);
});

test.each(['nothing', 'the stored size'])('the size of pages is said to be %s', async (said) => {
  const [path, uri] = await changed(`size-${said.length}`, (sizes) =>
    [...sizes.values()].map(([plain = 0, stored = 0]): Change => {
      const wrong = said === 'nothing' ? 0 : stored;
      return [
        sizesInFooter(varint(plain), varint(stored)),
        sizesInFooter(varint(wrong, varint(plain).byteLength), varint(stored)),
      ];
    }),
  );
  expect((await scanRows(uri)).rows).toEqual(await query(`from '${path}'`));
});

test('old versions of parquet-mr do not count the header of the dictionary in the size of a chunk', async () => {
  const writtenBy = (version: string): Promise<[string, string]> =>
    changed(version, (sizes, writer) => {
      const [plain = 0, stored = 0] = sizes.get('t') ?? [];
      const said = varint(stored - UNCOUNTED_BYTES, varint(stored).byteLength);
      return [
        [sizesInFooter(varint(plain), varint(stored)), sizesInFooter(varint(plain), said)],
        [Buffer.from(writer), Buffer.from(`parquet-mr version ${version}`.padEnd(writer.length))],
      ];
    });
  const [path, uri] = await writtenBy('1.2.8');
  expect((await scanRows(uri)).rows).toEqual(await query(`from '${path}'`));
  const [, newer] = await writtenBy('1.2.9');
  await expect(scanRows(newer)).rejects.toThrow(MalformedFile);
});

test('a map without values is a list of its keys', async () => {
  const [path, uri] = await changed('keys', () => {
    // The field of the schema that says which converted type it has: 1 is MAP, 3 is LIST.
    const element = (converted: number): Buffer =>
      Buffer.from(`keys\x15\x02\x15${String.fromCharCode(converted * 2)}\x00`);
    return [[element(3), element(1)]];
  });
  const { rows, schema } = await scanRows(uri);
  expect(schemaText(schema)).toBe('keys list(int64)?, t utf8?');
  expect(rows).toEqual(await query(`from '${path}'`));
});

test('a variant is read as it is stored, what was taken out of it beside it', async () => {
  const path = join(directory, 'variant.parquet');
  await writeByDuck(
    path,
    "select 42::variant as v, 'text'::variant as w, i from range(3) r(i)",
    'shredding {v: bigint}',
  );
  const { rows, schema } = await scanRows(uriOf(path));
  expect(schemaText(schema)).toMatchInlineSnapshot(
    `"v struct(metadata binary, value binary, typed_value int64)?, w struct(metadata binary, value binary, typed_value utf8)?, i int64?"`,
  );
  // As the specification of variants encodes them: a version and no names; a whole number of 32 bits.
  const metadata = Uint8Array.of(1, 0, 0);
  const whole = Uint8Array.of(5 << 2, 42, 0, 0, 0);
  expect(rows).toEqual([0n, 1n, 2n].map((i) => [[metadata, whole, null], [metadata, null, 'text'], i]));
});

test('lists, structs and maps of nothing but nulls', async () => {
  const { rows, schema } = await scanRows(uriOf(fixture('nothing_inside.parquet')));
  expect(schemaText(schema)).toBe('list list(null)?, struct struct(x int8, y null)?, map map(utf8, null)?');
  const inJson = rows.map((row) => row.map((value, at) => valueInJson(value, schema.fields[at]!.type)));
  expect(inJson).toEqual(wantedValues(readFileSync(fixture('nothing_inside.json')), []));
});

test('chunks without pages, and without a place', async () => {
  const { rows, schema } = await scanRows(uriOf(fixture('no_rows.parquet')));
  expect([schemaText(schema), rows]).toEqual(['int64 int64?, utf8 utf8?', []]);
});

test('a column that is encrypted, in a file whose footer is not', async () => {
  const uri = uriOf(fixture('encrypted_column.parquet'));
  const { fields } = await schemaOf(fileStore(), uri);
  const read = (name: string): Promise<ScanResult> =>
    scanRows(uri, { readSchema: { fields: fields.filter((field) => field.name === name) } });
  expect((await read('open')).rows).toEqual(Array.from({ length: 20 }, (_, i) => [BigInt(i)]));
  await expect(read('secret')).rejects.toThrow(UnsupportedFile);
  await expect(read('secret')).rejects.toThrow(/column secret is encrypted/);
});
