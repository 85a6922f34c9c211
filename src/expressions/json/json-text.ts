/**
 * JSON as text, read as RFC 8259 has it, and written without spaces. What is read is bounded, so that no text can take
 * memory or stack that is not there: its length, its values, and how deep they stand in each other.
 */

import { InvalidValue } from '../../errors.ts';
import { isArray, isNumber, isObject, type Json, type JsonObject, numberText } from './json-value.ts';

/** UTF-16 units of a text. */
const MAX_LENGTH = 1 << 23;
/** Values of a text; an object counts as much as eight, which is what it takes. */
export const MAX_VALUES: number = 1 << 20;
const VALUES_OF_OBJECT = 8;
/** Arrays and objects in each other. */
export const MAX_DEPTH = 1_000;

/** @throws InvalidValue where the text is no JSON, or is more of it than is read */
export function parseJson(text: string): Json {
  return new Reader(text).document();
}

/** As `parseJson`; undefined where the text is no JSON. @throws InvalidValue where it is more than is read */
export const tryParseJson = (text: string): Json | undefined => tried(new Reader(text));

/** As `tryParseJson`, with numbers that are none: NaN, Infinity and -Infinity. */
export const tryParseLooseJson = (text: string): Json | undefined => tried(new Reader(text, LOOSE_WORDS));

function tried(reader: Reader): Json | undefined {
  try {
    return reader.document();
  } catch (error) {
    if (reader.isJson) throw error;
    return undefined;
  }
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
type Words = readonly (readonly [string, Json])[];
const WORDS: Words = [
  ['null', null],
  ['true', true],
  ['false', false],
];
const LOOSE_WORDS: Words = [
  ...WORDS,
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
];
const QUOTE = 0x22;
const ZERO = 0x30;
const NINE = 0x39;
/** As many digits as every float64 of them is exact. */
const SAFE_DIGITS = 15;
const BACKSLASH = 0x5c;
const SPACE = 0x20;

class Reader {
  /** Until something is found that makes it none. */
  isJson = true;
  readonly #text: string;
  readonly #words: Words;
  #at = 0;
  #depth = 0;
  #left = MAX_VALUES;

  constructor(text: string, words: Words = WORDS) {
    this.#text = text;
    this.#words = words;
  }

  document(): Json {
    if (this.#text.length > MAX_LENGTH) {
      throw new InvalidValue(`JSON of more than ${MAX_LENGTH} characters is not read.`);
    }
    const value = this.#value();
    this.#spaces();
    if (this.#at < this.#text.length) this.#fail();
    return value;
  }

  #value(): Json {
    this.#take(1);
    this.#spaces();
    const sign = this.#text.charAt(this.#at);
    if (sign === '"') return this.#string();
    if (sign === '{') return this.#object();
    if (sign === '[') return this.#array();
    const isWord = sign >= 'f' || sign === 'N' || sign === 'I' || sign === '-';
    const word = isWord ? this.#words.find(([each]) => this.#text.startsWith(each, this.#at)) : undefined;
    if (word === undefined) return this.#number();
    this.#at += word[0].length;
    return word[1];
  }

  /** Behind the bracket that opens an array or an object. */
  #enter(): void {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw new InvalidValue(`JSON that is nested more than ${MAX_DEPTH} deep is not read.`);
    this.#at += 1;
  }

  #leave(sign: string): void {
    this.#expect(sign);
    this.#depth -= 1;
  }

  #array(): readonly Json[] {
    this.#enter();
    const items: Json[] = [];
    if (!this.#isNext(']')) {
      do items.push(this.#value());
      while (this.#accept(','));
    }
    this.#leave(']');
    return items;
  }

  /** Of a key that stands there twice the last value. */
  #object(): ReadonlyMap<string, Json> {
    this.#take(VALUES_OF_OBJECT);
    this.#enter();
    const members = new Map<string, Json>();
    if (!this.#isNext('}')) {
      do {
        this.#spaces();
        const key = this.#string();
        this.#expect(':');
        members.set(key, this.#value());
      } while (this.#accept(','));
    }
    this.#leave('}');
    return members;
  }

  #number(): Json {
    const whole = this.#digits();
    if (whole !== undefined) return whole;
    NUMBER.lastIndex = this.#at;
    const digits = NUMBER.exec(this.#text)?.[0] ?? this.#fail();
    this.#at += digits.length;
    const value = Number(digits);
    return String(value) === digits ? value : { digits };
  }

  /** A whole number of few digits, which most numbers are; else undefined, and nothing is passed. */
  #digits(): number | undefined {
    let at = this.#at;
    let value = 0;
    for (let code = this.#text.charCodeAt(at); code >= ZERO && code <= NINE; code = this.#text.charCodeAt(at)) {
      value = value * 10 + (code - ZERO);
      at += 1;
    }
    const count = at - this.#at;
    const next = this.#text.charAt(at);
    const isPlain = count > 0 && count <= SAFE_DIGITS && next !== '.' && next !== 'e' && next !== 'E';
    if (!isPlain || (count > 1 && this.#text.charCodeAt(this.#at) === ZERO)) return undefined;
    this.#at = at;
    return value;
  }

  #string(): string {
    if (this.#text.charCodeAt(this.#at) !== QUOTE) this.#fail();
    const start = this.#at;
    let isPlain = true;
    for (let at = start + 1; ; at += 1) {
      const code = this.#text.charCodeAt(at);
      if (code === QUOTE) {
        this.#at = at + 1;
        break;
      }
      if (code === BACKSLASH) {
        isPlain = false;
        at += 1;
      } else if (!(code >= SPACE)) {
        this.#at = at;
        this.#fail();
      }
    }
    return isPlain ? this.#text.slice(start + 1, this.#at - 1) : this.#unescaped(start);
  }

  /** Halves of surrogate pairs become U+FFFD: texts are well-formed. */
  #unescaped(start: number): string {
    try {
      return (JSON.parse(this.#text.slice(start, this.#at)) as string).toWellFormed();
    } catch {
      this.#at = start;
      return this.#fail();
    }
  }

  #take(values: number): void {
    this.#left -= values;
    if (this.#left < 0) throw new InvalidValue(`JSON of more than ${MAX_VALUES} values is not read.`);
  }

  #spaces(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== SPACE && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at += 1;
    }
  }

  #isNext(sign: string): boolean {
    this.#spaces();
    return this.#text.charAt(this.#at) === sign;
  }

  #accept(sign: string): boolean {
    const isNext = this.#isNext(sign);
    if (isNext) this.#at += 1;
    return isNext;
  }

  #expect(sign: string): void {
    if (!this.#accept(sign)) this.#fail();
  }

  #fail(): never {
    const found = String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0);
    const what = this.#at < this.#text.length ? `${JSON.stringify(found)} at` : 'it ends at';
    this.isJson = false;
    throw new InvalidValue(`The text is no JSON: ${what} character ${this.#at + 1}.`);
  }
}

