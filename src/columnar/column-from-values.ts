/** JavaScript values as columns: for functions that run in JavaScript, literals, borders and tests. */

import assert from 'node:assert/strict';
import type { Holding } from '../memory/budget.ts';
import type { LinearMemory } from '../memory/linear-memory.ts';
import { Batch } from './batch.ts';
import { type Column, nextDictionaryId } from './column.ts';
import { childTypes, type DataType, fixedWidth, storageType } from './data-type.ts';
import type { Schema } from './schema.ts';
import { uuidBytes } from './uuid-text.ts';
import type { Interval, Value } from './value.ts';

export interface ColumnForm {
  /** Distinct values once, and codes: default no. */
  readonly dictionary?: boolean;
  /** A validity bitmap: default where a value is null. */
  readonly nullable?: boolean;
  /** The bound that the column claims: default none. */
  readonly bits?: number;
  /** Of decimals, 8 or 16: default by precision. */
  readonly width?: 8 | 16;
}

/** Writes values into regions of `holding`. @throws MemoryBudgetExceeded */
export function columnFromValues(
  holding: Holding,
  type: DataType,
  values: readonly Value[],
  form: ColumnForm = {},
): Column {
  const nullable = form.nullable ?? (type.kind === 'null' || values.includes(null));
  const validity = nullable ? writeBits(holding, values.length, (row) => values[row] !== null) : 0;
  if (form.dictionary !== true) return { ...writePlain(holding, type, values, form.width), validity, bits: form.bits };
  const codeOf = new Map<unknown, number>();
  const distinct: Value[] = [];
  for (const value of values) {
    if (value === null || codeOf.has(keyOf(value))) continue;
    codeOf.set(keyOf(value), distinct.length);
    distinct.push(value);
  }
  const codes = holding.allocateZeroed(values.length * 4).address;
  for (const [row, value] of values.entries()) {
    if (value !== null) holding.linear.data.setUint32(codes + row * 4, codeOf.get(keyOf(value))!, true);
  }
  const entries = writePlain(holding, type, distinct, form.width);
  return {
    type,
    validity,
    values: codes,
    bytes: 0,
    dictionary: { id: nextDictionaryId(), size: distinct.length, values: { ...entries, bits: form.bits } },
    width: entries.width,
    bits: form.bits,
  };
}

/** Equal for the same value only: a map holds 0 and -0 to be equal, and arrays by identity. */
function keyOf(value: Value): unknown {
  if (Object.is(value, -0)) return '-0';
  if (value instanceof Uint8Array) return `bytes ${value.join()}`;
  return typeof value === 'object' && value !== null ? value : value;
}

/**
 * `value` in each of `rowCount` rows, as a dictionary of one entry; `zeroCodes` is the address of as many codes of zero,
 * which constants may share. @throws MemoryBudgetExceeded
 */
export function constantColumn(
  holding: Holding,
  type: DataType,
  value: Value,
  rowCount: number,
  zeroCodes: number = holding.allocateZeroed(rowCount * 4).address,
): Column {
  const entry = { ...writePlain(holding, type, [value], undefined), bits: undefined };
  return {
    type,
    validity: value === null ? writeBits(holding, rowCount, () => false) : 0,
    values: zeroCodes,
    bytes: 0,
    dictionary: { id: nextDictionaryId(), size: 1, values: entry },
    width: entry.width,
    bits: undefined,
  };
}

/** A batch of `rows`, each with one value per field. `forms` says how each column is laid out. */
export function batchFromRows(
  holding: Holding,
  schema: Schema,
  rows: readonly (readonly Value[])[],
  forms: readonly ColumnForm[] = [],
): Batch {
  const columns = schema.fields.map(({ type }, index) =>
    columnFromValues(
      holding,
      type,
      rows.map((row) => row[index]!),
      forms[index],
    ),
  );
  return new Batch(schema, rows.length, columns);
}

function writeBits(holding: Holding, rowCount: number, bit: (row: number) => boolean): number {
  const { address } = holding.allocateZeroed(Math.ceil(rowCount / 8));
  const { u8 } = holding.linear;
  for (let row = 0; row < rowCount; row++) {
    if (bit(row)) u8[address + (row >>> 3)]! |= 1 << (row & 7);
  }
  return address;
}

/** A plain column without validity; zeros, empty strings and empty lists under nulls. */
function writePlain(
  holding: Holding,
  type: DataType,
  values: readonly Value[],
  decimalWidth: 8 | 16 | undefined,
): Column {
  const width = type.kind === 'decimal' ? (decimalWidth ?? fixedWidth(type) ?? 8) : (fixedWidth(type) ?? 0);
  const column = { type, validity: 0, values: 0, bytes: 0, dictionary: undefined, width, bits: undefined };
  switch (storageType(type).kind) {
    case 'null':
      return column;
    case 'bool':
      return { ...column, values: writeBits(holding, values.length, (row) => values[row] === true) };
    case 'utf8':
      return { ...column, ...writeText(holding, values) };
    case 'binary':
      return { ...column, ...writeBytes(holding, values) };
    case 'list':
    case 'map':
    case 'fixed-size-list':
    case 'struct':
      return { ...column, ...writeNested(holding, type, values) };
    default:
      return { ...column, values: writeFixedValues(holding, type, width, values) };
  }
}

function writeFixedValues(holding: Holding, type: DataType, width: number, values: readonly Value[]): number {
  const { address } = holding.allocateZeroed(values.length * width);
  const { linear } = holding;
  const elements = elementsOf(linear, type, width);
  if (elements !== undefined) {
    const first = address / width;
    for (let row = 0; row < values.length; row += 1) {
      const value = values[row]!;
      if (value !== null) elements[first + row] = value;
    }
    return address;
  }
  for (const [row, value] of values.entries()) {
    if (value !== null) writeFixed(linear, type, width, address + row * width, value);
  }
  return address;
}

