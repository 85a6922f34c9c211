/** Values as the bytes that are hashed: the forms of Iceberg's specification, appendix B. */

import type { DataType } from '../../columnar/data-type.ts';
import { storageType } from '../../columnar/data-type.ts';
import { uuidBytes } from '../../columnar/uuid-text.ts';
import { type Interval, type Value, wholeOf } from '../../columnar/value.ts';

/**
 *     integers, date, time, timestamp    8 bytes, little-endian
 *     decimal                            the fewest bytes of two's complement, big-endian
 *     floats                             as a float64, 8 bytes, little-endian; -0 as 0, NaN in one form
 *     text                               UTF-8                  bytes, uuid      themselves
 *     lists, structs, maps               their parts behind each other, each with its length before it
 */
export function valueBytes(value: Value, type: DataType): Uint8Array {
  if (value === null) return new Uint8Array(0);
  if (value instanceof Uint8Array) return value;
  const stored = storageType(type);
  switch (type.kind) {
    case 'utf8':
      return Buffer.from(String(value));
    case 'uuid':
      return uuidBytes(String(value)) ?? new Uint8Array(0);
    case 'decimal':
      return twosComplement(wholeOf(value));
    case 'float16':
    case 'float32':
    case 'float64':
      return floatBytes(Number(value));
    case 'interval': {
      const { months, days, nanoseconds } = value as Interval;
      return Buffer.concat([wholeBytes(BigInt(months)), wholeBytes(BigInt(days)), wholeBytes(nanoseconds)]);
    }
    default:
  }
  if (Array.isArray(value)) return partsBytes(value, stored);
  return wholeBytes(wholeOf(value));
}

function partsBytes(parts: readonly Value[], type: DataType): Uint8Array {
  const typeOf = (index: number): DataType => {
    if (type.kind === 'struct') return type.fields[index]?.type ?? type;
    return type.kind === 'list' || type.kind === 'fixed-size-list' ? type.item : type;
  };
  const bytes = parts.map((part, index) => {
    if (type.kind !== 'map') return valueBytes(part, typeOf(index));
    const [key = null, value = null] = part as readonly Value[];
    return Buffer.concat([sized(valueBytes(key, type.key)), sized(valueBytes(value, type.value))]);
  });
  return Buffer.concat(bytes.map(sized));
}

const sized = (bytes: Uint8Array): Uint8Array => Buffer.concat([wholeBytes(BigInt(bytes.length)), bytes]);

function wholeBytes(value: bigint): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, value));
  return bytes;
}

function floatBytes(value: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(Number.isNaN(value) ? Number.NaN : value + 0);
  return bytes;
}

function twosComplement(value: bigint): Uint8Array {
  let length = 1;
  while (BigInt.asIntN(length * 8, value) !== value) length += 1;
  const digits = BigInt.asUintN(length * 8, value)
    .toString(16)
    .padStart(length * 2, '0');
  return Buffer.from(digits, 'hex');
}
