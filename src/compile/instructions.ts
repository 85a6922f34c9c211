/**
 * WebAssembly's instructions as functions, as far as kernels use them, by the type that names them. Source of the
 * opcodes: the WebAssembly core specification, index of instructions. Long because it is a table.
 */

import { type Code, sleb, uleb, type ValueType } from './emit.ts';

type Unary<A extends ValueType, R extends ValueType = A> = (a: Code<A>) => Code<R>;
type Binary<A extends ValueType, R extends ValueType = A> = (a: Code<A>, b: Code<A>) => Code<R>;
type Load<R extends ValueType> = (address: Code<'i32'>, offset?: number) => Code<R>;
type Store<A extends ValueType> = (address: Code<'i32'>, value: Code<A>, offset?: number) => Code<'void'>;
type Shift = (a: Code<'v128'>, by: Code<'i32'>) => Code<'v128'>;
type Lane<R extends ValueType> = (a: Code<'v128'>, lane: number) => Code<R>;
type ReplaceLane<A extends ValueType> = (a: Code<'v128'>, value: Code<A>, lane: number) => Code<'v128'>;

const unary =
  <A extends ValueType, R extends ValueType = A>(...opcode: number[]): Unary<A, R> =>
  (a) => [a, opcode];
const binary =
  <A extends ValueType, R extends ValueType = A>(...opcode: number[]): Binary<A, R> =>
  (a, b) => [a, b, opcode];
// The alignment is a hint only, and 0 is always allowed.
const load =
  <R extends ValueType>(...opcode: number[]): Load<R> =>
  (address, offset = 0) => [address, opcode, 0, uleb(offset)];
const store =
  <A extends ValueType>(...opcode: number[]): Store<A> =>
  (address, value, offset = 0) => [address, value, opcode, 0, uleb(offset)];
const simd = (opcode: number): number[] => [0xfd, ...uleb(opcode)];
const vectorUnary = <R extends ValueType = 'v128', A extends ValueType = 'v128'>(opcode: number): Unary<A, R> =>
  unary(...simd(opcode));
const vectorBinary = (opcode: number): Binary<'v128'> => binary(...simd(opcode));
const vectorShift =
  (opcode: number): Shift =>
  (a, by) => [a, by, simd(opcode)];
const extractLane =
  <R extends ValueType>(opcode: number): Lane<R> =>
  (a, lane) => [a, simd(opcode), lane];
const replaceLane =
  <A extends ValueType>(opcode: number): ReplaceLane<A> =>
  (a, value, lane) => [a, value, simd(opcode), lane];

interface Comparisons<A extends ValueType, R extends ValueType> {
  readonly eq: Binary<A, R>;
  readonly ne: Binary<A, R>;
  readonly lt: Binary<A, R>;
  readonly le: Binary<A, R>;
  readonly gt: Binary<A, R>;
  readonly ge: Binary<A, R>;
}
interface Arithmetic<A extends ValueType> {
  readonly add: Binary<A>;
  readonly sub: Binary<A>;
  readonly mul: Binary<A>;
}
interface UnsignedComparisons<A extends ValueType, R extends ValueType> {
  readonly ltU: Binary<A, R>;
  readonly leU: Binary<A, R>;
  readonly gtU: Binary<A, R>;
  readonly geU: Binary<A, R>;
}
interface IntegerInstructions<A extends 'i32' | 'i64'>
  extends Comparisons<A, 'i32'>,
    UnsignedComparisons<A, 'i32'>,
    Arithmetic<A> {
  readonly eqz: Unary<A, 'i32'>;
  readonly clz: Unary<A>;
  readonly ctz: Unary<A>;
  readonly popcnt: Unary<A>;
  readonly div: Binary<A>;
  readonly divU: Binary<A>;
  readonly rem: Binary<A>;
  readonly remU: Binary<A>;
  readonly and: Binary<A>;
  readonly or: Binary<A>;
  readonly xor: Binary<A>;
  readonly shl: Binary<A>;
  readonly shr: Binary<A>;
  readonly shrU: Binary<A>;
}

/** The 32 and the 64 bit instructions stand in the same order, from another first opcode each. */
function integers<A extends 'i32' | 'i64'>(compare: number, arithmetic: number): IntegerInstructions<A> {
  return {
    eqz: unary(compare),
    eq: binary(compare + 1),
    ne: binary(compare + 2),
    lt: binary(compare + 3),
    ltU: binary(compare + 4),
    gt: binary(compare + 5),
    gtU: binary(compare + 6),
    le: binary(compare + 7),
    leU: binary(compare + 8),
    ge: binary(compare + 9),
    geU: binary(compare + 10),
    clz: unary(arithmetic),
    ctz: unary(arithmetic + 1),
    popcnt: unary(arithmetic + 2),
    add: binary(arithmetic + 3),
    sub: binary(arithmetic + 4),
    mul: binary(arithmetic + 5),
    div: binary(arithmetic + 6),
    divU: binary(arithmetic + 7),
    rem: binary(arithmetic + 8),
    remU: binary(arithmetic + 9),
    and: binary(arithmetic + 10),
    or: binary(arithmetic + 11),
    xor: binary(arithmetic + 12),
    shl: binary(arithmetic + 13),
    shr: binary(arithmetic + 14),
    shrU: binary(arithmetic + 15),
  };
}

