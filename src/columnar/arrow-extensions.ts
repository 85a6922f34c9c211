/**
 * Logical types on Arrow's fields: what their values mean stands in the metadata beside the type that stores them.
 *
 *     uuid               fixed-size binary of 16 bytes    arrow.uuid
 *     tensor(T, shape)   fixed-size list                  arrow.fixed_shape_tensor   {"shape": [2, 3]}
 *     embedding          fixed-size list                  millrace.embedding
 *     tensor(T)          struct of data and shape         millrace.tensor
 *     file               struct of uri and data           millrace.file
 */

import { type DataType, embedding, file, isNumeric, sameType, storageType, tensor, uuid } from './data-type.ts';

const NAME = 'ARROW:extension:name';
const METADATA = 'ARROW:extension:metadata';

/** Of the field of a column; undefined where the type says it all. */
export function extensionMetadata(type: DataType): Map<string, string> | undefined {
  switch (type.kind) {
    case 'uuid':
      return named('arrow.uuid');
    case 'embedding':
    case 'file':
      return named(`millrace.${type.kind}`);
    case 'tensor':
      if (type.shape === undefined) return named('millrace.tensor');
      return named('arrow.fixed_shape_tensor', JSON.stringify({ shape: type.shape }));
    default:
      return undefined;
  }
}

const named = (name: string, metadata: string = ''): Map<string, string> =>
  new Map([
    [NAME, name],
    [METADATA, metadata],
  ]);

/** The type that a field's metadata makes of the type that stores it: that type itself where they do not go together. */
export function extendedType(stored: DataType, metadata: ReadonlyMap<string, string>): DataType {
  const logical = namedType(metadata.get(NAME), metadata.get(METADATA) ?? '', stored);
  return logical !== undefined && sameType(storageType(logical), stored) ? logical : stored;
}

function namedType(name: string | undefined, metadata: string, stored: DataType): DataType | undefined {
  switch (name) {
    case 'arrow.uuid':
      return uuid;
    case 'millrace.file':
      return file;
    case 'millrace.embedding':
      return stored.kind === 'fixed-size-list' && isNumeric(stored.item)
        ? embedding(stored.item, stored.size)
        : undefined;
    case 'arrow.fixed_shape_tensor': {
      const shape = stored.kind === 'fixed-size-list' && isNumeric(stored.item) ? shapeIn(metadata) : undefined;
      return shape && tensor((stored as { item: DataType }).item, shape);
    }
    case 'millrace.tensor': {
      const data = stored.kind === 'struct' ? stored.fields[0]?.type : undefined;
      return data?.kind === 'list' && isNumeric(data.item) ? tensor(data.item) : undefined;
    }
    default:
      return undefined;
  }
}

/** Undefined where there is none, or where the dimensions are not in the order in which the values lie. */
function shapeIn(metadata: string): number[] | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(metadata);
  } catch {
    return undefined;
  }
  const { shape, permutation } = (parsed ?? {}) as { shape?: unknown; permutation?: unknown };
  if (!Array.isArray(shape) || !shape.every((side) => Number.isSafeInteger(side) && side > 0)) return undefined;
  const isInOrder = permutation === undefined || (Array.isArray(permutation) && permutation.every((p, n) => p === n));
  return isInOrder ? (shape as number[]) : undefined;
}
