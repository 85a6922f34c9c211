import type { Column } from '../../columnar/column.ts';
import { type DataType, fixedWidth, storageType } from '../../columnar/data-type.ts';
import type { Schema } from '../../columnar/schema.ts';
import { type ParquetEncodeKernels, parquetEncodeKernels } from '../../kernels/parquet-encode-kernels.ts';
import type { Holding, MemoryBudget } from '../../memory/budget.ts';
import type { LinearMemory } from '../../memory/linear-memory.ts';
import { GrowingRegion } from '../../state/growing-region.ts';
import { codecBytes, compressedBytes, resultBytes } from './codecs.ts';
import { chunkProperties, type ParquetProperties } from './parquet-properties.ts';
import { bloomFilterBytes } from './written-bloom-filter.ts';

/** Plain bytes of a page, about, where no single row has more. */
export const PAGE_BYTES: number = 256 * 1024;
/** Distinct values of a dictionary, at most. */
export const MOST_ENTRIES = 32_768;
/** Words of the table that finds them. */
export const TABLE_SLOTS = 65_536;
/** Of the table that finds repetitions for Snappy. */
const SNAPPY_TABLE_BYTES = 65_536;
const LEAST_SLOTS = 4096;

/** One set of slots: parquet-slots.ts has the drawing. */
export interface SlotRegions {
  readonly rows: GrowingRegion;
  readonly defs: GrowingRegion;
  readonly reps: GrowingRegion;
}

export interface EncodingOptions {
  readonly budget: MemoryBudget;
  readonly owner: string;
  readonly schema: Schema;
  readonly properties: ParquetProperties;
  /** Of rows as they are collected, about, at most. */
  readonly rowGroupBytes: number;
}

/**
 * What it takes to encode one column chunk at a time, reserved ahead: whoever collects rows until memory is short can then
 * still write them. Shared by all writers of one owner, who encode one after the other.
 */
export class EncodingMemory implements Disposable {
  readonly budget: MemoryBudget;
  readonly kernels: ParquetEncodeKernels;
  /** Slots before and after a step. */
  readonly slots: [SlotRegions, SlotRegions];
  readonly codes: GrowingRegion;
  /** Rows of the distinct values. */
  readonly entries: GrowingRegion;
  readonly table: GrowingRegion;
  /** A page before it is compressed, and after. */
  readonly page: GrowingRegion;
  readonly compressed: GrowingRegion;
  /** A Bloom filter, and a few row numbers. */
  readonly filter: GrowingRegion;
  readonly numbers: GrowingRegion;
  readonly #holding: Holding;
  readonly #mostBytes: number;
  readonly #slotsPerByte: number;
  #slotCount = 0;
  #resultBytes = 0;

