/**
 * The schema of a file that is written: a tree, flattened, and the path that leads to each column chunk.
 *
 *     a list(struct(b int64, c utf8))      a LIST ─ repeated list ─ element ┬ b INT64     ──▶ leaf a.list.element.b
 *                                                                           └ c STRING    ──▶ leaf a.list.element.c
 *
 * What Parquet has no type for is stored as what comes nearest: seconds in milliseconds, durations as numbers, lists of a
 * fixed size as lists. Those that would come back as another type are described in Arrow's own schema beside.
 */

import assert from 'node:assert/strict';
import { childTypes, type DataType, integerBits, isUnsigned, storageType } from '../../columnar/data-type.ts';
import type { Field, Schema } from '../../columnar/schema.ts';
import { ORDER, PLAIN } from '../../kernels/parquet-encode-kernels.ts';
import * as thrift from './thrift-writer.ts';

/** As parquet.thrift numbers them. */
export const PHYSICAL = { boolean: 0, int32: 1, int64: 2, float: 4, double: 5, byteArray: 6, fixed: 7 } as const;
const REPETITION = { required: 0, optional: 1, repeated: 2 } as const;
const CONVERTED = { utf8: 0, map: 1, list: 3, decimal: 5, date: 6, timestampMillis: 9, timestampMicros: 10 } as const;
const CONVERTED_UNSIGNED: Readonly<Record<number, number>> = { 8: 11, 16: 12, 32: 13, 64: 14 };
const CONVERTED_SIGNED: Readonly<Record<number, number>> = { 8: 15, 16: 16, 32: 17, 64: 18 };
const { struct, int8, int32, boolean } = thrift;
const LOGICAL = {
  string: struct({ 1: struct({}) }),
  map: struct({ 2: struct({}) }),
  list: struct({ 3: struct({}) }),
  date: struct({ 6: struct({}) }),
  unknown: struct({ 11: struct({}) }),
  uuid: struct({ 14: struct({}) }),
  float16: struct({ 15: struct({}) }),
} as const;

/** How the values of a leaf are stored. */
export interface StoredType {
  readonly physical: number;
  /** Bytes of one plain value; 0 of a boolean, a bit, and of what comes behind its length. */
  readonly bytes: number;
  /** One of PLAIN. */
  readonly form: number;
  /** One of ORDER; undefined where none is defined, so that nothing is said of bounds. */
  readonly order: number | undefined;
  readonly converted?: number | undefined;
  readonly logical?: thrift.ThriftValue | undefined;
  readonly precision?: number | undefined;
  readonly scale?: number | undefined;
}

/** A step down from a column to those inside of it. */
export interface LeafStep {
  /** Whether the column that is left may have nulls: a level of its own. */
  readonly nullable: boolean;
  /** Position of the child, or the level of what repeats, the items of a list; neither at the leaf. */
  readonly to:
    | { readonly kind: 'child'; readonly index: number }
    | { readonly kind: 'items'; readonly level: number }
    | undefined;
}

/** A column chunk of every row group. */
export interface Leaf {
  /** Position of the column on the top level. */
  readonly column: number;
  /** Names down the tree. */
  readonly path: readonly string[];
  readonly steps: readonly LeafStep[];
  readonly stored: StoredType;
  readonly mostDefinition: number;
  readonly mostRepetition: number;
}

export interface WrittenSchema {
  readonly elements: readonly thrift.ThriftValue[];
  readonly leaves: readonly Leaf[];
}

/** Levels count in bytes, and a path is no longer than a type may be deep. */
const MOST_LEVELS = 255;

export function writtenSchema({ fields }: Schema): WrittenSchema {
  const elements = [struct({ 4: thrift.text('schema'), 5: int32(fields.length) })];
  const leaves: Leaf[] = [];
  for (const [column, field] of fields.entries()) {
    addNode(field, { column, path: [], steps: [], definition: 0, repetition: 0 }, elements, leaves);
  }
  return { elements, leaves };
}

/** Whether readers would take a part of the type for another, was it not for Arrow's schema. */
export function needsArrowSchema(type: DataType): boolean {
  if (['duration', 'fixed-size-list', 'embedding', 'tensor', 'file'].includes(type.kind)) return true;
  if (type.kind === 'timestamp') return type.timezone !== null && type.timezone !== 'UTC';
  return childTypes(type).some(needsArrowSchema);
}

