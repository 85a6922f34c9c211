/** The formats whose files are damaged: how they are read, with which options, and how what was damaged is made to look whole. */

import { crc32, gzipSync, zstdCompressSync } from 'node:zlib';
import * as types from '../../src/columnar/data-type.ts';
import { field, type Schema, schema } from '../../src/columnar/schema.ts';
import { describeArrow } from '../../src/io/arrow/arrow-schema-of-file.ts';
import type { ObjectStore } from '../../src/io/object-store.ts';
import { readParquetSchema } from '../../src/io/parquet/parquet-schema.ts';
import type { ByteRange } from '../../src/io/record-reader.ts';
import { PAGE_HEADER_BYTES, TRAILER_BYTES } from '../../src/io/shuffle/shuffle-format.ts';
import { codecOf } from '../../src/io/text/codec.ts';
import { inferCsvSchema, inferJsonSchema } from '../../src/io/text/infer-schema.ts';
import { settledSchema } from '../../src/io/text/inferred-type.ts';
import type { Source } from '../../src/operators/operator.ts';
import { arrowScan } from '../../src/operators/sources/arrow-scan.ts';
import { csvScan } from '../../src/operators/sources/csv-scan.ts';
import { jsonScan } from '../../src/operators/sources/json-scan.ts';
import { parquetScan } from '../../src/operators/sources/parquet-scan.ts';
import { shuffleRead } from '../../src/operators/sources/shuffle-read.ts';
import { textScan } from '../../src/operators/sources/text-scan.ts';
import { warcScan } from '../../src/operators/sources/warc-scan.ts';
import { typed } from '../support/expressions.ts';
import { col } from '../support/plans.ts';
import { CSV } from '../support/text-files.ts';
import { arrowPlaces, type Place, parquetPlaces, shufflePlaces, textPlaces } from './known-places.ts';

export interface Subject {
  readonly store: ObjectStore;
  readonly uri: string;
  readonly bytes: Uint8Array;
  readonly schema: Schema;
  readonly next: () => number;
}

export interface Format {
  /** In `npm test`. */
  readonly cases: number;
  /** What a file tells itself; absent where it does not. */
  readonly schemaOf?: (store: ObjectStore, uri: string) => Promise<Schema>;
  readonly scan: (subject: Subject) => Source;
  /** Where a whole file says what the rest of it is. */
  readonly places: (bytes: Uint8Array) => readonly Place[];
  /** Makes the rest fit what was damaged: lengths, checksums, compression, as if by somebody who means it. */
  readonly seal?: (bytes: Uint8Array<ArrayBuffer>, original: Uint8Array) => Uint8Array<ArrayBuffer>;
}

const never = new AbortController().signal;

const arrow: Format = {
  cases: 150,
  schemaOf: async (store, uri) => (await describeArrow({ store, uri, signal: never })).schema,
  scan: ({ store, uri, schema: readSchema, next }) =>
    arrowScan({ store, files: [{ uri }], readSchema, ...filterOf(readSchema, next) }),
  places: arrowPlaces,
};

export type FormatName = 'parquet' | 'csv' | 'json' | 'text' | 'warc' | 'arrow-file' | 'arrow-stream' | 'shuffle';

