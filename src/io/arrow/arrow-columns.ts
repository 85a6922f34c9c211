/**
 * Columns of a record batch, or of a dictionary, out of its buffers.
 *
 *     buffers    │ validity │ values │ validity │ offsets │ bytes │ …        of each column and part, depth first
 *                     ╲        ╱          views of where they lie, if they lie as ours do; else they are moved or converted
 *
 * Nothing that is claimed is believed: a buffer is where its bytes are, or an error; what kernels rely on is checked or made true.
 * What lies under a null is made zero, in place. A text or a list that lies there, which Arrow allows, makes its column be
 * gathered anew; so do codes that stand inside of another column, or whose dictionary has nulls: they become values.
 */

import type { Column } from '../../columnar/column.ts';
import { type DataType, fixedWidth, storageType } from '../../columnar/data-type.ts';
import { GatheredColumn } from '../../compile/gathered-column.ts';
import { MalformedFile } from '../../errors.ts';
import { arrowKernels } from '../../kernels/arrow-kernels.ts';
import { parquetKernels } from '../../kernels/parquet-kernels.ts';
import { partitionKernels } from '../../kernels/partition-kernels.ts';
import { takeKernels } from '../../kernels/take-kernels.ts';
import type { Holding } from '../../memory/budget.ts';
import type { LentRegions } from '../../memory/lent-regions.ts';
import { bitmapBytes, ColumnChecks } from '../column-checks.ts';
import { decompress } from '../parquet/decompress.ts';
import type { ArrowBatch, ArrowColumn, ArrowDictionary, FixedForm } from './arrow-metadata.ts';
import type { ArrowReading } from './arrow-reading.ts';
import { lz4Frame } from './lz4-frame.ts';

/** Where the rows of a column are in a batch. */
export interface PlacedColumn {
  readonly rows: number;
  readonly nulls: number;
  /** The first of its buffers, by their numbers in the batch, and how many there are. */
  readonly firstBuffer: number;
  readonly bufferCount: number;
}

export type Placement = ReadonlyMap<ArrowColumn, PlacedColumn>;

/** Where all of `columns` and their parts are. `isDictionary`: they are the values of one. @throws MalformedFile */
export function placeColumns(
  uri: string,
  columns: readonly ArrowColumn[],
  batch: ArrowBatch,
  isDictionary: boolean = false,
): Placement {
  const placed = new Map<ArrowColumn, PlacedColumn>();
  let [node, buffer, view] = [0, 0, 0];
  const place = (column: ArrowColumn, isEncoded: boolean): void => {
    const { rows, nulls } = batch.nodes[node++] ?? {};
    const count = isEncoded ? 2 : buffersOf(column, () => batch.viewBuffers[view++] ?? 0);
    if (rows === undefined || nulls === undefined || buffer + count > batch.buffers.length) {
      throw new MalformedFile(uri, 'a record batch has fewer columns than its schema');
    }
    placed.set(column, { rows, nulls, firstBuffer: buffer, bufferCount: count });
    buffer += count;
    if (!isEncoded) for (const child of column.children) place(child, child.dictionary !== undefined);
  };
  for (const column of columns) place(column, column.dictionary !== undefined && !isDictionary);
  return placed;
}

function buffersOf({ layout }: ArrowColumn, viewBuffers: () => number): number {
  switch (layout.kind) {
    case 'null':
      return 0;
    case 'struct':
    case 'fixed-size-list':
      return 1;
    case 'bytes':
      return 3;
    case 'view':
      return 2 + viewBuffers();
    case 'other':
      return layout.buffers;
    default:
      return 2;
  }
}

/** The numbers of the buffers that reading takes. */
export function buffersRead(readings: readonly ArrowReading[], placement: Placement, isDictionary = false): number[] {
  return readings.flatMap(({ column, children }) => {
    const { firstBuffer = 0, bufferCount = 0 } = placement.get(column) ?? {};
    const own = Array.from({ length: bufferCount }, (_, index) => firstBuffer + index);
    const isEncoded = column.dictionary !== undefined && !isDictionary;
    return isEncoded ? own : [...own, ...buffersRead(children, placement)];
  });
}

/** Bytes that are in memory. */
export interface Bytes {
  readonly address: number;
  readonly byteLength: number;
}

/** The entries of a dictionary. */
export interface Entries {
  readonly id: number;
  readonly size: number;
  /** Plain; null where an entry is. */
  readonly values: Column;
}

