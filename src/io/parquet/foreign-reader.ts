/**
 * Reads what our own decoder does not take through parquet-wasm, loaded on demand: encodings and codecs that it does not
 * know. Also another decoder to compare ours with.
 *
 *     store ──row groups──────▶ │ 0 0 0 │ chunks │ 0 0 0 │ footer │ ──▶ parquet-wasm ──▶ Arrow IPC ──▶ columns
 *
 * parquet-wasm is given a file of the same length in which only one row group is filled in, with all columns, for it
 * decodes all of them whatever it is asked for. Its reader of ranges would save that memory, but a damaged file makes it
 * fail outside of any promise, where nobody can catch it. So the length of the file counts twice, here and in the memory of parquet-wasm, which is reserved before and
 * settled after each row group; what it takes for a file that lies about its sizes is only seen afterwards.
 */

import { tableFromIPC } from 'apache-arrow';
import { fromArrow } from '../../columnar/arrow.ts';
import { BATCH_ROWS, Batch } from '../../columnar/batch.ts';
import type { Column } from '../../columnar/column.ts';
import { fixedWidth, isBytes, sameType } from '../../columnar/data-type.ts';
import { type Field, fieldIndex, type Schema } from '../../columnar/schema.ts';
import { RowProgram } from '../../compile/row-program.ts';
import { InvalidArgument, MalformedFile, MemoryBudgetExceeded, UnsupportedFile } from '../../errors.ts';
import type { TypedColumn } from '../../expressions/expression.ts';
import type { Holding, MemoryBudget } from '../../memory/budget.ts';
import type { ObjectStore } from '../object-store.ts';
import type { ReadCosts } from '../record-reader.ts';
import { leavesOfColumn } from './file-column.ts';
import type { ParquetFooter } from './footer.ts';
import { type ParquetWasmUse, useParquetWasm } from './parquet-wasm.ts';
import { type ColumnChunk, rowGroupOf } from './row-group.ts';
import { type ByteRange, coalesce, type ScanPlan } from './scan-plan.ts';
import type { Reading } from './value-form.ts';

export interface ForeignRequest {
  readonly store: ObjectStore;
  readonly budget: MemoryBudget;
  readonly signal: AbortSignal;
  readonly footer: ParquetFooter;
  readonly plan: ScanPlan;
  readonly fields: readonly Field[];
  readonly readings: readonly (Reading | undefined)[];
  readonly costs: ReadCosts;
}

const OWNER = 'Scan';
/** Per value of a batch: as Arrow, as a column, and the 16 bytes that the widest takes. */
const VALUE_BYTES = 48;

/**
 * The rows of the planned row groups, in order; each batch is valid until the next one is asked for.
 * @throws MalformedFile, UnsupportedFile, MemoryBudgetExceeded
 */
export async function* foreignBatches(request: ForeignRequest): AsyncGenerator<Batch, void, void> {
  const { budget, footer, plan, signal } = request;
  using use = await useParquetWasm(budget);
  using casts = new Casts(request);
  using hull = budget.reserve(OWNER);
  hull.grow(footer.fileBytes);
  const bytes = new Uint8Array(footer.fileBytes);
  await fill(request, bytes, footerRange(footer));
  for (const group of plan.rowGroups) {
    const chunks = rowGroupOf(footer, group.index, footer.columns.all().flatMap(leavesOfColumn)).chunks;
    for (const range of coalesce(chunks)) await fill(request, bytes, range);
    prepare(use, chunks, footer.fileBytes, budget);
    const options = { rowGroups: [group.index], batchSize: BATCH_ROWS };
    const parts = asFileError(footer.uri, () => {
      using table = use.wasm.readParquet(bytes, options);
      return table.recordBatches();
    });
    let rows = 0;
    try {
      use.settle();
      for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
        signal.throwIfAborted();
        const ipc = part.intoIPCStream();
        using lease = await budget.lease(OWNER, leaseBytes(ipc, request.fields.length), signal);
        const batch = convert(request, ipc, lease);
        rows += batch.rowCount;
        yield casts.apply(batch, lease);
      }
    } finally {
      for (const part of parts) part.free();
    }
    if (rows !== group.rows) {
      throw new MalformedFile(
        footer.uri,
        `row group ${group.index} has ${rows} rows, and the footer claims ${group.rows}`,
      );
    }
  }
}

