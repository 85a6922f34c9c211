/** What a user's code returns, as the value of a type: checked, for nothing keeps a function to its word. */

import { childTypes, type DataType, storageType, typeName } from '../columnar/data-type.ts';
import { uuidBytes } from '../columnar/uuid-text.ts';
import type { Interval, Value } from '../columnar/value.ts';
import { InvalidValue } from '../errors.ts';

const TICKS_PER_MS: Readonly<Record<string, bigint>> = { us: 1_000n, ns: 1_000_000n, ms: 1n };
const MS_PER_DAY = 86_400_000;

/**
 * `given` as a value of `type`. Beside what `Value` says: undefined is null, whole numbers may be numbers or bigints, a
 * date or timestamp may be a `Date`, lists may be any iterable of values, structs objects by the names of their fields,
 * and maps a `Map`.
 * @throws InvalidValue
 */
export function givenValue(type: DataType, given: unknown): Value {
  if (given === null || given === undefined) return null;
  const value = converted(type, given);
  if (value === undefined) throw new InvalidValue(`${shown(given)} is no value of ${typeName(type)}`);
  return value;
}

/** Undefined where it is none. */
function converted(type: DataType, given: unknown): Value | undefined {
  switch (type.kind) {
    case 'null':
      return undefined;
    case 'bool':
      return typeof given === 'boolean' ? given : undefined;
    case 'utf8':
      return typeof given === 'string' ? given.toWellFormed() : undefined;
    case 'binary':
      return given instanceof Uint8Array ? given : undefined;
    case 'fixed-size-binary':
      return given instanceof Uint8Array && given.length === type.size ? given : undefined;
    case 'uuid':
      return typeof given === 'string' && uuidBytes(given.toLowerCase()) !== undefined
        ? given.toLowerCase()
        : undefined;
    case 'float16':
    case 'float32':
    case 'float64':
      return typeof given === 'number' ? given : typeof given === 'bigint' ? Number(given) : undefined;
    case 'date':
      return small(given instanceof Date ? Math.floor(given.getTime() / MS_PER_DAY) : given, 32, true);
    case 'timestamp':
      return given instanceof Date ? ticks(given, type.unit) : large(given, 64, true);
    case 'time':
    case 'duration':
      return large(given, 64, true);
    case 'decimal':
      return decimal(given, type.precision);
    case 'interval':
      return interval(given);
    default:
      return integerOrNested(type, given);
  }
}

function integerOrNested(type: DataType, given: unknown): Value | undefined {
  const integer = /^(u?)int(\d+)$/.exec(type.kind);
  if (integer === null) return nested(type, given);
  const bits = Number(integer[2]);
  return bits === 64 ? large(given, bits, integer[1] === '') : small(given, bits, integer[1] === '');
}

function whole(given: unknown): bigint | undefined {
  if (typeof given === 'bigint') return given;
  return typeof given === 'number' && Number.isSafeInteger(given) ? BigInt(given) : undefined;
}

function large(given: unknown, bits: number, signed: boolean): bigint | undefined {
  const value = whole(given);
  if (value === undefined) return undefined;
  const fits = signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value);
  return fits === value ? value : undefined;
}

function small(given: unknown, bits: number, signed: boolean): number | undefined {
  const value = large(given, bits, signed);
  return value === undefined ? undefined : Number(value);
}

/** The unscaled whole number. */
function decimal(given: unknown, precision: number): bigint | undefined {
  const value = whole(given);
  if (value === undefined) return undefined;
  const limit = 10n ** BigInt(precision);
  return value < limit && value > -limit ? value : undefined;
}

function ticks(given: Date, unit: string): bigint | undefined {
  const ms = given.getTime();
  if (Number.isNaN(ms)) return undefined;
  return unit === 's' ? BigInt(Math.floor(ms / 1000)) : BigInt(ms) * (TICKS_PER_MS[unit] ?? 1n);
}

function interval(given: unknown): Interval | undefined {
  if (typeof given !== 'object' || given === null) return undefined;
  const { months, days, nanoseconds } = given as Readonly<Record<string, unknown>>;
  const [m, d, n] = [small(months ?? 0, 32, true), small(days ?? 0, 32, true), large(nanoseconds ?? 0, 64, true)];
  return m === undefined || d === undefined || n === undefined ? undefined : { months: m, days: d, nanoseconds: n };
}

function nested(type: DataType, given: unknown): readonly Value[] | undefined {
  const stored = storageType(type);
  if (typeof given !== 'object' || given === null) return undefined;
  switch (stored.kind) {
    case 'struct':
      return fieldsOf(given, stored.fields);
    case 'map': {
      const [entry] = childTypes(stored);
      if (entry === undefined || !(given instanceof Map || Array.isArray(given))) return undefined;
      return Array.from(given as Iterable<unknown>, (item) => givenValue(entry, item));
    }
    case 'list':
      return isIterable(given) ? Array.from(given, (item) => givenValue(stored.item, item)) : undefined;
    case 'fixed-size-list': {
      const items = isIterable(given) ? Array.from(given, (item) => givenValue(stored.item, item)) : [];
      return items.length === stored.size ? items : undefined;
    }
    default:
      return undefined;
  }
}

/** In order, or by name. */
function fieldsOf(
  given: object,
  fields: readonly { readonly name: string; readonly type: DataType }[],
): readonly Value[] | undefined {
  if (Array.isArray(given)) {
    if (given.length !== fields.length) return undefined;
    return fields.map(({ type }, index) => givenValue(type, given[index]));
  }
  return fields.map(({ name, type }) => givenValue(type, Object.hasOwn(given, name) ? Reflect.get(given, name) : null));
}

const isIterable = (given: object): given is Iterable<unknown> => Symbol.iterator in given;

function shown(given: unknown): string {
  if (typeof given === 'string') return JSON.stringify(given.length > 40 ? `${given.slice(0, 40)}…` : given);
  if (typeof given === 'object') return `an object (${given?.constructor?.name ?? 'without a prototype'})`;
  return typeof given === 'bigint' ? `${given}n` : String(given);
}
