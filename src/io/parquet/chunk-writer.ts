/**
 * Writes one column chunk: its dictionary, where that pays, and its pages, one after the other, straight into the file.
 *
 *     column ──▶ slots ──▶ distinct values ──▶ dictionary page ─┐
 *                  │                                            ├──compressed──▶ file
 *                  └──▶ levels, codes or plain values ──▶ page ─┘ … page …
 *
 * Nothing is kept of a page but where it lies and its bounds: what a chunk takes is its slots, and two pages.
 */

import { crc32 } from 'node:zlib';
import type { Column } from '../../columnar/column.ts';
import { ArithmeticOverflow } from '../../errors.ts';
import { ORDER, WIDTH_OF_BYTES, WIDTH_OF_NUMBERS } from '../../kernels/parquet-encode-kernels.ts';
import type { OutputFile } from '../output-files.ts';
import { type EncodingMemory, MOST_ENTRIES, PAGE_BYTES, TABLE_SLOTS } from './encoding-memory.ts';
import { type LeafSlots, leafSlots } from './leaf-slots.ts';
import { compressPage } from './page-compression.ts';
import type { ChunkProperties } from './parquet-properties.ts';
import * as thrift from './thrift-writer.ts';
import { type BloomFilterPlace, WrittenBloomFilter } from './written-bloom-filter.ts';
import { type Bound, type BoundRows, boundOf, boundRows, joinedBounds, kernelWidth } from './written-bounds.ts';
import { type Leaf, PHYSICAL } from './written-schema.ts';

export interface WrittenPage {
  readonly offset: number;
  /** Header included. */
  readonly byteLength: number;
  /** Of the row group. */
  readonly firstRow: number;
  readonly valueCount: number;
  readonly nullCount: number;
  readonly least: Bound | undefined;
  readonly greatest: Bound | undefined;
}

export interface WrittenChunk {
  readonly leaf: Leaf;
  readonly properties: ChunkProperties;
  readonly pages: readonly WrittenPage[];
  readonly slotCount: number;
  readonly nullCount: number;
  readonly plainBytes: number;
  readonly byteLength: number;
  readonly dictionaryOffset: number | undefined;
  readonly least: Bound | undefined;
  readonly greatest: Bound | undefined;
  readonly bloomFilter: BloomFilterPlace | undefined;
}

/** Slots of a page, at most. */
const MOST_PAGE_SLOTS = 32_768;

/** As parquet.thrift numbers them. */
export const ENCODING = { plain: 0, rle: 3, dictionary: 8 } as const;
export const PAGE_TYPE = { data: 0, dictionary: 2 } as const;

export async function writeChunk(
  memory: EncodingMemory,
  file: OutputFile,
  leaf: Leaf,
  properties: ChunkProperties,
  column: Column,
  rowCount: number,
): Promise<WrittenChunk> {
  return new ChunkWriter(memory, file, leaf, properties, leafSlots(memory, leaf, column, rowCount)).write();
}

interface Distinct {
  readonly count: number;
  /** Of a code. */
  readonly bits: number;
}

class ChunkWriter {
  readonly #memory: EncodingMemory;
  readonly #file: OutputFile;
  readonly #leaf: Leaf;
  readonly #properties: ChunkProperties;
  readonly #slots: LeafSlots;
  readonly #width: number;
  #plainBytes = 0;
  #bytes = 0;

  constructor(memory: EncodingMemory, file: OutputFile, leaf: Leaf, properties: ChunkProperties, slots: LeafSlots) {
    this.#memory = memory;
    this.#file = file;
    this.#leaf = leaf;
    this.#properties = properties;
    this.#slots = slots;
    this.#width = kernelWidth(slots.values);
  }

