/** What jq computes of two values: `+ - * / %`, and the comparisons. Numbers are float64, as in jq. */

import { InvalidValue } from '../../errors.ts';
import type { Run } from './jq-steps.ts';
import {
  isArray,
  isNumber,
  isObject,
  type Json,
  type JsonObject,
  numberOf,
  orderOfJson,
  typeOf,
} from './json-value.ts';

export type Binary = (a: Json, b: Json, run: Run) => Json;

const mismatch = (operator: string, a: Json, b: Json): never => {
  throw new InvalidValue(`There is no ${typeOf(a)} ${operator} ${typeOf(b)}.`);
};

const ofNumbers =
  (operator: string, compute: (a: number, b: number) => number): Binary =>
  (a, b) =>
    isNumber(a) && isNumber(b) ? compute(numberOf(a), numberOf(b)) : mismatch(operator, a, b);

const divided = (operator: string, compute: (a: number, b: number) => number): Binary =>
  ofNumbers(operator, (a, b) => {
    if (b === 0) throw new InvalidValue('There is no division by zero.');
    return compute(a, b);
  });

const minus = ofNumbers('-', (a, b) => a - b);
const times = ofNumbers('*', (a, b) => a * b);
const by = divided('/', (a, b) => a / b);
const remainder: Binary = (a, b, run) => {
  const whole = divided('%', (x, y) => Math.trunc(x) % Math.abs(Math.trunc(y)));
  return isNumber(b) && Math.trunc(numberOf(b)) === 0 ? whole(a, 0, run) : whole(a, b, run);
};

function added(a: Json, b: Json, run: Run): Json {
  if (a === null) return b;
  if (b === null) return a;
  if (isNumber(a) && isNumber(b)) return numberOf(a) + numberOf(b);
  if (typeof a === 'string' && typeof b === 'string') {
    run.chargeMade(a.length + b.length);
    return a + b;
  }
  if (isArray(a) && isArray(b)) {
    run.charge(a.length + b.length);
    return [...a, ...b];
  }
  if (isObject(a) && isObject(b)) {
    run.charge(a.size + b.size);
    return new Map([...a, ...b]);
  }
  return mismatch('+', a, b);
}

/** Of arrays the items that are not in the other. */
function subtracted(a: Json, b: Json, run: Run): Json {
  if (!isArray(a) || !isArray(b)) return minus(a, b, run);
  run.charge(a.length * run.sizeOf(b));
  return a.filter((item) => !b.some((other) => orderOfJson(item, other) === 0));
}

/** Of objects both, those inside them likewise. */
function multiplied(a: Json, b: Json, run: Run): Json {
  return isObject(a) && isObject(b) ? merged(a, b, run) : times(a, b, run);
}

function merged(a: JsonObject, b: JsonObject, run: Run): JsonObject {
  run.charge(a.size + b.size);
  const result = new Map(a);
  for (const [key, value] of b) {
    const before = result.get(key) ?? null;
    result.set(key, isObject(before) && isObject(value) ? merged(before, value, run) : value);
  }
  return result;
}

function quotient(a: Json, b: Json, run: Run): Json {
  if (typeof a !== 'string' || typeof b !== 'string') return by(a, b, run);
  return splitText(a, b, run);
}

/** The parts of a text between separators; of an empty one its characters. Of no text no parts. */
export function splitText(text: string, separator: string, run: Run): readonly string[] {
  run.chargeMade(text.length);
  const parts = text === '' ? [] : separator === '' ? [...text] : text.split(separator);
  run.charge(parts.length);
  return parts;
}

const compared =
  (holds: (order: number) => boolean): Binary =>
  (a, b, run) => {
    run.charge(Math.min(run.sizeOf(a), run.sizeOf(b)));
    return holds(orderOfJson(a, b));
  };

/** By operator. */
export const BINARY: ReadonlyMap<string, Binary> = new Map<string, Binary>([
  ['+', added],
  ['-', subtracted],
  ['*', multiplied],
  ['/', quotient],
  ['%', remainder],
  ['==', compared((order) => order === 0)],
  ['!=', compared((order) => order !== 0)],
  ['<', compared((order) => order < 0)],
  ['<=', compared((order) => order <= 0)],
  ['>', compared((order) => order > 0)],
  ['>=', compared((order) => order >= 0)],
]);