export interface BatchSource {
  readonly uri: string;
  readonly batch: ArrowBatch;
  readonly placement: Placement;
  /** A buffer, as it is stored, at a multiple of 8; undefined for none that was read. */
  readonly stored: (buffer: number) => Bytes | undefined;
  /** By the number of the dictionary; undefined where none has come. */
  readonly entries: (dictionary: ArrowDictionary, reading: ArrowReading) => Entries | undefined;
  /** What is needed beside the buffers; it lives as long as the columns. */
  readonly regions: LentRegions;
  /** Ditto, of what is gathered: it waits for nothing. */
  readonly gathered: Holding;
  /** What decompression takes beside linear memory. */
  readonly workplace: Holding;
}

/** Offsets are int32. */
const MOST_ITEMS = 2 ** 31 - 1;

export class BatchColumns {
  readonly #source: BatchSource;
  readonly #checks: ColumnChecks;
  /** Of the column at hand. */
  #name = '';

  constructor(source: BatchSource) {
    this.#source = source;
    this.#checks = new ColumnChecks(source.regions, (detail) => this.#refuse(detail));
  }

  /** All rows of a column. `isDictionary`: it is the values of one. @throws MalformedFile, MemoryBudgetExceeded */
  column(reading: ArrowReading, isDictionary: boolean = false): Column {
    this.#name = reading.column.name;
    return this.#column(reading, { rows: this.#source.batch.rows, hidden: 0, isDictionary, isInside: false });
  }

