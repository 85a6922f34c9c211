/** Columns of numbers, bools or times as columns of texts, as casts write them. */

import { type DataType, isInteger, type TimeUnit } from '../columnar/data-type.ts';
import type { LinearMemory } from '../memory/linear-memory.ts';
import { staticKernels } from './static-kernels.ts';

interface FormatKernels {
  formatTexts(
    kind: number,
    values: number,
    width: number,
    rows: number,
    validity: number,
    a: bigint,
    b: bigint,
    offsets: number,
    to: number,
  ): number;
}

/** How the values of a type are written. */
export interface TextWriter {
  /** No text has more: as many times the rows is the room that `formatTexts` needs. */
  readonly mostBytes: number;
  readonly kind: number;
  readonly a: bigint;
  readonly b: bigint;
  /** What must lie in linear memory, at an address that is a multiple of 8, for `formatTexts` to read. */
  readonly table?: Uint8Array;
}

export interface TimeForm {
  /** Between date and time: default a space. */
  readonly separator?: 'T' | ' ';
  /** All digits behind the second that the unit has: default as many as are needed. */
  readonly isFixed?: boolean;
  /** Behind timestamps, at most seven characters of ASCII: default nothing. */
  readonly suffix?: string;
}

const SIGNED = 0;
const UNSIGNED = 1;
const DECIMAL = 2;
const BOOL = 3;
const DATE = 4;
const TIME = 5;
const TIMESTAMP = 6;
const FLOAT = 7;

const DIGITS: Readonly<Record<TimeUnit, number>> = { s: 0, ms: 3, us: 6, ns: 9 };
/** `-9223372036854775808`, `+5881580-07-11`, `08:00:00` and a point. */
const INTEGER_BYTES = 20;
const DATE_BYTES = 14;
const CLOCK_BYTES = 9;
const MOST_SUFFIX_BYTES = 7;
/** A sign, 17 digits, a point, and `e-308`. */
const FLOAT_BYTES = 24;

/**
 * The writer for a type: of integers, bools, decimals, floats of 4 or 8 bytes, dates, times and timestamps; undefined for
 * others, and where the suffix is too long. Timestamps are written as of the clock that their ticks are of.
 */
export function textWriter(type: DataType, form: TimeForm = {}): TextWriter | undefined {
  if (isInteger(type)) {
    return { mostBytes: INTEGER_BYTES, kind: type.kind.startsWith('u') ? UNSIGNED : SIGNED, a: 0n, b: 0n };
  }
  switch (type.kind) {
    case 'bool':
      return { mostBytes: 'false'.length, kind: BOOL, a: 0n, b: 0n };
    case 'decimal':
      // A sign, a zero and a point.
      return { mostBytes: type.precision + 3, kind: DECIMAL, a: BigInt(type.scale), b: 0n };
    case 'float32':
    case 'float64': {
      const is64 = type.kind === 'float64' ? 1n : 0n;
      return { mostBytes: FLOAT_BYTES, kind: FLOAT, a: 0n, b: is64, table: tableOfPowers() };
    }
    case 'date':
      return { mostBytes: DATE_BYTES, kind: DATE, a: 0n, b: 0n };
    case 'time':
      return { mostBytes: CLOCK_BYTES + DIGITS[type.unit], kind: TIME, a: timeForm(type.unit, form), b: 0n };
    case 'timestamp': {
      const suffix = Buffer.from(form.suffix ?? '');
      if (suffix.length > MOST_SUFFIX_BYTES) return undefined;
      const packed = Buffer.alloc(8);
      suffix.copy(packed);
      packed[MOST_SUFFIX_BYTES] = suffix.length;
      return {
        mostBytes: DATE_BYTES + 1 + CLOCK_BYTES + DIGITS[type.unit] + suffix.length,
        kind: TIMESTAMP,
        a: timeForm(type.unit, form),
        b: packed.readBigUInt64LE(),
      };
    }
    default:
      return undefined;
  }
}

const timeForm = (unit: TimeUnit, { separator = ' ', isFixed = false }: TimeForm): bigint =>
  BigInt(DIGITS[unit] | (separator.charCodeAt(0) << 8) | (isFixed ? 1 << 16 : 0));

/**
 * Writes the texts of a plain column of values of `width` bytes: `rows` + 1 offsets from 0, and bytes from `to` on, for
 * which there has to be room for `mostBytes` in each row and the padding behind them. Texts of rows that are null by
 * `validity` (0: none is) are empty. Returns the bytes of all, or -1, without a result, where a timestamp lies beyond the
 * days of a date. `table` is where that of the writer lies, if it has one.
 */
export function formatTexts(
  linear: LinearMemory,
  { kind, a, b }: TextWriter,
  values: number,
  width: number,
  rows: number,
  validity: number,
  offsets: number,
  to: number,
  table: number = 0,
): number {
  const kernels = staticKernels(linear) as unknown as FormatKernels;
  return kernels.formatTexts(kind, values, width, rows, validity, table === 0 ? a : BigInt(table), b, offsets, to);
}

const LEAST_POWER = -292;
const GREATEST_POWER = 324;
let powers: Uint8Array | undefined;

/** The powers of ten that floats of 8 bytes need: each the least number of 128 bits that is not below, low half first. */
function tableOfPowers(): Uint8Array {
  if (powers !== undefined) return powers;
  const words = new BigUint64Array(2 * (GREATEST_POWER - LEAST_POWER + 1));
  for (let exponent = LEAST_POWER; exponent <= GREATEST_POWER; exponent += 1) {
    const power = 10n ** BigInt(Math.abs(exponent));
    const bits = BigInt(power.toString(2).length);
    const [above, below] = exponent < 0 ? [1n << (127n + bits), power] : [power << 128n, 1n << bits];
    const found = (above + below - 1n) / below;
    const at = 2 * (exponent - LEAST_POWER);
    words[at] = BigInt.asUintN(64, found);
    words[at + 1] = found >> 64n;
  }
  powers = new Uint8Array(words.buffer);
  return powers;
}
