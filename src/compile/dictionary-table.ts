/**
 * An expression over nothing but one dictionary column is worked out once per entry, and read by code.
 *
 *     codes │ 2 │ 0 │ 2 │ …          entries │ AIR │ MAIL │ SHIP │
 *       └───────────────────────────▶ table  │  0  │  1   │  0   │        mode = 'MAIL'
 *
 * The table is a column again: the same codes with another dictionary; of a bool it has one byte per entry, which only
 * kernels see. Tables are kept per dictionary for the run, a bounded number of them.
 */

import type { Column, Dictionary } from '../columnar/column.ts';
import { nextDictionaryId } from '../columnar/column.ts';
import type { TypedExpression } from '../expressions/expression.ts';
import { expressionKey } from '../expressions/expression-key.ts';
import { interpreter } from '../expressions/interpret.ts';
import type { Holding } from '../memory/budget.ts';

/** A column of results, valid until it is disposed. */
interface EvaluatedEntries extends Disposable {
  readonly column: Column;
}

/**
 * Evaluates an expression, whose only column is at position 0, over the entries of a dictionary; undefined where that
 * fails for some entry, which perhaps no row has.
 */
export type EvaluateEntries = (e: TypedExpression, entries: Dictionary) => EvaluatedEntries | undefined;

interface Table extends Disposable {
  /** With the dictionary of results; undefined where there can be none. */
  readonly dictionary: Dictionary | undefined;
}

/** Tables kept at most by one run: of the last dictionaries of its columns. */
const MAX_TABLES = 64;

export class DictionaryTables implements Disposable {
  readonly #holding: Holding;
  readonly #evaluate: EvaluateEntries;
  /** In the order of their last use. */
  readonly #tables = new Map<string, Table>();

  constructor(holding: Holding, evaluate: EvaluateEntries) {
    this.#holding = holding;
    this.#evaluate = evaluate;
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
  }

  #make(e: TypedExpression, entries: Dictionary): Table {
    const results = this.#evaluate(e, entries);
    if (results === undefined) return { dictionary: undefined, [Symbol.dispose]: () => {} };
    const values = this.#withoutNulls(results.column, entries.size);
    if (values === undefined) {
      results[Symbol.dispose]();
      return { dictionary: undefined, [Symbol.dispose]: () => {} };
    }
    const dictionary = { id: nextDictionaryId(), size: entries.size };
    if (values.type.kind !== 'bool') {
      return { dictionary: { ...dictionary, values }, [Symbol.dispose]: () => results[Symbol.dispose]() };
    }
    using _ = results;
    const bytes = this.#holding.allocate(entries.size);
    const { u8 } = this.#holding.linear;
    for (let entry = 0; entry < entries.size; entry++) {
      u8[bytes.address + entry] = (u8[values.values + (entry >>> 3)]! >>> (entry & 7)) & 1;
    }
    return {
      dictionary: { ...dictionary, values: { ...values, values: bytes.address } },
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

/** Whether `e` is null wherever its columns are, so that a table of entries says all about it. */
export function isNullOnNull(e: TypedExpression): boolean {
  try {
    return interpreter(e)({ value: () => null, where: () => '' }) === null;
  } catch {
    return false;
  }
}
