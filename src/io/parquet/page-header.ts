/**
 * The header in front of every page of a column chunk. It is not trusted: numbers are checked to be there and not to be
 * negative; whether they fit the bytes that follow is for who reads those to check.
 */

import { type Numbers, ThriftReader, ThriftType } from './thrift.ts';

type PageKind = 'data' | 'index' | 'dictionary' | 'data-v2';

export interface PageHeader {
  readonly kind: PageKind;
  /** Bytes of the header itself. */
  readonly headerBytes: number;
  /** Bytes behind the header. */
  readonly storedBytes: number;
  /** Bytes of the page once it is decompressed. */
  readonly plainBytes: number;
  /** CRC-32 of the stored bytes. */
  readonly crc: number | undefined;
  /** Values, nulls included; entries of a dictionary. */
  readonly values: number;
  /** Number of the encoding of the values, as Parquet counts them. */
  readonly encoding: number;
  /** Numbers of the encodings of the levels of a `data` page. */
  readonly definitionEncoding: number;
  readonly repetitionEncoding: number;
  /** Of a `data-v2` page, whose levels come first and are never compressed. */
  readonly definitionBytes: number;
  readonly repetitionBytes: number;
  readonly isCompressed: boolean;
}

/** Longer headers, which only oversized statistics could make, are refused. */
export const MAX_HEADER_BYTES: number = 1 << 20;

const KINDS: readonly PageKind[] = ['data', 'index', 'dictionary', 'data-v2'];

/** Reads the header at `start`. @throws ThriftError, short where `end` comes before the end of the header. */
export function readPageHeader(bytes: Uint8Array, start: number, end: number): PageHeader {
  const reader = new ThriftReader(bytes, start, Math.min(end, start + MAX_HEADER_BYTES));
  let detail: Numbers = [];
  const page = reader.numbers((id, type) => {
    if (type === ThriftType.struct && (id === 5 || id === 7 || id === 8)) detail = reader.numbers();
    else reader.skip(type);
  });
  const kind = KINDS[number(page, 1)];
  if (kind === undefined) throw new RangeError(`a page has the unknown type ${page[1]}`);
  const isV2 = kind === 'data-v2';
  return {
    kind,
    headerBytes: reader.position - start,
    plainBytes: number(page, 2),
    storedBytes: number(page, 3),
    crc: page[4] === undefined ? undefined : page[4] >>> 0,
    values: kind === 'index' ? 0 : number(detail, 1),
    encoding: kind === 'index' ? 0 : number(detail, isV2 ? 4 : 2),
    definitionEncoding: kind === 'data' ? number(detail, 3) : 3,
    repetitionEncoding: kind === 'data' ? number(detail, 4) : 3,
    definitionBytes: isV2 ? number(detail, 5) : 0,
    repetitionBytes: isV2 ? number(detail, 6) : 0,
    isCompressed: isV2 ? detail[7] !== 0 : true,
  };
}

function number(numbers: Numbers, id: number): number {
  const value = numbers[id];
  if (value === undefined || value < 0) throw new RangeError(`a page header has no valid field ${id}`);
  return value;
}