/** The type as which values are in the file: Parquet has no seconds. */
export function asStored(type: DataType): DataType {
  switch (type.kind) {
    case 'timestamp':
      return type.unit === 's' ? { ...type, unit: 'ms' } : type;
    case 'list':
    case 'fixed-size-list':
      return { ...type, item: asStored(type.item) };
    case 'struct':
      return { ...type, fields: type.fields.map((f) => ({ ...f, type: asStored(f.type) })) };
    case 'map':
      return { ...type, key: asStored(type.key), value: asStored(type.value) };
    default:
      return type;
  }
}

interface Above {
  readonly column: number;
  readonly path: readonly string[];
  readonly steps: readonly LeafStep[];
  readonly definition: number;
  readonly repetition: number;
}

function addNode({ name, type, nullable }: Field, above: Above, elements: thrift.ThriftValue[], leaves: Leaf[]): void {
  const stored = storageType(type);
  const path = [...above.path, name];
  const definition = above.definition + (nullable ? 1 : 0);
  assert.ok(definition < MOST_LEVELS, 'a type is nested too deeply');
  const repetition = nullable ? REPETITION.optional : REPETITION.required;
  const add = (children: number, converted: number | undefined, logical: thrift.ThriftValue | undefined): void => {
    elements.push(group(name, repetition, children, converted, logical));
  };
  switch (stored.kind) {
    case 'struct':
      add(stored.fields.length, undefined, undefined);
      for (const [index, child] of stored.fields.entries()) {
        const steps = [...above.steps, { nullable, to: { kind: 'child', index } } as const];
        addNode(child, { ...above, path, steps, definition }, elements, leaves);
      }
      return;
    case 'list':
    case 'fixed-size-list':
    case 'map': {
      const isMap = stored.kind === 'map';
      const inner = isMap ? 'key_value' : 'list';
      const level = above.repetition + 1;
      const items = { nullable, to: { kind: 'items', level } } as const;
      const below = { ...above, path: [...path, inner], definition: definition + 1, repetition: level };
      if (isMap) {
        add(1, CONVERTED.map, LOGICAL.map);
        elements.push(group(inner, REPETITION.repeated, 2, undefined, undefined));
        const entry = childTypes(stored)[0];
        assert.ok(entry?.kind === 'struct');
        for (const [index, child] of entry.fields.entries()) {
          const steps = [...above.steps, items, { nullable: false, to: { kind: 'child', index } } as const];
          addNode(child, { ...below, steps }, elements, leaves);
        }
      } else {
        add(1, CONVERTED.list, LOGICAL.list);
        elements.push(group(inner, REPETITION.repeated, 1, undefined, undefined));
        addNode(
          { name: 'element', type: stored.item, nullable: true },
          { ...below, steps: [...above.steps, items] },
          elements,
          leaves,
        );
      }
      return;
    }
    default: {
      const leaf = storedType(type);
      elements.push(
        struct({
          1: int32(leaf.physical),
          2: leaf.physical === PHYSICAL.fixed ? int32(leaf.bytes) : undefined,
          3: int32(repetition),
          4: thrift.text(name),
          6: optionalInt(leaf.converted),
          7: optionalInt(leaf.scale),
          8: optionalInt(leaf.precision),
          10: leaf.logical,
        }),
      );
      leaves.push({
        column: above.column,
        path,
        steps: [...above.steps, { nullable, to: undefined }],
        stored: leaf,
        mostDefinition: definition,
        mostRepetition: above.repetition,
      });
    }
  }
}

const optionalInt = (value: number | undefined): thrift.ThriftValue | undefined =>
  value === undefined ? undefined : int32(value);

function group(
  name: string,
  repetition: number,
  children: number,
  converted: number | undefined,
  logical: thrift.ThriftValue | undefined,
): thrift.ThriftValue {
  return struct({
    3: int32(repetition),
    4: thrift.text(name),
    5: int32(children),
    6: optionalInt(converted),
    10: logical,
  });
}

/** Bounds that would be longer are cut, or left out. */
export const MOST_BOUND_BYTES = 64;

