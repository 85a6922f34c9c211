/** Values of ours beside those that pyarrow wrote as JSON. */

import { type DataType, typeName } from '../../src/columnar/data-type.ts';
import type { Value } from '../../src/columnar/value.ts';
import { valueInJson } from '../support/fixture-values.ts';

/**
 * Whether pyarrow's type is that of ours: it gives intervals and words of enumerations as bytes, and what was empty in
 * pandas as nulls.
 */
export function isSameType(ours: DataType, theirs: string): boolean {
  const name = typeName(ours).replaceAll('interval', 'fixed-size-binary(12)').replaceAll('binary', 'utf8');
  return theirs === 'null' || name === theirs.replaceAll('binary', 'utf8');
}

/** Where two values differ, `undefined` where they do not. */
export function difference(ours: Value, type: DataType, theirs: unknown): string | undefined {
  return differenceOf(valueInJson(ours, type), theirs, '');
}

function differenceOf(ours: unknown, theirs: unknown, path: string): string | undefined {
  // Zeros have signs.
  if (Object.is(ours, theirs)) return undefined;
  // Words of enumerations.
  if (typeof ours === 'string' && Buffer.from(ours).toString('base64') === theirs) return undefined;
  // Intervals.
  if (Array.isArray(ours) && typeof theirs === 'string' && intervalBytes(ours) === theirs) return undefined;
  if (!Array.isArray(ours) || !Array.isArray(theirs)) return `${path}${shown(ours)}, pyarrow has ${shown(theirs)}`;
  if (ours.length !== theirs.length) return `${path}${ours.length} items, pyarrow has ${theirs.length}`;
  for (const [index, item] of ours.entries()) {
    const found = differenceOf(item, theirs[index], `[${index}] `);
    if (found !== undefined) return `${path}${found}`;
  }
  return undefined;
}

function shown(value: unknown): string {
  if (Object.is(value, -0)) return '-0';
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

/** Months, days and milliseconds, as Parquet stores them; of what else, nothing that pyarrow could have. */
function intervalBytes(parts: readonly unknown[]): string | undefined {
  const [months, days, nanoseconds] = parts;
  if (typeof months !== 'number' || typeof days !== 'number' || typeof nanoseconds !== 'string') return undefined;
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32LE(months >>> 0, 0);
  bytes.writeUInt32LE(days >>> 0, 4);
  bytes.writeUInt32LE(Number(BigInt(nanoseconds) / 1_000_000n), 8);
  return bytes.toString('base64');
}