/** The memory as elements into which values of the type are stored as they are, where there is such a view. */
function elementsOf(linear: LinearMemory, { kind }: DataType, width: number): { [index: number]: Value } | undefined {
  const name = kind === 'decimal' && width !== 8 ? undefined : VIEWS[kind];
  return name && (linear[name] as unknown as { [index: number]: Value });
}

const VIEWS: Readonly<Partial<Record<DataType['kind'], 'i32' | 'u32' | 'f32' | 'f64' | 'i64' | 'u64'>>> = {
  int32: 'i32',
  date: 'i32',
  uint32: 'u32',
  float32: 'f32',
  float64: 'f64',
  int64: 'i64',
  time: 'i64',
  timestamp: 'i64',
  duration: 'i64',
  decimal: 'i64',
  uint64: 'u64',
};

const NOTHING = new Uint8Array(0);

/** Texts are joined and written at once; where all are ASCII nothing is encoded. */
function writeText(holding: Holding, values: readonly Value[]): { values: number; bytes: number } {
  const joined = values.join('');
  const byteLength = Buffer.byteLength(joined);
  const isAscii = byteLength === joined.length;
  const offsets = holding.allocateZeroed((values.length + 1) * 4).address;
  const bytes = holding.allocateZeroed(byteLength).address;
  const { u8, i32 } = holding.linear;
  Buffer.from(u8.buffer as ArrayBuffer, bytes, byteLength).write(joined, isAscii ? 'latin1' : 'utf8');
  let at = offsets / 4;
  let end = 0;
  for (const value of values) {
    if (value !== null) end += isAscii ? (value as string).length : Buffer.byteLength(value as string);
    at += 1;
    i32[at] = end;
  }
  return { values: offsets, bytes };
}

function writeBytes(holding: Holding, values: readonly Value[]): { values: number; bytes: number } {
  const rows = values.map((value) => (value instanceof Uint8Array ? value : NOTHING));
  const offsets = holding.allocateZeroed((values.length + 1) * 4).address;
  const bytes = holding.allocateZeroed(rows.reduce((total, { byteLength }) => total + byteLength, 0)).address;
  const { u8, data } = holding.linear;
  let end = 0;
  for (const [row, text] of rows.entries()) {
    u8.set(text, bytes + end);
    end += text.byteLength;
    data.setInt32(offsets + row * 4 + 4, end, true);
  }
  return { values: offsets, bytes };
}

const partsOf = (value: Value | undefined): readonly Value[] => (Array.isArray(value) ? value : []);

function writeNested(
  holding: Holding,
  type: DataType,
  values: readonly Value[],
): { values: number; children: readonly Column[] } {
  const stored = storageType(type);
  const types = childTypes(type);
  if (stored.kind === 'struct') {
    const fields = types.map((_, n) => values.map((value) => partsOf(value)[n] ?? null));
    return { values: 0, children: types.map((child, n) => columnFromValues(holding, child, fields[n]!)) };
  }
  const [item] = types;
  if (stored.kind === 'fixed-size-list') {
    const { size } = stored;
    const items = values.flatMap((value) => (value === null ? new Array<Value>(size).fill(null) : partsOf(value)));
    assert.equal(items.length, values.length * size, `${type.kind}: a value has another size`);
    return { values: 0, children: [columnFromValues(holding, item!, items)] };
  }
  const offsets = holding.allocateZeroed((values.length + 1) * 4).address;
  let end = 0;
  for (const [row, value] of values.entries()) {
    end += partsOf(value).length;
    holding.linear.data.setInt32(offsets + row * 4 + 4, end, true);
  }
  return { values: offsets, children: [columnFromValues(holding, item!, values.flatMap(partsOf))] };
}

/** Writes one value of a type with a fixed width at `at`. */
export function writeFixed(
  { data, u8 }: LinearMemory,
  type: DataType,
  width: number,
  at: number,
  value: NonNullable<Value>,
): void {
  switch (type.kind) {
    case 'int8':
    case 'uint8':
      data.setUint8(at, Number(value));
      break;
    case 'int16':
    case 'uint16':
      data.setUint16(at, Number(value), true);
      break;
    case 'int32':
    case 'uint32':
    case 'date':
      data.setUint32(at, Number(value), true);
      break;
    case 'float16':
      data.setFloat16(at, Number(value), true);
      break;
    case 'float32':
      data.setFloat32(at, Number(value), true);
      break;
    case 'float64':
      data.setFloat64(at, Number(value), true);
      break;
    case 'interval': {
      const { months, days, nanoseconds } = value as Interval;
      data.setInt32(at, months, true);
      data.setInt32(at + 4, days, true);
      data.setBigInt64(at + 8, nanoseconds, true);
      break;
    }
    case 'uuid':
      u8.set(uuidBytes(String(value)) ?? assert.fail('a uuid of another form'), at);
      break;
    case 'fixed-size-binary':
      assert.ok(value instanceof Uint8Array && value.byteLength === width, 'a value of another size');
      u8.set(value, at);
      break;
    default: {
      assert.ok(typeof value === 'bigint' || typeof value === 'number', `${type.kind} has no fixed width`);
      data.setBigInt64(at, BigInt(value), true);
      if (width === 16) data.setBigInt64(at + 8, BigInt(value) >> 64n, true);
    }
  }
}
