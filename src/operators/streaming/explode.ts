/**
 * Lists become rows, one for each item.
 *
 *     id  tags             id  tags  index
 *     1   [a, b]    ──▶    1   a     0
 *     2   []               1   b     1
 *     3   [c]              2   null  null      left out with `ignoreEmpty`
 *                          3   c     0
 *
 * Rows of the output are numbered first: which row of the input, and which of its items. Then items are gathered by their
 * numbers, or stay where they are if they lie there one behind the other, and the other columns are repeated. A batch ends
 * where it is full, in the middle of a list too, and the next one goes on there; so it takes the memory of one batch
 * whatever the lengths of the lists.
 */

import assert from 'node:assert/strict';
import { BATCH_ROWS, Batch } from '../../columnar/batch.ts';
import type { Column } from '../../columnar/column.ts';
import { isBytes, storageType, uint64 } from '../../columnar/data-type.ts';
import { type Explosion, explodedSchema } from '../../columnar/reshaped-schema.ts';
import type { Field, Schema } from '../../columnar/schema.ts';
import { sliceColumn, slicesAt } from '../../columnar/slice.ts';
import { GatheredColumn } from '../../compile/gathered-column.ts';
import { InvalidValue } from '../../errors.ts';
import { NONE, type RowNumberKernels, rowNumberKernels } from '../../kernels/row-number-kernels.ts';
import { takeKernels } from '../../kernels/take-kernels.ts';
import type { Holding } from '../../memory/budget.ts';
import { GrowingRegion } from '../../state/growing-region.ts';
import { RepeatedColumn } from '../../state/repeated-column.ts';
import { RowRepetition } from '../../state/row-repetition.ts';
import type { Demand, Output, StreamingOperator, StreamingOperatorRun, TaskContext } from '../operator.ts';

const NAME = 'Explode';

/**
 * One row for each item of the lists, with the other columns repeated. Items of several columns stand side by side.
 * @throws InvalidValue where lists of a row differ in length; null has a length of its own.
 */
export function explode(options: Explosion): StreamingOperator {
  const schema = explodedSchema(options);
  return { role: 'streaming', name: NAME, schema, open: (task) => new ExplodeRun(options, schema, task) };
}

/** Text of one batch, if it has more than one row. */
const TEXT_BYTES = 8 * 1024 * 1024;
const BITMAP_BYTES = BATCH_ROWS / 8;

/** A column whose lists are taken apart. */
interface Exploded {
  readonly index: number;
  /** Where the list of each row begins in the items, and how long it is. */
  readonly starts: GrowingRegion;
  readonly lengths: GrowingRegion;
  readonly numbers: GrowingRegion;
  readonly textOffsets: GrowingRegion;
  readonly items: GatheredColumn;
  /** Of this batch: the numbers of the items that are listed ascend, and none is missing. */
  ascends: boolean;
}

class ExplodeRun implements StreamingOperatorRun {
  readonly #options: Explosion;
  readonly #schema: Schema;
  readonly #holding: Holding;
  readonly #kernels: RowNumberKernels;
  readonly #exploded: readonly Exploded[];
  /** By position in the input. */
  readonly #repeated: ReadonlyMap<number, RepeatedColumn>;
  readonly #repetition: RowRepetition;
  readonly #present: GrowingRegion;
  readonly #indexes: GrowingRegion;
  #rowsSeen = 0;

