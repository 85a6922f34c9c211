/** What there is to say about casts between all kinds of types, from the code that does them. */

import * as types from '../columnar/data-type.ts';
import { type DataType, typeName } from '../columnar/data-type.ts';
import { castBetween } from './cast-value.ts';

/** `keeps`: the same type; `value`: every value has a result; `may fail`: some values are refused. */
export type CastCell = 'keeps' | 'value' | 'may fail' | 'not offered';

export interface CastRow {
  readonly from: string;
  /** In the order of `to`. */
  readonly cells: readonly CastCell[];
}

const member = (name: string, type: DataType): { name: string; type: DataType; nullable: boolean } => ({
  name,
  type,
  nullable: true,
});

/** One type of each kind, and of kinds whose parts matter several; where sizes count, such as go together. */
export const MATRIX_TYPES: readonly DataType[] = [
  types.nullType,
  types.bool,
  ...types.INTEGER_TYPES,
  ...types.FLOAT_TYPES,
  types.decimal(18, 2),
  types.utf8,
  types.binary,
  types.fixedSizeBinary(16),
  types.uuid,
  types.date,
  types.time('us'),
  types.timestamp('us'),
  types.timestamp('us', 'UTC'),
  types.timestamp('us', 'Europe/Berlin'),
  types.duration('us'),
  types.interval,
  types.list(types.float64),
  types.fixedSizeList(types.float64, 3),
  types.struct(member('data', types.list(types.float64)), member('shape', types.list(types.uint64))),
  types.struct(member('uri', types.utf8), member('data', types.binary)),
  types.map(types.utf8, types.int64),
  types.embedding(types.float64, 3),
  types.tensor(types.float64),
  types.tensor(types.float64, [3]),
  types.file,
];

/** A row for each type, each with a cell for each type. */
export const castMatrix = (): readonly CastRow[] =>
  MATRIX_TYPES.map((from) => ({ from: typeName(from), cells: MATRIX_TYPES.map((to) => cellOf(from, to)) }));

function cellOf(from: DataType, to: DataType): CastCell {
  if (from === to) return 'keeps';
  const cast = castBetween(from, to);
  if (cast === undefined) return 'not offered';
  return cast.canFail ? 'may fail' : 'value';
}
