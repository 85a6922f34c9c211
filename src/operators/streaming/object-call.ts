/** What the operators have in common that call storage for rows: their arguments, and how a row fails. */

import type { Batch } from '../../columnar/batch.ts';
import { readerBytes, type ValueReader, valueReader } from '../../columnar/value-reader.ts';
import {
  AccessDenied,
  InvalidValue,
  MemoryBudgetExceeded,
  MillraceError,
  ObjectNotFound,
  StorageFull,
  StorageUnavailable,
  TaskCancelled,
} from '../../errors.ts';
import type { TypedExpression } from '../../expressions/expression.ts';
import { redactUri, shownUri } from '../../io/uri.ts';
import type { Holding } from '../../memory/budget.ts';
import type { LinearMemory } from '../../memory/linear-memory.ts';

/** Whether the row fails the task, or has no value. */
export type OnError = 'raise' | 'null';

/** An argument of the call, a column or a literal, row by row. */
export function argumentReader(e: TypedExpression, batch: Batch, linear: LinearMemory): ValueReader {
  if (e.kind === 'literal') return () => e.value;
  return valueReader(linear, columnOf(e, batch), batch.rowCount);
}

/** Counts what reading the arguments takes of V8's heap, and `rowBytes` for each row. @throws MemoryBudgetExceeded */
export function holdArguments(
  args: readonly TypedExpression[],
  batch: Batch,
  rowBytes: number,
  holding: Holding,
): void {
  const columns = args.filter(({ kind }) => kind !== 'literal').map((e) => columnOf(e, batch));
  const textBytes = columns.reduce((sum, column) => sum + readerBytes(holding.linear, column, batch.rowCount), 0);
  holding.grow(textBytes + batch.rowCount * rowBytes);
}

/** The column that an argument is. */
function columnOf(e: TypedExpression, { columns }: Batch): Batch['columns'][number] {
  const column = e.kind === 'column' ? columns[e.index] : undefined;
  if (column === undefined) throw new TypeError(`an argument is ${e.kind}, and should have been made a column`);
  return column;
}

/** Whether `error` is about the object of a row, and not about the task, its memory or a defect. */
export function isOfRow(error: unknown): error is MillraceError {
  if (!(error instanceof MillraceError)) return false;
  return !(error instanceof MemoryBudgetExceeded || error instanceof TaskCancelled || error instanceof StorageFull);
}

/**
 * The error that ends the task for a row. A new one, in words that hold nothing secret: the first one's may have the
 * whole uri, and its stack repeats them.
 */
export function rowFailure(error: MillraceError, where: string, uri: string): MillraceError {
  const shown = shownUri(uri);
  const failure = sameKind(error, shown);
  // What is no uri was never handed to a store, and may be a word that messages have.
  const forms = uri.includes('://') ? [uri, redactUri(uri)] : [];
  failure.message = `${where}: ${forms.reduce((said, form) => said.replaceAll(form, shown), error.message)}`;
  return failure;
}

/** An error that a state machine treats alike. */
function sameKind(error: MillraceError, uri: string): MillraceError {
  if (error.retryable) return new StorageUnavailable('');
  if (error instanceof ObjectNotFound) return new ObjectNotFound(uri);
  return error instanceof AccessDenied ? new AccessDenied(uri, 'reach') : new InvalidValue('');
}

/** The bytes of an argument of text or bytes, row by row: views of the batch. */
export function bytesReader(
  e: TypedExpression,
  batch: Batch,
  linear: LinearMemory,
): (row: number) => Uint8Array | null {
  if (e.kind === 'literal') {
    const bytes = typeof e.value === 'string' ? Buffer.from(e.value) : e.value instanceof Uint8Array ? e.value : null;
    return () => bytes;
  }
  const { validity, values, dictionary, bytes: plainBytes } = columnOf(e, batch);
  const { u8, i32, u32 } = linear;
  const offsets = (dictionary?.values ?? { values }).values >>> 2;
  const bytes = dictionary?.values.bytes ?? plainBytes;
  return (row) => {
    if (validity !== 0 && (((u8[validity + (row >>> 3)] ?? 0) >>> (row & 7)) & 1) === 0) return null;
    const at = offsets + (dictionary === undefined ? row : (u32[(values >>> 2) + row] ?? 0));
    return u8.subarray(bytes + (i32[at] ?? 0), bytes + (i32[at + 1] ?? 0));
  };
}
