import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { textCaseKernels } from '../../src/kernels/text-case-kernels.ts';
import { textMeasureKernels } from '../../src/kernels/text-measure-kernels.ts';
import { columnsOf, readTexts, texts, withHolding, writeTexts } from './text-columns.ts';

const mixed = fc.oneof(texts(), texts(['a', 'B', 'z', '[', '@', '`', '{', '\u007f', '\u0000']));

function lengths(values: readonly (string | Uint8Array)[], what: 'textCharacters' | 'bytes'): number[] {
  return withHolding((holding) => {
    const { offsets, bytes, rows } = writeTexts(holding, values);
    const to = holding.allocate(rows * 8).address;
    const kernels = textMeasureKernels(holding.linear);
    if (what === 'bytes') kernels.textByteLengths(offsets, rows, to);
    else kernels.textCharacters(offsets, bytes, rows, to);
    return Array.from(holding.linear.i64.slice(to / 8, to / 8 + rows), Number);
  });
}

function notAscii(values: readonly (string | Uint8Array)[]): number[] {
  return withHolding((holding) => {
    const { offsets, bytes, rows } = writeTexts(holding, values);
    const list = holding.allocate(rows * 4).address;
    const count = textMeasureKernels(holding.linear).listNotAscii(offsets, bytes, rows, list);
    return [...holding.linear.u32.slice(list / 4, list / 4 + count)];
  });
}

describe('lengths', () => {
  test('count code points, and bytes', () => {
    fc.assert(
      fc.property(columnsOf(mixed), (values) => {
        expect(lengths(values, 'textCharacters')).toEqual(values.map((value) => Array.from(value).length));
        expect(lengths(values, 'bytes')).toEqual(values.map((value) => Buffer.byteLength(value)));
      }),
    );
  });

  test('of bytes that are no text', () => {
    expect(lengths([Uint8Array.of(0x80, 0x80), Uint8Array.of(0xff), Uint8Array.of()], 'bytes')).toEqual([2, 1, 0]);
  });
});

describe('rows that are not ASCII', () => {
  test('are listed', () => {
    fc.assert(
      fc.property(columnsOf(mixed), (values) => {
        const rows = values.flatMap((value, row) => (/[^\0-\x7f]/.test(value) ? [row] : []));
        expect(notAscii(values)).toEqual(rows);
      }),
    );
  });

  test('are none where there are none', () => {
    expect(notAscii([])).toEqual([]);
    expect(notAscii(['', 'a'.repeat(100), ''])).toEqual([]);
    expect(notAscii([Uint8Array.of(0x80), '', 'é', 'e', Uint8Array.of(0x41, 0xff)])).toEqual([0, 2, 4]);
  });
});

describe('cases', () => {
  const turned = (values: readonly string[], upper: 0 | 1, inPlace: boolean): { isAscii: boolean; texts: string[] } =>
    withHolding((holding) => {
      const { offsets, bytes, rows } = writeTexts(holding, values);
      const first = holding.linear.u32[offsets / 4]!;
      const count = holding.linear.u32[offsets / 4 + rows]! - first;
      const to = inPlace ? bytes + first : holding.allocate(count).address;
      const isAscii = textCaseKernels(holding.linear).asciiCase(bytes + first, count, upper, to) === 1;
      return { isAscii, texts: readTexts(holding, offsets, to - first, rows) };
    });

  test('of ASCII are turned, other characters stay, and it is said whether there are any', () => {
    fc.assert(
      fc.property(columnsOf(mixed), fc.boolean(), fc.boolean(), (values, isUpper, inPlace) => {
        const expected = values.map((value) =>
          isUpper
            ? value.replace(/[a-z]/g, (letter) => letter.toUpperCase())
            : value.replace(/[A-Z]/g, (letter) => letter.toLowerCase()),
        );
        const isAscii = !values.some((value) => /[^\0-\x7f]/.test(value));
        expect(turned(values, isUpper ? 1 : 0, inPlace)).toEqual({ isAscii, texts: expected });
      }),
    );
  });
});
