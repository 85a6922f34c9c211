/**
 * Arrow vectors as columns: checked, and copied into columns that keep the rules of column.ts. Several chunks of one
 * vector, as dictionaries that grew by deltas have, become one column.
 */

import { DataType as ArrowType, type Data } from 'apache-arrow';
import type { Holding } from '../memory/budget.ts';
import { checkOffsets, readBytes } from './bytes-from-arrow.ts';
import { type Column, nextDictionaryId } from './column.ts';
import { columnFromValues } from './column-from-values.ts';
import { childTypes, type DataType, fixedWidth, isBytes, isNested, storageType } from './data-type.ts';
import { readFixed } from './fixed-from-arrow.ts';
import { type Chunk, type Incoming, incoming, readValidity, refuse, writeBits } from './incoming-arrow.ts';
import type { Field } from './schema.ts';
import type { Value } from './value.ts';

/** Copies `data` into memory of `holding`. @throws InvalidArgument where its buffers contradict its type. */
export const columnFromArrow = (field: Field, data: Data, holding: Holding): Column =>
  readColumn(incoming(field, [{ data }]), holding);

function readColumn(column: Incoming, holding: Holding): Column {
  const isDictionary = column.chunks.some(({ data }) => ArrowType.isDictionary(data.type));
  return isDictionary ? readDictionary(column, holding) : readPlain(column, holding);
}

function readPlain(column: Incoming, holding: Holding): Column {
  const { type, chunks, rowCount } = column;
  const validity =
    type.kind === 'null' ? writeBits(chunks, rowCount, holding, () => () => false) : readValidity(column, holding);
  const base = { type, validity, values: 0, bytes: 0, dictionary: undefined, width: 0, bits: undefined };
  if (type.kind === 'null') return base;
  if (isNested(type)) return { ...base, ...readNested(column, holding) };
  if (isBytes(type)) return { ...base, ...readBytes(column, holding) };
  if (type.kind === 'bool') return { ...base, values: readBits(column, holding) };
  return { ...base, width: fixedWidth(type)!, values: readFixed(column, holding) };
}

function readBits({ name, chunks, rowCount }: Incoming, holding: Holding): number {
  return writeBits(chunks, rowCount, holding, ({ values, offset, length }) => {
    const bits = (values as Uint8Array | undefined) ?? new Uint8Array(0);
    if (bits.byteLength * 8 < offset + length) throw refuse(name, 'has fewer values than rows');
    return (row) => ((bits[(offset + row) >> 3]! >> ((offset + row) & 7)) & 1) === 1;
  });
}

type NestedParts = Pick<Column, 'values' | 'children'>;

function readNested(column: Incoming, holding: Holding): NestedParts {
  const stored = storageType(column.type);
  switch (stored.kind) {
    case 'struct':
      return { values: 0, children: stored.fields.map((field, index) => readField(column, field, index, holding)) };
    case 'fixed-size-list':
      return { values: 0, children: [readItems(column, stored.item, stored.size, holding)] };
    default:
      return readLists(column, holding);
  }
}

/** A field of a struct, which has as many rows. */
function readField({ name, chunks }: Incoming, field: Field, index: number, holding: Holding): Column {
  const part = { ...field, name: `${name}.${field.name}` };
  const pieces = chunks.map(({ data, isThere }) => ({
    data: rowsOf(part.name, data.children[index], 0, data.length),
    isVisible: isThere,
  }));
  return readColumn(incoming(part, pieces), holding);
}

/** The items of lists of `size` items each. */
function readItems({ name, chunks }: Incoming, type: DataType, size: number, holding: Holding): Column {
  const part = { name: `${name}.item`, type, nullable: true };
  const pieces = chunks.map(({ data, isThere }) => ({
    data: rowsOf(part.name, data.children[0], 0, data.length * size),
    isVisible: isThere && ((row: number) => isThere(Math.floor(row / size))),
  }));
  return readColumn(incoming(part, pieces), holding);
}

function rowsOf(name: string, data: Data | undefined, start: number, count: number): Data {
  if (data === undefined || data.length < start + count) throw refuse(name, 'has fewer rows than what it is part of');
  return start === 0 && count === data.length ? data : data.slice(start, count);
}

