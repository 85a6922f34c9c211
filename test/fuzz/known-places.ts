/**
 * Damage that knows the format: where its numbers, headers and signs stand, and what is worth putting there instead.
 *
 *     Parquet   footer, walked over as Thrift ──offsets──▶ page headers and indexes, walked over too; bytes behind them
 *     Arrow     words of flatbuffers: those of the footer, and behind 0xffffffff and a length
 *     shuffle   words of page headers and trailer, digits of the index
 *     texts     signs and digits; of compressed ones headers of members, frames and blocks
 */

import { byteInstead, INTEGERS, joined, varint } from '../support/mutate.ts';

/** Bytes [at, at + bytes) of a file. */
export interface Place {
  readonly at: number;
  readonly bytes: number;
  readonly kind: 'varint' | 'word' | 'byte' | 'sign' | 'digits';
}

const MOST_PLACES = 4;

/** A copy of `bytes`, changed in up to four of `places`. */
export function damagedWhereKnown(
  bytes: Uint8Array,
  places: readonly Place[],
  next: () => number,
): Uint8Array<ArrayBuffer> {
  const pick = <T>(of: readonly T[]): T => of[Math.floor(next() * of.length)] as T;
  const chosen = new Set(Array.from({ length: 1 + Math.floor(next() ** 2 * MOST_PLACES) }, () => pick(places)));
  let result = new Uint8Array(bytes);
  // From the last to the first, so that those to come stay where they are.
  for (const place of [...chosen].toSorted((a, b) => b.at - a.at)) {
    const { at, bytes: length } = place;
    const instead = INSTEAD[place.kind](result.subarray(at, at + length), next, pick);
    result = joined(result.subarray(0, at), instead, result.subarray(at + length));
  }
  return result;
}

type Pick = <T>(of: readonly T[]) => T;

/** Often near the number that was there. */
function numberInstead(before: bigint, next: () => number, pick: Pick): bigint {
  const kind = next();
  if (kind < 0.5) return before + pick([-1n, 1n]) * BigInt(1 + Math.floor(next() ** 3 * 64));
  return kind < 0.6 ? before * pick([2n, 256n]) : pick(INTEGERS);
}

const SIGNS = ['"', ',', '\n', '\r', '{', '}', '[', ']', ':', '\\', '#', ' ', '\u0000', 'é', '\ud83d\ude00'];

const INSTEAD: Readonly<
  Record<Place['kind'], (before: Uint8Array, next: () => number, pick: Pick) => Uint8Array | Buffer>
> = {
  varint: (before, next, pick) => varint(numberInstead(varintOf(before), next, pick)),
  word: (before, next, pick) => {
    const value = before.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
    const instead = BigInt.asUintN(64, numberInstead(value, next, pick));
    return Uint8Array.from(before, (_, at) => Number((instead >> BigInt(8 * at)) & 0xffn));
  },
  byte: ([before = 0], next) => Uint8Array.of(byteInstead(before, next)),
  sign: (before, next, pick) => {
    const kind = next();
    if (kind < 0.25) return new Uint8Array();
    if (kind < 0.5) return Buffer.from(pick(SIGNS));
    const times = kind < 0.75 ? 2 : 2 + Math.floor(next() ** 4 * 4000);
    return joined(...Array.from({ length: times }, () => before));
  },
  digits: (before, next, pick) => {
    const kind = next();
    if (kind < 0.2) return joined(before, before, before);
    const value = numberInstead(BigInt(Buffer.from(before).toString('latin1')), next, pick);
    return Buffer.from(kind < 0.3 ? `${value}.5e${value % 400n}` : String(value));
  },
};

function varintOf(bytes: Uint8Array): bigint {
  return bytes.reduceRight((sum, byte) => (sum << 7n) | BigInt(byte & 0x7f), 0n);
}

// Parquet -------------------------------------------------------------------------------------------------------------

/** Bytes behind a page header that are places: lengths of levels, widths of codes, headers of runs and of blocks. */
const PAGE_START = 24;

export function parquetPlaces(bytes: Uint8Array): Place[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const footerAt = bytes.byteLength - 8 - view.getUint32(bytes.byteLength - 8, true);
  const footer = thriftPlaces(bytes, footerAt);
  const places = [...footer.places, { at: bytes.byteLength - 8, bytes: 4, kind: 'word' as const }];
  for (const offset of new Set(footer.numbers.filter((value) => value >= 4 && value < footerAt))) {
    try {
      const { places: found, end } = thriftPlaces(bytes, offset);
      places.push(...found);
      for (let at = end; at < Math.min(end + PAGE_START, footerAt); at += 1)
        places.push({ at, bytes: 1, kind: 'byte' });
    } catch {
      // A number that is no offset.
    }
  }
  return unique(places);
}

const unique = (places: readonly Place[]): Place[] => [...new Map(places.map((place) => [place.at, place])).values()];

