/** Files that lie: each one gives the right rows, or an error by name, within bounded memory and time. */

import { readFileSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tableFromArrays, tableToIPC } from 'apache-arrow';
import { Compression, Encoding, Table, WriterPropertiesBuilder, WriterVersion, writeParquet } from 'parquet-wasm';
import { describe, expect, test } from 'vitest';
import type { Schema } from '../../../src/columnar/schema.ts';
import { MalformedFile, MillraceError, ObjectChanged, ObjectNotFound, UnsupportedFile } from '../../../src/errors.ts';
import { fileStore } from '../../../src/io/file-store.ts';
import { memoryStore } from '../../../src/io/memory-store.ts';
import { query } from '../../support/duckdb.ts';
import { random } from '../../support/mutate.ts';
import { testBudget } from '../../support/task.ts';
import { scanRows, schemaOf, temporaryDirectory, uriOf, writeByDuck } from './scan-file.ts';

const directory = temporaryDirectory();

function write(name: string, bytes: Uint8Array): string {
  const path = join(directory, name);
  writeFileSync(path, bytes);
  return uriOf(path);
}

describe('not a Parquet file', () => {
  const cases: [string, Uint8Array, typeof MalformedFile | typeof UnsupportedFile, RegExp][] = [
    ['empty', new Uint8Array(0), MalformedFile, /empty/],
    ['a few bytes', Buffer.from('PAR1PAR1'), MalformedFile, /too few/],
    ['text', Buffer.from('a,b,c\n'.repeat(1000)), MalformedFile, /does not end like/],
    [
      'only magic',
      Buffer.concat([Buffer.from('PAR1'), Buffer.alloc(4), Buffer.from('PAR1')]),
      MalformedFile,
      /claims 0/,
    ],
    [
      'a footer longer than the file',
      Buffer.concat([Buffer.from('PAR1'), Buffer.from([255, 255, 255, 127]), Buffer.from('PAR1')]),
      MalformedFile,
      /claims 2147483647/,
    ],
    [
      'encrypted',
      Buffer.concat([Buffer.from('PAR1'), Buffer.alloc(20), Buffer.from('PARE')]),
      UnsupportedFile,
      /encrypted/,
    ],
  ];
  test.each(cases)('%s', async (name, bytes, error, message) => {
    const uri = write(`${name}.parquet`, bytes);
    const scan = scanRows(uri, { readSchema: { fields: [] } });
    await expect(scan).rejects.toThrow(error);
    await expect(scan).rejects.toThrow(message);
  });

  test('missing', async () => {
    await expect(scanRows(uriOf(join(directory, 'nowhere.parquet')), { readSchema: { fields: [] } })).rejects.toThrow(
      ObjectNotFound,
    );
  });

  test('replaced since it was planned', async () => {
    const uri = await writeByDuck(join(directory, 'changed.parquet'), 'select 1 as a');
    await expect(scanRows(uri, { etag: 'another' })).rejects.toThrow(ObjectChanged);
  });

  test('a list in the footer that claims two billion elements', async () => {
    // version = 1, schema = a list of 2 ** 31 − 1 structs
    const metadata = Buffer.from([0x15, 0x02, 0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x07, 0x00]);
    const length = Buffer.from([metadata.byteLength, 0, 0, 0]);
    const bytes = Buffer.concat([Buffer.from('PAR1'), metadata, length, Buffer.from('PAR1')]);
    const scan = scanRows(write('bomb.parquet', bytes), { readSchema: { fields: [] } });
    await expect(scan).rejects.toThrow(/not well-formed: a list claims 2147483647 elements/);
  });
});

/** Small files of every kind of page and codec. */
const SUBJECTS: Record<string, () => Promise<Uint8Array>> = {
  'DuckDB, snappy': () => duckFile('snappy'),
  'DuckDB, zstd': () => duckFile('zstd'),
  'DuckDB, uncompressed': () => duckFile('uncompressed'),
  'arrow-rs, v1, gzip': async () => arrowFile((p) => p.setCompression(Compression.GZIP)),
  'arrow-rs, v2, snappy': async () =>
    arrowFile((p) =>
      p.setWriterVersion(WriterVersion.V2).setEncoding(Encoding.PLAIN).setCompression(Compression.SNAPPY),
    ),
  'arrow-rs, delta encodings': async () =>
    arrowFile((p) => p.setDictionaryEnabled(false).setColumnEncoding('n', Encoding.DELTA_BINARY_PACKED)),
  'arrow-rs, v2, plain, uncompressed': async () =>
    arrowFile((p) => p.setWriterVersion(WriterVersion.V2).setDictionaryEnabled(false).setEncoding(Encoding.PLAIN)),
  'pyarrow, every encoding, zstd, checksums': () => fixture('flat_encoded'),
  'pyarrow, lz4': () => fixture('flat_plain'),
  'pyarrow, nested, dictionaries, snappy': () => fixture('nested_dictionary'),
  'pyarrow, nested, every encoding': () => fixture('nested_encoded'),
  'DuckDB, nested, uncompressed': () => duckNested(),
};

const fixture = (name: string): Promise<Uint8Array> => readFile(new URL(`fixtures/${name}.parquet`, import.meta.url));

/** Without checksums and compression, so that damage reaches levels and lengths. */
async function duckNested(): Promise<Uint8Array> {
  const path = join(directory, 'subject-nested.parquet');
  const columns = `range(i % 4) as l, case when i % 3 = 0 then null else [['a' || i], null, []] end as ll,
    {'x': i, 'm': map([i % 5], [['b']])} as s, 'prefix ' || i as t`;
  await writeByDuck(path, `select ${columns} from range(120) r(i)`, "codec 'uncompressed', parquet_version 'V2'");
  return readFileSync(path);
}

