/**
 * Batches of results, which outlive the memory that they were made in: copied into one buffer of JavaScript's each, with the layout that they
 * had, so that whatever reads columns reads them there too. Nobody has accounted for them.
 *
 *     linear memory   │ … │ values │ … │ validity │ … │ bytes │ …      ──keepBatch──▶    │ 64 │ validity │ values │ bytes │
 *                                                                     ◀──placeBatch──
 *
 * Of a dictionary that has more entries than the batch has rows, those are kept that the rows have.
 */

import type { Holding } from '../memory/budget.ts';
import type { MemoryViews } from '../memory/linear-memory.ts';
import { Batch } from './batch.ts';
import { type Column, nextDictionaryId } from './column.ts';
import { isBytes, storageType } from './data-type.ts';
import type { Schema } from './schema.ts';
import type { Value } from './value.ts';
import { valueReader } from './value-reader.ts';

/** Address 0 says that there is nothing. */
const FIRST_ADDRESS = 64;

export class KeptBatch {
  readonly batch: Batch;
  /** Where the addresses of its columns lead. */
  readonly memory: MemoryViews;

  constructor(batch: Batch, memory: MemoryViews) {
    this.batch = batch;
    this.memory = memory;
  }

  get schema(): Schema {
    return this.batch.schema;
  }

  get rowCount(): number {
    return this.batch.rowCount;
  }

  /** One row after the other, made while they are asked for. */
  *rows(): Generator<readonly Value[]> {
    const { columns, rowCount } = this.batch;
    const readers = columns.map((column) => valueReader(this.memory, column, rowCount));
    for (let row = 0; row < rowCount; row += 1) yield readers.map((read) => read(row));
  }
}

export function keepBatch(batch: Batch, from: MemoryViews): KeptBatch {
  const to = new GrowingRoom();
  const columns = batch.columns.map((column) => copyColumn(column, batch.rowCount, { from, to }));
  return new KeptBatch(new Batch(batch.schema, batch.rowCount, columns), to.closed());
}

/** Copies the rows into memory of `holding`. @throws MemoryBudgetExceeded */
export function placeBatch({ batch, memory }: KeptBatch, holding: Holding): Batch {
  const to: Room = { allocate: (bytes) => holding.allocate(bytes).address, views: () => holding.linear };
  const columns = batch.columns.map((column) => copyColumn(column, batch.rowCount, { from: memory, to }));
  return new Batch(batch.schema, batch.rowCount, columns);
}

/** Where columns are copied to. */
interface Room {
  /** The address of so many bytes more. */
  allocate(bytes: number): number;
  /** As they are until more is allocated. */
  views(): MemoryViews;
}

interface Copying {
  readonly from: MemoryViews;
  readonly to: Room;
}

/** One buffer, a multiple of 16 bytes, as numbers of all sizes. */
class BufferViews implements MemoryViews {
  readonly u8: Uint8Array;
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly i64: BigInt64Array;
  readonly u64: BigUint64Array;
  readonly f32: Float32Array;
  readonly f64: Float64Array;
  readonly data: DataView;

  constructor(buffer: ArrayBuffer) {
    this.u8 = new Uint8Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.i64 = new BigInt64Array(buffer);
    this.u64 = new BigUint64Array(buffer);
    this.f32 = new Float32Array(buffer);
    this.f64 = new Float64Array(buffer);
    this.data = new DataView(buffer);
  }
}

/** A buffer that grows. */
class GrowingRoom implements Room {
  #buffer: ArrayBuffer = new ArrayBuffer(4096);
  #views: MemoryViews = new BufferViews(this.#buffer);
  #end: number = FIRST_ADDRESS;

  allocate(bytes: number): number {
    const address = this.#end;
    this.#end = Math.ceil((address + bytes) / 16) * 16;
    if (this.#end > this.#buffer.byteLength) this.#resize(Math.max(this.#end, this.#buffer.byteLength * 2));
    return address;
  }

  views(): MemoryViews {
    return this.#views;
  }

  /** Without what it may still have grown into. */
  closed(): MemoryViews {
    this.#resize(this.#end);
    return this.#views;
  }

  #resize(bytes: number): void {
    this.#buffer = this.#buffer.transfer(bytes);
    this.#views = new BufferViews(this.#buffer);
  }
}

function copyBytes(start: number, bytes: number, { from, to }: Copying): number {
  const address = to.allocate(bytes);
  to.views().u8.set(from.u8.subarray(start, start + bytes), address);
  return address;
}

