/** What arguments may be, by the names that definitions use. */

import {
  bool,
  type DataType,
  date,
  float64,
  int64,
  isBytes,
  isFloat,
  isInteger,
  isNumeric,
  list,
  nullType,
  storageType,
  timestamp,
  utf8,
} from '../../columnar/data-type.ts';
import type { Value } from '../../columnar/value.ts';
import { exactly, type LambdaValue, type Parameter, type ParameterKind } from './function-definition.ts';

/** Kinds that take the types for which `test` holds, as they are. */
const kind = <V>(takes: string, preferred: DataType, test: (type: DataType) => boolean): ParameterKind<V> => ({
  takes,
  preferred,
  accept: (type) => (test(type) ? type : undefined),
});

export const BOOL: ParameterKind<boolean> = exactly(bool);
export const TEXT: ParameterKind<string> = exactly(utf8);
export const TEXT_OR_BYTES: ParameterKind<string | Uint8Array> = kind('utf8 or binary', utf8, isBytes);
export const ANY: ParameterKind<Value & {}> = kind('anything', nullType, () => true);

/** Any integer, as int64: a bigint. */
export const INTEGER: ParameterKind<bigint> = {
  takes: 'an integer',
  preferred: int64,
  accept: (type) => (isInteger(type) ? int64 : undefined),
};
/** Any integer as it is. */
export const ANY_INTEGER: ParameterKind<number | bigint> = kind('an integer', int64, isInteger);
/** Any number, as float64. */
export const FLOAT: ParameterKind<number> = {
  takes: 'a number',
  preferred: float64,
  accept: (type) => (isNumeric(type) ? float64 : undefined),
};
/** Any number: floats as they are, others as float64. */
export const ANY_FLOAT: ParameterKind<number> = {
  takes: 'a number',
  preferred: float64,
  accept: (type) => (isFloat(type) ? type : isNumeric(type) ? float64 : undefined),
};
/** Any number as it is: a decimal comes unscaled. */
export const NUMBER: ParameterKind<number | bigint> = kind('a number', float64, isNumeric);

export const TIMESTAMP: ParameterKind<bigint> = kind(
  'a timestamp',
  timestamp('us'),
  ({ kind: of }) => of === 'timestamp',
);
export const DATE_OR_TIMESTAMP: ParameterKind<number | bigint> = kind(
  'a date or a timestamp',
  date,
  ({ kind: of }) => of === 'date' || of === 'timestamp',
);

const itemsOf = (type: DataType): DataType | undefined => {
  const stored = storageType(type);
  return stored.kind === 'list' || stored.kind === 'fixed-size-list' ? stored.item : undefined;
};

/** The type of the items of a list, of whatever size. */
export function itemType(type: DataType | undefined): DataType {
  return (type && itemsOf(type)) ?? nullType;
}

/** A list of anything, of fixed size or not. */
export const LIST: ParameterKind<readonly Value[]> = kind(
  'a list',
  list(nullType),
  (type) => itemsOf(type) !== undefined,
);
export const STRUCT: ParameterKind<readonly Value[]> = kind(
  'a struct',
  { kind: 'struct', fields: [] },
  (type) => storageType(type).kind === 'struct',
);
export const MAP: ParameterKind<readonly (readonly Value[])[]> = kind(
  'a map',
  { kind: 'map', key: utf8, value: nullType },
  ({ kind: of }) => of === 'map',
);

/** A lambda whose parameters have the types that `of` gives, from the types of the arguments before it. */
export const lambda = (
  name: string,
  of: (types: readonly DataType[]) => readonly DataType[],
): Parameter<LambdaValue> => ({ ...kind<LambdaValue>('a lambda', nullType, () => true), name, lambda: of });

/** What has a length: characters, bytes or items. */
export const TEXT_BYTES_OR_LIST: ParameterKind<string | Uint8Array | readonly Value[]> = kind(
  'utf8, binary or a list',
  utf8,
  (type) => isBytes(type) || itemsOf(type) !== undefined,
);
