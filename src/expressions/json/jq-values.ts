/** What the functions of jq make of a value. Whatever is as long as the value is charged to the run. */

import { outputsOf, type Run, refuse, type Step } from './jq-steps.ts';
import { parseJson, plainText } from './json-text.ts';
import { isArray, isNumber, isObject, type Json, numberOf, orderOfJson, sortedKeys, typeOf } from './json-value.ts';

type Compute = (value: Json, run: Run) => Json;

/** The items of an array, which are charged. @throws InvalidValue of anything else */
export const itemsOf = (value: Json, what: string, run: Run): readonly Json[] => {
  const items = isArray(value) ? value : refuse(what, value);
  run.charge(items.length);
  return items;
};

/** The items of an array or the values of an object, which are charged. @throws InvalidValue of anything else */
export const partsOf = (value: Json, what: string, run: Run): readonly Json[] =>
  isObject(value) ? itemsOf([...value.values()], what, run) : itemsOf(value, what, run);

/** A text, which is charged as one that is looked through. @throws InvalidValue of anything else */
export const textOf = (value: Json, what: string, run: Run): string => {
  const text = typeof value === 'string' ? value : refuse(what, value);
  run.chargeRead(text.length);
  return text;
};

/** A function of a number. */
export const rounding =
  (name: string, compute: (x: number) => number): Compute =>
  (value) =>
    isNumber(value) ? compute(numberOf(value)) : refuse(name, value);

/** Characters of a text, parts of an array or object, the magnitude of a number, 0 of null. */
export function lengthOf(value: Json, run: Run): Json {
  if (value === null) return 0;
  if (typeof value === 'string') return [...textOf(value, 'length', run)].length;
  if (isArray(value)) return value.length;
  if (isObject(value)) return value.size;
  return isNumber(value) ? Math.abs(numberOf(value)) : refuse('length', value);
}

/** The keys of an object in order, the indexes of an array. */
export function keysOf(value: Json, run: Run): Json {
  if (isArray(value)) return itemsOf(value, 'keys', run).map((_, index) => index);
  const object = isObject(value) ? value : refuse('keys', value);
  run.charge(object.size);
  return sortedKeys(object);
}

/** The sum, in one pass. */
export function added(value: Json, run: Run): Json {
  const given = partsOf(value, 'add', run).filter((part) => part !== null);
  const [first = null] = given;
  const same = <T extends Json>(is: (part: Json) => part is T & (string | object | number)): readonly T[] => {
    const found = given.filter(is);
    return found.length === given.length ? found : refuse('sum of different types', value);
  };
  if (first === null) return null;
  if (isNumber(first)) {
    const all = same(isNumber);
    return all.length === 1 ? first : all.reduce<number>((sum, part) => sum + numberOf(part), 0);
  }
  if (typeof first === 'string') {
    const all = same((part): part is string => typeof part === 'string');
    run.chargeMade(all.reduce((sum, part) => sum + part.length, 0));
    return all.join('');
  }
  if (isArray(first)) {
    const all = same(isArray);
    run.charge(all.reduce((sum, part) => sum + part.length, 0));
    return all.flat();
  }
  if (!isObject(first)) return refuse('sum', first);
  const all = same(isObject);
  run.charge(all.reduce((sum, part) => sum + part.size, 0));
  return new Map(all.flatMap((part) => [...part]));
}

/** Items by what a filter gives for each, in order; equal ones as they stood. */
export function byKeys(value: Json, step: Step, what: string, run: Run): { readonly item: Json; readonly key: Json }[] {
  const keyed = itemsOf(value, what, run).map((item) => ({ item, key: outputsOf(step, item, run) as Json }));
  run.charge(keyed.reduce((sum, { key }) => sum + run.sizeOf(key), 0));
  return keyed.sort((a, b) => orderOfJson(a.key, b.key));
}

/** Items for which a filter gives the same, in the order of that. */
export function groups(value: Json, step: Step, what: string, run: Run): Json[][] {
  const found: Json[][] = [];
  let last: Json | undefined;
  for (const { item, key } of byKeys(value, step, what, run)) {
    if (last !== undefined && orderOfJson(last, key) === 0) found.at(-1)?.push(item);
    else found.push([item]);
    last = key;
  }
  return found;
}