  #column(
    reading: ArrowReading,
    given: { rows: number; hidden: number; isDictionary: boolean; isInside: boolean },
  ): Column {
    const { column, type } = reading;
    const { rows, hidden, isDictionary, isInside } = given;
    const placed = this.#source.placement.get(column);
    if (placed === undefined || placed.rows < rows) throw this.#refuse('has fewer rows than what it is part of');
    const base = { type, bytes: 0, dictionary: undefined, width: fixedWidth(type) ?? 0, bits: undefined };
    if (column.layout.kind === 'null') {
      return { ...base, validity: this.#source.regions.allocateZeroed(bitmapBytes(rows)).address, values: 0 };
    }
    const own = this.#validity(placed, rows, hidden);
    const nulls = own === 0 ? hidden : own;
    // What may not be null is zero where something around it is.
    const validity = own === 0 && hidden !== 0 && column.nullable ? hidden : own;
    if (column.dictionary !== undefined && !isDictionary) {
      return this.#codes(reading, column.dictionary, { rows, validity, nulls, isInside });
    }
    const { layout } = column;
    switch (layout.kind) {
      case 'bool': {
        const values = this.#buffer(placed, 1, Math.ceil(rows / 8));
        this.#checks.zeroNulls(0, values, rows, nulls);
        return { ...base, validity, values };
      }
      case 'fixed': {
        const { values, width } = this.#fixed(type, layout, placed, rows, nulls);
        const bits = this.#checks.bitsOf(type, width, values, rows);
        return { ...base, validity, values, width, bits };
      }
      case 'bytes':
      case 'view': {
        const texts = layout.kind === 'view' ? this.#views(placed, rows, nulls) : this.#texts(layout, placed, rows);
        const found = this.#emptied({ ...base, validity, ...texts }, rows, nulls);
        this.#checks.checkTexts(type, found.values, rows, found.bytes);
        return found;
      }
      case 'list':
        return this.#list(reading, layout, placed, { ...base, validity, values: 0 }, rows, nulls);
      default: {
        const inside = layout.kind === 'struct' ? rows : this.#itemsOf(type, rows);
        const hiddenInside = this.#checks.nullsInside(type, rows, nulls);
        const part = { rows: inside, hidden: hiddenInside, isDictionary: false, isInside: true };
        return { ...base, validity, values: 0, children: reading.children.map((child) => this.#column(child, part)) };
      }
    }
  }

  #itemsOf(type: DataType, rows: number): number {
    const stored = storageType(type);
    const items = stored.kind === 'fixed-size-list' ? rows * stored.size : 0;
    if (items > MOST_ITEMS) throw this.#refuse('has too many items');
    return items;
  }

  /** 0 where no row is null. */
  #validity(placed: PlacedColumn, rows: number, hidden: number): number {
    if (placed.nulls === 0 || rows === 0) return 0;
    const validity = this.#buffer(placed, 0, Math.ceil(rows / 8));
    this.#checks.zeroNulls(0, validity, rows, hidden);
    return takeKernels(this.#source.regions.linear).countBits(validity, rows) === rows ? 0 : validity;
  }

  #fixed(
    type: DataType,
    { storedBytes, form }: { readonly storedBytes: number; readonly form: FixedForm },
    placed: PlacedColumn,
    rows: number,
    nulls: number,
  ): { values: number; width: number } {
    const width = type.kind === 'decimal' ? (form === 'same' && storedBytes === 16 ? 16 : 8) : (fixedWidth(type) ?? 0);
    const from = this.#buffer(placed, 1, rows * storedBytes);
    this.#checks.zeroNulls(storedBytes, from, rows, nulls);
    if (form === 'same') {
      this.#checkClock(type, from, rows);
      return { values: from, width };
    }
    const { linear } = this.#source.regions;
    const to = this.#source.regions.allocate(rows * width).address;
    const fits = converted(form, linear, from, rows, to);
    if (!fits) throw this.#refuse('has a value that is none of its type');
    this.#checkClock(type, to, rows);
    return { values: to, width };
  }

  /** A time of day is below a day. */
  #checkClock(type: DataType, values: number, rows: number): void {
    if (type.kind !== 'time') return;
    const day = 86_400n * (type.unit === 'ns' ? 1_000_000_000n : 1_000_000n);
    const { linear } = this.#source.regions;
    if (!parquetKernels(linear).areBelow8(values, rows, day)) throw this.#refuse('has a time that is none of a day');
  }

  #texts({ offsetBytes }: { readonly offsetBytes: number }, placed: PlacedColumn, rows: number) {
    const values = this.#offsets(offsetBytes, placed, rows);
    const { u32 } = this.#source.regions.linear;
    const bytes = this.#buffer(placed, 2, u32[(values >>> 2) + rows] ?? 0);
    return { values, bytes };
  }

  #offsets(offsetBytes: number, placed: PlacedColumn, rows: number): number {
    const { regions } = this.#source;
    // Without rows there may be no offset either.
    if (rows === 0) return regions.allocateZeroed(8).address;
    const from = this.#buffer(placed, 1, (rows + 1) * offsetBytes);
    let offsets = from;
    if (offsetBytes === 8) {
      offsets = regions.allocate((rows + 1) * 4).address;
      const fits = arrowKernels(regions.linear).narrowOffsets(from, rows, offsets);
      if (!fits) throw this.#refuse('has an offset beyond 2 GiB, or before the beginning');
    }
    if (!partitionKernels(regions.linear).offsetsAscend(offsets, rows)) throw this.#refuse('has offsets that are none');
    return offsets;
  }

  #views(placed: PlacedColumn, rows: number, nulls: number): { values: number; bytes: number } {
    const { regions } = this.#source;
    const views = this.#buffer(placed, 1, rows * 16);
    this.#checks.zeroNulls(16, views, rows, nulls);
    const count = placed.bufferCount - 2;
    const table = regions.allocate(count * 8).address;
    for (let index = 0; index < count; index += 1) {
      const { address, byteLength } = this.#bytes(placed.firstBuffer + 2 + index);
      regions.linear.u32.set([address, byteLength], (table >>> 2) + index * 2);
    }
    const values = regions.allocate((rows + 1) * 4).address;
    const kernels = arrowKernels(regions.linear);
    const total = Number(kernels.measureViews(views, rows, table, count, values));
    if (total < 0) throw this.#refuse('has a view beyond its bytes');
    const bytes = regions.allocate(total).address;
    kernels.moveViews(views, rows, table, values, bytes);
    return { values, bytes };
  }

  #list(
    reading: ArrowReading,
    { offsetBytes }: { readonly offsetBytes: number },
    placed: PlacedColumn,
    base: Column,
    rows: number,
    nulls: number,
  ): Column {
    const values = this.#offsets(offsetBytes, placed, rows);
    const [item] = reading.children;
    if (item === undefined) throw this.#refuse('has nothing inside');
    const inside = this.#source.regions.linear.u32[(values >>> 2) + rows] ?? 0;
    const child = this.#column(item, { rows: inside, hidden: 0, isDictionary: false, isInside: true });
    const found = this.#emptied({ ...base, values, children: [child] }, rows, nulls);
    const [entries] = found.children ?? [];
    if (reading.type.kind === 'map' && entries !== undefined) {
      const { u32 } = this.#source.regions.linear;
      this.#checks.checkEntries(entries, u32[(found.values >>> 2) + rows] ?? 0);
    }
    return found;
  }

  #codes(
    reading: ArrowReading,
    dictionary: ArrowDictionary,
    { rows, validity, nulls, isInside }: { rows: number; validity: number; nulls: number; isInside: boolean },
  ): Column {
    const { column, type } = reading;
    const { indexBytes, isSigned } = dictionary;
    const { placement, regions } = this.#source;
    const placed = placement.get(column);
    if (placed === undefined) throw this.#refuse('is nowhere');
    const from = this.#buffer(placed, 1, rows * indexBytes);
    const codes = indexBytes === 4 ? from : regions.allocate(rows * 4).address;
    if (indexBytes !== 4) arrowKernels(regions.linear).widenCodes(from, indexBytes, isSigned, rows, codes);
    this.#checks.zeroNulls(4, codes, rows, nulls);
    const entries = this.#source.entries(dictionary, reading);
    const base = { type, validity, values: codes, bytes: 0, bits: undefined };
    if (entries === undefined || entries.size === 0) {
      const none = this.#checks.emptyDictionary(type, rows, nulls);
      return { ...base, width: none.values.width, dictionary: none };
    }
    const { values, size, id } = entries;
    this.#checks.checkCodes(codes, rows, size);
    if (!isInside && values.validity === 0) {
      return { ...base, width: values.width, bits: values.bits, dictionary: { id, size, values } };
    }
    return this.#gather(values, codes, rows, nulls);
  }

  /** The column, without what lies under its nulls. */
  #emptied(column: Column, rows: number, nulls: number): Column {
    if (this.#checks.areEmptyUnderNulls(column.values, rows, nulls)) return column;
    const numbers = this.#source.regions.allocate(rows * 4).address;
    takeKernels(this.#source.regions.linear).repeatNumbers(0, rows, 1, numbers);
    return { ...this.#gather(column, numbers, rows, nulls), validity: column.validity };
  }

  #gather(column: Column, numbers: number, rows: number, present: number): Column {
    return new GatheredColumn(column.type, this.#source.gathered).gather(column, numbers, rows, present);
  }

  /** The address of a buffer of at least `byteLength` bytes. */
  #buffer({ firstBuffer }: PlacedColumn, index: number, byteLength: number): number {
    const bytes = this.#bytes(firstBuffer + index);
    if (bytes.byteLength < byteLength) throw this.#refuse('has fewer values than rows');
    return bytes.address;
  }

  /** Decompressed. */
  #bytes(buffer: number): Bytes {
    const { batch, regions, stored, workplace } = this.#source;
    const found = stored(buffer);
    if (found === undefined) throw this.#refuse('has a buffer that was not read');
    if (batch.codec === 'none' || found.byteLength === 0) return found;
    if (found.byteLength < 8) throw this.#refuse('has a compressed buffer that is too short');
    const { address, byteLength } = found;
    const plainBytes = Number(regions.linear.data.getBigInt64(address, true));
    if (plainBytes === -1) return { address: address + 8, byteLength: byteLength - 8 };
    if (!Number.isSafeInteger(plainBytes) || plainBytes < 0) throw this.#refuse('has a buffer of no size');
    const plain = regions.allocate(plainBytes);
    const { linear } = regions;
    const [from, to] = [address + 8, plain.address];
    const isWhole =
      batch.codec === 'LZ4_FRAME'
        ? lz4Frame(linear, from, byteLength - 8, to, plainBytes)
        : decompress(
            'ZSTD',
            { holding: workplace, kernels: parquetKernels(linear) },
            from,
            byteLength - 8,
            to,
            plainBytes,
          );
    if (!isWhole) throw this.#refuse(`has a buffer that is not the ${plainBytes} bytes that it claims`);
    return { address: to, byteLength: plainBytes };
  }

  #refuse(detail: string): MalformedFile {
    return new MalformedFile(this.#source.uri, `the column ${this.#name} ${detail}`);
  }
}

function converted(
  form: Exclude<FixedForm, 'same'>,
  linear: Holding['linear'],
  from: number,
  rows: number,
  to: number,
): boolean {
  const kernels = arrowKernels(linear);
  const numbers = parquetKernels(linear);
  switch (form) {
    case 'decimal4':
      return numbers.widen4To8(from, rows, true, to) !== 0;
    case 'decimal16':
      return kernels.narrow16To8(from, rows, to) !== 0;
    case 'milliseconds':
      return kernels.daysOfMilliseconds(from, rows, to) !== 0;
    case 'time-s':
      return numbers.widen4To8(from, rows, true, to) !== 0 && numbers.scale8(to, rows, 1_000_000n, to) !== 0;
    case 'time-ms':
      return numbers.widen4To8(from, rows, true, to) !== 0 && numbers.scale8(to, rows, 1_000n, to) !== 0;
    case 'months':
      kernels.intervalsOfMonths(from, rows, to);
      return true;
    case 'day-time':
      kernels.intervalsOfDays(from, rows, to);
      return true;
  }
}
