/**
 * Stores what each row holds as an object, and gives its uri.
 *
 *     data    location        name          object
 *     ──────────────────────────────────────────────────────────
 *     hello   s3://o/_files   a.txt    ──▶  s3://o/_files/a.txt
 *     hello   s3://o/_files   null     ──▶  s3://o/_files/2cf24dba…     called by its content
 *     null    …                        ──▶  null
 *
 * An object is there as soon as it is stored, whatever becomes of the task: no commit makes it visible. So that a task
 * that is run again, or twice at once, changes nothing, an object is only ever created: a name made of the content can
 * mean nothing else, and where a name that the row gives is taken, it must be by the same bytes.
 *
 * Bytes are copied out of the batch before they are sent, as many at a time as there is memory for.
 */

import { Batch } from '../../columnar/batch.ts';
import type { Column } from '../../columnar/column.ts';
import { columnFromValues } from '../../columnar/column-from-values.ts';
import { utf8 } from '../../columnar/data-type.ts';
import { field, type Schema } from '../../columnar/schema.ts';
import type { ValueReader } from '../../columnar/value-reader.ts';
import { InvalidArgument, InvalidValue, type MillraceError, PreconditionFailed } from '../../errors.ts';
import type { TypedExpression } from '../../expressions/expression.ts';
import { DEFAULT_RETRY_POLICY, type RetryPolicy } from '../../io/backoff.ts';
import { inParallel } from '../../io/in-parallel.ts';
import type { ObjectStore } from '../../io/object-store.ts';
import { COMPARE_BYTES, contentName, type PutCosts, putNew } from '../../io/put-new.ts';
import { joinUri, shownUri } from '../../io/uri.ts';
import { type UriRule, uriGate } from '../../io/uri-rules.ts';
import type { Holding } from '../../memory/budget.ts';
import type { Counters, Demand, Output, StreamingOperator, StreamingOperatorRun, TaskContext } from '../operator.ts';
import { argumentReader, bytesReader, holdArguments, isOfRow, type OnError, rowFailure } from './object-call.ts';

const NAME = 'UrlUpload';

export interface UrlUploadOptions {
  readonly input: Schema;
  /** Of the column of uris, which comes behind those of the input. */
  readonly column: string;
  /** Columns of the input, or literals. */
  readonly data: TypedExpression;
  readonly location: TypedExpression;
  readonly name: TypedExpression;
  readonly onError: OnError;
  /** Requests at a time. */
  readonly maxConnections: number;
  /** One that repeats reads by itself (`retryingStore`). */
  readonly store: ObjectStore;
  readonly rule: UriRule;
  /** How creating an object, which no store repeats, is repeated. */
  readonly policy?: RetryPolicy | undefined;
}

/** Adds the uri of the object that it stores for it to each row. */
export function urlUpload(options: UrlUploadOptions): StreamingOperator {
  const schema: Schema = { fields: [...options.input.fields, field(options.column, utf8)] };
  return { role: 'streaming', name: NAME, schema, open: (task) => new UrlUploadRun(options, schema, task) };
}

/** Of V8's heap, for what is known of the object of a row, its uri included. */
const ROW_BYTES = 512;

/** An object that rows want to be there. */
interface Target {
  readonly uri: string;
  /** The first row that wants it, whose bytes it gets. */
  readonly row: number;
  /** A view into the batch. */
  readonly bytes: Uint8Array;
  failure: MillraceError | undefined;
}

class UrlUploadRun implements StreamingOperatorRun {
  readonly #options: UrlUploadOptions;
  readonly #schema: Schema;
  readonly #signal: AbortSignal;
  readonly #gate: (uri: string) => void;
  readonly #holding: Holding;
  readonly #sending: Sending;
  readonly #costs: PutCosts = { requests: 0, bytesRead: 0, bytesWritten: 0 };
  #rowsSeen = 0;
  #objectsStored = 0;
  #rowsFailed = 0;

  constructor(options: UrlUploadOptions, schema: Schema, { memory, signal }: TaskContext) {
    this.#options = options;
    this.#schema = schema;
    this.#signal = signal;
    this.#gate = uriGate(options.rule, 'write');
    this.#holding = memory.reserve(NAME);
    this.#sending = new Sending(memory.reserve(NAME));
  }