/** Offsets from zero on, an empty list where none is; items that belong to no list are left out. */
function readLists(column: Incoming, holding: Holding): NestedParts {
  const { name, type, chunks, rowCount } = column;
  const values = holding.allocate((rowCount + 1) * 4).address;
  const ends = holding.linear.i32;
  let to = values >> 2;
  let end = 0;
  ends[to] = 0;
  const pieces: { data: Data }[] = [];
  const isMap = type.kind === 'map';
  const part = { name: isMap ? name : `${name}.item`, type: childTypes(type)[0]!, nullable: !isMap };
  for (const { data, isThere } of chunks) {
    const [child] = data.children;
    checkOffsets(data, name, child?.length ?? 0, 'items');
    const offsets = data.valueOffsets;
    for (const [start, count] of ranges(data, isThere)) pieces.push({ data: rowsOf(part.name, child, start, count) });
    for (let row = 0; row < data.length; row += 1) {
      if (isThere === undefined || isThere(row)) end += Number(offsets[row + 1]) - Number(offsets[row]);
      to += 1;
      ends[to] = end;
    }
    if (end > 2 ** 31 - 1) throw refuse(name, `holds ${end} items, more than one batch can`);
  }
  return { values, children: [readColumn(incoming(part, pieces), holding)] };
}

/** Where the items of neighbouring lists that are there lie, and how many they are. */
function ranges({ valueOffsets, length }: Data, isThere: Chunk['isThere']): (readonly [number, number])[] {
  const found: [number, number][] = [];
  let [start, end] = [0, 0];
  for (let row = 0; row < length; row += 1) {
    const [from, behind] = [Number(valueOffsets[row]), Number(valueOffsets[row + 1])];
    if (from === behind || (isThere !== undefined && !isThere(row))) continue;
    if (from !== end) {
      if (end > start) found.push([start, end - start]);
      start = from;
    }
    end = behind;
  }
  if (end > start) found.push([start, end - start]);
  return found;
}

/**
 * Codes of 32 bits. A row whose entry is null becomes null itself: our dictionaries hold no nulls. Chunks of different
 * dictionaries become codes of all of their entries.
 */
function readDictionary(column: Incoming, holding: Holding): Column {
  const { name, type, chunks, rowCount } = column;
  const bases = new Map<unknown, number>();
  const pieces: Data[] = [];
  let size = 0;
  for (const { data } of chunks) {
    if (!ArrowType.isDictionary(data.type)) throw refuse(name, 'comes as a dictionary and not as one');
    if (bases.has(data.dictionary)) continue;
    bases.set(data.dictionary, size);
    const own = data.dictionary?.data ?? [];
    pieces.push(...own);
    size += own.reduce((sum, { length }) => sum + length, 0);
  }
  if (pieces.some((piece) => ArrowType.isDictionary(piece.type))) throw refuse(name, 'is a dictionary of dictionaries');
  const entries = readPlain(
    incoming(
      { name, type, nullable: true },
      pieces.map((data) => ({ data })),
    ),
    holding,
  );
  const validity = holding.allocateZeroed(Math.ceil(rowCount / 8)).address;
  const values = holding.allocateZeroed(rowCount * 4).address;
  const nulls = readCodes(column, { bases, entries, validity, values }, holding);
  if (size === 0) return nothingBut(column, holding);
  const dictionary = { id: nextDictionaryId(), size, values: { ...entries, validity: 0 } };
  return {
    type,
    values,
    bytes: 0,
    validity: nulls === 0 ? 0 : validity,
    dictionary,
    width: entries.width,
    bits: undefined,
  };
}

interface Codes {
  /** The first entry of each dictionary. */
  readonly bases: ReadonlyMap<unknown, number>;
  readonly entries: Column;
  readonly validity: number;
  readonly values: number;
}

/** Writes bitmap and codes, and gives the number of nulls. What is hidden has the code 0, and is null where it can be. */
function readCodes(
  { name, chunks, nullable }: Incoming,
  { bases, entries, validity, values }: Codes,
  holding: Holding,
): number {
  const { u8, u32 } = holding.linear;
  const isEntry = (entry: number): boolean =>
    entries.validity === 0 || ((u8[entries.validity + (entry >> 3)]! >> (entry & 7)) & 1) === 1;
  let [to, nulls] = [-1, 0];
  for (const { data, isThere } of chunks) {
    const base = bases.get(data.dictionary) ?? 0;
    const size = data.dictionary?.length ?? 0;
    for (let row = 0; row < data.length; row += 1) {
      to += 1;
      if (isThere !== undefined && !isThere(row)) {
        nulls += nullable ? 1 : 0;
        continue;
      }
      const code = Number(data.values[row]);
      if (!(code >= 0 && code < size)) throw refuse(name, `has an index beyond its dictionary in row ${row}`);
      if (!isEntry(base + code)) {
        if (!nullable) throw refuse(name, 'holds nulls, which its field rules out');
        nulls += 1;
        continue;
      }
      u8[validity + (to >> 3)]! |= 1 << (to & 7);
      u32[(values >> 2) + to] = base + code;
    }
  }
  return nulls;
}

/** A plain column: codes need an entry, also where all of them are null. */
function nothingBut({ type, rowCount, nullable }: Incoming, holding: Holding): Column {
  const column = columnFromValues(holding, type, new Array<Value>(rowCount).fill(null));
  return nullable ? column : { ...column, validity: 0 };
}
