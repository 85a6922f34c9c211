/**
 * The rows that an as-of join looks up: grouped by keys, sorted by one within each group.
 *
 *     append    rows           │ a 7 │ b 4 │ a 3 │ b 1 │        groups   │ 0 │ 1 │ 0 │ 1 │
 *     sort      permutation    │ 2 │ 0 │ 3 │ 1 │                words    │ 3 │ 7 │ 1 │ 4 │       starts │ 0 │ 2 │ 4 │
 *
 * Rows of which a key is null match nothing and are not kept. Words order the values of keys (`key-words.ts`): of the types
 * that are allowed here they say all.
 */

import assert from 'node:assert/strict';
import { Batch } from '../columnar/batch.ts';
import type { Column } from '../columnar/column.ts';
import { isFloat, uint32 } from '../columnar/data-type.ts';
import type { Schema } from '../columnar/schema.ts';
import { RowProgram } from '../compile/row-program.ts';
import type { TypedExpression } from '../expressions/expression.ts';
import {
  ASOF_TABLE_BYTES,
  type AsofKernels,
  asofKernels,
  type AsofTable as KernelTable,
  writeAsofTable,
} from '../kernels/asof-kernels.ts';
import { takeKernels } from '../kernels/take-kernels.ts';
import { valueLogKernels } from '../kernels/value-log-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import type { Region } from '../memory/linear-memory.ts';
import { ColumnBuffer } from './column-buffer.ts';
import { CompleteRows } from './complete-rows.ts';
import { GroupTable } from './group-table.ts';
import { GrowingRegion } from './growing-region.ts';
import { keyWords, writeKeyWords } from './key-words.ts';
import { appendNullRow } from './null-row.ts';
import { RowBuffer } from './row-buffer.ts';
import { sortRows } from './sort-rows.ts';

/**
 * The keys of one side: `by` is equal, `on` is near. Those of two sides have the same types; `on` is one whose words say all,
 * and how far values are from each other: a number of 8 bytes at most, a date or a time, and of floats float64.
 */
export interface AsofKeys {
  readonly by: readonly TypedExpression[];
  readonly on: TypedExpression;
}

/** What is looked for. */
export interface AsofSearch {
  readonly strategy: KernelTable['strategy'];
  readonly allowExactMatches: boolean;
  /** How far a match may be: in ticks, days, units of the last digit; a number where the keys are float64. */
  readonly tolerance: bigint | number | undefined;
}

/** The columns of the keys of a batch, `on` last. */
class KeyColumns implements Disposable {
  readonly #program: RowProgram;

  constructor(input: Schema, { by, on }: AsofKeys, holding: Holding) {
    const columns = [...by, on].map((expression, index) => ({ name: `key ${index}`, expression }));
    this.#program = new RowProgram({ input, columns, operator: holding.owner }, holding);
  }

  of(batch: Batch): { readonly by: readonly Column[]; readonly on: Column } {
    const columns = [...this.#program.apply(batch).columns];
    const on = columns.pop();
    assert.ok(on !== undefined);
    return { by: columns, on };
  }

  [Symbol.dispose](): void {
    this.#program[Symbol.dispose]();
  }
}

export class AsofTable implements Disposable {
  /** The rows that may match, in the order in which they came; once it is sorted, a row of nulls for no match behind them. */
  readonly rows: RowBuffer;
  readonly #keys: AsofKeys;
  readonly #holding: Holding;
  readonly #keyColumns: KeyColumns;
  readonly #complete: CompleteRows;
  readonly #kept: readonly number[];
  /** Where there are keys to group by. */
  readonly #table: GroupTable | undefined;
  readonly #groups: GrowingRegion;
  readonly #on: ColumnBuffer;
  #sorted:
    | {
        readonly words: Region;
        readonly permutation: Region | undefined;
        readonly starts: Region;
        readonly noRow: number;
      }
    | undefined;

  /**
   * Retains the columns `kept` of the rows, and their keys, under `holding`, which the caller disposes after this. `nullable`
   * says of each `by` key whether it may be null in rows that are kept or looked up. @throws MemoryBudgetExceeded
   */
  constructor(input: Schema, keys: AsofKeys, nullable: readonly boolean[], kept: readonly number[], holding: Holding) {
    this.#keys = keys;
    this.#kept = kept;
    this.#holding = holding;
    this.#keyColumns = new KeyColumns(input, keys, holding);
    this.#complete = new CompleteRows(holding);
    this.rows = new RowBuffer({ fields: kept.flatMap((index) => input.fields[index] ?? []) }, holding);
    this.#table =
      keys.by.length === 0
        ? undefined
        : new GroupTable(
            keys.by.map(({ type }) => type),
            holding,
            nullable,
          );
    this.#groups = new GrowingRegion(holding);
    this.#on = new ColumnBuffer(keys.on.type, holding);
  }

  /** Copies the rows of which no key is null. Throws what the keys do. */
  append(batch: Batch): void {
    const { by, on } = this.#keyColumns.of(batch);
    const { rows, count } = this.#complete.of([...by, on], batch.rowCount);
    if (count === 0) return;
    const groups = this.#table?.groupIds(by, batch.rowCount);
    if (groups !== undefined) this.#appendGroups(groups, rows, count);
    this.#on.append(on, rows, count, this.rows.rowCount);
    const columns = this.#kept.flatMap((index) => batch.columns[index] ?? []);
    const kept = new Batch(this.rows.schema, batch.rowCount, columns);
    if (rows === 0) this.rows.append(kept);
    else this.rows.appendRows(kept, rows, count);
  }

