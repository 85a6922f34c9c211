/** Columns of texts as columns of numbers, bools or times, as casts read them. */

import type { DataType, TimeUnit } from '../columnar/data-type.ts';
import type { LinearMemory } from '../memory/linear-memory.ts';
import { fileKernels, staticKernels } from './static-kernels.ts';

interface ParseKernels {
  parseTexts(
    kind: number,
    offsets: number,
    bytes: number,
    rows: number,
    validity: number,
    width: number,
    a: bigint,
    b: bigint,
    out: number,
    failed: number,
  ): number;
  parseSpans(
    kind: number,
    spans: number,
    rows: number,
    validity: number,
    width: number,
    a: bigint,
    b: bigint,
    out: number,
    failed: number,
  ): number;
}

/** How the texts of a type are read. */
export interface TextReader {
  /** What has failed is no value of the type. Else it may be in a form that another reader knows. */
  readonly isComplete: boolean;
  /** Bytes of a value; 0 for bits in whole words. */
  readonly width: 0 | 1 | 2 | 4 | 8;
  readonly kind: number;
  readonly a: bigint;
  readonly b: bigint;
}

/** What a timestamp without an offset is, where the type has a zone; and whether it has. */
export type TextZone = 'none' | 'utc' | 'other';

const INTEGER = 0;
const DECIMAL = 1;
const FLOAT = 2;
const BOOL = 3;
const DATE = 4;
const TIMESTAMP = 5;

const DIGITS: Readonly<Record<TimeUnit, bigint>> = { s: 0n, ms: 3n, us: 6n, ns: 9n };
const ZONES: Readonly<Record<TextZone, bigint>> = { none: 0n, utc: 1n, other: 2n };
const MOST_SHORT_DIGITS = 18;

/**
 * The reader for a type: of integers, bools, decimals of at most 18 digits, floats of 4 or 8 bytes, dates and timestamps;
 * undefined for others. `zone` counts for timestamps only.
 */
export function textReader(type: DataType, zone: TextZone = 'none'): TextReader | undefined {
  const integer = /^(u?)int(8|16|32|64)$/.exec(type.kind);
  if (integer !== null) {
    const bits = BigInt(integer[2]!);
    const width = (Number(bits) / 8) as 1 | 2 | 4 | 8;
    const [most, least] = integer[1] === 'u' ? [(1n << bits) - 1n, 0n] : [(1n << (bits - 1n)) - 1n, 1n << (bits - 1n)];
    return { isComplete: true, width, kind: INTEGER, a: most, b: least };
  }
  switch (type.kind) {
    case 'decimal': {
      if (type.precision > MOST_SHORT_DIGITS) return undefined;
      return { isComplete: true, width: 8, kind: DECIMAL, a: BigInt(type.precision), b: BigInt(type.scale) };
    }
    case 'float32':
    case 'float64':
      return { isComplete: false, width: type.kind === 'float32' ? 4 : 8, kind: FLOAT, a: 0n, b: 0n };
    case 'bool':
      return { isComplete: true, width: 0, kind: BOOL, a: 0n, b: 0n };
    case 'date':
      return { isComplete: false, width: 4, kind: DATE, a: 0n, b: 0n };
    case 'timestamp':
      return { isComplete: false, width: 8, kind: TIMESTAMP, a: DIGITS[type.unit], b: ZONES[zone] };
    default:
      return undefined;
  }
}

/**
 * Reads the texts of a plain column. Rows that are null by `validity` (0: none is) are zero; failed rows are zero too and
 * have their bit set in `failed`, whole words. Returns how many have failed.
 */
export function parseTexts(
  linear: LinearMemory,
  { kind, width, a, b }: TextReader,
  offsets: number,
  bytes: number,
  rows: number,
  validity: number,
  out: number,
  failed: number,
): number {
  const kernels = staticKernels(linear) as unknown as ParseKernels;
  return kernels.parseTexts(kind, offsets, bytes, rows, validity, width, a, b, out, failed);
}

/** The same of texts that stand anywhere: `spans` holds the addresses of the start and the end of each, 4 bytes each. */
export function parseSpans(
  linear: LinearMemory,
  { kind, width, a, b }: TextReader,
  spans: number,
  rows: number,
  validity: number,
  out: number,
  failed: number,
): number {
  const kernels = fileKernels(linear) as unknown as ParseKernels;
  return kernels.parseSpans(kind, spans, rows, validity, width, a, b, out, failed);
}