/** Of the struct at `start`, in Thrift's compact protocol: places of its numbers and headers, and what the numbers are. */
function thriftPlaces(bytes: Uint8Array, start: number): { places: Place[]; numbers: number[]; end: number } {
  const places: Place[] = [];
  const numbers: number[] = [];
  let at = start;
  const byte = (): number => {
    const value = bytes[at];
    if (value === undefined) throw new Error('the struct ends behind the file');
    at += 1;
    return value;
  };
  const number = (): number => {
    const from = at;
    while (byte() >= 0x80);
    places.push({ at: from, bytes: at - from, kind: 'varint' });
    return Number(varintOf(bytes.subarray(from, at)));
  };
  const skip = (length: number): void => {
    at += length;
  };
  const list = (): void => {
    const header = byte();
    places.push({ at: at - 1, bytes: 1, kind: 'byte' });
    const size = header >> 4 === 15 ? number() : header >> 4;
    for (let left = size; left > 0; left -= 1) {
      if ((header & 15) <= 2) at += 1;
      else value(header & 15);
    }
  };
  const value = (type: number): void => {
    if (type === 3) at += 1;
    else if (type >= 4 && type <= 6) {
      const zigzag = number();
      numbers.push(zigzag % 2 === 0 ? zigzag / 2 : -1);
    } else if (type === 7) at += 8;
    else if (type === 8) skip(number());
    else if (type === 9 || type === 10) list();
    else if (type === 12) struct();
    else if (type > 2) throw new Error('no type of Thrift');
  };
  const struct = (): void => {
    for (let header = byte(); header !== 0; header = byte()) {
      places.push({ at: at - 1, bytes: 1, kind: 'byte' });
      if (header >> 4 === 0) number();
      value(header & 15);
    }
  };
  struct();
  return { places, numbers, end: at };
}

// Arrow and shuffle ---------------------------------------------------------------------------------------------------

export function arrowPlaces(bytes: Uint8Array): Place[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const places: Place[] = [];
  const words = (start: number, end: number): void => {
    for (let at = start; at + 4 <= end; at += 4)
      places.push({ at, bytes: 4, kind: 'word' }, { at: at + 2, bytes: 2, kind: 'word' });
  };
  for (let at = 0; at + 8 <= bytes.byteLength; at += 8) {
    const length = view.getUint32(at + 4, true);
    if (view.getUint32(at, true) === 0xffff_ffff && length > 0 && at + 8 + length <= bytes.byteLength) {
      words(at + 4, at + 8 + length);
    }
  }
  if (Buffer.from(bytes.subarray(-6)).toString('latin1') === 'ARROW1') {
    const lengthAt = bytes.byteLength - 10;
    const length = view.getUint32(lengthAt, true);
    places.push({ at: lengthAt, bytes: 4, kind: 'word' });
    if (length <= lengthAt) words(lengthAt - length, lengthAt);
  }
  return unique(places);
}

export function shufflePlaces(bytes: Uint8Array): Place[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const trailer = bytes.byteLength - 16;
  const index = trailer - view.getUint32(trailer, true);
  const places: Place[] = [];
  for (let at = trailer; at < trailer + 16; at += 4) places.push({ at, bytes: 4, kind: 'word' });
  // Of each page the header, and the descriptions of columns where it is not compressed.
  for (let at = 0; at + 24 < index; at += 24 + view.getUint32(at + 12, true)) {
    for (let word = at; word < Math.min(at + 24 + 96, index); word += 4)
      places.push({ at: word, bytes: 4, kind: 'word' });
    for (const byte of [4, 5, 6, 7]) places.push({ at: at + byte, bytes: 1, kind: 'byte' });
  }
  return [
    ...places,
    ...textPlaces(bytes.subarray(index, trailer)).map((place) => ({ ...place, at: place.at + index })),
  ];
}

// Texts ---------------------------------------------------------------------------------------------------------------

/** Signs and digits; of what is compressed the headers. */
export function textPlaces(bytes: Uint8Array): Place[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const compressed = compressedPlaces(bytes, text);
  if (compressed.length > 0) return compressed;
  return [...text.matchAll(/\d{1,30}|[",\n\r{}[\]:\\#]/g)].map(({ 0: found, index }) => ({
    at: index,
    bytes: found.length,
    kind: /\d/.test(found) ? 'digits' : 'sign',
  }));
}

const GZIP = '\u001f\u008b\u0008';
const ZSTD = '(\u00b5/\u00fd';

function compressedPlaces(bytes: Uint8Array, text: string): Place[] {
  const places: Place[] = [];
  const bytesAt = (start: number, count: number): void => {
    for (let at = start; at < Math.min(start + count, bytes.byteLength); at += 1)
      places.push({ at, bytes: 1, kind: 'byte' });
  };
  if (text.startsWith(GZIP)) {
    for (let at = 0; at >= 0; at = text.indexOf(GZIP, at + 1)) bytesAt(at, 24);
    bytesAt(bytes.byteLength - 8, 8);
  } else if (text.startsWith(ZSTD)) {
    for (let at = 0; at >= 0; at = text.indexOf(ZSTD, at + 1)) bytesAt(at, 40);
    bytesAt(bytes.byteLength - 4, 4);
  }
  return places;
}