  /** Takes over the rows of `other`, which are later ones. */
  absorb(other: AsofTable): void {
    const { rowCount } = other.rows;
    if (rowCount === 0) return;
    if (this.#table !== undefined && other.#table !== undefined) {
      const mapping = this.#table.merge(other.#table);
      const groups = this.#holding.allocate(rowCount * 4);
      takeKernels(this.#holding.linear).take4(mapping.address, other.#groups.address, rowCount, groups.address);
      this.#appendGroups(groups.address, 0, rowCount);
      this.#holding.free(groups);
      this.#holding.free(mapping);
    }
    this.#on.append(other.#on.column(rowCount), 0, rowCount, this.rows.rowCount);
    this.rows.absorb(other.rows);
  }

  /** Sorts the rows; called once, after the last of them. @throws MemoryBudgetExceeded */
  sort(): void {
    const { rowCount } = this.rows;
    const { linear } = this.#holding;
    const kernels = takeKernels(linear);
    const on = this.#on.column(rowCount);
    const keys = this.#table === undefined ? [on] : [this.#groupColumn(), on];
    const permutation = sortRows(
      keys.map((column) => ({ column, descending: false, nullsFirst: false })),
      rowCount,
      this.#holding,
    );
    let words = keyWords(on, rowCount, this.#holding);
    this.#on.free();
    if (permutation !== undefined) {
      const sorted = this.#holding.allocate(rowCount * 8);
      kernels.take8(words.address, permutation.address, rowCount, sorted.address);
      this.#holding.free(words);
      words = sorted;
    }
    const starts = this.#holding.allocate((this.#groupCount + 1) * 4);
    if (this.#table === undefined) linear.u32.set([0, rowCount], starts.address / 4);
    else valueLogKernels(linear).groupStarts(this.#groups.address, rowCount, this.#groupCount, starts.address);
    this.#groups.free();
    this.#sorted = { words, permutation, starts, noRow: appendNullRow(this.rows, this.#holding) };
  }

  /** Looks rows of `input` up, by keys that meet those of the table. What it needs comes from `holding`. */
  openLookup(input: Schema, keys: AsofKeys, search: AsofSearch, holding: Holding): AsofLookup {
    assert.ok(this.#sorted !== undefined);
    const { words, permutation, starts, noRow } = this.#sorted;
    const cursors = holding.allocate(starts.byteLength);
    takeKernels(holding.linear).copyBytes(starts.address, cursors.address, starts.byteLength);
    const table = holding.allocate(ASOF_TABLE_BYTES);
    writeAsofTable(holding.linear, table.address, {
      ...search,
      words: words.address,
      permutation: permutation?.address ?? 0,
      starts: starts.address,
      cursors: cursors.address,
      noRow,
      floats: isFloat(this.#keys.on.type),
    });
    return new AsofLookup(table, this.#table, new KeyColumns(input, keys, holding), holding);
  }

  [Symbol.dispose](): void {
    this.#keyColumns[Symbol.dispose]();
  }

  get #groupCount(): number {
    return this.#table?.groupCount ?? 1;
  }

  #groupColumn(): Column {
    const { address: values } = this.#groups;
    return { type: uint32, validity: 0, values, bytes: 0, dictionary: undefined, width: 4, bits: undefined };
  }

  #appendGroups(groups: number, rows: number, count: number): void {
    const { rowCount } = this.rows;
    this.#groups.ensure((rowCount + count) * 4, rowCount * 4);
    const to = this.#groups.address + rowCount * 4;
    const kernels = takeKernels(this.#holding.linear);
    if (rows === 0) kernels.copyBytes(groups, to, count * 4);
    else kernels.take4(groups, rows, count, to);
  }
}

/** Finds the matches of the rows of batches in a table that is sorted. */
export class AsofLookup implements Disposable {
  readonly #table: Region;
  readonly #groups: GroupTable | undefined;
  readonly #keys: KeyColumns;
  readonly #holding: Holding;
  readonly #kernels: AsofKernels;
  readonly #words: GrowingRegion;
  readonly #matches: GrowingRegion;

  constructor(table: Region, groups: GroupTable | undefined, keys: KeyColumns, holding: Holding) {
    this.#table = table;
    this.#groups = groups;
    this.#keys = keys;
    this.#holding = holding;
    this.#kernels = asofKernels(holding.linear);
    this.#words = new GrowingRegion(holding);
    this.#matches = new GrowingRegion(holding);
  }

  /** The matching row of each row of the batch: address of uint32, valid until the next call. Throws what the keys do. */
  matches(batch: Batch): number {
    const { rowCount } = batch;
    const { by, on } = this.#keys.of(batch);
    this.#words.ensure(rowCount * 8, 0);
    this.#matches.ensure(rowCount * 4, 0);
    writeKeyWords(on, rowCount, this.#words.address, this.#holding);
    const groups = this.#groups?.find(by, rowCount) ?? 0;
    const [words, matches] = [this.#words.address, this.#matches.address];
    this.#kernels.asofRows(this.#table.address, words, on.validity, groups, rowCount, matches);
    return matches;
  }

  [Symbol.dispose](): void {
    this.#keys[Symbol.dispose]();
  }
}
