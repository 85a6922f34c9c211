import type { Column } from '../columnar/column.ts';
import { columnFromValues } from '../columnar/column-from-values.ts';
import { type DataType, fixedWidth } from '../columnar/data-type.ts';
import { type Value, wholeOf } from '../columnar/value.ts';
import type { Holding } from '../memory/budget.ts';

/** So much is reserved at once. */
const STEP_BYTES = 1 << 20;

/**
 * Results in V8's heap until they are a column. A plan may ask for long ones in few bytes, as `replace` and `decode` do, so
 * they are reserved as they come.
 */
export class CollectedValues implements Disposable {
  readonly #type: DataType;
  readonly #holding: Holding;
  readonly #values: Value[] = [];
  readonly #isCounted: boolean;
  #room: number;
  #reservedBytes = 0;

  /** `room`: bytes of the heap that somebody has reserved for them. */
  constructor(type: DataType, holding: Holding, room: number = 0) {
    this.#type = type;
    this.#holding = holding;
    this.#isCounted = type.kind !== 'bool' && fixedWidth(type) === undefined;
    this.#room = room;
  }

  /** @throws MemoryBudgetExceeded */
  push(value: Value): void {
    this.#values.push(value);
    if (!this.#isCounted) return;
    this.#room -= heapBytes(value);
    if (this.#room < 0) this.#reserve(STEP_BYTES * Math.ceil(-this.#room / STEP_BYTES));
  }

  /** In memory of the holding; decimals in 8 bytes where all of them fit. @throws MemoryBudgetExceeded */
  column(): Column {
    const values = this.#values;
    if (this.#type.kind !== 'decimal') return columnFromValues(this.#holding, this.#type, values);
    const isShort = values.every((v) => v === null || BigInt.asIntN(64, wholeOf(v)) === v);
    return columnFromValues(this.#holding, this.#type, values, { width: isShort ? 8 : 16 });
  }

  [Symbol.dispose](): void {
    this.#holding.shrink(this.#reservedBytes);
  }

  #reserve(bytes: number): void {
    this.#holding.grow(bytes);
    this.#reservedBytes += bytes;
    this.#room += bytes;
  }
}

/** A header, and two bytes for each UTF-16 unit. */
const HEADER_BYTES = 24;

function heapBytes(value: Value): number {
  if (typeof value === 'string') return HEADER_BYTES + 2 * value.length;
  if (value instanceof Uint8Array) return HEADER_BYTES + value.byteLength;
  if (!Array.isArray(value)) return HEADER_BYTES;
  return value.reduce<number>((sum, item) => sum + heapBytes(item), HEADER_BYTES);
}
