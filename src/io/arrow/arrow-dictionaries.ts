/**
 * The dictionaries of a file or stream, by their numbers, as they are at the moment: one that comes again takes the place of the
 * one before, a delta is put behind it.
 *
 *     dictionary 3   a b        rows  0 1 1        delta 3   c        rows  2 0        dictionary 3   x        rows  0
 */

import { type Column, nextDictionaryId } from '../../columnar/column.ts';
import { sameType } from '../../columnar/data-type.ts';
import { MalformedFile } from '../../errors.ts';
import type { Holding, MemoryBudget } from '../../memory/budget.ts';
import { ColumnBuffer } from '../../state/column-buffer.ts';
import type { ArrowItem, LoadedBatch } from './arrow-batches.ts';
import { BatchColumns, type BatchSource, type Entries } from './arrow-columns.ts';
import type { ArrowDictionary } from './arrow-metadata.ts';
import type { ArrowReading } from './arrow-reading.ts';

interface Known {
  readonly entries: Entries;
  /** What holds them: the batch that they came in, or where deltas were put together. */
  readonly memory: Disposable;
  readonly buffer: ColumnBuffer | undefined;
}

export class ArrowDictionaries implements Disposable {
  readonly #uri: string;
  readonly #budget: MemoryBudget;
  readonly #known = new Map<number, Known>();

  constructor(uri: string, budget: MemoryBudget) {
    this.#uri = uri;
    this.#budget = budget;
  }

  /** Undefined where none has come. @throws MalformedFile where another column gave it another type */
  entries({ id }: ArrowDictionary, { type, column }: ArrowReading): Entries | undefined {
    const known = this.#known.get(id)?.entries;
    if (known !== undefined && !sameType(known.values.type, type)) {
      throw new MalformedFile(this.#uri, `the column ${column.name} has a dictionary of another type`);
    }
    return known;
  }

  /** Takes what `item` has, which lives as long as it is wanted; `whose` is a column that it is of. */
  put(
    { id, isDelta, loaded }: Extract<ArrowItem, { kind: 'dictionary' }>,
    whose: ArrowReading,
    source: (loaded: LoadedBatch, gathered: Holding) => BatchSource,
  ): void {
    const gathered = this.#budget.reserve('Scan');
    const memory = {
      [Symbol.dispose]: () => {
        gathered[Symbol.dispose]();
        loaded[Symbol.dispose]();
      },
    };
    try {
      const values = new BatchColumns(source(loaded, gathered)).column(whose, true);
      const size = loaded.batch.rows;
      const before = isDelta ? this.#known.get(id) : undefined;
      if (before === undefined) {
        this.#known.get(id)?.memory[Symbol.dispose]();
        this.#known.set(id, { entries: { id: nextDictionaryId(), size, values }, memory, buffer: undefined });
        return;
      }
      this.#known.set(id, this.#appended(before, values, size));
      memory[Symbol.dispose]();
    } catch (error) {
      memory[Symbol.dispose]();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    for (const { memory } of this.#known.values()) memory[Symbol.dispose]();
    this.#known.clear();
  }

  #appended(before: Known, values: Column, size: number): Known {
    const { entries } = before;
    const holding = before.buffer === undefined ? this.#budget.reserve('Scan') : undefined;
    try {
      const buffer = before.buffer ?? new ColumnBuffer(values.type, holding as Holding);
      if (before.buffer === undefined) buffer.append(entries.values, 0, entries.size, 0);
      buffer.append(values, 0, size, entries.size);
      const all = entries.size + size;
      if (holding !== undefined) before.memory[Symbol.dispose]();
      const joined = { id: nextDictionaryId(), size: all, values: buffer.column(all) };
      return { entries: joined, memory: holding ?? before.memory, buffer };
    } catch (error) {
      holding?.[Symbol.dispose]();
      throw error;
    }
  }
}
