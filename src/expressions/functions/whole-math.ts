/** Bits, bases and factorials of integers. */

import { type DataType, int32, int64, integerBits, isUnsigned, utf8 } from '../../columnar/data-type.ts';
import { wholeOf } from '../../columnar/value.ts';
import { InvalidValue } from '../../errors.ts';
import { type Call, common, define, type Example, type FunctionDefinition, parameter } from './function-definition.ts';
import { ANY_INTEGER, INTEGER, TEXT } from './parameter-kinds.ts';

const bitwise = (
  name: string,
  doc: string,
  compute: (a: bigint, b: bigint) => bigint,
  example: Example,
): FunctionDefinition =>
  define({
    name,
    family: 'bits',
    doc,
    parameters: [common(parameter('left', ANY_INTEGER)), common(parameter('right', ANY_INTEGER))],
    result: integerResult,
    prepare: ({ result }) => {
      const cut = cutter(result);
      return (a, b) => cut(compute(wholeOf(a), wholeOf(b)));
    },
    examples: [example],
  });

/** The common type; a signed integer and a uint64 have none that is an integer. */
function integerResult({ types: [type] }: Call): DataType | string {
  if (type !== undefined && integerBits(type) !== undefined) return type;
  return 'A signed integer and a uint64 have no common integer type. Cast one of them.';
}

/** Cuts to the bits of the type. */
const cutter = (type: DataType): ((value: bigint) => bigint) => {
  const bits = integerBits(type) ?? 64;
  return isUnsigned(type) ? (value) => BigInt.asUintN(bits, value) : (value) => BigInt.asIntN(bits, value);
};

const shift = (
  name: string,
  doc: string,
  compute: (value: bigint, by: bigint) => bigint,
  examples: readonly Example[],
): FunctionDefinition =>
  define({
    name,
    family: 'bits',
    doc,
    canFail: true,
    parameters: [parameter('number', ANY_INTEGER), parameter('bits', INTEGER)],
    result: ({ types: [type] }) => type as DataType,
    prepare: ({ result }) => {
      const width = BigInt(integerBits(result) ?? 64);
      const cut = cutter(result);
      return (value, by) => {
        const bits = wholeOf(by);
        if (bits < 0n) throw new InvalidValue(`A shift by ${bits} bits is not defined.`);
        // Beyond the width nothing is left but the sign.
        return cut(compute(wholeOf(value), bits > width ? width : bits));
      };
    },
    examples,
  });

export const WHOLE_FUNCTIONS: readonly FunctionDefinition[] = [
  bitwise('bitwise_and', 'The bits that are set in both.', (a, b) => a & b, [[12n, 10n], '8']),
  bitwise('bitwise_or', 'The bits that are set in one of both, or in both.', (a, b) => a | b, [[12n, 10n], '14']),
  bitwise('bitwise_xor', 'The bits that are set in exactly one of both.', (a, b) => a ^ b, [[12n, 10n], '6']),
  shift('shift_left', 'The bits moved up; what leaves the type is lost, as in the processor.', (x, by) => x << by, [
    [[1n, 4n], '16'],
    [[1n, 64n], '0'],
  ]),
  shift('shift_right', 'The bits moved down; the sign is kept.', (x, by) => x >> by, [
    [[16n, 4n], '1'],
    [[-1n, 64n], '-1'],
  ]),
  define({
    name: 'bit_hamming_distance',
    family: 'bits',
    doc: 'How many bits differ.',
    parameters: [common(parameter('left', ANY_INTEGER)), common(parameter('right', ANY_INTEGER))],
    result: (call) => (typeof integerResult(call) === 'string' ? integerResult(call) : int32),
    evaluate: (a, b) => bitCount(BigInt.asUintN(64, wholeOf(a) ^ wholeOf(b))),
    examples: [[[1n, 7n], 2]],
  }),
  define({
    name: 'bit_count',
    family: 'bits',
    doc: 'How many bits are set, in the width of the type.',
    parameters: [parameter('number', ANY_INTEGER)],
    result: int32,
    prepare: ({ types: [type] }) => {
      const bits = integerBits(type as DataType) ?? 64;
      return (x) => bitCount(BigInt.asUintN(bits, wholeOf(x)));
    },
    examples: [
      [[7n], 3],
      [[-1n], 64],
    ],
  }),
  define({
    name: 'bin',
    family: 'numbers',
    doc: 'The number in binary digits; of a negative one its 64 bits.',
    parameters: [parameter('number', INTEGER)],
    result: utf8,
    evaluate: (x) => BigInt.asUintN(64, x).toString(2),
    examples: [
      [[10n], '1010'],
      [[0n], '0'],
    ],
  }),
  define({
    name: 'conv',
    family: 'numbers',
    doc: 'A whole number written in one base, 2 to 36, in the digits of another; null where the text is none.',
    mayBeNull: true,
    canFail: true,
    parameters: [parameter('text', TEXT), parameter('base', INTEGER), parameter('to_base', INTEGER)],
    result: utf8,
    evaluate: convert,
    examples: [
      [['ff', 16n, 2n], '11111111'],
      [['12', 2n, 10n], null],
    ],
  }),
  define({
    name: 'factorial',
    family: 'numbers',
    doc: 'The product of the whole numbers up to it: of 0 to 20, more do not fit an int64.',
    canFail: true,
    parameters: [parameter('number', INTEGER)],
    result: int64,
    evaluate: (n) => {
      if (n < 0n || n > 20n) throw new InvalidValue(`The factorial of ${n} is not an int64: it is for 0 to 20.`);
      let product = 1n;
      for (let factor = 2n; factor <= n; factor += 1n) product *= factor;
      return product;
    },
    examples: [[[5n], '120']],
  }),
];

function bitCount(value: bigint): number {
  let count = 0;
  for (let rest = value; rest !== 0n; rest &= rest - 1n) count += 1;
  return count;
}

/** Digits, at most, of a number in another base. */
const MAX_DIGITS = 1_000;

function convert(text: string, from: bigint, to: bigint): string | null {
  for (const base of [from, to]) {
    if (base < 2n || base > 36n) throw new InvalidValue(`${base} is no base: they are 2 to 36.`);
  }
  const digits = text.trim().toLowerCase();
  const isNegative = digits.startsWith('-');
  let value = 0n;
  const written = isNegative ? digits.slice(1) : digits;
  if (written === '' || written.length > MAX_DIGITS) return null;
  for (const digit of written) {
    const at = Number.parseInt(digit, 36);
    if (Number.isNaN(at) || at >= Number(from)) return null;
    value = value * from + BigInt(at);
  }
  return `${isNegative && value !== 0n ? '-' : ''}${value.toString(Number(to))}`;
}
