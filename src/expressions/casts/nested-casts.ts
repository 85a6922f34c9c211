/**
 * Casts of lists, structs, maps and what is stored as them, part by part.
 *
 *     list → fixed-size list     of lists that have its length
 *     struct → struct            fields by their names: of the missing ones null, those not asked for are left out
 *     map → map                  keys and values
 *     tensor, file, embedding    as what they are stored as; what comes in must have the shape, or a uri or data
 *
 * A part that its type cannot hold refuses the whole value. In a try-cast it is null instead, but for a key.
 */

import { type DataType, list, sameType, storageType } from '../../columnar/data-type.ts';
import type { Field } from '../../columnar/schema.ts';
import { type Value, wholeOf } from '../../columnar/value.ts';
import { type Cast, type CastBetween, type Convert, chained, KEEP, perhaps } from './cast.ts';

export interface PartCasts {
  readonly between: CastBetween;
  /** Whether a part that does not fit is null. */
  readonly isTry: boolean;
}

type Nested<Kind extends DataType['kind']> = Extract<DataType, { kind: Kind }>;

/** Undefined where none is offered. */
export function nestedCast(from: DataType, to: DataType, parts: PartCasts): Cast | undefined {
  if (from.kind === 'tensor' && to.kind === 'tensor') return tensorCast(from, to, parts);
  const cast = storedCast(storageType(from), storageType(to), parts);
  if (to.kind === 'tensor' && to.shape === undefined) return chained(cast, perhaps(consistentTensor));
  return to.kind === 'file' ? chained(cast, perhaps(consistentFile)) : cast;
}

function storedCast(from: DataType, to: DataType, parts: PartCasts): Cast | undefined {
  if (sameType(from, to)) return KEEP;
  if (isListLike(from) && isListLike(to)) return listCast(from, to, parts);
  if (from.kind === 'struct' && to.kind === 'struct') return structCast(from.fields, to.fields, parts);
  return from.kind === 'map' && to.kind === 'map' ? mapCast(from, to, parts) : undefined;
}

type ListLike = Nested<'list' | 'fixed-size-list'>;
const isListLike = (type: DataType): type is ListLike => type.kind === 'list' || type.kind === 'fixed-size-list';

function listCast(from: ListLike, to: ListLike, parts: PartCasts): Cast | undefined {
  const item = parts.between(from.item, to.item);
  const size = to.kind === 'list' ? undefined : to.size;
  if (item === undefined || (from.kind === 'fixed-size-list' && size !== undefined && from.size !== size)) {
    return undefined;
  }
  const items = item === KEEP ? KEEP : partsCast(item, parts.isTry);
  if (size === undefined || from.kind === 'fixed-size-list') return items;
  return chained(
    perhaps((value) => ((value as readonly Value[]).length === size ? value : undefined)),
    items,
  );
}

/** One part, null where it is. */
type ConvertPart = (part: Value | undefined) => Value | undefined;

function partConverter({ convert }: Cast, isTry: boolean): ConvertPart {
  return (part) => {
    if (part === null || part === undefined) return null;
    const result = convert(part);
    return result === undefined && isTry ? null : result;
  };
}

function partsCast(item: Cast, isTry: boolean): Cast {
  const convertPart = partConverter(item, isTry);
  return {
    convert: (value) => {
      const results: Value[] = [];
      for (const part of value as readonly Value[]) {
        const result = convertPart(part);
        if (result === undefined) return undefined;
        results.push(result);
      }
      return results;
    },
    canFail: item.canFail,
  };
}

function structCast(from: readonly Field[], to: readonly Field[], parts: PartCasts): Cast | undefined {
  const fields: ((value: readonly Value[]) => Value | undefined)[] = [];
  let [found, canFail] = [0, false];
  for (const field of to) {
    const index = from.findIndex(({ name }) => name === field.name);
    const cast = index < 0 ? KEEP : parts.between(from[index]?.type ?? field.type, field.type);
    if (cast === undefined || (index < 0 && !field.nullable)) return undefined;
    const convertPart = partConverter(cast, parts.isTry);
    const refusesNull = !field.nullable && (from[index]?.nullable === true || parts.isTry);
    fields.push((value) => {
      const part = convertPart(value[index]);
      return part === null && refusesNull ? undefined : part;
    });
    found += Number(index >= 0);
    canFail ||= cast.canFail || refusesNull;
  }
  if (found === 0) return undefined;
  return {
    convert: (value) => {
      const results = fields.map((convertField) => convertField(value as readonly Value[]));
      return results.includes(undefined) ? undefined : (results as readonly Value[]);
    },
    canFail,
  };
}

function mapCast(from: Nested<'map'>, to: Nested<'map'>, parts: PartCasts): Cast | undefined {
  const [key, entry] = [parts.between(from.key, to.key), parts.between(from.value, to.value)];
  if (key === undefined || entry === undefined) return undefined;
  const [convertKey, convertValue] = [partConverter(key, false), partConverter(entry, parts.isTry)];
  const convertEntry: Convert = (one) => {
    const [k, v] = one as readonly Value[];
    const results = [convertKey(k), convertValue(v)];
    return results.includes(undefined) ? undefined : (results as readonly Value[]);
  };
  return partsCast({ convert: convertEntry, canFail: key.canFail || entry.canFail }, false);
}

function tensorCast(from: Nested<'tensor'>, to: Nested<'tensor'>, parts: PartCasts): Cast | undefined {
  const items = listCast(list(from.item) as ListLike, list(to.item) as ListLike, parts);
  if (items === undefined) return undefined;
  if (from.shape !== undefined && to.shape !== undefined) {
    return String(from.shape) === String(to.shape) ? items : undefined;
  }
  if (to.shape === undefined) {
    const shape = from.shape?.map(BigInt);
    return {
      convert: (value) => {
        const [data, own] = shape === undefined ? (value as readonly Value[]) : [value, shape];
        const converted = items.convert(data ?? []);
        return converted === undefined ? undefined : [converted, own ?? []];
      },
      canFail: items.canFail,
    };
  }
  const shape = String(to.shape);
  return perhaps((value) => {
    const [data = null, own = null] = value as readonly Value[];
    return data !== null && String(own) === shape ? items.convert(data) : undefined;
  });
}

/** As many values as the shape has. */
const consistentTensor: Convert = (value) => {
  const [data = null, shape = null] = value as readonly Value[];
  if (!Array.isArray(data) || !Array.isArray(shape) || shape.includes(null)) return undefined;
  const count = (shape as readonly Value[]).reduce((all: bigint, side) => all * wholeOf(side), 1n);
  return BigInt(data.length) === count ? value : undefined;
};

/** Either a uri or data. */
const consistentFile: Convert = (value) => {
  const [uri = null, data = null] = value as readonly Value[];
  return (uri === null) === (data === null) ? undefined : value;
};