const number32 = { physical: PHYSICAL.int32, bytes: 4, form: PLAIN.copy, order: ORDER.signed } as const;
const number64 = { physical: PHYSICAL.int64, bytes: 8, form: PLAIN.copy, order: ORDER.signed } as const;
const fixed = (bytes: number): StoredType => ({
  physical: PHYSICAL.fixed,
  bytes,
  form: PLAIN.copy,
  order: ORDER.bytes,
});
const sized: StoredType = { physical: PHYSICAL.byteArray, bytes: 0, form: PLAIN.copy, order: ORDER.bytes };

function storedType(type: DataType): StoredType {
  switch (type.kind) {
    case 'null':
      return { ...number32, logical: LOGICAL.unknown };
    case 'bool':
      return { physical: PHYSICAL.boolean, bytes: 0, form: PLAIN.copy, order: ORDER.unsigned };
    case 'float16':
      return { ...fixed(2), order: ORDER.float, logical: LOGICAL.float16 };
    case 'float32':
      return { physical: PHYSICAL.float, bytes: 4, form: PLAIN.copy, order: ORDER.float };
    case 'float64':
      return { physical: PHYSICAL.double, bytes: 8, form: PLAIN.copy, order: ORDER.float };
    case 'decimal':
      return decimalType(type.precision, type.scale);
    case 'utf8':
      return { ...sized, converted: CONVERTED.utf8, logical: LOGICAL.string };
    case 'binary':
      return sized;
    case 'fixed-size-binary':
      // A bound is as long as a value: readers break off where it is cut.
      return type.size > MOST_BOUND_BYTES ? { ...fixed(type.size), order: undefined } : fixed(type.size);
    case 'uuid':
      return { ...fixed(16), logical: LOGICAL.uuid };
    case 'date':
      return { ...number32, converted: CONVERTED.date, logical: LOGICAL.date };
    case 'time':
      return { ...number64, logical: struct({ 7: struct({ 1: boolean(false), 2: unit(type.unit) }) }) };
    case 'timestamp':
      return timestampType(type);
    case 'duration':
      return number64;
    default:
      return integerType(type);
  }
}

function integerType(type: DataType): StoredType {
  const bits = integerBits(type);
  assert.ok(bits !== undefined, `${type.kind} is not written to Parquet`);
  const isSigned = !isUnsigned(type);
  const widen = isSigned ? PLAIN.widenSigned : PLAIN.widenUnsigned;
  return {
    ...(bits === 64 ? number64 : number32),
    form: bits < 32 ? widen : PLAIN.copy,
    order: isSigned ? ORDER.signed : ORDER.unsigned,
    converted: (isSigned ? CONVERTED_SIGNED : CONVERTED_UNSIGNED)[bits],
    logical: struct({ 10: struct({ 1: int8(bits), 2: boolean(isSigned) }) }),
  };
}

const MOST_DIGITS_OF_32_BITS = 9;
const MOST_DIGITS_OF_64_BITS = 18;

function decimalType(precision: number, scale: number): StoredType {
  const logical = struct({ 5: struct({ 1: int32(scale), 2: int32(precision) }) });
  const meaning = { converted: CONVERTED.decimal, logical, precision, scale };
  if (precision <= MOST_DIGITS_OF_32_BITS) return { ...number32, form: PLAIN.narrow, ...meaning };
  if (precision <= MOST_DIGITS_OF_64_BITS) return { ...number64, ...meaning };
  return { ...fixed(16), form: PLAIN.bigEndian, order: ORDER.signed, ...meaning };
}

function timestampType({ unit: ticks, timezone }: Extract<DataType, { kind: 'timestamp' }>): StoredType {
  const isUtc = timezone !== null;
  // Older readers know instants of two units.
  const converted = { s: CONVERTED.timestampMillis, ms: CONVERTED.timestampMillis, us: CONVERTED.timestampMicros };
  return {
    ...number64,
    form: ticks === 's' ? PLAIN.thousandfold : PLAIN.copy,
    converted: isUtc && ticks !== 'ns' ? converted[ticks] : undefined,
    logical: struct({ 8: struct({ 1: boolean(isUtc), 2: unit(ticks) }) }),
  };
}

const unit = (ticks: 's' | 'ms' | 'us' | 'ns'): thrift.ThriftValue =>
  struct({ [{ s: 1, ms: 1, us: 2, ns: 3 }[ticks]]: struct({}) });
