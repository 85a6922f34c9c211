/** Values of Arrow data in JavaScript, exactly as our columns give theirs: for who is handed record batches of ours. */

import { DataType as ArrowType, type Data } from 'apache-arrow';
import { type DataType, storageType } from '../../src/columnar/data-type.ts';
import { uuidText } from '../../src/columnar/uuid-text.ts';
import type { Value } from '../../src/columnar/value.ts';

type Reader = (row: number) => Value;

/** Reads rows of `data`, which holds values of `type` in the form that `toArrow` gives them. */
export function arrowReader(data: Data, type: DataType): Reader {
  if (ArrowType.isNull(data.type)) return () => null;
  const read = ArrowType.isDictionary(data.type) ? entryReader(data, type) : plainReader(data, type);
  return (row) => (data.getValid(row) ? read(row) : null);
}

/** Of codes: the entries may come in several pieces. */
function entryReader({ dictionary, values }: Data, type: DataType): Reader {
  const pieces = (dictionary?.data ?? []).map((piece) => ({ rows: piece.length, read: arrowReader(piece, type) }));
  return (row) => {
    let entry = Number(values[row]);
    const piece = pieces.find(({ rows }) => {
      if (entry < rows) return true;
      entry -= rows;
      return false;
    });
    return piece?.read(entry) ?? null;
  };
}

function plainReader(data: Data, type: DataType): Reader {
  const { values, offset, children } = data;
  switch (type.kind) {
    case 'bool':
      return (row) => ((values[(offset + row) >> 3] >> ((offset + row) & 7)) & 1) === 1;
    case 'utf8':
      return (row) => bytesAt(data, row).toString('utf8');
    case 'binary':
      return (row) => Uint8Array.from(bytesAt(data, row));
    case 'uuid':
      return (row) => uuidText(values.subarray(row * 16, row * 16 + 16));
    case 'fixed-size-binary':
      return (row) => values.slice(row * type.size, (row + 1) * type.size);
    case 'decimal':
      return (row) => wideInteger(values.subarray(row * 4, row * 4 + 4));
    case 'float16':
      return halfReader(values as Uint16Array);
    case 'interval':
      return (row) => intervalAt(values as Int32Array, row * 4);
    default:
      return children.length === 0 ? (row) => values[row] as number | bigint : nestedReader(data, type);
  }
}

function bytesAt({ values, valueOffsets }: Data, row: number): Buffer {
  const { buffer, byteOffset } = values as Uint8Array;
  const [start, end] = [Number(valueOffsets[row]), Number(valueOffsets[row + 1])];
  // Linear memory is shared, and Node's own decoder takes that.
  return Buffer.from(buffer as ArrayBuffer, byteOffset + start, end - start);
}

/** A signed integer of 128 bits from its 32-bit words. */
function wideInteger(words: Uint32Array): bigint {
  const unsigned = words.reduceRight((high, word) => (high << 32n) | BigInt(word), 0n);
  return BigInt.asIntN(128, unsigned);
}

function halfReader({ buffer, byteOffset, byteLength }: Uint16Array): Reader {
  const view = new DataView(buffer, byteOffset, byteLength);
  return (row) => view.getFloat16(row * 2, true);
}

function intervalAt(words: Int32Array, at: number): Value {
  const nanoseconds = (BigInt(words[at + 3]!) << 32n) | BigInt(words[at + 2]! >>> 0);
  return { months: words[at]!, days: words[at + 1]!, nanoseconds };
}

function nestedReader({ children, valueOffsets }: Data, type: DataType): Reader {
  const stored = storageType(type);
  if (stored.kind === 'struct') {
    const fields = stored.fields.map((field, index) => arrowReader(children[index]!, field.type));
    return (row) => fields.map((read) => read(row));
  }
  const read = itemReader(children[0]!, stored);
  const items = (start: number, end: number): Value[] =>
    Array.from({ length: end - start }, (_, index) => read(start + index));
  if (stored.kind === 'fixed-size-list') return (row) => items(row * stored.size, (row + 1) * stored.size);
  return (row) => items(Number(valueOffsets[row]), Number(valueOffsets[row + 1]));
}

function itemReader(child: Data, stored: DataType): Reader {
  if (stored.kind !== 'map') return arrowReader(child, (stored as { readonly item: DataType }).item);
  const [key, value] = [arrowReader(child.children[0]!, stored.key), arrowReader(child.children[1]!, stored.value)];
  return (row) => [key(row), value(row)];
}
