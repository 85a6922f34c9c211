import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rarestByte } from '../../src/kernels/needle.ts';
import { textSearchKernels } from '../../src/kernels/text-search-kernels.ts';
import {
  columnsOf,
  expectGuarded,
  guarded,
  needles,
  readTexts,
  texts,
  withHolding,
  writeBytes,
  writeTexts,
} from './text-columns.ts';

const columns = columnsOf(texts(['a', 'b', 'é', ' ', '😀']));

function found(values: readonly (string | Uint8Array)[], part: string, first: 0 | 1): number[] {
  return withHolding((holding) => {
    const { offsets, bytes, rows } = writeTexts(holding, values);
    const needle = Buffer.from(part);
    const at = writeBytes(holding, needle);
    const to = holding.allocate(rows * 8).address;
    textSearchKernels(holding.linear).textFind(offsets, bytes, rows, at, needle.length, rarestByte(needle), first, to);
    return Array.from(holding.linear.i64.slice(to / 8, to / 8 + rows), Number);
  });
}

describe('finding', () => {
  test('gives the place in characters of the first', () => {
    fc.assert(
      fc.property(columns, needles, fc.constantFrom(0, 1), (values, part, first) => {
        const expected = values.map((value) => {
          const at = value.indexOf(part);
          return at < 0 ? first - 1 : Array.from(value.slice(0, at)).length + first;
        });
        expect(found(values, part, first as 0 | 1)).toEqual(expected);
      }),
    );
  });

  test('does not find what reaches into the next row', () => {
    expect(found(['a', 'b', 'ab', '', 'xab'], 'ab', 0)).toEqual([-1, -1, 0, -1, 1]);
    expect(found([], 'a', 0)).toEqual([]);
    expect(found([''], 'a', 1)).toEqual([0]);
  });
});

function replaced(
  values: readonly (string | Uint8Array)[],
  part: string,
  replacement: string,
  mostBytes: number = 1 << 24,
): string[] | undefined {
  return withHolding((holding) => {
    const { offsets, bytes, rows } = writeTexts(holding, values);
    const kernels = textSearchKernels(holding.linear);
    const [needle, by] = [Buffer.from(part), Buffer.from(replacement)];
    const search = [writeBytes(holding, needle), needle.length, rarestByte(needle)] as const;
    const out = holding.allocate((rows + 1) * 4).address;
    const total = kernels.replacedOffsets(offsets, bytes, rows, ...search, by.length, mostBytes, out);
    if (total < 0) return undefined;
    expect(holding.linear.u32[out / 4 + rows]).toBe(total);
    const to = guarded(holding, total);
    kernels.replaceTexts(offsets, bytes, rows, ...search, writeBytes(holding, by), by.length, to);
    expectGuarded(holding, to, total);
    return readTexts(holding, out, to, rows);
  });
}

describe('replacing', () => {
  test('is that of JavaScript', () => {
    fc.assert(
      fc.property(columns, needles, fc.constantFrom('', 'x', 'a', 'é', '$&', 'xyz'.repeat(8)), (values, part, by) => {
        expect(replaced(values, part, by)).toEqual(values.map((value) => value.replaceAll(part, () => by)));
      }),
    );
  });

  test('leaves what reaches into the next row', () => {
    expect(replaced(['a', 'b', 'ab', 'aa', 'b'], 'ab', 'x')).toEqual(['a', 'b', 'x', 'aa', 'b']);
    expect(replaced(['aa', 'aab'], 'aaa', 'x')).toEqual(['aa', 'aab']);
    expect(replaced(['aa', 'aa', 'a'], 'aaa', 'x')).toEqual(['aa', 'aa', 'a']);
    expect(replaced([], 'a', 'b')).toEqual([]);
  });

  test('gives up where a text becomes too long, or all together', () => {
    expect(replaced(['aaaa', ''], 'a', 'xx', 8)).toEqual(['xxxxxxxx', '']);
    expect(replaced(['', 'aaaa'], 'a', 'xx', 7)).toBeUndefined();
    const long = 'x'.repeat(1 << 20);
    expect(replaced(['a'.repeat(2048)], 'a', long, 2 ** 32 - 1)).toBeUndefined();
    expect(replaced(['a'.repeat(5000)], 'a', long, 2 ** 32 - 1)).toBeUndefined();
    expect(
      replaced(
        Array.from({ length: 4100 }, () => 'a'),
        'a',
        long,
        2 ** 32 - 1,
      ),
    ).toBeUndefined();
  });

  test('takes bytes that are no text', () => {
    expect(replaced([Uint8Array.of(0x61, 0x62, 0x80), Uint8Array.of(0x61)], 'a', '')).toEqual(['b\ufffd', '']);
  });
});
