import assert from 'node:assert/strict';
import type { Column } from '../../columnar/column.ts';
import { storageType } from '../../columnar/data-type.ts';
import { InvalidValue } from '../../errors.ts';
import type { EncodingMemory } from './encoding-memory.ts';
import type { Leaf, LeafStep } from './written-schema.ts';

/** What a column becomes at one of its leaves: addresses into the memory that it was made with. */
export interface LeafSlots {
  readonly count: number;
  readonly rows: number;
  readonly defs: number;
  readonly reps: number;
  /** The plain column that the rows are those of. */
  readonly values: Column;
  /** Rows of the values that are there, in order, and how many. */
  readonly numbers: number;
  readonly valueCount: number;
  /** Whether the rows are those of a dictionary. */
  readonly isDictionary: boolean;
}

/** Walks down from the first `rowCount` rows of `column` to `leaf`. @throws MemoryBudgetExceeded, InvalidValue */
export function leafSlots(memory: EncodingMemory, { steps, path }: Leaf, column: Column, rowCount: number): LeafSlots {
  const { kernels } = memory;
  memory.ensureSlots(rowCount);
  let [here, there] = memory.slots;
  let count = rowCount;
  let at = column;
  let isDictionary = false;
  kernels.beginSlots(count, here.rows.address, here.defs.address, here.reps.address);
  for (const step of steps) {
    isDictionary = at.dictionary !== undefined;
    if (step.nullable) kernels.enterNullable(here.rows.address, here.defs.address, count, at.validity);
    else if (at.validity !== 0 && kernels.hasNulls(here.rows.address, count, at.validity)) {
      throw new InvalidValue(`The column '${path.join('.')}' has nulls, and is said to have none.`);
    }
    if (at.dictionary !== undefined) {
      kernels.enterDictionary(here.rows.address, count, at.values);
      at = at.dictionary.values;
    }
    if (step.to?.kind === 'items') {
      const { offsets, size } = itemsOf(at);
      const items = kernels.countItemSlots(here.rows.address, count, offsets, size);
      assert.ok(items < 2 ** 31, 'a row group has too many items');
      memory.ensureItems(there, items);
      kernels.enterItems(
        here.rows.address,
        here.defs.address,
        here.reps.address,
        count,
        offsets,
        size,
        step.to.level,
        there.rows.address,
        there.defs.address,
        there.reps.address,
      );
      [here, there] = [there, here];
      count = items;
    }
    at = below(at, step);
  }
  memory.ensureItems(there, count);
  return {
    count,
    rows: here.rows.address,
    defs: here.defs.address,
    reps: here.reps.address,
    values: at,
    numbers: there.rows.address,
    valueCount: kernels.presentRows(here.rows.address, count, there.rows.address),
    isDictionary,
  };
}

function itemsOf({ type, values }: Column): { offsets: number; size: number } {
  const stored = storageType(type);
  return stored.kind === 'fixed-size-list' ? { offsets: 0, size: stored.size } : { offsets: values, size: 0 };
}

function below(column: Column, { to }: LeafStep): Column {
  if (to === undefined) return column;
  const child = column.children?.[to.kind === 'child' ? to.index : 0];
  assert.ok(child !== undefined);
  return child;
}
