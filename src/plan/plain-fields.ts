/**
 * Lists of fields as most schemas have them, taken without zod, which takes a millisecond for a thousand fields. What is not
 * seen to be right at a glance is left to zod: it alone says what is wrong.
 */

import type * as z from 'zod';
import {
  binary,
  bool,
  type DataType,
  date,
  file,
  float16,
  float32,
  float64,
  int8,
  int16,
  int32,
  int64,
  interval,
  nullType,
  type TimeUnit,
  uint8,
  uint16,
  uint32,
  uint64,
  utf8,
  uuid,
} from '../columnar/data-type.ts';
import type { Field } from '../columnar/schema.ts';

/** Types that are nothing but their kind. */
const PLAIN_TYPES: ReadonlyMap<unknown, DataType> = new Map(
  [
    ...[nullType, bool, int8, int16, int32, int64, uint8, uint16, uint32, uint64],
    ...[float16, float32, float64, utf8, binary, uuid, date, interval, file],
  ].map((type) => [type.kind, type]),
);
/** Characters of a name; some units of zod's may be more than one. */
const MOST_CHARACTERS = 200;

/** `schema`, whose `_zod` is what zod has for libraries; what `plain` makes something of is taken to be that. */
export function plainFirst<T>(schema: z.ZodType<T>, plain: (value: unknown) => T | undefined): z.ZodType<T> {
  const { run } = schema._zod;
  schema._zod.run = (payload, context) => {
    const known = plain(payload.value);
    if (known === undefined) return run(payload, context);
    payload.value = known;
    return payload;
  };
  return schema;
}

/** A copy of a list of fields; undefined where it is empty, or any field has more to it. */
export function plainFields(value: unknown): Field[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const fields: Field[] = [];
  for (const item of value as readonly unknown[]) {
    const field = plainField(item);
    if (field === undefined) return undefined;
    fields.push(field);
  }
  return fields;
}

function plainField(value: unknown): Field | undefined {
  if (!isPlainObject(value)) return undefined;
  const keys = Object.keys(value);
  if (keys.length !== 3 || keys[0] !== 'name' || keys[1] !== 'type' || keys[2] !== 'nullable') return undefined;
  const { nullable } = value;
  const name = plainName(value['name']);
  if (name === undefined || typeof nullable !== 'boolean') return undefined;
  const type = plainType(value['type']);
  return type && { name, type, nullable };
}

/** Of a column, a source, a function. */
export function plainName(value: unknown): string | undefined {
  if (typeof value !== 'string' || value === '' || value.length > MOST_CHARACTERS) return undefined;
  return value.isWellFormed() && value !== '__proto__' ? value : undefined;
}

export function plainType(value: unknown): DataType | undefined {
  if (!isPlainObject(value)) return undefined;
  const keys = Object.keys(value);
  if (keys[0] !== 'kind') return undefined;
  if (keys.length === 1) return PLAIN_TYPES.get(value['kind']);
  return plainDecimal(value, keys) ?? plainTimestamp(value, keys);
}

function plainDecimal(value: Readonly<Record<string, unknown>>, keys: readonly string[]): DataType | undefined {
  if (keys.length !== 3 || keys[1] !== 'precision' || keys[2] !== 'scale') return undefined;
  const { kind, precision, scale } = value;
  const isPlain = kind === 'decimal' && isCount(precision, 1, 38) && isCount(scale, 0, precision);
  return isPlain ? { kind, precision, scale } : undefined;
}

function plainTimestamp(value: Readonly<Record<string, unknown>>, keys: readonly string[]): DataType | undefined {
  if (keys.length !== 3 || keys[1] !== 'unit' || keys[2] !== 'timezone') return undefined;
  const { kind, unit, timezone } = value;
  const isPlain = kind === 'timestamp' && isTimeUnit(unit) && (timezone === null || timezone === 'UTC');
  return isPlain ? { kind, unit, timezone } : undefined;
}

const isTimeUnit = (value: unknown): value is TimeUnit =>
  value === 's' || value === 'ms' || value === 'us' || value === 'ns';

export const isPlainObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isCount = (value: unknown, least: number, most: number): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;
