/** Casts among bytes: of any length, of a fixed one, and of the sixteen of a uuid. */

import type { DataType } from '../../columnar/data-type.ts';
import { uuidBytes, uuidText } from '../../columnar/uuid-text.ts';
import type { Value } from '../../columnar/value.ts';
import { always, type Cast, KEEP, perhaps } from './cast.ts';

const UUID_BYTES = 16;

/** Undefined where one of both is no bytes, or no value would ever fit. */
export function bytesCast(from: DataType, to: DataType): Cast | undefined {
  if (to.kind === 'uuid') return toUuid(from);
  if (from.kind === 'uuid') {
    const isOffered = to.kind === 'binary' || (to.kind === 'fixed-size-binary' && to.size === UUID_BYTES);
    return isOffered ? always((value) => uuidBytes(value as string)) : undefined;
  }
  if (from.kind === 'fixed-size-binary') return to.kind === 'binary' ? KEEP : undefined;
  if (from.kind !== 'binary' || to.kind !== 'fixed-size-binary') return undefined;
  return perhaps((value) => (lengthOf(value) === to.size ? value : undefined));
}

function toUuid(from: DataType): Cast | undefined {
  const convert = (value: NonNullable<Value>) =>
    lengthOf(value) === UUID_BYTES ? uuidText(value as Uint8Array) : undefined;
  if (from.kind === 'binary') return perhaps(convert);
  return from.kind === 'fixed-size-binary' && from.size === UUID_BYTES ? always(convert) : undefined;
}

const lengthOf = (value: NonNullable<Value>): number => (value as Uint8Array).byteLength;
