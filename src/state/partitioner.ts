/**
 * Which partition each row of a batch goes to.
 *
 *     hash     keys ──XXH64 of each, chained──▶ upper 32 bits × n / 2³²
 *     range    keys ──sorted together with the boundaries──▶ how many boundaries are not after the row
 *     random   number of the row and seed, hashed
 *
 * The hash is part of what tasks agree on: rows with equal keys meet in one partition, whichever task, process or side of
 * a join they come from. It is XXH64 with a fixed seed of the bytes that Iceberg hashes (`kernels/assembly/hashes.ts`):
 * integers of all widths as 8 bytes, floats as float64 with one zero and one NaN, decimals as their unscaled value, texts
 * and bytes themselves, nested values, intervals and float16 by bytes of their order (`value-bytes.ts`), null as no bytes.
 * Keys of two sides are cast to one type before: an integer and a float, or two decimals of different scales, are never the
 * same bytes. The hash of several keys is chained, so their order counts.
 */

import { Batch } from '../columnar/batch.ts';
import type { Column } from '../columnar/column.ts';
import { columnFromValues } from '../columnar/column-from-values.ts';
import { utf8 } from '../columnar/data-type.ts';
import { field, type Schema } from '../columnar/schema.ts';
import type { Value } from '../columnar/value.ts';
import { RowProgram } from '../compile/row-program.ts';
import type { TypedColumn } from '../expressions/expression.ts';
import { passedOn } from '../expressions/typed-columns.ts';
import { canHash, hashColumn } from '../kernels/hash-kernels.ts';
import { type PartitionKernels, partitionKernels } from '../kernels/partition-kernels.ts';
import { type TakeKernels, takeKernels } from '../kernels/take-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import { GrowingRegion } from './growing-region.ts';
import { RowBuffer } from './row-buffer.ts';
import { SortInput, type SortKey } from './sort-input.ts';
import { sortRows } from './sort-rows.ts';
import { ValueBytes } from './value-bytes.ts';

export type PartitionRule =
  | { readonly kind: 'hash'; readonly keys: readonly TypedColumn[] }
  /** Boundaries ascend in the order of the keys; each is the first possible row of the next partition. */
  | {
      readonly kind: 'range';
      readonly keys: readonly SortKey[];
      readonly boundaries: readonly (readonly Value[])[];
    }
  | { readonly kind: 'random'; readonly seed: number };

export interface Partitioner extends Disposable {
  /** Writes the partition of each row, as uint32, to address `to`. Throws what key expressions do. */
  assign(batch: Batch, to: number): void;
}

/** Not that of hash tables and sketches: what is in one partition is spread evenly in them. */
const HASH_SEED = 0x6d696c6c72616365n;

/** Scratch comes from `holding`, whose owner disposes it after this. @throws MemoryBudgetExceeded */
export function openPartitioner(rule: PartitionRule, input: Schema, partitions: number, holding: Holding): Partitioner {
  switch (rule.kind) {
    case 'hash':
      return new HashPartitioner(rule.keys, input, partitions, holding);
    case 'range':
      return new RangePartitioner(rule.keys, rule.boundaries, input, holding);
    case 'random':
      return new RandomPartitioner(rule.seed, partitions, holding);
  }
}

class HashPartitioner implements Partitioner {
  readonly #partitions: number;
  readonly #holding: Holding;
  readonly #kernels: PartitionKernels;
  readonly #take: TakeKernels;
  readonly #program: RowProgram;
  readonly #hashes: GrowingRegion;
  readonly #next: GrowingRegion;
  readonly #bytes: ValueBytes;
  /** Per key, the hashes of the entries of the dictionary that it came with last. */
  readonly #entries: readonly { readonly hashes: GrowingRegion; id: number | undefined }[];
  readonly #nullHash: bigint;

  constructor(keys: readonly TypedColumn[], input: Schema, partitions: number, holding: Holding) {
    this.#partitions = partitions;
    this.#holding = holding;
    this.#kernels = partitionKernels(holding.linear);
    this.#take = takeKernels(holding.linear);
    this.#hashes = new GrowingRegion(holding);
    this.#next = new GrowingRegion(holding);
    this.#bytes = new ValueBytes(holding);
    this.#entries = keys.map(() => ({ hashes: new GrowingRegion(holding), id: undefined }));
    this.#nullHash = this.#hashOfNothing();
    this.#program = new RowProgram({ input, columns: keys, operator: holding.owner }, holding);
  }

  assign(batch: Batch, to: number): void {
    const { rowCount } = batch;
    this.#hashes.ensure(rowCount * 8, 0);
    this.#next.ensure(rowCount * 8, 0);
    const hashes = this.#hashes.address;
    for (const [index, column] of this.#program.apply(batch).columns.entries()) {
      this.#hash(column, index, rowCount, index === 0 ? hashes : this.#next.address);
      if (index > 0) this.#kernels.chainHashes(hashes, this.#next.address, rowCount);
    }
    this.#kernels.hashPartitions(hashes, rowCount, this.#partitions, to);
  }