interface I32 extends IntegerInstructions<'i32'> {
  readonly const: (value: number) => Code<'i32'>;
  readonly load: Load<'i32'>;
  readonly load8: Load<'i32'>;
  readonly load8U: Load<'i32'>;
  readonly load16: Load<'i32'>;
  readonly load16U: Load<'i32'>;
  readonly store: Store<'i32'>;
  readonly store8: Store<'i32'>;
  readonly store16: Store<'i32'>;
  readonly wrap: Unary<'i64', 'i32'>;
  /** Saturating, NaN is 0. */
  readonly truncF64: Unary<'f64', 'i32'>;
  readonly truncF64U: Unary<'f64', 'i32'>;
  readonly extend8: Unary<'i32'>;
  readonly extend16: Unary<'i32'>;
}
export const i32: I32 = {
  ...integers<'i32'>(0x45, 0x67),
  const: (value) => [0x41, sleb(BigInt(value | 0))],
  load: load(0x28),
  load8: load(0x2c),
  load8U: load(0x2d),
  load16: load(0x2e),
  load16U: load(0x2f),
  store: store(0x36),
  store8: store(0x3a),
  store16: store(0x3b),
  wrap: unary(0xa7),
  truncF64: unary(0xfc, 2),
  truncF64U: unary(0xfc, 3),
  extend8: unary(0xc0),
  extend16: unary(0xc1),
};

interface I64 extends IntegerInstructions<'i64'> {
  readonly const: (value: bigint) => Code<'i64'>;
  readonly load: Load<'i64'>;
  readonly store: Store<'i64'>;
  readonly extend: Unary<'i32', 'i64'>;
  readonly extendU: Unary<'i32', 'i64'>;
  /** Saturating, NaN is 0. */
  readonly truncF64: Unary<'f64', 'i64'>;
  readonly truncF64U: Unary<'f64', 'i64'>;
}
export const i64: I64 = {
  ...integers<'i64'>(0x50, 0x79),
  const: (value) => [0x42, sleb(BigInt.asIntN(64, value))],
  load: load(0x29),
  store: store(0x37),
  extend: unary(0xac),
  extendU: unary(0xad),
  truncF64: unary(0xfc, 6),
  truncF64U: unary(0xfc, 7),
};

interface FloatInstructions<A extends 'f32' | 'f64'> extends Comparisons<A, 'i32'>, Arithmetic<A> {
  readonly div: Binary<A>;
  readonly abs: Unary<A>;
  readonly neg: Unary<A>;
  readonly ceil: Unary<A>;
  readonly floor: Unary<A>;
  readonly trunc: Unary<A>;
  readonly sqrt: Unary<A>;
  readonly copysign: Binary<A>;
}

function floats<A extends 'f32' | 'f64'>(compare: number, arithmetic: number): FloatInstructions<A> {
  return {
    eq: binary(compare),
    ne: binary(compare + 1),
    lt: binary(compare + 2),
    gt: binary(compare + 3),
    le: binary(compare + 4),
    ge: binary(compare + 5),
    abs: unary(arithmetic),
    neg: unary(arithmetic + 1),
    ceil: unary(arithmetic + 2),
    floor: unary(arithmetic + 3),
    trunc: unary(arithmetic + 4),
    sqrt: unary(arithmetic + 6),
    add: binary(arithmetic + 7),
    sub: binary(arithmetic + 8),
    mul: binary(arithmetic + 9),
    div: binary(arithmetic + 10),
    copysign: binary(arithmetic + 13),
  };
}

interface F32 extends FloatInstructions<'f32'> {
  readonly const: (value: number) => Code<'f32'>;
  readonly load: Load<'f32'>;
  readonly store: Store<'f32'>;
  readonly convertI32: Unary<'i32', 'f32'>;
  readonly convertI32U: Unary<'i32', 'f32'>;
  readonly convertI64: Unary<'i64', 'f32'>;
  readonly convertI64U: Unary<'i64', 'f32'>;
  readonly demote: Unary<'f64', 'f32'>;
}
export const f32: F32 = {
  ...floats<'f32'>(0x5b, 0x8b),
  const: (value) => [0x43, [...new Uint8Array(new Float32Array([value]).buffer)]],
  load: load(0x2a),
  store: store(0x38),
  convertI32: unary(0xb2),
  convertI32U: unary(0xb3),
  convertI64: unary(0xb4),
  convertI64U: unary(0xb5),
  demote: unary(0xb6),
};

