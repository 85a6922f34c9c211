/**
 * Rows of a probe side that wait until enough of them look for keys of the same part of a table.
 *
 *     batches of the probe side ──▶ radix buffer ──▶ batches whose rows look into one part, with what they found there
 *
 * Rows do not come out in the order in which they came.
 */

import assert from 'node:assert/strict';
import { BATCH_ROWS, Batch } from '../columnar/batch.ts';
import type { Column } from '../columnar/column.ts';
import { constantColumn } from '../columnar/column-from-values.ts';
import { bool } from '../columnar/data-type.ts';
import { type Field, field, type Schema } from '../columnar/schema.ts';
import { MemoryBudgetExceeded } from '../errors.ts';
import { joinKernels } from '../kernels/join-kernels.ts';
import { takeKernels } from '../kernels/take-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import type { JoinTable, KeyFinder } from './join-table.ts';
import { CACHED_BYTES, RadixBuffer } from './radix-buffer.ts';

/** Rows, and the address of the first row with the key of each, as `KeyFinder` gives it; valid until the next. */
interface Probed {
  readonly batch: Batch;
  readonly found: number;
}

export interface ProbeBufferSpec {
  readonly probe: Schema;
  /** Positions of the columns of the probe side that are needed when rows have been found; others become null. */
  readonly used: readonly number[];
  /** Of each key, whether it may be null. */
  readonly nullable: readonly boolean[];
}

export class ProbeBuffer implements Disposable {
  readonly #table: JoinTable;
  readonly #finder: KeyFinder;
  readonly #probe: Schema;
  /** Positions of the columns that are needed when rows have been found. */
  readonly #used: readonly number[];
  /** Of these columns, and behind them, of each key that may be null and then meets nothing, whether it is there. */
  readonly #schema: Schema;
  readonly #optional: readonly number[];
  readonly #holding: Holding;
  readonly #buffer: RadixBuffer;
  /** A bit for each row of a batch, all set. */
  readonly #allThere: number;
  /** What stands for columns that are not needed. */
  readonly #unused: readonly (Column | undefined)[];

  /** Reserves under `holding`, whose owner disposes it. @throws MemoryBudgetExceeded */
  constructor(table: JoinTable, finder: KeyFinder, { probe, used, nullable }: ProbeBufferSpec, holding: Holding) {
    this.#table = table;
    this.#finder = finder;
    this.#probe = probe;
    this.#used = used;
    this.#holding = holding;
    const keys = [...nullable.keys()];
    this.#optional = keys.filter((key) => nullable[key] === true && table.keys[key]?.nullEqualsNull === false);
    const there = this.#optional.map((key): Field => field(`key ${key} is there`, bool, false));
    this.#schema = { fields: [...used.map((index) => probe.fields[index] as Field), ...there] };
    this.#buffer = new RadixBuffer(table.images.imageBytes, this.#schema, holding);
    this.#buffer.begin(table.byteLength);
    this.#allThere = holding.allocate(BATCH_ROWS / 8).address;
    takeKernels(holding.linear).fillBytes(this.#allThere, 0xff, BATCH_ROWS / 8);
    this.#unused = probe.fields.map(({ type }, index) =>
      used.includes(index) ? undefined : constantColumn(holding, type, null, BATCH_ROWS),
    );
  }

  /** Whether rows gain by waiting for others that look into the same part. */
  static pays(table: JoinTable): boolean {
    return table.byteLength > CACHED_BYTES;
  }

  get isFull(): boolean {
    return this.#buffer.isFull;
  }

  /** Lets the rows of a batch wait: false, and they do not, where memory is short. @throws MemoryBudgetExceeded, ColumnTooLarge */
  tryAdd(keys: readonly Column[], { columns, rowCount }: Batch): boolean {
    if (this.#holding.budget.isScarce) return false;
    const there = this.#optional.map((key) => this.#thereColumn(keys[key]?.validity ?? 0));
    const images = this.#finder.pack(keys, rowCount);
    const used = this.#used.map((index) => columns[index] as Column);
    return this.#append(images, new Batch(this.#schema, rowCount, [...used, ...there]));
  }

  /** All rows that wait, which then do not any more. @throws MemoryBudgetExceeded */
  *take(): Generator<Probed> {
    const width = this.#used.length;
    for (const { images, columns, rowCount } of this.#buffer.batches()) {
      const found = this.#finder.findImages(images, rowCount);
      for (const { values } of columns.slice(width))
        joinKernels(this.#holding.linear).forgetNulls(found, values, rowCount);
      const whole = this.#unused.map((column, index) => column ?? (columns[this.#used.indexOf(index)] as Column));
      yield { batch: new Batch(this.#probe, rowCount, whole), found };
    }
    this.#buffer.begin(this.#table.byteLength);
  }

  /** Takes over the rows that wait in `other`. @throws MemoryBudgetExceeded, ColumnTooLarge */
  absorb(other: ProbeBuffer): void {
    for (const { images, columns, rowCount } of other.#buffer.slices()) {
      if (this.#append(images, new Batch(this.#schema, rowCount, columns))) continue;
      const { owner, heldBytes, budget } = this.#holding;
      throw new MemoryBudgetExceeded(owner, rowCount * this.#table.images.imageBytes, heldBytes, budget.limitBytes);
    }
  }

  [Symbol.dispose](): void {
    this.#buffer[Symbol.dispose]();
  }

  #append(images: number, batch: Batch): boolean {
    assert.equal(batch.columns.length, this.#schema.fields.length);
    return this.#buffer.tryAppend(images, this.#finder.hash(images, batch.rowCount), batch);
  }

  #thereColumn(validity: number): Column {
    return {
      type: bool,
      validity: 0,
      values: validity === 0 ? this.#allThere : validity,
      bytes: 0,
      dictionary: undefined,
      width: 0,
      bits: undefined,
    };
  }
}
