/**
 * What the parts of the lane domain share: instructions by machine type, for one row or for four, and the loop body
 * that they are added to.
 *
 *     scalar   one row     a value is one local of its machine type
 *     wide     four rows   32-bit values are one v128, 64-bit values are two      │ r0 r1 r2 r3 │   │ r0 r1 │ r2 r3 │
 *              of a dictionary column they are gathered: load code, load entry, four times
 */

import assert from 'node:assert/strict';
import { type Code, get, type Local, select, set, tee, type ValueType } from './emit.ts';
import { f32, f32x4, f64, f64x2, i32, i32x4, i64, i64x2, v128 } from './instructions.ts';
import type { KernelFrame, Sticky } from './kernel-frame.ts';
import type { MachineType } from './machine.ts';

type Two = (a: Code, b: Code) => Code;

interface Operations {
  readonly add: Two;
  readonly sub: Two;
  readonly mul: Two;
  /** From here on of floats, and of vectors of whole numbers the magnitude. */
  readonly div: Two;
  readonly abs: (a: Code) => Code;
  readonly neg: (a: Code) => Code;
  readonly ceil: (a: Code) => Code;
  readonly floor: (a: Code) => Code;
  readonly trunc: (a: Code) => Code;
  readonly sqrt: (a: Code) => Code;
  readonly eq: Two;
  readonly ne: Two;
  readonly lt: Two;
  readonly le: Two;
  readonly gt: Two;
  readonly ge: Two;
  readonly ltU: Two;
  readonly leU: Two;
  readonly gtU: Two;
  readonly geU: Two;
  readonly xor: Two;
  readonly and: Two;
  readonly or: Two;
}
type Tables = Readonly<Record<MachineType, Operations>>;

// The one place where instructions of different types meet in a table; the engine validates what comes out.
const SCALAR = { i32, i64, f32, f64 } as unknown as Tables;
const bits = { xor: v128.xor, and: v128.and, or: v128.or };
const VECTOR = {
  i32: { ...i32x4, ...bits },
  i64: { ...i64x2, ...bits },
  f32: { ...f32x4, ...bits },
  f64: { ...f64x2, ...bits },
} as unknown as Tables;
const SPLAT = { i32: i32x4.splat, i64: i64x2.splat, f32: f32x4.splat, f64: f64x2.splat } as unknown as Readonly<
  Record<MachineType, (a: Code) => Code<'v128'>>
>;

/** Bytes 8 to 15 of a vector, moved to the low half. */
export const highHalf = (v: Code<'v128'>): Code<'v128'> =>
  v128.shuffle(v, v, [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15]);

/** The low halves of two vectors' 64-bit lanes, as four 32-bit lanes. */
export const lowWords = (a: Code, b: Code): Code<'v128'> =>
  v128.shuffle(a as Code<'v128'>, b as Code<'v128'>, [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27]);

/** The masks of a value's parts as one mask of four rows, or 0 and 1. */
export function joined(lanes: LaneCode, parts: readonly Code[]): Code {
  return lanes.wide && parts.length === 2 ? lowWords(parts[0]!, parts[1]!) : parts[0]!;
}

export class LaneCode {
  readonly frame: KernelFrame;
  readonly wide: boolean;
  /** The loop's body so far. */
  readonly code: Code<'void'>[] = [];
  /** Of what is being tried. */
  #failures: Code<'i32'>[] | undefined;

  constructor(frame: KernelFrame, wide: boolean) {
    this.frame = frame;
    this.wide = wide;
  }

  operations(type: MachineType): Operations {
    return (this.wide ? VECTOR : SCALAR)[type];
  }

  /** Evaluates each part once, into a local. */
  keep(parts: readonly Code[], type: MachineType): readonly Local[] {
    return parts.map((part) => {
      const local: Local = this.frame.local<ValueType>(this.wide ? 'v128' : type);
      this.code.push(set(local, part as Code<ValueType>));
      return local;
    });
  }

  zip(operation: Two, a: readonly Local[], b: readonly Local[]): Code[] {
    return a.map((x, n) => operation(get(x), get(b[n]!)));
  }

  /** Locals hold the parts of a value; this many of them. */
  partsOf(type: MachineType): number {
    return this.wide && (type === 'i64' || type === 'f64') ? 2 : 1;
  }

  constant(type: MachineType, value: number | bigint): Code {
    const code =
      type === 'i64'
        ? i64.const(BigInt(value))
        : type === 'i32'
          ? i32.const(Number(BigInt.asIntN(32, BigInt(value))))
          : (type === 'f32' ? f32 : f64).const(Number(value));
    return this.wide ? SPLAT[type](code) : code;
  }

  constants(type: MachineType, value: number | bigint): Code[] {
    return new Array<Code>(this.partsOf(type)).fill(this.constant(type, value));
  }

  /** A mask, or 0 and 1, that says in each lane whether the row's bit in the word is set. */
  bitOf(word: Local<'i64'>): Code {
    const shifted = i32.wrap(i64.shrU(get(word), i64.extendU(get(this.frame.row))));
    return this.wide ? this.maskOf(shifted) : i32.and(shifted, i32.const(1));
  }

