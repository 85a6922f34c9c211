/** Text columns for the tests of kernels: written where a slice of a larger column would be, with garbage around. */

import fc from 'fast-check';
import type { Value } from '../../src/columnar/value.ts';
import type { Holding } from '../../src/memory/budget.ts';
import { testBudget } from '../support/task.ts';

export interface TextColumn {
  readonly offsets: number;
  readonly bytes: number;
  readonly rows: number;
}

/** Writes texts as a slice of a column would have them: offsets that do not begin at 0, other bytes before and behind. */
export function writeTexts(holding: Holding, texts: readonly (string | Uint8Array | null)[]): TextColumn {
  const all = texts.map((text) => Buffer.from(text ?? ''));
  const before = Buffer.from('zé1 ');
  const total = all.reduce((sum, { length }) => sum + length, 0);
  const offsets = holding.allocate((texts.length + 1) * 4).address;
  const bytes = holding.allocate(total + 200).address;
  holding.linear.u8.fill(0xe9, bytes, bytes + total + 200);
  holding.linear.u8.set(before, bytes);
  let end = before.length;
  holding.linear.u32[offsets / 4] = end;
  for (const [row, text] of all.entries()) {
    holding.linear.u8.set(text, bytes + end);
    end += text.length;
    holding.linear.u32[offsets / 4 + row + 1] = end;
  }
  return { offsets, bytes, rows: texts.length };
}

/** The address of bytes with a needle's padding behind them. */
export function writeBytes(holding: Holding, bytes: Uint8Array): number {
  const { address } = holding.allocate(bytes.length);
  holding.linear.u8.fill(0x61, address, address + bytes.length + 64);
  holding.linear.u8.set(bytes, address);
  return address;
}

/** Whole numbers as int64 values: one per row, or the same for each. Their address, and how many bytes they are apart. */
export function writeWholes(holding: Holding, numbers: number | readonly number[]): [address: number, step: 0 | 8] {
  const isSame = typeof numbers === 'number';
  const all = isSame ? [numbers] : numbers;
  const { address } = holding.allocate(all.length * 8);
  holding.linear.i64.set(all.map(BigInt), address / 8);
  return [address, isSame ? 0 : 8];
}

/** A bit per row that is not null. */
export function writeValidity(holding: Holding, values: readonly unknown[]): number {
  const { address } = holding.allocateZeroed(Math.ceil(values.length / 64) * 8);
  for (const [row, value] of values.entries()) {
    if (value !== null) holding.linear.u8[address + (row >>> 3)]! |= 1 << (row & 7);
  }
  return address;
}

/** Memory for bits of that many rows, full of ones: a kernel has to write the zeros. */
export function dirtyBits(holding: Holding, rows: number): number {
  const { address } = holding.allocate(Math.ceil(rows / 64) * 8 + 8);
  holding.linear.u8.fill(0xff, address, address + Math.ceil(rows / 64) * 8 + 8);
  return address;
}

/** The bits of that many rows; fails where a bit behind them in the last word is set, or the word behind it was touched. */
export function readBits({ linear }: Holding, address: number, rows: number): boolean[] {
  const words = Math.ceil(rows / 64);
  const bits = Array.from(
    { length: words * 64 },
    (_, at) => ((linear.u8[address + (at >>> 3)]! >>> (at & 7)) & 1) === 1,
  );
  if (bits.slice(rows).includes(true)) throw new Error('bits behind the last row are set');
  if (linear.u32[address / 4 + words * 2] !== 0xffffffff) throw new Error('bits behind the last word were written');
  return bits.slice(0, rows);
}

/** The texts of offsets that begin at 0. */
export function readTexts({ linear }: Holding, offsets: number, bytes: number, rows: number): string[] {
  return Array.from({ length: rows }, (_, row) => {
    const [from, to] = [linear.u32[offsets / 4 + row]!, linear.u32[offsets / 4 + row + 1]!];
    return Buffer.from(linear.u8.slice(bytes + from, bytes + to)).toString();
  });
}

/** Needles: short ones of the letters of `texts`, and some longer than a vector. */
export const needles: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom('a', 'b', 'ab', 'aa', 'é', '😀', ' ', 'ba b', 'aab', 'a'.repeat(17)),
  fc.array(fc.constantFrom('a', 'b', 'é'), { minLength: 1, maxLength: 4 }).map((parts) => parts.join('')),
);

/** Memory for that many bytes, marked behind them, so that `expectGuarded` finds a kernel that writes too far. */
export function guarded(holding: Holding, bytes: number): number {
  const { address } = holding.allocate(bytes + 16);
  holding.linear.u8.fill(0xab, address, address + bytes + 64);
  return address;
}

/** Fails unless what lies 16 bytes behind, or more, is as `guarded` left it. */
export function expectGuarded({ linear }: Holding, address: number, bytes: number): void {
  for (let at = address + bytes + 16; at < address + bytes + 64; at++) {
    if (linear.u8[at] !== 0xab) throw new Error(`byte ${at - address - bytes} behind the result was written`);
  }
}

/** One for all that a file of tests tries: a memory, and an instance of the kernels on it, take longer to make than most of that. */
const budget = testBudget();

/** Runs with regions of its own. */
export function withHolding<T>(run: (holding: Holding) => T): T {
  using holding = budget.reserve('test');
  return run(holding);
}

/** Texts over few letters, so that needles are met, of all widths of UTF-8; some longer than a vector. */
export const texts = (alphabet: readonly string[] = ['a', 'b', ' ', 'é', '€', '😀', '%', '_']): fc.Arbitrary<string> =>
  fc.oneof(
    fc.array(fc.constantFrom(...alphabet), { maxLength: 12 }).map((characters) => characters.join('')),
    fc.array(fc.constantFrom(...alphabet), { maxLength: 70, size: 'max' }).map((characters) => characters.join('')),
  );

/** Columns of up to 150 texts: more than two words of bits. */
export const columnsOf = (text: fc.Arbitrary<string>): fc.Arbitrary<string[]> =>
  fc.array(text, { maxLength: 150, size: 'max' });

/** A column's worth of values as SQL literals in a VALUES list with row numbers. */
export const sqlRows = (values: readonly Value[]): string =>
  values.map((value, row) => `(${row}, '${String(value).replaceAll("'", "''")}')`).join();