  async push(batch: Batch, output: Output): Promise<Demand> {
    if (batch.rowCount === 0) return 'more';
    try {
      const column = await this.#uris(batch);
      this.#rowsSeen += batch.rowCount;
      return await output.push(new Batch(this.#schema, batch.rowCount, [...batch.columns, column]));
    } finally {
      this.#holding.release();
    }
  }

  counters(): Counters {
    return {
      requests: this.#costs.requests,
      'bytes read': this.#costs.bytesRead,
      'bytes written': this.#costs.bytesWritten,
      'objects stored': this.#objectsStored,
      'rows failed': this.#rowsFailed,
    };
  }

  [Symbol.dispose](): void {
    this.#sending.holding[Symbol.dispose]();
    this.#holding[Symbol.dispose]();
  }

  async #uris(batch: Batch): Promise<Column> {
    const { location, name } = this.#options;
    holdArguments([location, name], batch, ROW_BYTES, this.#holding);
    const rows: (Target | null)[] = [];
    const broken = new AbortController();
    const signal = AbortSignal.any([this.#signal, broken.signal]);
    // Where one fails for good the others are broken off, and waited for.
    await inParallel(this.#targets(batch, rows), this.#options.maxConnections, async (target) => {
      try {
        await this.#store(target, signal);
        this.#raise(target);
      } catch (error) {
        broken.abort();
        throw error;
      }
    });
    const uris = rows.map((target) => {
      if (target?.failure !== undefined) this.#rowsFailed += 1;
      return target === null || target.failure !== undefined ? null : target.uri;
    });
    return columnFromValues(this.#holding, utf8, uris);
  }

  /** The objects that the rows of a batch want, each once; `rows` is filled with those of all of its rows. */
  *#targets(batch: Batch, rows: (Target | null)[]): Generator<Target> {
    const { data, location, name } = this.#options;
    const { linear } = this.#holding;
    const [places, names] = [argumentReader(location, batch, linear), argumentReader(name, batch, linear)];
    const bytesOf = bytesReader(data, batch, linear);
    const byUri = new Map<string, Target>();
    for (let row = 0; row < batch.rowCount; row += 1) {
      const target = this.#target(row, places, names, bytesOf);
      const known = target === null || target.failure !== undefined ? undefined : byUri.get(target.uri);
      if (target === null) rows.push(null);
      else if (known === undefined) {
        rows.push(target);
        if (target.failure === undefined) byUri.set(target.uri, target);
        yield target;
      } else if (Buffer.compare(known.bytes, target.bytes) === 0) rows.push(known);
      else {
        target.failure = new InvalidValue(`${shownUri(target.uri)} gets other bytes from another row.`);
        rows.push(target);
        yield target;
      }
    }
  }

  #target(
    row: number,
    places: ValueReader,
    names: ValueReader,
    bytesOf: (row: number) => Uint8Array | null,
  ): Target | null {
    const [place, name, bytes] = [places(row), names(row), bytesOf(row)];
    if (typeof place !== 'string' || bytes === null) return null;
    try {
      const uri = joinUri(place, typeof name === 'string' ? name : contentName(bytes));
      return { uri, row, bytes, failure: undefined };
    } catch (error) {
      if (!(error instanceof InvalidArgument)) throw error;
      const failure = new InvalidValue(`${shownUri(place)} and the name are no uri of an object.`);
      return { uri: place, row, bytes, failure };
    }
  }

  async #store(target: Target, signal: AbortSignal): Promise<void> {
    const { store, policy = DEFAULT_RETRY_POLICY } = this.#options;
    const { uri, bytes } = target;
    try {
      if (target.failure !== undefined) return;
      this.#gate(uri);
      await this.#sending.copied(bytes, (copy) => putNew(uri, copy, { store, policy, signal, costs: this.#costs }));
      this.#objectsStored += 1;
    } catch (error) {
      if (signal.aborted || !isOfRow(error)) throw error;
      target.failure =
        error instanceof PreconditionFailed
          ? new InvalidValue(`${shownUri(uri)} holds something else already, and is not replaced.`)
          : error;
    }
  }

  #raise({ failure, row, uri }: Target): void {
    if (failure === undefined || this.#options.onError === 'null') return;
    throw rowFailure(failure, `${NAME}, row ${this.#rowsSeen + row}`, uri);
  }
}

/** Copies that are being sent. One waits for others to be done where there is no memory for it beside them. */
class Sending {
  readonly holding: Holding;
  #count = 0;
  #waiting: (() => void)[] = [];

  constructor(holding: Holding) {
    this.holding = holding;
  }

  /** @throws MemoryBudgetExceeded for bytes that have no room although nothing else is being sent */
  async copied(bytes: Uint8Array, send: (copy: Uint8Array) => Promise<void>): Promise<void> {
    const heldBytes = bytes.byteLength + Math.min(bytes.byteLength, COMPARE_BYTES);
    while (!this.holding.tryGrow(heldBytes)) {
      if (this.#count === 0) this.holding.grow(heldBytes);
      await new Promise<void>((wake) => this.#waiting.push(wake));
    }
    this.#count += 1;
    try {
      await send(new Uint8Array(bytes));
    } finally {
      this.#count -= 1;
      this.holding.shrink(heldBytes);
      for (const wake of this.#waiting.splice(0)) wake();
    }
  }
}