function copyColumn(column: Column, rowCount: number, copying: Copying): Column {
  const { type, dictionary, children, width } = column;
  const validity = column.validity === 0 ? 0 : copyBytes(column.validity, Math.ceil(rowCount / 8), copying);
  if (dictionary !== undefined) {
    const isLarge = dictionary.size > rowCount && dictionary.values.children === undefined;
    const copied = isLarge
      ? copyCodes(column, dictionary.values, rowCount, copying)
      : {
          values: copyBytes(column.values, rowCount * 4, copying),
          dictionary: { ...dictionary, values: copyColumn(dictionary.values, dictionary.size, copying) },
        };
    return { ...column, ...copied, validity };
  }
  if (type.kind === 'null') return { ...column, validity };
  if (children !== undefined) return { ...column, validity, ...copyNested(column, children, rowCount, copying) };
  if (isBytes(type)) return { ...column, validity, ...copyTexts(column, rowCount, copying) };
  const bytes = type.kind === 'bool' ? Math.ceil(rowCount / 8) : rowCount * width;
  return { ...column, validity, values: copyBytes(column.values, bytes, copying) };
}

function copyNested(
  { type, values }: Column,
  children: readonly Column[],
  rowCount: number,
  copying: Copying,
): Pick<Column, 'values' | 'children'> {
  const stored = storageType(type);
  const hasOffsets = stored.kind === 'list' || stored.kind === 'map';
  const items = stored.kind === 'fixed-size-list' ? rowCount * stored.size : rowCount;
  // Where nothing is, there may be no offsets.
  const childRows = !hasOffsets ? items : rowCount === 0 ? 0 : copying.from.i32[(values >>> 2) + rowCount]!;
  return {
    values: !hasOffsets ? 0 : rowCount === 0 ? copying.to.allocate(4) : copyBytes(values, (rowCount + 1) * 4, copying),
    children: children.map((child) => copyColumn(child, childRows, copying)),
  };
}

/** Without what lies before the first of them. */
function copyTexts(
  { values, bytes }: Column,
  rowCount: number,
  { from, to }: Copying,
): Pick<Column, 'values' | 'bytes'> {
  const offsets = from.i32.subarray(values >>> 2, (values >>> 2) + rowCount + 1);
  const [start, end] = rowCount === 0 ? [0, 0] : [offsets[0]!, offsets[rowCount]!];
  const address = to.allocate((rowCount + 1) * 4);
  const text = copyBytes(bytes + start, end - start, { from, to });
  const { i32 } = to.views();
  for (let row = 0; row <= rowCount; row += 1) i32[(address >>> 2) + row] = rowCount === 0 ? 0 : offsets[row]! - start;
  return { values: address, bytes: text };
}

/** Codes anew, in the order in which entries are first met; 0 where null. */
function copyCodes(
  { values, validity }: Column,
  entries: Column,
  rowCount: number,
  copying: Copying,
): Pick<Column, 'values' | 'dictionary'> {
  const { from, to } = copying;
  const { u8, u32 } = from;
  const address = to.allocate(rowCount * 4);
  const codes = to.views().u32.subarray(address >>> 2, (address >>> 2) + rowCount);
  const known = new Map<number, number>();
  for (let row = 0; row < rowCount; row += 1) {
    const isNull = validity !== 0 && ((u8[validity + (row >>> 3)]! >>> (row & 7)) & 1) === 0;
    const entry = u32[(values >>> 2) + row]!;
    const code = isNull ? 0 : (known.get(entry) ?? known.size);
    if (!isNull) known.set(entry, code);
    codes[row] = code;
  }
  if (known.size === 0) known.set(0, 0);
  const taken = takeEntries(entries, [...known.keys()], copying);
  return { values: address, dictionary: { id: nextDictionaryId(), size: known.size, values: taken } };
}

/** These rows of a plain column without nulls that is not nested. */
function takeEntries(column: Column, rows: readonly number[], copying: Copying): Column {
  const { from, to } = copying;
  const { u8, i32 } = from;
  const { type, values, bytes, width } = column;
  if (isBytes(type)) {
    const first = values >>> 2;
    const pieces = rows.map((row) => u8.subarray(bytes + i32[first + row]!, bytes + i32[first + row + 1]!));
    const offsets = to.allocate((rows.length + 1) * 4);
    const start = to.allocate(pieces.reduce((sum, { byteLength }) => sum + byteLength, 0));
    const room = to.views();
    let end = 0;
    room.i32[offsets >>> 2] = 0;
    for (const [index, piece] of pieces.entries()) {
      room.u8.set(piece, start + end);
      end += piece.byteLength;
      room.i32[(offsets >>> 2) + index + 1] = end;
    }
    return { ...column, values: offsets, bytes: start };
  }
  const address = to.allocate(rows.length * Math.max(width, 1));
  const room = to.views().u8;
  if (type.kind === 'bool') {
    room.fill(0, address, address + Math.ceil(rows.length / 8));
    for (const [index, row] of rows.entries()) {
      const bit = (u8[values + (row >>> 3)]! >>> (row & 7)) & 1;
      room[address + (index >>> 3)]! |= bit << (index & 7);
    }
  } else {
    for (const [index, row] of rows.entries()) {
      room.set(u8.subarray(values + row * width, values + (row + 1) * width), address + index * width);
    }
  }
  return { ...column, values: address };
}