async function duckFile(codec: string): Promise<Uint8Array> {
  const path = join(directory, `subject-${codec}.parquet`);
  const columns = `i % 3 = 0 as b, case when i % 5 = 0 then null else i end::integer as n, i * 1000003 as big,
    (i / 8)::double as x, (i * 1.01)::decimal(9, 2) as d, (i::hugeint * 99999999999999)::decimal(30, 3) as long,
    case when i % 4 = 0 then null else 'key ' || i % 6 end as few, 'text ' || i as t`;
  await writeByDuck(path, `select ${columns} from range(300) r(i)`, `codec '${codec}'`);
  return readFileSync(path);
}

function arrowFile(configure: (properties: WriterPropertiesBuilder) => WriterPropertiesBuilder): Uint8Array {
  const numbers = Array.from({ length: 300 }, (_, i) => i);
  const table = tableFromArrays({
    n: Int32Array.from(numbers, (i) => i % 17),
    x: Float64Array.from(numbers, (i) => i / 4),
    b: numbers.map((i) => (i % 5 === 0 ? null : i % 2 === 0)),
    t: numbers.map((i) => (i % 6 === 0 ? null : `text ${i % 30}`)),
  });
  const properties = configure(new WriterPropertiesBuilder()).build();
  // Without dictionaries in Arrow, so that the file's own encoding is the subject.
  return writeParquet(Table.fromIPCStream(tableToIPC(table, 'stream')), properties);
}

const LIMIT_BYTES = 32 * 1024 * 1024;

/** The rows, or the error by name; anything else fails the test. */
async function outcome(bytes: Uint8Array, schema: Schema): Promise<unknown> {
  const store = memoryStore();
  await store.put('memory://bucket/subject.parquet', bytes);
  try {
    const { rows } = await scanRows('memory://bucket/subject.parquet', {
      store,
      readSchema: schema,
      budget: testBudget(LIMIT_BYTES),
    });
    return rows;
  } catch (error) {
    if (error instanceof MillraceError) return error.name;
    throw error;
  }
}

const MUTATIONS = Number(process.env['MILLRACE_MUTATIONS'] ?? 25);

describe.each(Object.entries(SUBJECTS))('%s', (name, make) => {
  test(`${MUTATIONS} bytes changed, one at a time`, async () => {
    const original = new Uint8Array(await make());
    const schema = await schemaOf(fileStore(), write('subject.parquet', original));
    expect(Array.isArray(await outcome(original, schema))).toBe(true);
    const next = random(Number(process.env['MILLRACE_SEED'] ?? 1));
    const names = new Map<string, number>();
    for (let run = 0; run < MUTATIONS; run += 1) {
      const bytes = original.slice();
      const at = Math.floor(next() * bytes.byteLength);
      const before = bytes[at] ?? 0;
      const kind = next();
      bytes[at] = kind < 0.5 ? Math.floor(next() * 256) : kind < 0.75 ? before ^ (1 << Math.floor(next() * 8)) : 255;
      try {
        const result = await outcome(bytes, schema);
        const kindOfResult = Array.isArray(result) ? 'rows' : String(result);
        names.set(kindOfResult, (names.get(kindOfResult) ?? 0) + 1);
      } catch (cause) {
        throw new Error(`${name}: byte ${at} from ${before} to ${bytes[at]}`, { cause });
      }
    }
    expect(names.get('MalformedFile') ?? 0).toBeGreaterThan(0);
  });

  test('cut off anywhere', async () => {
    const original = new Uint8Array(await make());
    const schema = await schemaOf(fileStore(), write('subject.parquet', original));
    const next = random(7);
    for (let run = 0; run < 12; run += 1) {
      const bytes = original.slice(0, Math.floor(next() * original.byteLength));
      expect(await outcome(bytes, schema)).toBe('MalformedFile');
    }
  });
});

test('rows that a footer claims and no page has', async () => {
  const path = join(directory, 'claims.parquet');
  const uri = await writeByDuck(path, 'select i from range(1000) r(i)', "codec 'uncompressed'");
  expect((await query(`select count(*) from '${path}'`))[0]).toEqual([1000n]);
  const bytes = readFileSync(path);
  // 1000 as a zigzag varint is d0 0f; all of them become 2000, a0 1f.
  for (let at = bytes.byteLength - 9; at > bytes.byteLength - 400 && at > 0; at -= 1) {
    if (bytes[at] === 0xd0 && bytes[at + 1] === 0x0f) bytes.set([0xa0, 0x1f], at);
  }
  writeFileSync(path, bytes);
  await expect(scanRows(uri)).rejects.toThrow(/fewer rows than the footer claims/);
});

test('a row group that claims 2 ** 60 rows and values', async () => {
  const path = join(directory, 'boundless.parquet');
  const uri = await writeByDuck(path, 'select i from range(1000) r(i)', "codec 'uncompressed'");
  const bytes = readFileSync(path);
  const footerBytes = bytes.readUInt32LE(bytes.byteLength - 8);
  const start = bytes.byteLength - 8 - footerBytes;
  const footer = bytes.subarray(start, start + footerBytes).toString('latin1');
  // As zigzag varints: 1000, and 2 ** 60.
  const claims = footer.replaceAll('\xd0\x0f', '\x80\x80\x80\x80\x80\x80\x80\x80\x20');
  expect(claims).not.toBe(footer);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(claims.length);
  writeFileSync(
    path,
    Buffer.concat([bytes.subarray(0, start), Buffer.from(claims, 'latin1'), length, Buffer.from('PAR1')]),
  );
  const budget = testBudget(LIMIT_BYTES);
  await expect(scanRows(uri, { budget })).rejects.toThrow(MalformedFile);
  expect(budget.peakBytes).toBeLessThan(LIMIT_BYTES);
});
