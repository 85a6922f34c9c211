/**
 * Values as byte strings whose order is theirs, whatever their type: what hashes and compares texts can so hash, compare and
 * sort lists, structs, maps and intervals. `kernels/assembly/value-bytes.ts` draws them.
 */

import assert from 'node:assert/strict';
import type { Column } from '../columnar/column.ts';
import {
  binary,
  childTypes,
  type DataType,
  isFloat,
  isUnsigned,
  SHORT_DECIMAL_DIGITS,
  storageType,
} from '../columnar/data-type.ts';
import { ColumnTooLarge } from '../errors.ts';
import { NODE_BYTES, VALUE_FORM, type ValueBytesKernels, valueBytesKernels } from '../kernels/value-bytes-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import { GrowingRegion } from './growing-region.ts';

/** Offsets of a column are int32. */
const MOST_COLUMN_BYTES = 2 ** 31 - 1;
const FIRST_ROW_BYTES = 32;

export class ValueBytes {
  readonly #holding: Holding;
  readonly #kernels: ValueBytesKernels;
  readonly #nodes: GrowingRegion;
  readonly #offsets: GrowingRegion;
  readonly #bytes: GrowingRegion;

  /** Scratch memory comes from `holding`. */
  constructor(holding: Holding) {
    this.#holding = holding;
    this.#kernels = valueBytesKernels(holding.linear);
    this.#nodes = new GrowingRegion(holding);
    this.#offsets = new GrowingRegion(holding);
    this.#bytes = new GrowingRegion(holding);
  }

  /**
   * The values of the first `rowCount` rows as a plain binary column, null where they are, valid until the next call and as
   * long as `column` is. Equal values have equal bytes, -0.0 being 0.0 and NaN itself; one that is less has the lesser
   * bytes. @throws MemoryBudgetExceeded, ColumnTooLarge
   */
  of(column: Column, rowCount: number): Column {
    const node = this.#describe(column);
    this.#offsets.ensure((rowCount + 1) * 4, 0);
    this.#bytes.ensure(Math.max(64, rowCount * FIRST_ROW_BYTES), 0);
    const offsets = this.#offsets.address;
    const { linear } = this.#holding;
    linear.u32[offsets >>> 2] = 0;
    for (let row = 0; row < rowCount; ) {
      const room = Math.min(this.#bytes.byteLength, MOST_COLUMN_BYTES);
      row = this.#kernels.writeValueBytes(node, row, rowCount, offsets, this.#bytes.address, room);
      if (row === rowCount) break;
      if (room === MOST_COLUMN_BYTES) throw new ColumnTooLarge(this.#holding.owner, room + 1);
      this.#bytes.ensure(Math.min(room * 2, MOST_COLUMN_BYTES), linear.u32[(offsets >>> 2) + row] ?? 0);
    }
    const { validity } = column;
    const [values, bytes] = [offsets, this.#bytes.address];
    return { type: binary, validity, values, bytes, dictionary: undefined, width: 0, bits: undefined };
  }

  free(): void {
    for (const region of [this.#nodes, this.#offsets, this.#bytes]) region.free();
  }

  /** Writes the node of the column, and behind it those of its parts; returns its address. */
  #describe(column: Column): number {
    const columns = [column];
    // Parts of a column follow each other, so that a node says where the first one is.
    const firstPart: number[] = [];
    for (let index = 0; index < columns.length; index++) {
      firstPart.push(columns.length);
      columns.push(...partsOf(columns[index] as Column));
    }
    this.#nodes.ensure(columns.length * NODE_BYTES, 0);
    const nodes = this.#nodes.address;
    const { u32 } = this.#holding.linear;
    for (const [index, column] of columns.entries()) {
      const { validity, values, dictionary } = column;
      const plain = dictionary?.values ?? column;
      const words = [
        formOf(column.type),
        plain.width,
        validity,
        plain.values,
        plain.bytes,
        dictionary === undefined ? 0 : values,
        countOf(column.type),
        nodes + (firstPart[index] ?? 0) * NODE_BYTES,
      ];
      u32.set(words, (nodes + index * NODE_BYTES) >>> 2);
    }
    return nodes;
  }
}

/** The columns inside, of a dictionary's entries where there is one. */
function partsOf({ type, children, dictionary }: Column): readonly Column[] {
  const parts = dictionary?.values.children ?? children ?? [];
  assert.equal(parts.length, childTypes(type).length);
  return parts;
}

/** How many parts a value has, or items of a list of fixed size. */
function countOf(type: DataType): number {
  const stored = storageType(type);
  return stored.kind === 'fixed-size-list' ? stored.size : childTypes(type).length;
}

function formOf(type: DataType): number {
  const stored = storageType(type);
  if (isFloat(stored)) return VALUE_FORM.float;
  if (isUnsigned(stored)) return VALUE_FORM.unsigned;
  switch (stored.kind) {
    case 'null':
      return VALUE_FORM.nothing;
    case 'bool':
      return VALUE_FORM.bool;
    case 'decimal':
      return stored.precision > SHORT_DECIMAL_DIGITS ? VALUE_FORM.long : VALUE_FORM.signed;
    case 'interval':
      return VALUE_FORM.interval;
    case 'fixed-size-binary':
      return VALUE_FORM.fixed;
    case 'utf8':
    case 'binary':
      return VALUE_FORM.text;
    case 'list':
    case 'map':
      return VALUE_FORM.list;
    case 'fixed-size-list':
      return VALUE_FORM.items;
    case 'struct':
      return VALUE_FORM.parts;
    default:
      return VALUE_FORM.signed;
  }
}
