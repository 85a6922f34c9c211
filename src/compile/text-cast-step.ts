/** Casts of texts to numbers, bools, dates and timestamps, and back, by kernels over a whole column. */

import { type DataType, utf8 } from '../columnar/data-type.ts';
import { isUtc } from '../expressions/time-zone.ts';
import { formatTexts, textWriter } from '../kernels/format-kernels.ts';
import { parseTexts, type TextZone, textReader } from '../kernels/parse-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import { bitmapBytes, Scratch } from './scratch.ts';
import { type Compute, keptBytes } from './text-operands.ts';

/**
 * The cast to a type; undefined where no kernel reads it. What fails becomes null where `isTried` and the kernel knows
 * all forms of the type; else the column is left to others, who know more forms, or say in which row it failed.
 */
export function textReadingStep(type: DataType, isTried: boolean, holding: Holding): Compute | undefined {
  const reader = textReader(type, zoneOf(type));
  if (reader === undefined) return undefined;
  const [results, failures] = [new Scratch(holding), new Scratch(holding)];
  return ({ values: offsets, bytes, validity: given }, rowCount) => {
    const values = results.ensure(reader.width === 0 ? bitmapBytes(rowCount) : rowCount * reader.width);
    const failed = failures.ensure(bitmapBytes(rowCount));
    const count = parseTexts(holding.linear, reader, offsets, bytes, rowCount, given, values, failed);
    if (count > 0 && !(isTried && reader.isComplete)) return undefined;
    const validity = count === 0 ? given : without(holding, given, failed, rowCount);
    return { type, validity, values, bytes: 0, dictionary: undefined, width: reader.width, bits: undefined };
  };
}

/** The cast of a type to text; undefined where no kernel writes it. Timestamps that no date holds are left to others. */
export function textWritingStep(type: DataType, holding: Holding): Compute | undefined {
  const zone = zoneOf(type);
  const writer = zone === 'other' ? undefined : textWriter(type, zone === 'utc' ? { suffix: '+00' } : {});
  if (writer === undefined) return undefined;
  const [offsets, texts] = [new Scratch(holding), new Scratch(holding)];
  const table = writer.table && keptBytes(writer.table, holding);
  return ({ values: given, width, validity }, rowCount) => {
    const values = offsets.ensure((rowCount + 1) * 4);
    const bytes = texts.ensure(rowCount * writer.mostBytes);
    const total = formatTexts(holding.linear, writer, given, width, rowCount, validity, values, bytes, table);
    if (total < 0) return undefined;
    return { type: utf8, validity, values, bytes, dictionary: undefined, width: 0, bits: undefined };
  };
}

function zoneOf(type: DataType): TextZone {
  if (type.kind !== 'timestamp' || type.timezone === null) return 'none';
  return isUtc(type.timezone) ? 'utc' : 'other';
}

/** The validity without rows whose bit is set at `failed`, and there. */
function without({ linear: { u32 } }: Holding, validity: number, failed: number, rowCount: number): number {
  const words = Math.ceil(rowCount / 32);
  for (let word = 0; word < words; word++) {
    const valid = validity === 0 ? -1 : u32[(validity >>> 2) + word]!;
    u32[(failed >>> 2) + word] = valid & ~u32[(failed >>> 2) + word]!;
  }
  if (rowCount % 32 !== 0) u32[(failed >>> 2) + words - 1]! &= 2 ** (rowCount % 32) - 1;
  return failed;
}