  [Symbol.dispose](): void {
    this.#program[Symbol.dispose]();
    this.#bytes.free();
    for (const region of [this.#hashes, this.#next, ...this.#entries.map(({ hashes }) => hashes)]) region.free();
  }

  #hash(column: Column, key: number, rowCount: number, to: number): void {
    const { dictionary, validity } = column;
    if (dictionary === undefined) {
      this.#hashPlain(column, rowCount, to);
      return;
    }
    const known = this.#entries[key];
    if (known !== undefined && dictionary.size > 0) {
      if (known.id !== dictionary.id) {
        known.id = undefined;
        known.hashes.ensure(dictionary.size * 8, 0);
        this.#hashPlain(dictionary.values, dictionary.size, known.hashes.address);
        known.id = dictionary.id;
      }
      this.#take.take8(known.hashes.address, column.values, rowCount, to);
    }
    if (validity !== 0) this.#kernels.putNullHashes(to, rowCount, validity, this.#nullHash);
  }

  #hashPlain(column: Column, rowCount: number, to: number): void {
    const hashed = canHash(column.type) ? column : this.#bytes.of(column, rowCount);
    hashColumn(this.#holding.linear, { hash: 'xxhash64', seed: HASH_SEED }, hashed, rowCount, to);
  }

  #hashOfNothing(): bigint {
    const { linear, budget, owner } = this.#holding;
    using scratch = budget.reserve(owner);
    const to = scratch.allocate(8).address;
    this.#hashPlain(columnFromValues(scratch, utf8, ['']), 1, to);
    return linear.i64[to >>> 3] ?? 0n;
  }
}

class RangePartitioner implements Partitioner {
  readonly #boundaries: Batch;
  readonly #holding: Holding;
  readonly #kernels: PartitionKernels;
  readonly #program: RowProgram;
  readonly #input: SortInput;
  /** The boundaries, then the keys of the batch. */
  readonly #rows: RowBuffer;

  constructor(keys: readonly SortKey[], boundaries: readonly (readonly Value[])[], input: Schema, holding: Holding) {
    this.#holding = holding;
    this.#kernels = partitionKernels(holding.linear);
    const columns = keys.map(({ expression }, index): TypedColumn => ({ name: `key ${index}`, expression }));
    const schema = { fields: columns.map(({ name, expression }) => field(name, expression.type)) };
    const values = schema.fields.map(({ type }, index) =>
      columnFromValues(
        holding,
        type,
        boundaries.map((boundary) => boundary[index] ?? null),
      ),
    );
    this.#boundaries = new Batch(schema, boundaries.length, values);
    const given = passedOn(schema);
    this.#input = new SortInput(
      schema,
      keys.map((key, index) => ({ ...key, expression: given[index]?.expression ?? key.expression })),
      holding,
    );
    this.#rows = new RowBuffer(this.#input.schema, holding);
    this.#program = new RowProgram({ input, columns, operator: holding.owner }, holding);
  }

  assign(batch: Batch, to: number): void {
    const { rowCount: boundaries } = this.#boundaries;
    this.#rows.clear();
    this.#rows.append(this.#input.extend(this.#boundaries));
    this.#rows.append(this.#input.extend(this.#program.apply(batch)));
    using scratch = this.#holding.budget.reserve(this.#holding.owner);
    const order = sortRows(this.#input.sortColumns(this.#rows.columns()), this.#rows.rowCount, scratch);
    if (order === undefined) this.#holding.linear.u32.fill(boundaries, to >>> 2, (to >>> 2) + batch.rowCount);
    else this.#kernels.rangePartitions(order.address, this.#rows.rowCount, boundaries, to);
  }

  [Symbol.dispose](): void {
    this.#program[Symbol.dispose]();
    this.#input[Symbol.dispose]();
    this.#rows[Symbol.dispose]();
  }
}

class RandomPartitioner implements Partitioner {
  readonly #seed: bigint;
  readonly #partitions: number;
  readonly #kernels: PartitionKernels;
  #rowsSeen = 0n;

  constructor(seed: number, partitions: number, holding: Holding) {
    this.#seed = BigInt(seed);
    this.#partitions = partitions;
    this.#kernels = partitionKernels(holding.linear);
  }

  assign({ rowCount }: Batch, to: number): void {
    this.#kernels.randomPartitions(this.#rowsSeen, this.#seed, rowCount, this.#partitions, to);
    this.#rowsSeen += BigInt(rowCount);
  }

  [Symbol.dispose](): void {}
}
