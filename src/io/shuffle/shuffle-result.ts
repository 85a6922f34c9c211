/** The rows that tell of shuffle objects. */

import { int64, list, struct, utf8 } from '../../columnar/data-type.ts';
import { field, type Schema } from '../../columnar/schema.ts';
import type { Value } from '../../columnar/value.ts';
import type { PageRange } from './shuffle-format.ts';

/**
 * One row per partition, in order, also of one without rows; several where several objects have rows of it. `ranges` are
 * those of the object that hold the rows.
 */
export const SHUFFLE_RESULT: Schema = {
  fields: [
    field('partition', int64, false),
    field('path', utf8, false),
    field('rows', int64, false),
    field('bytes', int64, false),
    field(
      'ranges',
      list(struct(...['offset', 'bytes', 'rows', 'skip'].map((name) => field(name, int64, false)))),
      false,
    ),
  ],
};

/** A row of `SHUFFLE_RESULT`. */
export function pieceRow(partition: number, path: string, ranges: readonly PageRange[]): Value[] {
  const sum = (key: 'rows' | 'bytes'): bigint => BigInt(ranges.reduce((total, range) => total + range[key], 0));
  const numbers = ranges.map(({ offset, bytes, rows, skip }) => [offset, bytes, rows, skip].map(BigInt));
  return [BigInt(partition), path, sum('rows'), sum('bytes'), numbers];
}
