/** Files and streams that pyarrow wrote (`fixtures/write_ipc.py`, and those of test/columnar) hold the values that it was given. */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { int64, uint8, utf8 } from '../../../src/columnar/data-type.ts';
import { field } from '../../../src/columnar/schema.ts';
import { SchemaMismatch, UnsupportedFile } from '../../../src/errors.ts';
import { describeArrow } from '../../../src/io/arrow/arrow-schema-of-file.ts';
import { fileStore } from '../../../src/io/file-store.ts';
import { arrowRows } from '../../support/arrow-files.ts';
import { valueInJson, wantedValues } from '../../support/fixture-values.ts';

const FOLDERS: readonly URL[] = [
  new URL('fixtures/', import.meta.url),
  new URL('../../columnar/fixtures/', import.meta.url),
];

async function expectValues(name: string, values: string, folder = 0): Promise<void> {
  const path = (file: string): string => new URL(file, FOLDERS[folder]).pathname;
  const { rows, schema } = await arrowRows(`file://${path(name)}`);
  const columns = schema.fields.map((one) => one.name);
  const read = rows.map((row) => row.map((value, n) => valueInJson(value, schema.fields[n]!.type)));
  expect(read).toEqual(wantedValues(readFileSync(path(`${values}.json`)), columns));
}

test.each(['numbers', 'texts', 'times', 'nested', 'dictionaries'])('%s, whole, empty and in slices', async (name) => {
  await expectValues(`${name}.arrow`, name, 1);
});

test.each(['flat', 'nested'])('%s, compressed', async (name) => {
  await expectValues(`${name}_zstd.arrow`, name);
  await expectValues(`${name}_lz4.arrows`, name);
});

test.each([
  ['growing.arrow', 'growing'],
  ['growing.arrows', 'growing'],
  ['replaced.arrows', 'replaced'],
])('dictionaries of %s', expectValues);

test.each(['decimals', 'old'])('%s', (name) => expectValues(`${name}.arrow`, name));

test('buffers of several blocks of LZ4', async () => {
  const uri = `file://${new URL('blocks_lz4.arrow', FOLDERS[0]).pathname}`;
  const { rows } = await arrowRows(uri);
  expect(rows).toEqual(Array.from({ length: 20_000 }, (_, n) => [BigInt(n % 251), `text ${n % 7}`]));
});

describe('what is not read', () => {
  const of = (name: string): string => `file://${new URL(name, FOLDERS[1]).pathname}`;
  const read = (name: string, ...fields: Parameters<typeof field>[]) =>
    arrowRows(of(name), { readSchema: { fields: fields.map((one) => field(...one)) } });

  test('is an error by the name of the column, and in no schema', async () => {
    await expect(read('refused_decimal256.arrow', ['wide', int64])).rejects.toThrow(
      /column wide holds a decimal of 50 digits/,
    );
    await expect(read('refused_union.arrow', ['either', utf8])).rejects.toThrow(UnsupportedFile);
    const schema = describeArrow({
      store: fileStore(),
      uri: of('refused_union.arrow'),
      signal: AbortSignal.timeout(9_999),
    });
    await expect(schema).rejects.toThrow(UnsupportedFile);
  });

  test('types that do not go together', async () => {
    await expect(read('numbers.arrow', ['int64', uint8])).rejects.toThrow(SchemaMismatch);
    await expect(read('numbers.arrow', ['int64', uint8])).rejects.toThrow(
      /column int64 is int64 there and uint8 in the plan/,
    );
  });
});
