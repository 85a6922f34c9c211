/** The plain values of one column chunk, in pages of rows and in its dictionary, brought into the form of its column. */

import assert from 'node:assert/strict';
import { ArithmeticOverflow, MalformedFile } from '../../errors.ts';
import type { ParquetKernels } from '../../kernels/parquet-kernels.ts';
import type { TakeKernels } from '../../kernels/take-kernels.ts';
import type { Holding } from '../../memory/budget.ts';
import type { ChunkBytes } from './chunk-bytes.ts';
import type { ColumnBuffers, Scratch } from './column-buffers.ts';
import type { ColumnMemory } from './column-memory.ts';
import type { ColumnChunk } from './row-group.ts';
import type { PageLocation } from './scan-plan.ts';
import { boundOf, exceedsDigits } from './value-bound.ts';
import { type ColumnReading, isCopied, scaled } from './value-form.ts';

/** What readers of one file share. */
export interface FileWork {
  readonly uri: string;
  readonly holding: Holding;
  readonly kernels: ParquetKernels;
  readonly take: TakeKernels;
  readonly scratch: Scratch;
}

/** One column chunk, and where it is decoded to. */
export interface ChunkSource {
  readonly reading: ColumnReading;
  readonly chunk: ColumnChunk;
  readonly bytes: ChunkBytes;
  readonly buffers: ColumnBuffers;
  readonly memory: ColumnMemory;
  readonly rowGroup: number;
  /** Where its pages are, if that is known; only those that are kept are in `bytes`. */
  readonly pages?: readonly PageLocation[] | undefined;
  /** Rows of a batch at most: what the buffers are for. */
  readonly batchRows: number;
}

export class PlainValues {
  readonly #work: FileWork;
  readonly #source: ChunkSource;

  constructor(work: FileWork, source: ChunkSource) {
    this.#work = work;
    this.#source = source;
  }

  /** Converts `count` values of a form other than text or bool; returns the bytes that they took. */
  convert(from: number, end: number, count: number, to: number): number {
    const { kernels } = this.#work;
    const { form } = this.#source.reading;
    if (form.kind === 'fixed') {
      if (count * form.storedBytes > end - from) throw this.damaged('a page is shorter than its values');
      if (!form.convert(kernels, from, count, to)) throw this.#misfit();
      return count * form.storedBytes;
    }
    assert.ok(form.kind === 'sized');
    const taken = kernels.convertSizedBigEndian(from, end, count, form.width, to);
    if (taken === -1) throw this.damaged('a page is shorter than its values');
    if (taken === -2 || !scaled(kernels, to, count, form.width, form.factor)) throw this.#misfit();
    return taken;
  }

  /** As `convert`, for values of the form `sized` whose lengths are apart. */
  convertLengths(lengths: number, from: number, count: number, to: number): void {
    const { form } = this.#source.reading;
    assert.ok(form.kind === 'sized');
    const { kernels } = this.#work;
    const isRead = kernels.convertLengthsBigEndian(lengths, from, count, form.width, to) !== 0;
    if (!isRead || !scaled(kernels, to, count, form.width, form.factor)) throw this.#misfit();
  }

  /** Checks `count` texts that were moved to `bytes`. */
  checkText(offsets: number, count: number, bytes: number): void {
    const { form } = this.#source.reading;
    if (form.kind === 'text' && !form.isUtf8) return;
    if (this.#work.kernels.textsAreValid(offsets, count, bytes) === 0) throw this.damaged('a text is not valid UTF-8');
  }

  /** Whether the values of a column are those of a plain page as they are. */
  get isCopied(): boolean {
    return isCopied(this.#source.reading.form);
  }

  /** Whether columns of this form say how many bits their values need. */
  get hasBound(): boolean {
    const { form } = this.#source.reading;
    return (form.kind === 'fixed' || form.kind === 'sized') && form.bound !== 'none';
  }

  /** Bits that the magnitudes of `count` converted values need; 0 where `hasBound` is false. */
  bitsOf(from: number, count: number): number {
    const { form } = this.#source.reading;
    if (form.kind !== 'fixed' && form.kind !== 'sized') return 0;
    const bits = boundOf(this.#work.kernels, form, from, count);
    if (exceedsDigits(form.digits, bits)) throw this.#misfit();
    return bits;
  }

  damaged(detail: string): MalformedFile {
    const { reading, rowGroup } = this.#source;
    return new MalformedFile(this.#work.uri, `column ${reading.file.name}, row group ${rowGroup}: ${detail}`);
  }

  #misfit(): ArithmeticOverflow {
    const { uri } = this.#work;
    const { name } = this.#source.reading.field;
    return new ArithmeticOverflow(
      `${uri}: column ${name}, row group ${this.#source.rowGroup}: a value does not fit its type.`,
    );
  }
}