  async write(): Promise<WrittenChunk> {
    const { count, valueCount } = this.#slots;
    const start = this.#file.size;
    const distinct = this.#findDistinct();
    const filter = this.#openFilter(distinct?.count ?? valueCount);
    if (distinct !== undefined) await this.#writeDictionary(distinct, filter);
    const pages: WrittenPage[] = [];
    const bounds: (BoundRows | undefined)[] = [];
    const pageSlots = this.#pageSlots(distinct);
    let row = 0;
    let value = 0;
    for (let slot = 0; slot < count; ) {
      const extent = this.#nextPage(slot, value, pageSlots, distinct);
      const { slotCount, valueCount: present } = extent;
      const rows = this.#properties.statistics ? this.#boundRows(extent, distinct) : undefined;
      bounds.push(rows);
      const place = { firstRow: row, valueCount: present, nullCount: slotCount - present, ...this.#boundsOf(rows) };
      const offset = this.#file.size;
      await this.#writeData(extent, distinct, filter);
      pages.push({ ...place, offset, byteLength: this.#file.size - offset });
      const { kernels } = this.#memory;
      row += this.#leaf.mostRepetition === 0 ? slotCount : kernels.countRowStarts(this.#slots.reps + slot, slotCount);
      slot += slotCount;
      value += present;
    }
    const byteLength = this.#bytes;
    return {
      leaf: this.#leaf,
      properties: this.#properties,
      pages,
      slotCount: count,
      nullCount: count - valueCount,
      plainBytes: this.#plainBytes,
      byteLength,
      dictionaryOffset: distinct === undefined ? undefined : start,
      ...this.#boundsOf(joinedBounds(this.#memory, this.#leaf.stored, this.#slots.values, bounds)),
      bloomFilter: await filter?.write(this.#file),
    };
  }

  /** Undefined where there is to be no dictionary, or it would not pay. */
  #findDistinct(): Distinct | undefined {
    const { values, numbers, valueCount, isDictionary } = this.#slots;
    const { kernels, table, codes, entries } = this.#memory;
    if (!this.#properties.dictionary || this.#leaf.stored.physical === PHYSICAL.boolean || valueCount === 0) return;
    const count = kernels.distinctValues(
      values.values,
      values.bytes,
      isDictionary ? WIDTH_OF_NUMBERS : this.#width,
      numbers,
      valueCount,
      table.address,
      TABLE_SLOTS,
      Math.min(MOST_ENTRIES, valueCount),
      codes.address,
      entries.address,
    );
    // As uint32 it would be the largest number, a kernel gives it as -1.
    if (count < 0 || count > MOST_ENTRIES) return;
    const bits = Math.max(1, 32 - Math.clz32(count - 1));
    const entryBytes = this.#plainSize(entries.address, count);
    const isSmall = entryBytes <= PAGE_BYTES * 4;
    const pays = entryBytes + (valueCount * bits) / 8 < this.#plainSize(numbers, valueCount);
    return isSmall && pays ? { count, bits } : undefined;
  }

  #plainSize(numbers: number, count: number): number {
    if (this.#width === WIDTH_OF_BYTES)
      return this.#memory.kernels.sizedBytes(this.#slots.values.values, numbers, count);
    return this.#width === 0 ? Math.ceil(count / 8) : count * this.#leaf.stored.bytes;
  }

  async #writeDictionary({ count }: Distinct, filter: WrittenBloomFilter | undefined): Promise<void> {
    const { entries, page } = this.#memory;
    page.ensure(this.#plainSize(entries.address, count) + 16, 0);
    const end = this.#encodePlain(entries.address, count, page.address);
    this.#addToFilter(filter, page.address, count);
    const header = thrift.struct({ 1: thrift.int32(count), 2: thrift.int32(ENCODING.plain) });
    await this.#writePage(end - page.address, PAGE_TYPE.dictionary, { 7: header });
  }

  /** Slots of a page so that it has about PAGE_BYTES. */
  #pageSlots(distinct: Distinct | undefined): number {
    const { count, valueCount, numbers } = this.#slots;
    if (distinct !== undefined || valueCount === 0) return MOST_PAGE_SLOTS;
    const bytesPerSlot = this.#plainSize(numbers, valueCount) / count;
    return Math.max(1, Math.min(MOST_PAGE_SLOTS, Math.floor(PAGE_BYTES / bytesPerSlot)));
  }

  #nextPage(slot: number, value: number, wanted: number, distinct: Distinct | undefined): PageExtent {
    const { kernels } = this.#memory;
    const { rows, reps, count, numbers } = this.#slots;
    const slotCount = kernels.pageSlots(reps + slot, count - slot, wanted);
    const valueCount = kernels.presentSlots(rows + slot * 4, slotCount);
    const valueBytes = distinct === undefined ? this.#plainSize(numbers + value * 4, valueCount) : 0;
    // Where values are of very different lengths.
    if (valueBytes > 2 * PAGE_BYTES && wanted > 1 && slotCount > 1) {
      return this.#nextPage(slot, value, Math.ceil(Math.min(wanted, slotCount) / 2), distinct);
    }
    return { slot, slotCount, value, valueCount, valueBytes };
  }

  async #writeData(
    extent: PageExtent,
    distinct: Distinct | undefined,
    filter: WrittenBloomFilter | undefined,
  ): Promise<void> {
    const { slot, slotCount, value, valueCount, valueBytes } = extent;
    const { kernels, page, codes } = this.#memory;
    const { reps, defs, numbers } = this.#slots;
    const { mostRepetition, mostDefinition } = this.#leaf;
    const codeBytes = distinct === undefined ? 0 : 1 + hybridBytes(valueCount, distinct.bits);
    const levelBytes = levelsBytes(slotCount, mostRepetition) + levelsBytes(slotCount, mostDefinition);
    page.ensure(levelBytes + codeBytes + valueBytes + 16, 0);
    let at = this.#encodeLevels(reps + slot, slotCount, mostRepetition, page.address);
    at = this.#encodeLevels(defs + slot, slotCount, mostDefinition, at);
    if (distinct === undefined) {
      const first = at;
      at = this.#encodePlain(numbers + value * 4, valueCount, at);
      this.#addToFilter(filter, first, valueCount);
    } else {
      this.#memory.linear.u8[at] = distinct.bits;
      at = kernels.encodeHybrid(codes.address + value * 4, true, valueCount, distinct.bits, at + 1);
    }
    const header = thrift.struct({
      1: thrift.int32(slotCount),
      2: thrift.int32(distinct === undefined ? ENCODING.plain : ENCODING.dictionary),
      3: thrift.int32(ENCODING.rle),
      4: thrift.int32(ENCODING.rle),
    });
    await this.#writePage(at - page.address, PAGE_TYPE.data, { 5: header });
  }

  /** Behind their length; nothing where there is only one level. */
  #encodeLevels(levels: number, count: number, most: number, to: number): number {
    if (most === 0) return to;
    const { kernels, linear } = this.#memory;
    const end = kernels.encodeHybrid(levels, false, count, 32 - Math.clz32(most), to + 4);
    linear.data.setUint32(to, end - to - 4, true);
    return end;
  }

