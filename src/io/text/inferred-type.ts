/**
 * Types that texts and values of JSON seem to have, for who has no schema yet. A type of null is not known yet.
 *
 *     '12', '3.5', 'nan'    int64, float64: together float64            true     bool
 *     '2001-02-03'          date                                       [ … ]    list of what its items have together
 *     '2001-02-03 04:05'    timestamp, by its digits and its zone       { … }    struct of all fields that came
 *     anything else, and what does not go together: utf8
 */

import { isUtf8 } from 'node:buffer';
import {
  binary,
  bool,
  type DataType,
  date,
  decimal,
  float64,
  int64,
  isNumeric,
  list,
  nullType,
  sameType,
  struct,
  type TimeUnit,
  time,
  timestamp,
  uint64,
  utf8,
} from '../../columnar/data-type.ts';
import { field, type Schema } from '../../columnar/schema.ts';
import { castBetween } from '../../expressions/cast-value.ts';
import { trimmed } from '../../expressions/casts/number-text.ts';
import { isArray, isNumber, isObject, type Json } from '../../expressions/json/json-value.ts';

const fits = (text: string, type: DataType): boolean => castBetween(utf8, type)?.convert(text) !== undefined;

/** Of the text of a field, in which spaces around a value do not count, as casts have it; bytes that are no UTF-8 are binary. */
export function typeOfText(bytes: Uint8Array): DataType {
  if (bytes.byteLength === 0) return nullType;
  if (!isUtf8(bytes)) return binary;
  const text = trimmed(Buffer.from(bytes).toString('utf8'));
  if (/^(?:true|false)$/i.test(text)) return bool;
  if (/^[+-]?\d+$/.test(text)) return fits(text, int64) ? int64 : float64;
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text)) return float64;
  if (/^[+-]?(?:nan|inf|infinity)$/i.test(text)) return float64;
  return typeOfMoment(text) ?? utf8;
}

const UNITS: readonly TimeUnit[] = ['s', 'ms', 'us', 'ns'];
const CLOCK = /^\d{2}:\d{2}:\d{2}(?:\.(\d{1,9}))?$/;
const MOMENT = /^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(?::\d{2}(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}(?::?\d{2})?)?$/i;

function typeOfMoment(text: string): DataType | undefined {
  const types: DataType[] = [];
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) types.push(date);
  const clock = CLOCK.exec(text);
  if (clock !== null) types.push(time((clock[1]?.length ?? 0) > 6 ? 'ns' : 'us'));
  const moment = MOMENT.exec(text);
  if (moment !== null) {
    const unit = UNITS[Math.ceil((moment[1]?.length ?? 0) / 3)] ?? 'ns';
    types.push(timestamp(unit, moment[2] === undefined ? null : 'UTC'));
  }
  return types.find((type) => fits(text, type));
}

/** Whether plans have a name for it. */
export const isFieldName = (name: string): boolean =>
  name !== '' && name !== '__proto__' && name.length <= 1000 && name.isWellFormed();

/** How deep values may stand inside of others to have types of their own: plans have no room for more. */
const MOST_LEVELS = 100;

/**
 * Of a value of JSON with so many levels. Digits in quotes stay a text: they may be a number of a house, or begin with zeros that
 * count. What is too deep is utf8.
 */
export function typeOfJson(value: Json, levels: number = MOST_LEVELS): DataType {
  if (value === null) return nullType;
  if (typeof value === 'boolean') return bool;
  if (typeof value === 'string') return typeOfMoment(value) ?? utf8;
  if (isNumber(value)) return typeOfDigits(typeof value === 'number' ? String(value) : value.digits);
  if (levels === 0) return utf8;
  if (isArray(value)) return list(value.map((item) => typeOfJson(item, levels - 1)).reduce(together, nullType));
  if (!isObject(value) || ![...value.keys()].every(isFieldName)) return utf8;
  return struct(...[...value].map(([name, part]) => field(name, typeOfJson(part, levels - 1))));
}

function typeOfDigits(digits: string): DataType {
  if (!/^-?\d+$/.test(digits)) return float64;
  return [int64, uint64, decimal(38, 0)].find((type) => fits(digits, type)) ?? float64;
}

/** The type that holds values of both. */
export function together(a: DataType, b: DataType): DataType {
  if (a.kind === 'null' || sameType(a, b)) return b;
  if (b.kind === 'null') return a;
  if (a.kind === 'list' && b.kind === 'list') return list(together(a.item, b.item));
  if (a.kind === 'struct' && b.kind === 'struct') {
    const types = new Map(a.fields.map(({ name, type }) => [name, type]));
    for (const { name, type } of b.fields) types.set(name, together(types.get(name) ?? nullType, type));
    return struct(...[...types].map(([name, type]) => field(name, type)));
  }
  if (isNumeric(a) && isNumeric(b)) return a.kind === 'float64' || b.kind === 'float64' ? float64 : decimal(38, 0);
  if (a.kind === 'time' && b.kind === 'time') return time('ns');
  if (a.kind === 'timestamp' && b.kind === 'timestamp' && a.timezone === b.timezone) {
    return UNITS.indexOf(a.unit) > UNITS.indexOf(b.unit) ? a : b;
  }
  return a.kind === 'binary' || b.kind === 'binary' ? binary : utf8;
}

/** The schema without columns that are not known. */
export const settledSchema = ({ fields }: Schema): Schema => ({
  fields: fields.map((one) => ({ ...one, type: settled(one.type) })),
});

/** The type without parts that are not known: of what was always null anything can be read as a text. */
function settled(type: DataType): DataType {
  if (type.kind === 'null') return utf8;
  if (type.kind === 'list') return list(settled(type.item));
  if (type.kind !== 'struct') return type;
  return type.fields.length === 0 ? utf8 : struct(...type.fields.map((part) => field(part.name, settled(part.type))));
}
