/** What kernels find in the metadata of a file is what a walk in JavaScript finds; where they find nothing, that has the word. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { MetadataWalk } from '../../../src/io/parquet/metadata-walk.ts';
import { type RowGroupPlaces, readRowGroupPlaces } from '../../../src/io/parquet/row-group.ts';
import { type ElementPlaces, readElementPlaces } from '../../../src/io/parquet/schema-element.ts';
import { ThriftError, ThriftReader, ThriftType } from '../../../src/io/parquet/thrift.ts';
import { fuzzed } from '../../support/fuzz.ts';
import { scattered } from '../../support/mutate.ts';
import { testBudget } from '../../support/task.ts';
import { temporaryDirectory, writeByDuck } from './scan-file.ts';

const directory = temporaryDirectory();
const COLUMNS = 150;

interface Found {
  readonly elements: ElementPlaces | undefined;
  readonly rowGroups: Omit<RowGroupPlaces, 'columns' | 'chunkAt'> | undefined;
  /** Where each field of the metadata ends. */
  readonly ends: readonly number[];
  readonly chunkAt?: readonly number[];
}

/** What is found with kernels where there is a walk; undefined where these bytes are not well-formed. */
function found(metadata: Uint8Array, walk: MetadataWalk | undefined): Found | undefined {
  const reader = new ThriftReader(metadata, 0, metadata.byteLength);
  let elements: ElementPlaces | undefined;
  let rowGroups: RowGroupPlaces | undefined;
  const ends: number[] = [];
  try {
    reader.struct((id, type) => {
      if (id === 2 && type === ThriftType.list) elements = readElementPlaces(reader, walk);
      else if (id === 4 && type === ThriftType.list) rowGroups = readRowGroupPlaces(reader, COLUMNS, walk);
      else {
        const end = walk?.endOf(reader.position, type);
        if (end === undefined) reader.skip(type);
        else reader.position = end;
      }
      ends.push(reader.position);
    });
  } catch (error) {
    if (error instanceof ThriftError) return undefined;
    throw error;
  }
  if (rowGroups === undefined) return { elements, rowGroups, ends };
  const { columns, chunkAt, ...places } = rowGroups;
  return { elements, rowGroups: places, ends, ...(columns > 0 && { chunkAt: [...chunkAt] }) };
}

/** Where the first chunks of each row group are, by passing over all before them. */
function chunkPlaces(metadata: Uint8Array, { count, chunksAt }: Pick<RowGroupPlaces, 'count' | 'chunksAt'>): number[] {
  const places: number[] = [];
  for (let group = 0; group < count; group += 1) {
    const reader = new ThriftReader(metadata, chunksAt[group] ?? 0, metadata.byteLength);
    const chunks = reader.list(ThriftType.struct) ?? 0;
    for (let at = 0; at < COLUMNS; at += 1) {
      places.push(at < chunks ? reader.position : 0);
      if (at < chunks) reader.skip(ThriftType.struct);
    }
  }
  return places;
}

function check(metadata: Uint8Array): Found | undefined {
  const memory = testBudget();
  const expected = found(metadata, undefined);
  {
    using walk = MetadataWalk.over(metadata, memory);
    expect(walk).toBeDefined();
    const { chunkAt, ...walked } = found(metadata, walk) ?? {};
    expect(walked).toEqual(expected ?? {});
    if (chunkAt !== undefined) expect(chunkAt).toEqual(chunkPlaces(metadata, expected!.rowGroups!));
  }
  expect(memory.usedBytes).toBe(0);
  return expected;
}

describe('the metadata of a file of many columns', () => {
  let metadata: Uint8Array;
  beforeAll(async () => {
    const path = join(directory, 'wide.parquet');
    const columns = Array.from({ length: COLUMNS }, (_, at) => {
      if (at === 0) return `[{'x': i, 'y': [i]}] as c0`;
      return at % 3 === 0 ? `(i * ${at})::varchar as "é${at}"` : `(i % ${at})::bigint as c${at}`;
    });
    await writeByDuck(path, `select ${columns.join()} from range(5000) r(i)`, 'row_group_size 2048');
    const file = new Uint8Array(await readFile(path));
    const bytes = new DataView(file.buffer).getUint32(file.byteLength - 8, true);
    metadata = file.slice(file.byteLength - 8 - bytes, file.byteLength - 8);
  });

  test('as it was written', () => {
    const { elements, rowGroups } = check(metadata) ?? {};
    expect(elements?.count).toBeGreaterThan(COLUMNS);
    expect(rowGroups?.count).toBe(3);
  });

  test('with bytes that are others', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const next = scattered(seed);
        const changed = metadata.slice(0, metadata.byteLength - Math.floor(next() ** 8 * 1000));
        for (let change = 0; change < 3; change += 1) {
          // One in two in the schema, which is at the beginning.
          const at = Math.floor((next() < 0.5 ? next() : next() ** 6) * changed.byteLength);
          changed[at] = next() < 0.5 ? Math.floor(next() * 256) : (changed[at] ?? 0) ^ (1 << Math.floor(next() * 8));
        }
        check(changed);
      }),
      fuzzed(150),
    );
  });

  test('is left to JavaScript where it is small, or there is no memory for it', () => {
    expect(MetadataWalk.over(metadata.subarray(0, 1000), testBudget())).toBeUndefined();
    expect(MetadataWalk.over(metadata, testBudget(512 * 1024))).toBeUndefined();
  });
});
