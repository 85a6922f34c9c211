/**
 * An expression over nothing but one dictionary column is worked out once per entry, and read by code.
 *
 *     codes │ 2 │ 0 │ 2 │ …          entries │ AIR │ MAIL │ SHIP │
 *       └───────────────────────────▶ table  │  0  │  1   │  0   │        mode = 'MAIL'
 *
 * The table is a column again: the same codes with another dictionary; of a bool it has one byte per entry, which only
 * kernels see. Whether few entries are so is asked of the interpreter, as a program for them takes longer to make. Tables are kept per dictionary for the run, a bounded number of them.
 */

import type { Column, Dictionary } from '../columnar/column.ts';
import { nextDictionaryId } from '../columnar/column.ts';
import { readValue } from '../columnar/column-values.ts';
import { bool, type DataType, fixedWidth, isBytes, typeName } from '../columnar/data-type.ts';
import type { Value } from '../columnar/value.ts';
import type { TypedExpression } from '../expressions/expression.ts';
import { expressionKey } from '../expressions/expression-key.ts';
import { interpreter, type Row } from '../expressions/interpret.ts';
import type { Holding } from '../memory/budget.ts';
import type { Region } from '../memory/linear-memory.ts';
import { isRowError } from './vector-step.ts';

/** A column of results, valid until it is disposed; of a condition, and which results are null, at most until the next are evaluated. */
export interface EvaluatedEntries extends Disposable {
  readonly column: Column;
}

export interface EntryEvaluator extends Disposable {
  /**
   * Evaluates an expression, whose only column is at position 0, over the entries of a dictionary; undefined where that
   * fails for some entry, which perhaps no row has. @throws MemoryBudgetExceeded
   */
  evaluate(e: TypedExpression, entries: Dictionary): EvaluatedEntries | undefined;
}

interface Table extends Disposable {
  /** With the dictionary of results; undefined where there can be none. */
  readonly dictionary: Dictionary | undefined;
}

const NO_TABLE: Table = { dictionary: undefined, [Symbol.dispose]: () => {} };

/** Entries, and bytes of their text, that are few. */
const FEW_ENTRIES = 64;
const FEW_BYTES = 16 * 1024;

/** Tables kept at most by one run: of the last dictionaries of its columns. */
const MAX_TABLES = 64;

export class DictionaryTables implements Disposable {
  readonly #holding: Holding;
  readonly #evaluator: EntryEvaluator;
  /** In the order of their last use. */
  readonly #tables = new Map<string, Table>();
  readonly #interpreters = new Map<string, (row: Row) => Value>();

  /** Disposes of `evaluator` with itself. */
  constructor(holding: Holding, evaluator: EntryEvaluator) {
    this.#holding = holding;
    this.#evaluator = evaluator;
  }

  /**
   * `source` with the results of `e`, whose only column it is at position 0; undefined where they cannot be had once
   * per entry. @throws MemoryBudgetExceeded
   */
  apply(e: TypedExpression, source: Column): Column | undefined {
    const { dictionary } = source;
    if (dictionary === undefined) return undefined;
    const key = `${dictionary.id} ${expressionKey(e)}`;
    const table = this.#tables.get(key) ?? this.#make(e, dictionary);
    this.#tables.delete(key);
    this.#tables.set(key, table);
    if (table.dictionary === undefined) return undefined;
    const { type, width, bits } = table.dictionary.values;
    return { ...source, type, width, bits, dictionary: table.dictionary };
  }

  /** Gives up the tables that were not used for longest; columns made before must not be used any more. */
  forgetOld(): void {
    for (const [key, table] of this.#tables) {
      if (this.#tables.size <= MAX_TABLES) return;
      table[Symbol.dispose]();
      this.#tables.delete(key);
    }
  }

  [Symbol.dispose](): void {
    for (const table of this.#tables.values()) table[Symbol.dispose]();
    this.#tables.clear();
    this.#evaluator[Symbol.dispose]();
  }

  #make(e: TypedExpression, entries: Dictionary): Table {
    if (e.type.kind === 'bool' && this.#areFew(entries)) return this.#interpreted(e, entries);
    const results = this.#evaluator.evaluate(e, entries);
    if (results === undefined) return NO_TABLE;
    const values = this.#withoutNulls(results.column, entries.size);
    if (values === undefined) {
      results[Symbol.dispose]();
      return NO_TABLE;
    }
    if (values.type.kind !== 'bool') {
      const dictionary = { id: nextDictionaryId(), size: entries.size, values };
      return { dictionary, [Symbol.dispose]: () => results[Symbol.dispose]() };
    }
    using _ = results;
    const bytes = this.#holding.allocate(entries.size);
    const { u8 } = this.#holding.linear;
    for (let entry = 0; entry < entries.size; entry++) {
      u8[bytes.address + entry] = (u8[values.values + (entry >>> 3)]! >>> (entry & 7)) & 1;
    }
    return this.#tableOf(bytes, entries.size);
  }

  #areFew({ size, values }: Dictionary): boolean {
    if (size > FEW_ENTRIES) return false;
    if (!isBytes(values.type)) return fixedWidth(values.type) !== undefined;
    const { u32 } = this.#holding.linear;
    return u32[(values.values >>> 2) + size]! - u32[values.values >>> 2]! <= FEW_BYTES;
  }

  #interpreted(e: TypedExpression, { size, values }: Dictionary): Table {
    const key = entriesKey(e, values.type);
    const evaluate = this.#interpreters.get(key) ?? interpreter(e);
    this.#interpreters.set(key, evaluate);
    const { linear } = this.#holding;
    const results: Value[] = [];
    try {
      for (let entry = 0; entry < size; entry++) {
        results.push(evaluate({ value: () => readValue(linear, values, entry), where: () => '' }));
      }
    } catch (error) {
      // An entry that no row has must not fail: the rows decide.
      if (isRowError(error)) return NO_TABLE;
      throw error;
    }
    if (results.includes(null)) return NO_TABLE;
    const bytes = this.#holding.allocate(size);
    const { u8 } = linear;
    for (const [entry, result] of results.entries()) u8[bytes.address + entry] = result === true ? 1 : 0;
    return this.#tableOf(bytes, size);
  }

  /** Of a bool for each entry, in a byte. */
  #tableOf(bytes: Region, size: number): Table {
    const values: Column = {
      type: bool,
      validity: 0,
      values: bytes.address,
      bytes: 0,
      dictionary: undefined,
      width: 0,
      bits: undefined,
    };
    return {
      dictionary: { id: nextDictionaryId(), size, values },
      [Symbol.dispose]: () => this.#holding.free(bytes),
    };
  }

  /** A dictionary has no null entries. */
  #withoutNulls(column: Column, size: number): Column | undefined {
    if (column.validity === 0) return column;
    const { u8 } = this.#holding.linear;
    for (let entry = 0; entry < size; entry++) {
      if (((u8[column.validity + (entry >>> 3)]! >>> (entry & 7)) & 1) === 0) return undefined;
    }
    return { ...column, validity: 0 };
  }
}

/** Of an expression over entries of a type: the key of a column does not say what that is of. */
export const entriesKey = (e: TypedExpression, type: DataType): string => `${typeName(type)} ${expressionKey(e)}`;

/** Whether `e` is null wherever its columns are, so that a table of entries says all about it. */
export function isNullOnNull(e: TypedExpression): boolean {
  try {
    return interpreter(e)({ value: () => null, where: () => '' }) === null;
  } catch {
    return false;
  }
}
