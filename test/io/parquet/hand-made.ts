/**
 * Parquet files byte by byte, as the specification has them: for what no writer writes any more.
 * https://github.com/apache/parquet-format
 *
 *     PAR1 │ page header │ page │ … │ footer │ its length │ PAR1
 *
 * Structures are Thrift's compact protocol: a byte for each field, of how far its id is from the one before and of its type.
 */

import { gzipSync } from 'node:zlib';

export interface HandMadePage {
  readonly values: number;
  /** Levels and values, before compression. */
  readonly bytes: Uint8Array;
  /** Numbers of encodings. */
  readonly definitions: number;
  readonly repetitions: number;
}

/** A column without anything between it and the root but lists of the same name. */
export interface HandMadeColumn {
  /** From the outermost to the leaf: a name and REQUIRED 0, OPTIONAL 1 or REPEATED 2. */
  readonly path: readonly (readonly [name: string, repetition: number])[];
  /** Number of the physical type. */
  readonly type: number;
  readonly decimal?: { readonly precision: number; readonly scale: number };
  readonly pages: readonly HandMadePage[];
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) + 128);
  return [...bytes, value];
}

type Field = readonly [id: number, type: number, bytes: readonly number[]];
/** A whole number of 32 or 64 bits, a text, a structure, a list of structures or numbers. */
const whole = (id: number, value: number): Field => [id, 5, varint(value * 2)];
const long = (id: number, value: number): Field => [id, 6, varint(value * 2)];
const text = (id: number, value: string): Field => [id, 8, textBytes(value)];
const inner = (id: number, fields: readonly Field[]): Field => [id, 12, struct(fields)];
const list = (id: number, type: number, items: readonly (readonly number[])[]): Field => [
  id,
  9,
  [...(items.length < 15 ? [items.length * 16 + type] : [240 + type, ...varint(items.length)]), ...items.flat()],
];

const textBytes = (value: string): number[] => [...varint(value.length), ...Buffer.from(value)];

function struct(fields: readonly Field[]): number[] {
  let last = 0;
  const bytes = fields.flatMap(([id, type, value]) => {
    const head = (id - last) * 16 + type;
    last = id;
    return [head, ...value];
  });
  return [...bytes, 0];
}

/** One row group of `rows` rows. Pages of gzip are made by `compress`. */
export function handMadeFile(
  columns: readonly HandMadeColumn[],
  rows: number,
  codec: 'none' | 'gzip',
  compress: (page: Uint8Array) => Uint8Array = gzipSync,
): Uint8Array {
  const bytes: number[] = [...Buffer.from('PAR1')];
  const chunks = columns.map(({ path, type, pages }) => {
    const start = bytes.length;
    let plainBytes = 0;
    for (const page of pages) {
      const stored = codec === 'gzip' ? compress(page.bytes) : page.bytes;
      const ofData = [whole(1, page.values), whole(2, 0), whole(3, page.definitions), whole(4, page.repetitions)];
      const head = struct([whole(1, 0), whole(2, page.bytes.length), whole(3, stored.length), inner(5, ofData)]);
      bytes.push(...head, ...stored);
      plainBytes += head.length + page.bytes.length;
    }
    const metadata = [
      whole(1, type),
      list(2, 5, [varint(0), varint(8)]),
      list(
        3,
        8,
        path.map(([name]) => textBytes(name)),
      ),
      whole(4, codec === 'gzip' ? 2 : 0),
      long(
        5,
        pages.reduce((sum, { values }) => sum + values, 0),
      ),
      long(6, plainBytes),
      long(7, bytes.length - start),
      long(9, start),
    ];
    return struct([long(2, start), inner(3, metadata)]);
  });
  const elements = columns.flatMap(({ path, type, decimal }) =>
    path.map(([name, repetition], at) => {
      const isLeaf = at === path.length - 1;
      const means = decimal === undefined ? [] : [whole(6, 5), whole(7, decimal.scale), whole(8, decimal.precision)];
      const shape = isLeaf ? [] : [whole(5, 1)];
      return struct([
        ...(isLeaf ? [whole(1, type)] : []),
        whole(3, repetition),
        text(4, name),
        ...shape,
        ...(isLeaf ? means : at === 0 ? [whole(6, 3)] : []),
      ]);
    }),
  );
  const group = struct([list(1, 12, chunks), long(2, bytes.length - 4), long(3, rows)]);
  const root = struct([text(4, 'schema'), whole(5, columns.length)]);
  const footer = struct([whole(1, 1), list(2, 12, [root, ...elements]), long(3, rows), list(4, 12, [group])]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  return Uint8Array.from([...bytes, ...footer, ...length, ...Buffer.from('PAR1')]);
}

/** Values of so many bits behind each other, the upper bit of each first, from the upper bit of each byte on. */
export function bitPacked(values: readonly number[], width: number): number[] {
  const bits = values.map((value) => value.toString(2).padStart(width, '0')).join('');
  return Array.from({ length: Math.ceil(bits.length / 8) }, (_, at) =>
    Number.parseInt(bits.slice(at * 8, at * 8 + 8).padEnd(8, '0'), 2),
  );
}

export const int32Bytes = (values: readonly number[]): number[] => [...Buffer.from(Int32Array.from(values).buffer)];

/** A number of Parquet's BYTE_ARRAY: behind its length, the upper byte first. */
export function bigEndian(value: bigint): number[] {
  let bytes = 1;
  while (BigInt.asIntN(bytes * 8, value) !== value) bytes += 1;
  const digits = BigInt.asUintN(bytes * 8, value)
    .toString(16)
    .padStart(bytes * 2, '0');
  return [bytes, 0, 0, 0, ...Buffer.from(digits, 'hex')];
}

/** Numbers of physical types. */
export const PHYSICAL: Readonly<Record<'int32' | 'int96' | 'bytes', number>> = { int32: 1, int96: 3, bytes: 6 };