/** The item for which a filter gives the least or, with a positive sign, the greatest; null of none. */
export function extreme(value: Json, step: Step, sign: number, run: Run): Json {
  let best: { readonly item: Json; readonly key: Json } | undefined;
  for (const item of itemsOf(value, sign < 0 ? 'min' : 'max', run)) {
    const key = outputsOf(step, item, run);
    run.charge(run.sizeOf(key));
    const difference = best === undefined ? 1 : sign * orderOfJson(key, best.key);
    // Of equal ones the first is the least, and the last the greatest.
    if (difference > 0 || (difference === 0 && sign > 0)) best = { item, key };
  }
  return best?.item ?? null;
}

/** The items of arrays in an array, so many levels down. */
export function flattened(value: Json, depth: number, run: Run): Json[] {
  const result: Json[] = [];
  for (const item of partsOf(value, 'flatten', run)) {
    if (isArray(item) && depth > 0) for (const inner of flattened(item, depth - 1, run)) result.push(inner);
    else result.push(item);
  }
  return result;
}

/** An object of key and value for each member. */
export const entriesOf = (value: Json, run: Run): Json[] => {
  const whole = isArray(value) || isObject(value) ? value : refuse('entries', value);
  run.charge(run.sizeOf(whole));
  return Array.from<[Json, Json], Json>(
    whole.entries(),
    ([key, part]) =>
      new Map([
        ['key', key],
        ['value', part],
      ]),
  );
};

/** The object of such entries, also by their other names. */
export function fromEntries(value: Json, run: Run): Json {
  const found = new Map<string, Json>();
  for (const entry of itemsOf(value, 'from_entries', run)) {
    const object = isObject(entry) ? entry : refuse('entry', entry);
    const named = (...names: readonly string[]): Json => {
      const name = names.find((each) => object.has(each) && object.get(each) !== null);
      return name === undefined ? null : (object.get(name) ?? null);
    };
    const key = named('key', 'k', 'name', 'Key', 'K', 'Name');
    found.set(typeof key === 'string' ? key : refuse('object key', key), named('value', 'v', 'Value', 'V'));
  }
  return found;
}

/** Whether all of `part` is found in the value: texts as parts of texts, items in any order. */
export function contains(value: Json, part: Json, run: Run): boolean {
  return typeOf(value) === typeOf(part) ? holds(value, part, run) : refuse('such part', value);
}

function holds(value: Json, part: Json, run: Run): boolean {
  run.charge(1);
  if (isObject(value) && isObject(part)) {
    return [...part].every(([key, inner]) => value.has(key) && holds(value.get(key) ?? null, inner, run));
  }
  if (isArray(value) && isArray(part)) return part.every((inner) => value.some((item) => holds(item, inner, run)));
  if (typeof value === 'string' && typeof part === 'string') {
    run.chargeRead(value.length);
    return value.includes(part);
  }
  return typeOf(value) === typeOf(part) && orderOfJson(value, part) === 0;
}

/** Whether there is such a key or index. */
export function has(value: Json, key: Json): boolean {
  if (isObject(value) && typeof key === 'string') return value.has(key);
  if (value === null) return false;
  if (!isArray(value) || !isNumber(key)) return refuse('such key', value);
  const index = Math.floor(numberOf(key));
  return index >= 0 && index < value.length;
}

/** Texts, numbers and bools behind each other; null counts as empty. */
export function joined(value: Json, between: Json, run: Run): string {
  const items = partsOf(value, 'join', run);
  if (items.length === 0) return '';
  const separator = typeof between === 'string' ? between : refuse('join by', between);
  const texts = items.map((item) =>
    item === null ? '' : isArray(item) || isObject(item) ? refuse('join', item) : plainText(item),
  );
  run.chargeMade(separator.length * items.length + texts.reduce((sum, text) => sum + text.length, 0));
  return texts.join(separator);
}

/** A number, or the one that a text is. */
export function toNumber(value: Json): Json {
  if (isNumber(value)) return value;
  const number = typeof value === 'string' ? parseJson(value) : null;
  return isNumber(number) ? number : refuse('number', value);
}
