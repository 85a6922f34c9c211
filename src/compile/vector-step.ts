/**
 * What no kernel computes is computed in JavaScript, a node at a time over a whole batch, and becomes a column:
 *
 *     upper(name) = upper(other)     ──▶     c7 = upper(c2)     c8 = upper(c5)     c7 = c8 in a kernel
 *
 * The operands of the node are columns or literals by now, so that the interpreter of that one node, over quick readers,
 * is all there is to it; some nodes have kernels (kernel-step.ts). A value that is refused somewhere fails the step: the batch is then repeated by the interpreter
 * of the whole expression, which demands only what it has to, and says in which row it failed.
 */

import assert from 'node:assert/strict';
import type { Column } from '../columnar/column.ts';
import { isBytes } from '../columnar/data-type.ts';
import type { Value } from '../columnar/value.ts';
import { readerBytes, type ValueReader, valueReader } from '../columnar/value-reader.ts';
import { ArithmeticOverflow, InvalidCast, InvalidValue } from '../errors.ts';
import { collectColumns } from '../expressions/columns.ts';
import type { TypedExpression } from '../expressions/expression.ts';
import { functionNamed } from '../expressions/functions/registry.ts';
import { interpreter, type Row } from '../expressions/interpret.ts';
import type { Holding } from '../memory/budget.ts';
import { CollectedValues } from './collected-values.ts';
import { type KernelStep, kernelStepOf } from './kernel-step.ts';

/** Whether the error says that a row has no result, which is for the interpreter of the whole expression to decide. */
export const isRowError = (error: unknown): boolean =>
  error instanceof ArithmeticOverflow || error instanceof InvalidCast || error instanceof InvalidValue;

export class VectorStep implements Disposable {
  readonly #e: TypedExpression;
  readonly #read: readonly number[];
  readonly #evaluate: (row: Row) => Value;
  /** The result lives here, until the next batch. */
  readonly #result: Holding;
  /** Of the few that have kernels. */
  readonly #kernel: KernelStep | undefined;

  constructor(e: TypedExpression, holding: Holding) {
    this.#e = e;
    const read = new Set<number>();
    collectColumns(e, read);
    this.#read = [...read];
    this.#evaluate = interpreter(e);
    this.#kernel = kernelStepOf(e, holding);
    this.#result = holding.budget.reserve(holding.owner);
  }

  /** `firstRow` is the number of the batch's first row. Valid until the next call; undefined where some row fails. @throws MemoryBudgetExceeded */
  evaluate(columns: readonly Column[], rowCount: number, firstRow: number): Column | undefined {
    const quick = this.#kernel?.evaluate(columns, rowCount);
    if (quick !== undefined) return quick;
    this.#result.release();
    const { linear } = this.#result;
    // Texts and what is made of them lie in V8's heap for the length of this call.
    const heapBytes = this.#read.reduce((bytes, index) => bytes + readerBytes(linear, columns[index]!, rowCount), 0);
    const callBytes = this.#callBytes(columns, rowCount);
    this.#result.grow(2 * heapBytes + callBytes);
    using results = new CollectedValues(this.#e.type, this.#result, heapBytes);
    try {
      this.#collect(results, columns, rowCount, firstRow);
      return results.column();
    } catch (error) {
      if (!isRowError(error)) throw error;
      return undefined;
    } finally {
      this.#result.shrink(2 * heapBytes + callBytes);
    }
  }

  [Symbol.dispose](): void {
    this.#result[Symbol.dispose]();
  }

  /** Of V8's heap, for the row that needs most, and another one of which nothing is collected yet. */
  #callBytes(columns: readonly Column[], rowCount: number): number {
    const e = this.#e;
    const [argument] = e.kind === 'function' ? e.arguments : [];
    const heapBytes = e.kind === 'function' ? functionNamed(e.name).heapBytes : undefined;
    if (heapBytes === undefined || argument === undefined) return 0;
    if (argument.kind === 'literal') return 2 * heapBytes(Buffer.from(String(argument.value)));
    const column = argument.kind === 'column' ? columns[argument.index] : undefined;
    assert.ok(column !== undefined && isBytes(column.type));
    const { values, bytes } = column.dictionary?.values ?? column;
    const { u8, u32 } = this.#result.linear;
    let most = 0;
    for (let row = 0, rows = column.dictionary?.size ?? rowCount; row < rows; row += 1) {
      const [start = 0, end = 0] = [u32[(values >>> 2) + row], u32[(values >>> 2) + row + 1]];
      most = Math.max(most, heapBytes(u8.subarray(bytes + start, bytes + end)));
    }
    return 2 * most;
  }

  #collect(results: CollectedValues, columns: readonly Column[], rowCount: number, firstRow: number): void {
    const readers: ValueReader[] = [];
    for (const index of this.#read) readers[index] = valueReader(this.#result.linear, columns[index]!, rowCount);
    let at = 0;
    // The place in an error is that of the repetition.
    const row: Row = {
      value: (column) => readers[column]!(at),
      get number() {
        return firstRow + at;
      },
      where: () => '',
    };
    for (; at < rowCount; at += 1) results.push(this.#evaluate(row));
  }
}
