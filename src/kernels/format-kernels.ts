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

const DIGITS: Readonly<Record<TimeUnit, number>> = { s: 0, ms: 3, us: 6, ns: 9 };
const MOST_SHORT_DIGITS = 18;
/** `-9223372036854775808`, `+5881580-07-11`, `08:00:00` and a point. */
const INTEGER_BYTES = 20;
const DATE_BYTES = 14;
const CLOCK_BYTES = 9;
const MOST_SUFFIX_BYTES = 7;

/**
 * The writer for a type: of integers, bools, decimals of 8 bytes, dates, times and timestamps; undefined for others, and
 * where the suffix is too long. Timestamps are written as of the clock that their ticks are of.
 */
export function textWriter(type: DataType, form: TimeForm = {}): TextWriter | undefined {
  if (isInteger(type)) {
    return { mostBytes: INTEGER_BYTES, kind: type.kind.startsWith('u') ? UNSIGNED : SIGNED, a: 0n, b: 0n };
  }
  switch (type.kind) {
    case 'bool':
      return { mostBytes: 'false'.length, kind: BOOL, a: 0n, b: 0n };
    case 'decimal': {
      if (type.precision > MOST_SHORT_DIGITS) return undefined;
      // A sign, a zero and a point.
      return { mostBytes: type.precision + 3, kind: DECIMAL, a: BigInt(type.scale), b: 0n };
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
 * days of a date.
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
): number {
  const kernels = staticKernels(linear) as unknown as FormatKernels;
  return kernels.formatTexts(kind, values, width, rows, validity, a, b, offsets, to);
}