interface F64 extends FloatInstructions<'f64'> {
  readonly const: (value: number) => Code<'f64'>;
  readonly load: Load<'f64'>;
  readonly store: Store<'f64'>;
  readonly convertI32: Unary<'i32', 'f64'>;
  readonly convertI32U: Unary<'i32', 'f64'>;
  readonly convertI64: Unary<'i64', 'f64'>;
  readonly convertI64U: Unary<'i64', 'f64'>;
  readonly promote: Unary<'f32', 'f64'>;
}
export const f64: F64 = {
  ...floats<'f64'>(0x61, 0x99),
  const: (value) => [0x44, [...new Uint8Array(new Float64Array([value]).buffer)]],
  load: load(0x2b),
  store: store(0x39),
  convertI32: unary(0xb7),
  convertI32U: unary(0xb8),
  convertI64: unary(0xb9),
  convertI64U: unary(0xba),
  promote: unary(0xbb),
};

interface V128 {
  readonly load: Load<'v128'>;
  /** Eight bytes, each widened to 16 bits. */
  readonly load8x8: Load<'v128'>;
  readonly load8x8U: Load<'v128'>;
  /** Four times 16 bits, each widened to 32. */
  readonly load16x4: Load<'v128'>;
  readonly load16x4U: Load<'v128'>;
  /** Eight bytes into the low half; zeros above. */
  readonly load64Zero: Load<'v128'>;
  /** Eight bytes into one half of a vector. */
  readonly load64Lane: (address: Code<'i32'>, into: Code<'v128'>, lane: number) => Code<'v128'>;
  readonly store: Store<'v128'>;
  readonly const: (bytes: Iterable<number>) => Code<'v128'>;
  readonly not: Unary<'v128'>;
  readonly and: Binary<'v128'>;
  readonly or: Binary<'v128'>;
  readonly xor: Binary<'v128'>;
  /** Bits of `a` where the mask is one, of `b` where it is zero. */
  readonly bitselect: (a: Code<'v128'>, b: Code<'v128'>, mask: Code<'v128'>) => Code<'v128'>;
  readonly anyTrue: Unary<'v128', 'i32'>;
  /** Sixteen bytes of the 32 of both, by position. */
  readonly shuffle: (a: Code<'v128'>, b: Code<'v128'>, positions: readonly number[]) => Code<'v128'>;
}
export const v128: V128 = {
  load: load(...simd(0)),
  load8x8: load(...simd(1)),
  load8x8U: load(...simd(2)),
  load16x4: load(...simd(3)),
  load16x4U: load(...simd(4)),
  load64Zero: load(...simd(93)),
  load64Lane: (address, into, lane) => [address, into, simd(87), 0, 0, lane],
  store: store(...simd(11)),
  const: (bytes) => [simd(12), [...bytes]],
  not: vectorUnary(77),
  and: vectorBinary(78),
  or: vectorBinary(80),
  xor: vectorBinary(81),
  bitselect: (a, b, mask) => [a, b, mask, simd(82)],
  anyTrue: vectorUnary(83),
  shuffle: (a, b, positions) => [a, b, simd(13), positions],
};

interface I32x4 extends Comparisons<'v128', 'v128'>, UnsignedComparisons<'v128', 'v128'>, Arithmetic<'v128'> {
  readonly abs: Unary<'v128'>;
  readonly splat: Unary<'i32', 'v128'>;
  readonly bitmask: Unary<'v128', 'i32'>;
  readonly shl: Shift;
  readonly shr: Shift;
  readonly shrU: Shift;
  /** From the low half of 16-bit lanes. */
  readonly extendLow: Unary<'v128'>;
  readonly extendLowU: Unary<'v128'>;
  readonly replace: ReplaceLane<'i32'>;
}
export const i32x4: I32x4 = {
  replace: replaceLane(28),
  splat: vectorUnary(17),
  eq: vectorBinary(55),
  ne: vectorBinary(56),
  lt: vectorBinary(57),
  ltU: vectorBinary(58),
  gt: vectorBinary(59),
  gtU: vectorBinary(60),
  le: vectorBinary(61),
  leU: vectorBinary(62),
  ge: vectorBinary(63),
  geU: vectorBinary(64),
  abs: vectorUnary(160),
  bitmask: vectorUnary(164),
  extendLow: vectorUnary(167),
  extendLowU: vectorUnary(169),
  shl: vectorShift(171),
  shr: vectorShift(172),
  shrU: vectorShift(173),
  add: vectorBinary(174),
  sub: vectorBinary(177),
  mul: vectorBinary(181),
};

