/** What the tests of reading texts share: the kernel and the cast in JavaScript, side by side, and texts for both. */

import fc from 'fast-check';
import { expect } from 'vitest';
import { readColumn } from '../../src/columnar/column-values.ts';
import type { DataType } from '../../src/columnar/data-type.ts';
import type { Value } from '../../src/columnar/value.ts';
import { castFromText } from '../../src/expressions/casts/text-casts.ts';
import { parseTexts, type TextZone, textReader } from '../../src/kernels/parse-kernels.ts';
import { dirtyBits, readBits, withHolding, writeTexts, writeValidity } from './text-columns.ts';

/** A type that has no parameters. */
export const of = (kind: string): DataType => ({ kind }) as DataType;
/** A timestamp type. */
export const timestampOf = (unit: 's' | 'ms' | 'us' | 'ns', timezone: string | null = null): DataType => ({
  kind: 'timestamp',
  unit,
  timezone,
});

/** Undefined where a row has failed. */
export function parsed(
  type: DataType,
  texts: readonly (string | Uint8Array | null)[],
  zone?: TextZone,
): (Value | undefined)[] {
  return withHolding((holding) => {
    const reader = textReader(type, zone)!;
    const { offsets, bytes, rows } = writeTexts(holding, texts);
    const validity = texts.includes(null) ? writeValidity(holding, texts) : 0;
    const values = reader.width === 0 ? dirtyBits(holding, rows) : holding.allocate(rows * reader.width).address;
    const failed = dirtyBits(holding, rows);
    const count = parseTexts(holding.linear, reader, offsets, bytes, rows, validity, values, failed);
    const failures = readBits(holding, failed, rows);
    expect(count).toBe(failures.filter(Boolean).length);
    if (reader.width === 0) readBits(holding, values, rows);
    const column = { type, validity: 0, values, bytes: 0, dictionary: undefined, width: reader.width, bits: undefined };
    const results = readColumn(holding.linear, column, rows);
    return results.map((value, row) => {
      if (texts[row] !== null && !failures[row]) return value;
      // Zero, and not minus zero.
      expect(value === false || value === 0n || Object.is(value, 0), `row ${row} is ${value}`).toBe(true);
      return texts[row] === null && !failures[row] ? null : undefined;
    });
  });
}

/** What a cast reads, in JavaScript. */
export function cast(type: DataType, texts: readonly (string | null)[]): (Value | undefined)[] {
  const { convert } = castFromText(type)!;
  return texts.map((text) => (text === null ? null : convert(text)));
}

/** Failures are those of a cast, or for a type with more forms than the kernel knows at least no wrong values. */
export function expectAsCast(type: DataType, texts: readonly (string | null)[], zone?: TextZone): void {
  const [actual, expected] = [parsed(type, texts, zone), cast(type, texts)];
  const { isComplete } = textReader(type, zone)!;
  for (const [row, value] of actual.entries()) {
    if (!isComplete && value === undefined) continue;
    expect(value, `${JSON.stringify(texts[row])} as ${JSON.stringify(type)}`).toEqual(expected[row]);
  }
}

const spaces = fc.constantFrom('', '', '', ' ', '\t', '\n \r', '\v\f', '\u00a0', '\0');
const spaced = (text: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.tuple(spaces, text, spaces).map((parts) => parts.join(''));
/** Up to so many, often zeros and nines. */
export const digits = (most: number): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...'0123456789', '0', '9'), { maxLength: most, size: 'max' }).map((all) => all.join(''));
/** Mostly none. */
export const sign: fc.Arbitrary<string> = fc.constantFrom('', '', '-', '+');
/** Some characters put in, taken out or exchanged. */
const spoilt = (text: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(
      text,
      fc.nat(),
      fc.nat({ max: 2 }),
      fc.constantFrom('', '-', '+', '.', 'e', '0', '/', ':', ' ', 'x', 'é', '9'),
    )
    .map(([all, at, cut, put]) => all.slice(0, at % (all.length + 1)) + put + all.slice((at % (all.length + 1)) + cut));
/** Such texts with spaces around them, spoilt ones, and a few nulls. */
export const columnOf = (text: fc.Arbitrary<string>): fc.Arbitrary<(string | null)[]> =>
  fc.array(fc.option(fc.oneof({ weight: 3, arbitrary: spaced(text) }, spoilt(text)), { freq: 20 }), {
    maxLength: 100,
    size: 'max',
  });