export const FORMATS: Readonly<Record<FormatName, Format>> = {
  parquet: {
    cases: 250,
    schemaOf: (store, uri) => readParquetSchema(store, uri),
    scan: ({ store, uri, schema: readSchema, next }) =>
      parquetScan({ store, files: [{ uri }], readSchema, ...filterOf(readSchema, next) }),
    places: parquetPlaces,
    seal: sealFooter,
  },
  csv: {
    cases: 150,
    schemaOf: async (store, uri) =>
      settledSchema((await inferCsvSchema({ store, uri, signal: never }, CSV)) ?? { fields: [] }),
    scan: ({ store, uri, bytes, schema: readSchema, next }) =>
      csvScan({
        store,
        files: [{ uri, range: rangeOf(bytes, next) }],
        readSchema,
        ...filterOf(readSchema, next),
        csv: {
          ...CSV,
          escape: next() < 0.8 ? '"' : '\\',
          comment: next() < 0.8 ? undefined : '#',
          quote: next() < 0.9 ? '"' : undefined,
          allowVariableColumns: next() < 0.5,
          invalidValues: next() < 0.5 ? 'error' : 'null',
          maxRecordBytes: next() < 0.9 ? undefined : 64,
        },
      }),
    places: textPlaces,
    seal: sealCompressed,
  },
  json: {
    cases: 120,
    schemaOf: async (store, uri) => {
      const options = jsonOptions(() => 1);
      return settledSchema((await inferJsonSchema({ store, uri, signal: never }, options)) ?? { fields: [] });
    },
    scan: ({ store, uri, bytes, schema: readSchema, next }) =>
      jsonScan({
        store,
        files: [{ uri, range: rangeOf(bytes, next) }],
        readSchema,
        ...filterOf(readSchema, next),
        json: jsonOptions(next),
      }),
    places: textPlaces,
    seal: sealCompressed,
  },
  text: {
    cases: 100,
    scan: ({ store, uri, next }) =>
      textScan({
        store,
        files: [{ uri }],
        readSchema: schema(field('text', next() < 0.5 ? types.utf8 : types.binary)),
        text: {
          ...jsonOptions(next),
          encoding: next() < 0.8 ? 'utf-8' : 'latin-1',
          skipBlankLines: next() < 0.5,
          wholeText: next() < 0.5,
        },
      }),
    places: textPlaces,
    seal: sealCompressed,
  },
  warc: {
    cases: 100,
    scan: ({ store, uri, schema: readSchema, next }) =>
      warcScan({
        store,
        files: [{ uri }],
        readSchema,
        ...filterOf(readSchema, next),
        warc: { maxRecordBytes: next() < 0.1 ? 64 : undefined },
      }),
    places: textPlaces,
    seal: sealCompressed,
  },
  'arrow-file': arrow,
  'arrow-stream': arrow,
  shuffle: {
    cases: 400,
    scan: ({ store, uri, schema: shuffled, next }) =>
      shuffleRead({ store, schema: shuffled, pieces: [{ uri, partition: Math.floor(next() * 3) }] }),
    places: shufflePlaces,
    seal: sealShuffle,
  },
};

const jsonOptions = (next: () => number) => ({
  invalidValues: next() < 0.5 ? ('null' as const) : ('error' as const),
  maxRecordBytes: next() < 0.1 ? 64 : undefined,
});

/** A part of it, for one in three of those that have parts. */
function rangeOf(bytes: Uint8Array, next: () => number): ByteRange | undefined {
  if (next() < 2 / 3 || codecOf(bytes) !== 'none') return undefined;
  const places = [next(), next()].map((part) => Math.floor(part * bytes.byteLength)).toSorted((a, b) => a - b);
  const [start = 0, end = 0] = places;
  return end > start ? { start, end } : undefined;
}

/** What columns are not null, for one in three. */
function filterOf(of: Schema, next: () => number): Pick<Parameters<typeof csvScan>[0], 'filter'> {
  const one = of.fields[Math.floor(next() * of.fields.length)];
  if (next() < 2 / 3 || one === undefined) return {};
  return { filter: typed(of, { kind: 'is-not-null', input: col(one.name) }) };
}

/** Whole again where it is not compressed: then what was damaged is. */
function sealCompressed(bytes: Uint8Array<ArrayBuffer>, original: Uint8Array): Uint8Array<ArrayBuffer> {
  if (codecOf(original) !== 'none') return bytes;
  return new Uint8Array(bytes.byteLength % 2 === 0 ? gzipSync(bytes, { level: 1 }) : zstdCompressSync(bytes));
}

/** The end of the file as it was, but for the length of the footer: the change in size is taken for one of the footer. */
function sealFooter(bytes: Uint8Array<ArrayBuffer>, original: Uint8Array): Uint8Array<ArrayBuffer> {
  const end = original.slice(-8);
  const view = new DataView(end.buffer);
  const dataBytes = original.byteLength - 8 - view.getUint32(0, true);
  const sealed = new Uint8Array(Math.max(bytes.byteLength, 12));
  sealed.set(bytes);
  view.setUint32(0, Math.max(0, sealed.byteLength - 8 - dataBytes), true);
  sealed.set(end, sealed.byteLength - 8);
  return sealed;
}

/** The index and the trailer as they were where the size is, and the checksums of the pages right, as far as they follow each other. */
function sealShuffle(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const view = new DataView(bytes.buffer);
  for (let at = 0; at + PAGE_HEADER_BYTES < bytes.byteLength - TRAILER_BYTES; ) {
    const end = at + PAGE_HEADER_BYTES + view.getUint32(at + 12, true);
    if (view.getUint32(at, true) !== 0x67705253 || end > bytes.byteLength) break;
    const checked = crc32(bytes.subarray(at, at + 20));
    view.setUint32(at + 20, crc32(bytes.subarray(at + PAGE_HEADER_BYTES, end), checked), true);
    at = end;
  }
  const trailer = bytes.byteLength - TRAILER_BYTES;
  if (trailer < 0) return bytes;
  const indexBytes = view.getUint32(trailer, true);
  if (indexBytes <= trailer) {
    view.setUint32(trailer + 4, crc32(bytes.subarray(trailer - indexBytes, trailer)), true);
  }
  return bytes;
}
