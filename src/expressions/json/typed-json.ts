/**
 * Values of every type as JSON, to the last digit, and back.
 *
 *     integers, decimals           numbers with all their digits; read also from texts of digits
 *     floats                       the shortest digits; "NaN", "Infinity", "-Infinity"
 *     utf8                         text; read also from any other value, as its JSON
 *     bytes, uuid, times           text, as literals are (literal.ts)
 *     list, fixed-size-list, …     arrays
 *     struct, file, tensor         objects with all fields; read without those that are null, and with others
 *     map                          an object where the keys are utf8, else an array of [key, value]; read from both
 */

import { type DataType, integerBits, isFloat, isInteger, storageType, typeName } from '../../columnar/data-type.ts';
import type { Field } from '../../columnar/schema.ts';
import { type Value, wholeOf } from '../../columnar/value.ts';
import { InvalidValue } from '../../errors.ts';
import { floatText } from '../casts/float-text.ts';
import { decimalText, literalForm, roundedTo, valueFromJson, valueToJson } from '../literal.ts';
import { pathOf, quoted } from '../problems.ts';
import { jsonText, plainText, tryParseJson } from './json-text.ts';
import {
  decimalOf,
  type ExactNumber,
  isArray,
  isNumber,
  isObject,
  type Json,
  numberOf,
  numberText,
} from './json-value.ts';

/** The value as JSON; that of null is null. */
export function jsonOf(value: Value, type: DataType): Json {
  if (value === null) return null;
  const stored = storageType(type);
  if (Array.isArray(value)) return nestedOf(value, stored);
  if (type.kind === 'bool' || type.kind === 'utf8') return value as boolean | string;
  if (isInteger(type)) return exact(String(value));
  if (type.kind === 'decimal') return exact(decimalText(wholeOf(value), type.scale));
  if (isFloat(type)) return floatOf(Number(value), type);
  return valueToJson(value, type) as string;
}

const exact = (digits: string): Json => ({ digits });

function floatOf(value: number, type: DataType): Json {
  if (!Number.isFinite(value)) return String(value);
  return exact(floatText(value, type));
}

function nestedOf(parts: readonly Value[], type: DataType): Json {
  switch (type.kind) {
    case 'struct':
      return new Map(type.fields.map((field, n) => [field.name, jsonOf(parts[n] ?? null, field.type)]));
    case 'map': {
      const entries = (parts as readonly (readonly Value[])[]).map(
        ([key = null, value = null]) => [jsonOf(key, type.key), jsonOf(value, type.value)] as const,
      );
      return type.key.kind === 'utf8' ? new Map(entries as readonly (readonly [string, Json])[]) : entries;
    }
    case 'list':
    case 'fixed-size-list':
      return parts.map((part) => jsonOf(part, type.item));
    default:
      throw new TypeError(`${type.kind} has no parts`);
  }
}

/** @throws InvalidValue where `json` is no value of the type, with the path to what is none */
export function valueFrom(json: Json, type: DataType, path: string = '$'): Value {
  if (json === null) return null;
  const stored = storageType(type);
  if (isArray(json)) return fromArray(json, stored, type, path);
  if (isObject(json)) return fromObject(json, stored, type, path);
  const value = flatOf(json, type);
  return value === undefined ? refuse(json, type, path) : value;
}

function refuse(json: Json, type: DataType, path: string): never {
  const shown = typeof json === 'string' ? quoted(json) : jsonText(json);
  const cut = shown.length > 80 ? `${shown.slice(0, 80)}…` : shown;
  throw new InvalidValue(`${cut} at ${path} is no ${typeName(type)}: expected ${literalForm(type)}.`);
}

function flatOf(json: boolean | string | number | ExactNumber, type: DataType): Value | undefined {
  if (type.kind === 'utf8') return plainText(json);
  if (!isNumber(json)) return valueFromJson(json, type);
  if (isFloat(type)) {
    const value = roundedTo(type, numberOf(json));
    return Number.isFinite(value) ? value : undefined;
  }
  if (!isInteger(type) && type.kind !== 'decimal') return undefined;
  const digits = withoutExponent(numberText(json), type.kind === 'decimal' ? type.precision : integerBits(type));
  return digits === undefined ? undefined : valueFromJson(digits, type);
}

/** `1.5e3` as `1500`; undefined where that would have more digits than any value of the type. */
function withoutExponent(text: string, most: number = 0): string | undefined {
  const { isNegative, digits, exponent } = decimalOf(text);
  if (digits === '') return '0';
  if (exponent > most || exponent - digits.length < -most) return undefined;
  const whole = digits.slice(0, Math.max(0, exponent)).padEnd(exponent, '0');
  const fraction = `${'0'.repeat(Math.max(0, -exponent))}${digits.slice(Math.max(0, exponent))}`;
  return `${isNegative ? '-' : ''}${whole || '0'}${fraction === '' ? '' : `.${fraction}`}`;
}

function fromArray(json: readonly Json[], stored: DataType, type: DataType, path: string): Value {
  if (type.kind === 'utf8') return jsonText(json);
  switch (stored.kind) {
    case 'list':
      return json.map((item, n) => valueFrom(item, stored.item, pathOf(path, n)));
    case 'fixed-size-list':
      if (json.length !== stored.size) return refuse(json, type, path);
      return json.map((item, n) => valueFrom(item, stored.item, pathOf(path, n)));
    case 'map':
      return json.map((entry, n) => entryOf(entry, stored.key, stored.value, pathOf(path, n)));
    default:
      return refuse(json, type, path);
  }
}

function entryOf(json: Json, key: DataType, value: DataType, path: string): Value {
  if (!isArray(json) || json.length !== 2) throw new InvalidValue(`At ${path} there is no [key, value].`);
  const found = valueFrom(json[0] ?? null, key, pathOf(path, 0));
  if (found === null) throw new InvalidValue(`The key at ${path} is null.`);
  return [found, valueFrom(json[1] ?? null, value, pathOf(path, 1))];
}

function fromObject(json: ReadonlyMap<string, Json>, stored: DataType, type: DataType, path: string): Value {
  if (type.kind === 'utf8') return jsonText(json);
  if (stored.kind === 'map') {
    return Array.from(json, ([key, value]) => {
      const at = pathOf(path, key);
      return [keyOf(key, stored.key, at), valueFrom(value, stored.value, at)];
    });
  }
  if (stored.kind !== 'struct') return refuse(json, type, path);
  return stored.fields.map((field) => fieldOf(json.get(field.name) ?? null, field, path));
}

function fieldOf(json: Json, { name, type, nullable }: Field, path: string): Value {
  if (json === null && !nullable)
    throw new InvalidValue(`At ${pathOf(path, name)} there is nothing, and it may not be null.`);
  return valueFrom(json, type, pathOf(path, name));
}

/** The key of a member as one of a map: numbers and bools are read. */
function keyOf(key: string, type: DataType, path: string): Value {
  const json = type.kind === 'utf8' ? key : tryParseJson(key);
  return valueFrom(typeof json === 'boolean' || isNumber(json ?? null) ? (json ?? key) : key, type, path);
}
