/**
 * Bounds of a plan document, and the checks that hold it to them before anything recursive touches it. They are far
 * beyond any plan that makes sense, and small enough that the worst document costs a fraction of a second and of a
 * function's smallest memory.
 *
 *     text ──▶ checkText ──▶ JSON.parse ──▶ checkValue ──▶ zod, binding, compiling
 *              a scan        makes at most   a loop          may recurse, 500 deep
 *                            250,000 values
 */

import { type Problems, pathOf, quoted } from '../expressions/problems.ts';

/** Characters of the text of a document: 16 Mi. */
export const MAX_DOCUMENT_CHARACTERS: number = 16 * 1024 * 1024;

/**
 * Objects and arrays inside each other. Every node and every operator of an expression is one, so this is also how far
 * everything behind may recurse; the stack holds more than twice as many in the deepest of it, zod's parsing.
 */
export const MAX_NESTING = 500;

/** Values of all kinds in a document: objects, arrays, strings, numbers and words. Many rows belong into a file. */
export const MAX_VALUES = 250_000;

const [QUOTE, COMMA, COLON, BACKSLASH] = [0x22, 0x2c, 0x3a, 0x5c];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/** An object or an array that the scan is inside of. */
interface Container {
  /** Of an object: the keys so far. */
  readonly keys: Set<string> | undefined;
  /** Where the scan is in it: the last key, or the index. */
  position: string | number;
  /** Whether the next string is a key. */
  expectsKey: boolean;
}

/**
 * Adds what is wrong with the text before it is parsed: its size, its nesting, the number of its values, and keys that
 * an object has twice, of which parsers would silently take one or the other. Whether it is JSON is not checked here.
 */
export function checkText(text: string, problems: Problems): void {
  if (text.length > MAX_DOCUMENT_CHARACTERS) {
    const limit = `at most ${MAX_DOCUMENT_CHARACTERS}`;
    problems.add('$', `The document has ${text.length} characters, and may have ${limit}.`);
    return;
  }
  const open: Container[] = [];
  let values = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    const inside = open.at(-1);
    if (code === QUOTE) {
      const end = endOfString(text, at);
      if (inside?.expectsKey === true) addKey(text.slice(at, end), inside, open, problems);
      at = end - 1;
    } else if (code === OPEN_ARRAY || code === OPEN_OBJECT) {
      values += 1;
      const isObject = code === OPEN_OBJECT;
      open.push({ keys: isObject ? new Set() : undefined, position: isObject ? '' : 0, expectsKey: isObject });
      if (open.length > MAX_NESTING) {
        addTooDeep(problems);
        return;
      }
    } else if (code === CLOSE_ARRAY || code === CLOSE_OBJECT) {
      open.pop();
    } else if (code === COMMA && inside !== undefined) {
      values += 1;
      inside.expectsKey = inside.keys !== undefined;
      if (typeof inside.position === 'number') inside.position += 1;
    } else if (code === COLON && inside !== undefined) {
      inside.expectsKey = false;
    }
    if (values > MAX_VALUES) {
      addTooMany(problems);
      return;
    }
  }
}

const addTooDeep = (problems: Problems): void =>
  problems.add('$', `The document is nested too deeply: objects and arrays may stand ${MAX_NESTING} deep.`);

const addTooMany = (problems: Problems): void =>
  problems.add('$', `The document has more than ${MAX_VALUES} values. Put rows into files.`);

/** The position behind the closing quote, or the end of the text. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at + 1;
    if (code === BACKSLASH) at += 1;
  }
  return text.length;
}

function addKey(written: string, inside: Container, open: readonly Container[], problems: Problems): void {
  const key = written.includes('\\') ? unescaped(written) : written.slice(1, -1);
  inside.position = key;
  if (inside.keys?.has(key) === true && !problems.isFull) {
    problems.add(
      open.reduce((path, { position }) => pathOf(path, position), '$'),
      `The key ${quoted(key)} stands here twice.`,
    );
  }
  inside.keys?.add(key);
}

function unescaped(written: string): string {
  try {
    return String(JSON.parse(written));
  } catch {
    // No JSON string: the parser will say so.
    return written;
  }
}

interface Visit {
  readonly value: unknown;
  readonly path: string;
  readonly depth: number;
}

/**
 * Adds what makes a value no JSON document within the bounds: cycles are too deep, shared parts count as often as they
 * are reached. For values that came as objects, which `checkText` has not seen.
 */
export function checkValue(root: unknown, problems: Problems): void {
  if (valuesLeft(root, MAX_VALUES, 0) < 0) findProblems(root, problems);
}

/**
 * How many values there may be beside `value` and all in it, of `most`; negative where anything is wrong. Says neither what nor
 * where, which would take a path for each value of every document.
 */
function valuesLeft(value: unknown, most: number, depth: number): number {
  let left = most - 1;
  if (typeof value !== 'object' || value === null) return isJsonScalar(value) ? left : -1;
  if (depth >= MAX_NESTING) return -1;
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length && left >= 0; at += 1) left = valuesLeft(value[at], left, depth + 1);
    return left;
  }
  if (!isPlain(value)) return -1;
  for (const key of Object.keys(value)) {
    if (left < 0 || key === '__proto__') return -1;
    const part = (value as Readonly<Record<string, unknown>>)[key];
    // Most are no objects: a call for each would take longer than all else.
    if (typeof part === 'object' && part !== null) left = valuesLeft(part, left, depth + 1);
    else left = isJsonScalar(part) ? left - 1 : -1;
  }
  return left;
}

function findProblems(root: unknown, problems: Problems): void {
  const waiting: Visit[] = [{ value: root, path: '$', depth: 0 }];
  let values = 0;
  for (let visit = waiting.pop(); visit !== undefined; visit = waiting.pop()) {
    const { value, path, depth } = visit;
    values += 1;
    if (values > MAX_VALUES) {
      addTooMany(problems);
      return;
    }
    if (typeof value !== 'object' || value === null) {
      if (!isJsonScalar(value)) problems.add(path, `A ${typeof value} is no JSON value.`);
      continue;
    }
    if (depth >= MAX_NESTING) {
      addTooDeep(problems);
      return;
    }
    if (values + waiting.length + Object.keys(value).length > MAX_VALUES) {
      addTooMany(problems);
      return;
    }
    for (const child of childrenOf(value, path, problems)) waiting.push({ ...child, depth: depth + 1 });
  }
}

function isJsonScalar(value: unknown): boolean {
  const type = typeof value;
  return value === null || value === undefined || type === 'string' || type === 'number' || type === 'boolean';
}

/** Also an object of another realm. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
}

function childrenOf(value: object, path: string, problems: Problems): readonly { value: unknown; path: string }[] {
  if (Array.isArray(value))
    return Array.from(value, (element, index) => ({ value: element, path: pathOf(path, index) }));
  if (!isPlain(value)) {
    problems.add(path, 'This is no JSON object.');
    return [];
  }
  return Object.entries(value).map(([key, child]) => {
    // As a key it would set the prototype of whatever object it is copied into.
    if (key === '__proto__') problems.add(path, 'The key "__proto__" is not allowed.');
    return { value: child, path: pathOf(path, key) };
  });
}
