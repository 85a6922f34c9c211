/**
 * Levels in the encoding BIT_PACKED, which was abolished in 2013, rewritten as the hybrid of runs that all others have: one
 * run of packed values. Loaded on demand, and a value at a time, for hardly any file has them.
 * https://github.com/apache/parquet-format/blob/master/Encodings.md#bit-packed-deprecated-bit_packed--4
 *
 *     1 2 3 of 2 bits     BIT_PACKED           01 10 11 ··     the first bit is the upper one
 *                         hybrid     header    ·· 11 10 01     the first bit is the lower one
 *
 * That is the order of the specification and of parquet-mr. Impala wrote the other one, which files do not tell.
 */

import type { LinearMemory } from '../../memory/linear-memory.ts';
import type { GrowingRegion } from '../../state/growing-region.ts';
import type { Levels, Page } from './page-reader.ts';

/** Number of the encoding. */
const BIT_PACKED = 4;
/** A header is no longer, and as much is read behind the last value. */
const SLACK_BYTES = 16;

/** The page with levels, of so many bits each, that are hybrid streams, written to `buffer`, behind the page where that is there. @throws MemoryBudgetExceeded */
export function withHybridLevels(page: Page, bits: Levels, buffer: GrowingRegion, linear: LinearMemory): Page {
  const { definitionEncoding, repetitionEncoding, values } = page.header;
  const isInBuffer = buffer.address <= page.end && page.end <= buffer.address + buffer.byteLength;
  const used = isInBuffer ? page.end - buffer.address : 0;
  const before = buffer.address;
  const bytes = page.repetitionsEnd - page.repetitions + (page.definitionsEnd - page.definitions);
  buffer.ensure(used + bytes + 2 * SLACK_BYTES, used);
  const moved = isInBuffer ? buffer.address - before : 0;
  let to = buffer.address + used;
  const rewritten = (from: number, width: number): { start: number; end: number } => {
    const start = to;
    to = writeHybrid(linear.u8, from + moved, values, width, start);
    return { start, end: to };
  };
  const kept = (start: number, end: number): { start: number; end: number } => ({
    start: start + moved,
    end: end + moved,
  });
  const repetitions =
    bits.repetition > 0 && repetitionEncoding === BIT_PACKED
      ? rewritten(page.repetitions, bits.repetition)
      : kept(page.repetitions, page.repetitionsEnd);
  const definitions =
    bits.definition > 0 && definitionEncoding === BIT_PACKED
      ? rewritten(page.definitions, bits.definition)
      : kept(page.definitions, page.definitionsEnd);
  return {
    header: page.header,
    repetitions: repetitions.start,
    repetitionsEnd: repetitions.end,
    definitions: definitions.start,
    definitionsEnd: definitions.end,
    values: page.values + moved,
    end: page.end + moved,
  };
}

/** Writes `count` packed values of `width` bits; returns where they end. */
function writeHybrid(u8: Uint8Array, from: number, count: number, width: number, to: number): number {
  let at = to;
  // The number of eights, and that they are packed.
  let header = Math.ceil(count / 8) * 2 + 1;
  for (; header > 127; header = Math.floor(header / 128)) u8[at++] = (header & 127) | 128;
  u8[at++] = header;
  const byteLength = Math.ceil((count * width) / 8);
  u8.fill(0, at, at + byteLength);
  for (let bit = 0; bit < count * width; bit += width) {
    for (let place = 0; place < width; place += 1) {
      const upper = bit + place;
      const isSet = ((u8[from + (upper >> 3)] ?? 0) >> (7 - (upper & 7))) & 1;
      const lower = bit + width - 1 - place;
      u8[at + (lower >> 3)] = (u8[at + (lower >> 3)] ?? 0) | (isSet << (lower & 7));
    }
  }
  return at + byteLength;
}