/** Without spaces; keys in their order. @throws InvalidValue where the text would be longer than what is read */
export function jsonText(value: Json): string {
  const writer = new Writer();
  writer.value(value);
  return writer.text;
}

class Writer {
  text = '';

  value(value: Json): void {
    if (isArray(value)) this.#array(value);
    else if (isObject(value)) this.#object(value);
    else
      this.#put(
        typeof value === 'string' ? JSON.stringify(value) : isNumber(value) ? numberText(value) : String(value),
      );
  }

  #array(items: readonly Json[]): void {
    this.#put('[');
    let between = '';
    for (const item of items) {
      this.#put(between);
      this.value(item);
      between = ',';
    }
    this.#put(']');
  }

  #object(members: JsonObject): void {
    this.#put('{');
    let between = '';
    for (const [key, member] of members) {
      this.#put(`${between}${JSON.stringify(key)}:`);
      this.value(member);
      between = ',';
    }
    this.#put('}');
  }

  #put(part: string): void {
    this.text += part;
    if (this.text.length > MAX_LENGTH)
      throw new InvalidValue(`JSON of more than ${MAX_LENGTH} characters is not written.`);
  }
}

/** A text as it is, everything else as JSON. */
export const plainText = (value: Json): string => (typeof value === 'string' ? value : jsonText(value));
