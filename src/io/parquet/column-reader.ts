/**
 * Reads one column chunk of a flat column, the next rows at a time.
 *
 *     page ──▶ levels ──▶ validity  │ 1 0 1 1 │
 *          └─▶ values ──▶ slots     │ a 0 b c │       chunk-values.ts
 *
 * Rows that nobody wants are passed over, whole pages without decompressing them; where the file says where its pages are,
 * without looking at them.
 */

import assert from 'node:assert/strict';
import type { Column } from '../../columnar/column.ts';
import { ChunkValues } from './chunk-values.ts';
import type { PageHeader } from './page-header.ts';
import type { ChunkSource, FileWork } from './plain-values.ts';
import { pageOfRow } from './scan-plan.ts';

export class ColumnReader {
  readonly #work: FileWork;
  readonly #source: ChunkSource;
  readonly #values: ChunkValues;
  readonly #isNullable: boolean;
  /** Rows of the current page that are still to come. */
  #pageRows = 0;
  /** Rows asked to be passed over and not yet passed. */
  #rowsToPass = 0;
  /** The row that comes next. */
  #row = 0;
  /** Rows of the current batch that are not null. */
  #valid = 0;

  constructor(work: FileWork, source: ChunkSource) {
    this.#work = work;
    this.#source = source;
    this.#values = new ChunkValues(work, source);
    this.#isNullable = source.reading.file.nullable;
  }

  /** Passes over the next `rows` rows. */
  skip(rows: number): void {
    this.#rowsToPass += rows;
  }

  /**
   * The next `rows` rows, at most `batchRows`; valid until the next call. At once where the current page has them.
   * @throws MalformedFile, UnsupportedFile, SchemaMismatch, ArithmeticOverflow, MemoryBudgetExceeded
   */
  read(rows: number): Column | Promise<Column> {
    assert.ok(rows <= this.#source.batchRows);
    if (this.#rowsToPass > 0 || this.#pageRows < rows) return this.#readOn(rows);
    this.#begin(rows);
    this.#decode(rows);
    return this.#values.column(this.#valid);
  }

  /** As `read`, from page to page. */
  async #readOn(rows: number): Promise<Column> {
    if (this.#rowsToPass > 0) await this.#pass();
    this.#begin(rows);
    while (this.#values.filled < rows) {
      if (this.#pageRows === 0) await this.#open(await this.#values.nextHeader());
      this.#decode(rows);
    }
    return this.#values.column(this.#valid);
  }

  #begin(rows: number): void {
    this.#values.begin();
    this.#values.reserve(rows);
    this.#valid = 0;
  }

  /** What the current page has of a batch of `rows` rows. */
  #decode(rows: number): void {
    const count = Math.min(rows - this.#values.filled, this.#pageRows);
    const valid = this.#levels(count, this.#source.buffers.validity.address, this.#values.filled);
    this.#values.decode(count, valid, count === rows);
    this.#pageRows -= count;
    this.#row += count;
    this.#valid += valid;
  }

  async #pass(): Promise<void> {
    if (this.#rowsToPass >= this.#pageRows) this.#passed(this.#pageRows);
    if (this.#pageRows === 0 && this.#rowsToPass > 0) await this.#seek();
    while (this.#rowsToPass > 0) {
      if (this.#pageRows === 0) {
        const header = await this.#values.nextHeader();
        if (header.values <= this.#rowsToPass) {
          this.#values.pass(header);
          this.#rowsToPass -= header.values;
          this.#row += header.values;
          continue;
        }
        await this.#open(header);
      }
      const count = Math.min(this.#rowsToPass, this.#pageRows, this.#source.batchRows);
      const { bits } = this.#work.scratch;
      this.#work.holding.linear.zero(bits, bits + Math.ceil(count / 8) + 8);
      this.#values.passValues(this.#levels(count, bits, 0));
      this.#passed(count);
    }
  }

  /** Notes that so many rows of the current page are done with. */
  #passed(rows: number): void {
    this.#pageRows -= rows;
    this.#rowsToPass -= rows;
    this.#row += rows;
  }

  /** Goes to the page with the row that is wanted next, at the end of a page and where it is known. */
  async #seek(): Promise<void> {
    const { pages, chunk } = this.#source;
    const wanted = this.#row + this.#rowsToPass;
    const page = pages && pageOfRow(pages, wanted);
    if (page === undefined) return;
    await this.#values.seek(page.start, chunk.values - page.rows.start);
    this.#rowsToPass = wanted - page.rows.start;
    this.#row = page.rows.start;
  }

  async #open(header: PageHeader): Promise<void> {
    const { pages } = this.#source;
    const indexed = pages && pageOfRow(pages, this.#row)?.rows;
    if (pages !== undefined && (indexed?.start !== this.#row || indexed.end !== this.#row + header.values)) {
      throw this.#values.damaged('a page does not have the rows that its index says');
    }
    const { definitions, definitionsEnd } = await this.#values.open(header);
    if (this.#isNullable) {
      this.#work.kernels.beginHybrid(this.#source.buffers.levelState, definitions, definitionsEnd, 1);
    }
    this.#pageRows = header.values;
  }

  /** How many of the next `count` rows are not null; their bits are written to `bits` from bit `toBit` on. */
  #levels(count: number, bits: number, toBit: number): number {
    if (!this.#isNullable) return count;
    const valid = this.#work.kernels.decodeHybridBits(this.#source.buffers.levelState, count, bits, toBit);
    if (valid < 0) throw this.#values.damaged('its levels are damaged');
    return valid;
  }
}