  constructor(options: Explosion, schema: Schema, { memory }: TaskContext) {
    this.#options = options;
    this.#schema = schema;
    const holding = memory.reserve(NAME);
    this.#holding = holding;
    this.#kernels = rowNumberKernels(holding.linear);
    this.#exploded = options.columns.map((index) => ({
      index,
      starts: new GrowingRegion(holding),
      lengths: new GrowingRegion(holding),
      numbers: new GrowingRegion(holding),
      textOffsets: new GrowingRegion(holding),
      items: new GatheredColumn((schema.fields[index] as Field).type, holding),
      ascends: false,
    }));
    this.#repeated = new Map(
      options.input.fields.flatMap(({ type }, index) =>
        options.columns.includes(index) ? [] : [[index, new RepeatedColumn(type, holding)] as const],
      ),
    );
    this.#repetition = new RowRepetition(holding);
    this.#present = new GrowingRegion(holding);
    this.#indexes = new GrowingRegion(holding);
  }

  async push(batch: Batch, output: Output): Promise<Demand> {
    if (batch.rowCount === 0) return 'more';
    const lengths = this.#measure(batch);
    for (const [index, column] of this.#repeated) column.begin(batch.columns[index] as Column, batch.rowCount);
    this.#rowsSeen += batch.rowCount;
    this.#repetition.begin(lengths, batch.rowCount, !this.#options.ignoreEmpty);
    for (let listed = this.#repetition.list(); listed > 0; listed = this.#repetition.list()) {
      const made = this.#batch(batch, listed);
      if ((await output.push(made)) === 'done') return 'done';
      this.#repetition.take(made.rowCount);
    }
    return 'more';
  }

  [Symbol.dispose](): void {
    this.#holding[Symbol.dispose]();
  }

  /** Finds where the list of each row is; the address of their lengths. */
  #measure({ columns, rowCount }: Batch): number {
    let first: Exploded | undefined;
    for (const exploded of this.#exploded) {
      const { index, starts, lengths } = exploded;
      const { validity, values, dictionary } = columns[index] as Column;
      const list = dictionary === undefined ? (columns[index] as Column) : dictionary.values;
      const stored = storageType(list.type);
      const isFixed = stored.kind === 'fixed-size-list';
      starts.ensure(rowCount * 4, 0);
      lengths.ensure(rowCount * 4, 0);
      const empty = this.#kernels.listRanges(
        dictionary === undefined ? 0 : values,
        validity,
        isFixed ? 0 : list.values,
        isFixed ? stored.size : 0,
        rowCount,
        starts.address,
        lengths.address,
      );
      exploded.ascends = dictionary === undefined && (empty === 0 || this.#options.ignoreEmpty);
      if (first === undefined) {
        first = exploded;
        continue;
      }
      const differs = this.#kernels.firstDifference(first.lengths.address, lengths.address, rowCount);
      if (differs >= 0) throw this.#mismatch(first, exploded, differs);
    }
    assert.ok(first !== undefined);
    return first.lengths.address;
  }

  /** The rows listed, at most `count` of them: fewer where their text would be too large for one batch. */
  #batch(batch: Batch, count: number): Batch {
    let taken = count;
    let present = 0;
    const items = new Map<number, (count: number, present: number) => Column>();
    for (const exploded of this.#exploded) {
      const { index, starts, numbers, textOffsets } = exploded;
      const all = itemsOf(batch.columns[index] as Column);
      const first = this.#itemOf(exploded, 0);
      const isStretch = exploded.ascends && this.#itemOf(exploded, count - 1) - first === count - 1;
      if (isStretch && slicesAt(all, first)) {
        items.set(index, () => sliceColumn(all, first));
        continue;
      }
      numbers.ensure(BATCH_ROWS * 4, 0);
      this.#present.ensure(BITMAP_BYTES, 0);
      const presentCount = this.#kernels.itemRows(
        starts.address,
        this.#repetition.rows,
        this.#repetition.positions,
        count,
        numbers.address,
        this.#present.address,
      );
      present = presentCount === count ? 0 : this.#present.address;
      items.set(index, (rows, valid) => exploded.items.gather(all, numbers.address, rows, valid));
      if (!isBytes(all.type) || all.dictionary !== undefined) continue;
      textOffsets.ensure((BATCH_ROWS + 1) * 4, 0);
      const kernels = takeKernels(this.#holding.linear);
      taken = kernels.takeOffsets(all.values, numbers.address, taken, TEXT_BYTES, textOffsets.address);
    }
    const columns = batch.columns.map(
      (_, index) =>
        items.get(index)?.(taken, present) ??
        (this.#repeated.get(index) as RepeatedColumn).repeat(this.#repetition.rows, taken),
    );
    if (this.#options.indexColumn !== undefined) columns.push(this.#indexColumn(taken, present));
    return new Batch(this.#schema, taken, columns);
  }

  /** The number of the item of a row listed, which has one. */
  #itemOf({ starts }: Exploded, listed: number): number {
    const { u32 } = this.#holding.linear;
    const row = u32[(this.#repetition.rows >>> 2) + listed] as number;
    return (u32[(starts.address >>> 2) + row] as number) + (u32[(this.#repetition.positions >>> 2) + listed] as number);
  }

  #indexColumn(count: number, validity: number): Column {
    this.#indexes.ensure(BATCH_ROWS * 8, 0);
    const values = this.#indexes.address;
    this.#kernels.widenPositions(this.#repetition.positions, count, values);
    return { type: uint64, validity, values, bytes: 0, dictionary: undefined, width: 8, bits: 31 };
  }

  #mismatch(first: Exploded, other: Exploded, row: number): InvalidValue {
    const { u32 } = this.#holding.linear;
    const text = ({ index, lengths }: Exploded): string => {
      const length = u32[(lengths.address >>> 2) + row] as number;
      const { name } = this.#options.input.fields[index] as Field;
      return `${JSON.stringify(name)} ${length === NONE ? 'is null' : `has ${length} items`}`;
    };
    return new InvalidValue(
      `${NAME}, row ${this.#rowsSeen + row}: lists that are taken apart together must have as many items: ${text(first)}, ${text(other)}.`,
    );
  }
}

/** The items of all lists of a column. */
function itemsOf(column: Column): Column {
  const [items] = (column.dictionary?.values ?? column).children ?? [];
  assert.ok(items !== undefined);
  return items;
}