  /** @throws ArithmeticOverflow where seconds do not fit milliseconds */
  #encodePlain(numbers: number, count: number, to: number): number {
    const { values, bytes } = this.#slots.values;
    const { form } = this.#leaf.stored;
    const end = this.#memory.kernels.encodePlain(form, values, bytes, this.#width, numbers, count, to);
    if (end === 0) {
      const name = this.#leaf.path.join('.');
      throw new ArithmeticOverflow(`'${name}' has a timestamp too large for the milliseconds of Parquet.`);
    }
    return end;
  }

  async #writePage(byteLength: number, type: number, kind: thrift.ThriftFields): Promise<void> {
    const body = compressPage(this.#memory, byteLength, this.#properties);
    const checksum = crc32(body);
    const header = thrift.thriftBytes({
      1: thrift.int32(type),
      2: thrift.int32(byteLength),
      3: thrift.int32(body.byteLength),
      4: thrift.int32(checksum | 0),
      ...kind,
    });
    this.#plainBytes += header.byteLength + byteLength;
    this.#bytes += header.byteLength + body.byteLength;
    await this.#file.write(header);
    await this.#file.write(body, checksum);
  }

  /** Of values that repeat each is compared once. */
  #boundRows({ value, valueCount }: PageExtent, distinct: Distinct | undefined): BoundRows | undefined {
    const { stored } = this.#leaf;
    const { values, numbers } = this.#slots;
    if (distinct === undefined) return boundRows(this.#memory, stored, values, numbers + value * 4, valueCount);
    const { kernels, codes, entries, table } = this.#memory;
    const used = table.address + MOST_ENTRIES;
    const count = kernels.usedEntries(
      codes.address + value * 4,
      valueCount,
      entries.address,
      distinct.count,
      table.address,
      used,
    );
    return boundRows(this.#memory, stored, values, used, count);
  }

  #boundsOf(rows: BoundRows | undefined): { least: Bound | undefined; greatest: Bound | undefined } {
    if (rows === undefined) return { least: undefined, greatest: undefined };
    const { stored } = this.#leaf;
    const { values } = this.#slots;
    return {
      least: boundOf(this.#memory, stored, values, rows.least, 'least'),
      greatest: boundOf(this.#memory, stored, values, rows.greatest, 'greatest'),
    };
  }

  #openFilter(distinctCount: number): WrittenBloomFilter | undefined {
    const { physical } = this.#leaf.stored;
    if (!this.#properties.bloomFilter || physical === PHYSICAL.boolean || distinctCount === 0) return undefined;
    return new WrittenBloomFilter(this.#memory, distinctCount);
  }

  #addToFilter(filter: WrittenBloomFilter | undefined, values: number, count: number): void {
    const { bytes, order } = this.#leaf.stored;
    filter?.add(values, count, bytes, order === ORDER.float);
  }
}

/** Which slots and values make a page. */
interface PageExtent {
  readonly slot: number;
  readonly slotCount: number;
  readonly value: number;
  readonly valueCount: number;
  /** Of plain values; 0 of codes. */
  readonly valueBytes: number;
}

/** At most, of any values. */
const hybridBytes = (count: number, bits: number): number => (Math.floor(count / 8) + 1) * (bits + 6);
const levelsBytes = (count: number, most: number): number =>
  most === 0 ? 0 : 4 + hybridBytes(count, 32 - Math.clz32(most));
