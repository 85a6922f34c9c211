/**
 * `in` over a list of constants: the list becomes a set in linear memory once, each batch gives a bitmap. Few integers
 * are compared one after the other with many rows at a time, more are looked up in a table, as texts always are.
 */

import type { Holding } from '../memory/budget.ts';
import type { LinearMemory } from '../memory/linear-memory.ts';
import { staticKernels } from './static-kernels.ts';

interface ValueSetKernels {
  buildTextSet(offsets: number, bytes: number, count: number, slots: number, mask: number): void;
  textsInSet(
    offsets: number,
    bytes: number,
    rows: number,
    setOffsets: number,
    setBytes: number,
    slots: number,
    mask: number,
    out: number,
  ): void;
  buildIntegerSet(entries: number, count: number, slots: number, mask: number, empty: bigint): void;
  integersInSet(
    width: number,
    values: number,
    rows: number,
    slots: number,
    mask: number,
    empty: bigint,
    out: number,
  ): void;
  integersInBits(
    width: number,
    values: number,
    rows: number,
    least: bigint,
    span: bigint,
    bits: number,
    out: number,
  ): void;
  integersAmong(width: number, values: number, rows: number, entries: number, count: number, out: number): void;
}

const kernelsOf = (linear: LinearMemory): ValueSetKernels => staticKernels(linear) as unknown as ValueSetKernels;

/**
 * A power of two that leaves half of the slots empty, and of few entries nearly all: most rows are in no list, and a slot
 * that is empty nearly always is a branch that is foreseen.
 */
const slotCount = (entries: number): number =>
  2 ** Math.ceil(Math.log2(Math.max(entries, 1) * (entries <= 512 ? 16 : 2)));

/** Texts, or byte strings, in regions of the holding that made it. */
export interface TextSet {
  readonly offsets: number;
  readonly bytes: number;
  readonly slots: number;
  readonly mask: number;
}

/** Entries may repeat. @throws MemoryBudgetExceeded */
export function makeTextSet(holding: Holding, entries: readonly (string | Uint8Array)[]): TextSet {
  const { linear } = holding;
  const texts = entries.map((entry) => (typeof entry === 'string' ? new TextEncoder().encode(entry) : entry));
  const offsets = holding.allocateZeroed((texts.length + 1) * 4).address;
  const bytes = holding.allocateZeroed(texts.reduce((sum, { length }) => sum + length, 0)).address;
  let end = 0;
  for (const [entry, text] of texts.entries()) {
    linear.u8.set(text, bytes + end);
    end += text.length;
    linear.u32[offsets / 4 + entry + 1] = end;
  }
  const count = slotCount(texts.length);
  const slots = holding.allocateZeroed(count * 8).address;
  kernelsOf(linear).buildTextSet(offsets, bytes, texts.length, slots, count - 1);
  return { offsets, bytes, slots, mask: count - 1 };
}

/** Bit r of `out`, whole words: text r of the plain column is in the set. */
export function textsInSet(
  linear: LinearMemory,
  set: TextSet,
  offsets: number,
  bytes: number,
  rows: number,
  out: number,
): void {
  kernelsOf(linear).textsInSet(offsets, bytes, rows, set.offsets, set.bytes, set.slots, set.mask, out);
}

/** Integers, in regions of the holding that made it. */
export interface IntegerSet {
  readonly width: 1 | 2 | 4 | 8;
  /** Where integers near each other are bits: that of the first, and how many there are. */
  readonly bits: { readonly least: bigint; readonly span: bigint } | undefined;
  /** Bits; or slots, where there is a mask; or entries of 8 bytes, one behind the other. */
  readonly address: number;
  readonly count: number;
  readonly mask: number | undefined;
  /** What an empty slot holds. */
  readonly empty: bigint;
}

/** Of integers nearer to each other there is a bit for each: 32 KiB of them stay in the cache. */
const MOST_BITS = 262_144n;

/** With more, looking up is faster than comparing with each. By bytes of a value. */
const MOST_COMPARED: Readonly<Record<IntegerSet['width'], number>> = { 1: 0, 2: 0, 4: 16, 8: 8 };

/**
 * Integers, dates, times or short decimals, for a column of values of `width` bytes, signed or not: the bits are what
 * counts. Entries may repeat; those that no value of the width can be are left out by the caller.
 * @throws MemoryBudgetExceeded
 */
export function makeIntegerSet(holding: Holding, width: IntegerSet['width'], entries: readonly bigint[]): IntegerSet {
  const { linear } = holding;
  const distinct = [...new Set(entries.map((entry) => BigInt.asIntN(width * 8, entry)))];
  const list = holding.allocateZeroed(distinct.length * 8);
  linear.i64.set(distinct, list.address / 8);
  if (distinct.length <= MOST_COMPARED[width]) {
    return { width, bits: undefined, address: list.address, count: distinct.length, mask: undefined, empty: 0n };
  }
  const near = nearBits(holding, distinct);
  if (near !== undefined) {
    holding.free(list);
    return { ...near, width, count: distinct.length, mask: undefined, empty: 0n };
  }
  const known = new Set(distinct);
  let empty = 0n;
  while (known.has(empty)) empty += 1n;
  const count = slotCount(distinct.length);
  const slots = holding.allocate(count * 8).address;
  linear.i64.fill(empty, slots / 8, slots / 8 + count);
  kernelsOf(linear).buildIntegerSet(list.address, distinct.length, slots, count - 1, empty);
  holding.free(list);
  return { width, bits: undefined, address: slots, count: distinct.length, mask: count - 1, empty };
}

/** A bit for each integer from the least to the greatest, where that is not too many. */
function nearBits(holding: Holding, entries: readonly bigint[]): Pick<IntegerSet, 'bits' | 'address'> | undefined {
  const sorted = BigInt64Array.from(entries).sort();
  const least = sorted[0] ?? 0n;
  const span = (sorted.at(-1) ?? 0n) - least + 1n;
  if (span > MOST_BITS) return undefined;
  const { address } = holding.allocateZeroed(Math.ceil(Number(span) / 8) + 1);
  const { u8 } = holding.linear;
  for (const entry of entries) {
    const at = Number(entry - least);
    u8[address + (at >> 3)]! |= 1 << (at & 7);
  }
  return { bits: { least, span }, address };
}

/** Bit r of `out`, whole words: value r is in the set. A block of 64 values is read for the last rows. */
export function integersInSet(
  linear: LinearMemory,
  { width, bits, address, count, mask, empty }: IntegerSet,
  values: number,
  rows: number,
  out: number,
): void {
  const kernels = kernelsOf(linear);
  if (bits !== undefined) kernels.integersInBits(width, values, rows, bits.least, bits.span, address, out);
  else if (mask === undefined) kernels.integersAmong(width, values, rows, address, count, out);
  else kernels.integersInSet(width, values, rows, address, mask, empty, out);
}
