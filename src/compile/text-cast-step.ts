/** Casts of texts to numbers, bools, dates and timestamps by kernels over a whole column. */

import type { DataType } from '../columnar/data-type.ts';
import { isUtc } from '../expressions/time-zone.ts';
import { parseTexts, type TextZone, textReader } from '../kernels/parse-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import { bitmapBytes, Scratch } from './scratch.ts';
import type { Compute } from './text-part-step.ts';

/**
 * The cast to a type; undefined where no kernel reads it. What fails becomes null where `isTried` and the kernel knows
 * all forms of the type; else the column is left to others, who know more forms, or say in which row it failed.
 */
export function textCastStep(type: DataType, isTried: boolean, holding: Holding): Compute | undefined {
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