  /** @throws MemoryBudgetExceeded */
  constructor({ budget, owner, schema, properties, rowGroupBytes }: EncodingOptions) {
    this.budget = budget;
    this.kernels = parquetEncodeKernels(budget.linear);
    this.#mostBytes = rowGroupBytes;
    this.#slotsPerByte = slotsPerByte(schema);
    this.#holding = budget.reserve(owner);
    const region = (): GrowingRegion => new GrowingRegion(this.#holding);
    const slots = (): SlotRegions => ({ rows: region(), defs: region(), reps: region() });
    this.slots = [slots(), slots()];
    this.codes = region();
    this.entries = region();
    this.table = region();
    this.page = region();
    this.compressed = region();
    this.filter = region();
    this.numbers = region();
    const columns = schema.fields.map(({ name }) => chunkProperties(properties, name));
    try {
      this.#holding.grow(Math.max(0, ...columns.map(codecBytes)));
      for (const codec of new Set(columns.map(({ compression }) => compression))) {
        if (codec === 'snappy') this.compressed.ensure(compressedBytes(PAGE_BYTES), 0);
        else if (codec !== 'none') this.reserveResult(resultBytes(PAGE_BYTES));
      }
      if (columns.some(({ bloomFilter }) => bloomFilter)) {
        this.filter.ensure(bloomFilterBytes(rowGroupBytes * this.#slotsPerByte), 0);
      }
      this.entries.ensure(MOST_ENTRIES * 4, 0);
      this.table.ensure(Math.max(TABLE_SLOTS * 4, SNAPPY_TABLE_BYTES), 0);
      this.page.ensure(PAGE_BYTES + PAGE_BYTES / 4, 0);
      this.numbers.ensure(4096, 0);
      this.ensureSlots(LEAST_SLOTS);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  get linear(): LinearMemory {
    return this.budget.linear;
  }

  /** Provides for what a codec returns: for pages that are larger than most. @throws MemoryBudgetExceeded */
  reserveResult(bytes: number): void {
    if (bytes <= this.#resultBytes) return;
    this.#holding.grow(bytes - this.#resultBytes);
    this.#resultBytes = bytes;
  }

  /** Whether a row group of `bytes` can be encoded: false where it is too large, or too little is left for it. */
  tryReserve(bytes: number): boolean {
    return bytes <= this.#mostBytes && this.#tryEnsureSlots(Math.ceil(bytes * this.#slotsPerByte));
  }

  /** Provides for `wanted` slots, or a half, a quarter, … of them; returns how many there may be. */
  reserveSlots(wanted: number): number {
    for (let slots = wanted; slots > this.#slotCount; slots = Math.ceil(slots / 2)) {
      if (this.#tryEnsureSlots(slots)) break;
    }
    return this.#slotCount;
  }

  /** Makes room for `count` slots; what is in them is undefined. @throws MemoryBudgetExceeded */
  ensureSlots(count: number): void {
    if (this.#tryEnsureSlots(count)) return;
    // Nothing can be relied on where this fails half-way.
    this.#slotCount = 0;
    for (const [region, width] of this.#slotRegions()) region.ensure(count * width, 0);
    this.#slotCount = count;
  }

  /** Makes room for `count` slots in one set, whose content is lost, and for their codes. @throws MemoryBudgetExceeded */
  ensureItems({ rows, defs, reps }: SlotRegions, count: number): void {
    if (count <= this.#slotCount) return;
    this.#slotCount = 0;
    rows.ensure(count * 4, 0);
    defs.ensure(count, 0);
    reps.ensure(count, 0);
    this.codes.ensure(count * 4, 0);
  }

  #tryEnsureSlots(count: number): boolean {
    if (count <= this.#slotCount) return true;
    this.#slotCount = 0;
    let slots = Number.POSITIVE_INFINITY;
    let isEnough = true;
    for (const [region, width] of this.#slotRegions()) {
      // What is there stays, so that less than was wanted is still as much as before.
      isEnough &&= region.tryEnsure(count * width, region.byteLength);
      slots = Math.min(slots, Math.floor(region.byteLength / width));
    }
    this.#slotCount = slots;
    return isEnough;
  }

  #slotRegions(): readonly (readonly [GrowingRegion, number])[] {
    const of = ({ rows, defs, reps }: SlotRegions) => [[rows, 4] as const, [defs, 1] as const, [reps, 1] as const];
    return [...this.slots.flatMap(of), [this.codes, 4]];
  }

  [Symbol.dispose](): void {
    this.#holding[Symbol.dispose]();
  }
}

/** Slots that the largest column chunk of these rows has. */
export function mostSlots(columns: readonly Column[], rowCount: number, linear: LinearMemory): number {
  return Math.max(rowCount, ...columns.map((column) => slotsOf(column, rowCount, linear)));
}

function slotsOf(column: Column, rowCount: number, linear: LinearMemory): number {
  const { dictionary, children } = column;
  if (rowCount === 0) return 0;
  if (dictionary !== undefined) {
    // Every row may be the entry that has most of them.
    const isFlat = dictionary.values.children === undefined;
    return isFlat ? rowCount : rowCount * slotsOf(dictionary.values, dictionary.size, linear);
  }
  if (children === undefined) return rowCount;
  const stored = storageType(column.type);
  if (stored.kind === 'struct') return mostSlots(children, rowCount, linear);
  const first = column.values / 4;
  const items =
    stored.kind === 'fixed-size-list'
      ? stored.size * rowCount
      : Number(linear.u32[first + rowCount]) - Number(linear.u32[first]);
  // Lists without items have a slot too.
  return rowCount + mostSlots(children, items, linear);
}

/** Of rows as they are collected: how many slots a byte of them may need, at most. */
function slotsPerByte({ fields }: Schema): number {
  const rows = 1 / Math.max(1 / 8, sum(fields.map(({ type }) => leastBytes(type))));
  return rows + Math.max(0, ...fields.map(({ type }) => itemsPerByte(type)));
}

function itemsPerByte(type: DataType): number {
  const stored = storageType(type);
  if (stored.kind === 'struct') return Math.max(0, ...stored.fields.map((child) => itemsPerByte(child.type)));
  if (stored.kind === 'map') return 1 / Math.max(1 / 8, leastBytes(stored.key) + leastBytes(stored.value));
  if (stored.kind !== 'list' && stored.kind !== 'fixed-size-list') return 0;
  return Math.max(1 / Math.max(1 / 8, leastBytes(stored.item)), itemsPerByte(stored.item));
}

function leastBytes(type: DataType): number {
  const stored = storageType(type);
  if (stored.kind === 'struct') return sum(stored.fields.map((child) => leastBytes(child.type)));
  if (stored.kind === 'fixed-size-list') return stored.size * leastBytes(stored.item);
  if (stored.kind === 'bool' || stored.kind === 'null') return 1 / 8;
  // A code, or an offset.
  return Math.min(4, fixedWidth(stored) ?? 4);
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