const footerRange = ({ fileBytes, metadataStart }: ParquetFooter): ByteRange => ({
  start: metadataStart,
  byteLength: fileBytes - metadataStart,
});

/** Reads a range of the file to its place in `bytes`. */
async function fill(request: ForeignRequest, bytes: Uint8Array, { start, byteLength }: ByteRange): Promise<void> {
  const { store, footer, signal, costs } = request;
  costs.requests += 1;
  await store.readInto(footer.uri, start, bytes.subarray(start, start + byteLength), { etag: footer.etag, signal });
  costs.bytesRead += byteLength;
}

const leaseBytes = (ipc: Uint8Array, columns: number): number =>
  3 * ipc.byteLength + (columns + 1) * (BATCH_ROWS * VALUE_BYTES);

/** The file is copied, and what is decoded is there twice. */
function prepare(
  use: ParquetWasmUse,
  chunks: readonly ColumnChunk[],
  fileBytes: number,
  { limitBytes }: MemoryBudget,
): void {
  const bytes = chunks.reduce((sum, { plainBytes }) => sum + 2 * plainBytes, fileBytes);
  if (!use.tryPrepare(bytes)) throw new MemoryBudgetExceeded('Scan (parquet-wasm)', bytes, 0, limitBytes);
}

/** The Arrow batch as columns, in memory of `lease`. */
function convert({ footer }: ForeignRequest, ipc: Uint8Array, lease: Holding): Batch {
  lease.grow(2 * ipc.byteLength);
  const [recordBatch] = tableFromIPC(ipc).batches;
  if (recordBatch === undefined) return new Batch({ fields: [] }, 0, []);
  try {
    return fromArrow(recordBatch, lease);
  } catch (error) {
    if (error instanceof InvalidArgument) throw new UnsupportedFile(footer.uri, error.message);
    throw error;
  }
}

/** Brings batches of a file's columns to the fields of the plan. */
class Casts implements Disposable {
  readonly #request: ForeignRequest;
  readonly #holding: Holding;
  #program: { readonly input: Schema; readonly rows: RowProgram } | undefined;

  constructor(request: ForeignRequest) {
    this.#request = request;
    this.#holding = request.budget.reserve(OWNER);
  }

  apply(batch: Batch, lease: Holding): Batch {
    const { fields, footer } = this.#request;
    const known = fields.filter(({ name }) => fieldIndex(batch.schema, name) !== -1);
    const cast = this.#rows(batch.schema, known).apply(batch);
    const columns = fields.map((field): Column => {
      const column = cast.columns[known.indexOf(field)];
      if (column === undefined) return nullColumn(field, batch.rowCount, lease);
      if (!field.nullable && column.validity !== 0) {
        throw new UnsupportedFile(footer.uri, `column ${field.name} may have nulls, which the plan rules out`);
      }
      return column;
    });
    return new Batch({ fields }, batch.rowCount, columns);
  }

  #rows(input: Schema, known: readonly Field[]): RowProgram {
    if (this.#program !== undefined) return this.#program.rows;
    const columns = known.map(({ name, type, nullable }): TypedColumn => {
      const index = fieldIndex(input, name);
      const from = input.fields[index]?.type ?? type;
      const column = { kind: 'column', index, name, type: from, nullable } as const;
      return { name, expression: sameType(from, type) ? column : { kind: 'cast', input: column, type, nullable } };
    });
    const rows = new RowProgram({ input, columns, operator: OWNER }, this.#holding);
    this.#program = { input, rows };
    return rows;
  }

  [Symbol.dispose](): void {
    this.#program?.rows[Symbol.dispose]();
    this.#holding[Symbol.dispose]();
  }
}

function nullColumn({ type }: Field, rows: number, lease: Holding): Column {
  const width = fixedWidth(type) ?? 0;
  const validity = lease.allocateZeroed(Math.ceil(rows / 8)).address;
  const values = lease.allocateZeroed((rows + 1) * Math.max(4, width)).address;
  return {
    type,
    validity,
    values,
    bytes: isBytes(type) ? values : 0,
    dictionary: undefined,
    width,
    bits: undefined,
  };
}

/** Runs a call into parquet-wasm; what it throws, or where it breaks down, is about the file. */
function asFileError<T>(uri: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw new MalformedFile(
      uri,
      `parquet-wasm cannot read it (${error instanceof Error ? error.message : String(error)})`,
    );
  }
}
