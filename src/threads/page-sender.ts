import { Batch } from '../columnar/batch.ts';
import type { Schema } from '../columnar/schema.ts';
import type { BatchSink } from '../execute-task.ts';
import { PageBody } from '../io/shuffle/shuffle-page.ts';
import type { Holding, MemoryBudget } from '../memory/budget.ts';
import { RowBuffer } from '../state/row-buffer.ts';
import type { SentPage } from './thread-messages.ts';

/** Puts the rows of a result into pages, and sends each when it is full. `send` resolves when there is room for the next one. */
export class PageSender implements BatchSink {
  readonly #holding: Holding;
  readonly #rows: RowBuffer;
  readonly #pageBytes: number;
  readonly #send: (page: SentPage) => Promise<void>;

  constructor(memory: MemoryBudget, schema: Schema, pageBytes: number, send: (page: SentPage) => Promise<void>) {
    this.#holding = memory.reserve('Exchange');
    this.#rows = new RowBuffer(schema, this.#holding);
    this.#pageBytes = pageBytes;
    this.#send = send;
  }

  async push(batch: Batch): Promise<void> {
    this.#rows.append(batch);
    if (this.#rows.byteLength >= this.#pageBytes) await this.finish();
  }

  /** Sends what is at hand. */
  async finish(): Promise<void> {
    const { rowCount, schema } = this.#rows;
    if (rowCount === 0) return;
    const page = new PageBody(new Batch(schema, rowCount, this.#rows.columns()), this.#holding.linear);
    const body = new Uint8Array(page.byteLength);
    let at = 0;
    for (const piece of page.pieces()) {
      body.set(piece, at);
      at += piece.byteLength;
    }
    this.#rows.clear();
    await this.#send({ rowCount, body: body.buffer });
  }

  [Symbol.dispose](): void {
    this.#rows[Symbol.dispose]();
    this.#holding[Symbol.dispose]();
  }
}