  /** A mask that says in each of four lanes whether its bit is set. */
  maskOf(bits: Code<'i32'>): Code<'v128'> {
    const lanes = v128.const([1, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0, 8, 0, 0, 0]);
    return i32x4.eq(v128.and(i32x4.splat(bits), lanes), lanes);
  }

  /** Bits of `yes` where the mask, of lanes as wide as both, is set, and of `no` elsewhere. */
  pick(mask: Code, yes: Code, no: Code): Code {
    if (this.wide) return v128.bitselect(yes as Code<'v128'>, no as Code<'v128'>, mask as Code<'v128'>);
    return select(yes as Code<ValueType>, no as Code<ValueType>, mask as Code<'i32'>);
  }

  /** A mask of 32-bit lanes, or 0 and 1, for each part of a value: there, as wide as its lanes. */
  masksOf(mask: Local, type: MachineType, parts: number): Code[] {
    return this.wide ? this.spread(mask as Local<'v128'>, type) : new Array<Code>(parts).fill(get(mask));
  }

  /** A mask of 32-bit lanes as masks for the parts of a value. */
  spread(mask: Local<'v128'>, type: MachineType): Code<'v128'>[] {
    return this.partsOf(type) === 1 ? [get(mask)] : [i64x2.extendLow(get(mask)), i64x2.extendHigh(get(mask))];
  }

  /**
   * Computes something, and instead of raising flags gives the conditions, 0 or not, under which the row would have
   * raised one. For loops over single rows.
   */
  trying<T>(compute: () => T): { readonly result: T; readonly failures: readonly Code<'i32'>[] } {
    assert.ok(!this.wide && this.#failures === undefined);
    const failures: Code<'i32'>[] = [];
    this.#failures = failures;
    const result = compute();
    this.#failures = undefined;
    return { result, failures };
  }

  /** Repeats the batch if the sign bit of any part is ever set. */
  flagNegative(parts: readonly Code[], type: MachineType): void {
    if (this.#failures !== undefined) {
      const isNegative = (part: Code): Code<'i32'> =>
        type === 'i32' ? i32.lt(part as Code<'i32'>, i32.const(0)) : i64.lt(part as Code<'i64'>, i64.const(0n));
      this.#failures.push(...parts.map(isNegative));
      return;
    }
    for (const { all } of this.#gather(parts, type)) {
      const wide = (type === 'i32' ? i32x4 : i64x2).bitmask(get(all as Local<'v128'>));
      this.frame.flags.push(this.wide ? wide : i64.lt(get(all as Local<'i64'>), i64.const(0n)));
    }
  }

  /** Repeats the batch if any part is ever not zero. */
  flagNonZero(parts: readonly Code[], type: MachineType): void {
    if (this.#failures !== undefined) {
      const isSet = (part: Code): Code<'i32'> =>
        type === 'i32' ? i32.ne(part as Code<'i32'>, i32.const(0)) : i64.ne(part as Code<'i64'>, i64.const(0n));
      this.#failures.push(...parts.map(isSet));
      return;
    }
    for (const { all } of this.#gather(parts, type)) {
      const wide = v128.anyTrue(get(all as Local<'v128'>));
      this.frame.flags.push(this.wide ? wide : i64.ne(get(all as Local<'i64'>), i64.const(0n)));
    }
  }

  /** Repeats the batch, also while something is tried, if any of these bits is ever set in a part, a word of 64 bits. */
  flagBits(parts: readonly Code[], bits: bigint): void {
    this.frame.flags.push(i64.ne(i64.and(this.everSet(parts, 'i64'), i64.const(bits)), i64.const(0n)));
  }

  /** All bits ever set in any row, after the last one. */
  everSet(parts: readonly Code[], type: 'i32' | 'i64'): Code<'i64'> {
    const all = this.#gather(parts, type);
    if (!this.wide) return get(all[0]!.all as Local<'i64'>);
    const both = all.map(({ all }): Code<'v128'> => get(all as Local<'v128'>)).reduce((a, b) => v128.or(a, b));
    const halves = this.frame.local('v128');
    const lane = i64.or(i64x2.lane(tee(halves, both), 0), i64x2.lane(get(halves), 1));
    if (type === 'i64') return lane;
    const folded = this.frame.local('i64');
    return i64.or(i64.shrU(tee(folded, lane), i64.const(32n)), i64.and(get(folded), i64.const(0xffff_ffffn)));
  }

  #gather(parts: readonly Code[], type: MachineType): Sticky<'i64' | 'v128'>[] {
    return parts.map((part) => {
      const value = this.wide || type === 'i64' ? part : i64.extend(part as Code<'i32'>);
      const sticky = this.frame.sticky<'i64' | 'v128'>(this.wide ? 'v128' : 'i64', value as Code<'i64' | 'v128'>);
      this.code.push(sticky.add);
      return sticky;
    });
  }
}