interface I64x2 extends Comparisons<'v128', 'v128'>, Arithmetic<'v128'> {
  readonly abs: Unary<'v128'>;
  readonly splat: Unary<'i64', 'v128'>;
  readonly bitmask: Unary<'v128', 'i32'>;
  readonly extendLow: Unary<'v128'>;
  readonly extendHigh: Unary<'v128'>;
  readonly extendLowU: Unary<'v128'>;
  readonly extendHighU: Unary<'v128'>;
  /** Products of the low, or the high, half of 32-bit lanes. */
  readonly extmulLow: Binary<'v128'>;
  readonly extmulHigh: Binary<'v128'>;
  readonly extmulLowU: Binary<'v128'>;
  readonly extmulHighU: Binary<'v128'>;
  readonly shl: Shift;
  readonly shr: Shift;
  readonly shrU: Shift;
  readonly lane: Lane<'i64'>;
}
export const i64x2: I64x2 = {
  splat: vectorUnary(18),
  lane: extractLane(29),
  abs: vectorUnary(192),
  bitmask: vectorUnary(196),
  extendLow: vectorUnary(199),
  extendHigh: vectorUnary(200),
  extendLowU: vectorUnary(201),
  extendHighU: vectorUnary(202),
  shl: vectorShift(203),
  shr: vectorShift(204),
  shrU: vectorShift(205),
  add: vectorBinary(206),
  sub: vectorBinary(209),
  mul: vectorBinary(213),
  eq: vectorBinary(214),
  ne: vectorBinary(215),
  lt: vectorBinary(216),
  gt: vectorBinary(217),
  le: vectorBinary(218),
  ge: vectorBinary(219),
  extmulLow: vectorBinary(220),
  extmulHigh: vectorBinary(221),
  extmulLowU: vectorBinary(222),
  extmulHighU: vectorBinary(223),
};

interface VectorFloats extends Comparisons<'v128', 'v128'>, Arithmetic<'v128'> {
  readonly div: Binary<'v128'>;
  readonly abs: Unary<'v128'>;
  readonly neg: Unary<'v128'>;
  readonly ceil: Unary<'v128'>;
  readonly floor: Unary<'v128'>;
  readonly trunc: Unary<'v128'>;
  readonly sqrt: Unary<'v128'>;
}

interface F32x4 extends VectorFloats {
  readonly replace: ReplaceLane<'f32'>;
  readonly splat: Unary<'f32', 'v128'>;
  readonly convertI32: Unary<'v128'>;
  readonly convertI32U: Unary<'v128'>;
  /** Two 64-bit lanes into the low half; zeros above. */
  readonly demote: Unary<'v128'>;
}
export const f32x4: F32x4 = {
  replace: replaceLane(32),
  splat: vectorUnary(19),
  eq: vectorBinary(65),
  ne: vectorBinary(66),
  lt: vectorBinary(67),
  gt: vectorBinary(68),
  le: vectorBinary(69),
  ge: vectorBinary(70),
  demote: vectorUnary(94),
  ceil: vectorUnary(103),
  floor: vectorUnary(104),
  trunc: vectorUnary(105),
  abs: vectorUnary(224),
  neg: vectorUnary(225),
  sqrt: vectorUnary(227),
  add: vectorBinary(228),
  sub: vectorBinary(229),
  mul: vectorBinary(230),
  div: vectorBinary(231),
  convertI32: vectorUnary(250),
  convertI32U: vectorUnary(251),
};

interface F64x2 extends VectorFloats {
  readonly splat: Unary<'f64', 'v128'>;
  /** From the low half of 32-bit lanes. */
  readonly convertLow: Unary<'v128'>;
  readonly convertLowU: Unary<'v128'>;
  readonly promoteLow: Unary<'v128'>;
  readonly lane: Lane<'f64'>;
}
export const f64x2: F64x2 = {
  splat: vectorUnary(20),
  eq: vectorBinary(71),
  ne: vectorBinary(72),
  lt: vectorBinary(73),
  gt: vectorBinary(74),
  le: vectorBinary(75),
  ge: vectorBinary(76),
  lane: extractLane(33),
  promoteLow: vectorUnary(95),
  ceil: vectorUnary(116),
  floor: vectorUnary(117),
  trunc: vectorUnary(122),
  abs: vectorUnary(236),
  neg: vectorUnary(237),
  sqrt: vectorUnary(239),
  add: vectorBinary(240),
  sub: vectorBinary(241),
  mul: vectorBinary(242),
  div: vectorBinary(243),
  convertLow: vectorUnary(254),
  convertLowU: vectorUnary(255),
};
