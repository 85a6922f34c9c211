/**
 * Reads the object that each row names. Nothing is read before there is memory for it, and no more is held at a time
 * than a share of the budget: a batch leaves in as many parts as that needs, its rows in their order.
 *
 *     rows   a b a c d e …
 *     look     a b c d          sizes and versions, many at once, until a part is full; small ones come whole
 *     hold   │ a   │ b │ c │    one region, cut to size
 *     read     ▲     ▲   ▲      in that version, many at once, each to its place
 *     push   rows a b a c       then the part that begins with d
 *
 * An object is read once per part, however many rows name it: the column then has a dictionary. One that is replaced
 * between the look and the read is looked at again.
 */

import { Batch } from '../../columnar/batch.ts';
import { binary } from '../../columnar/data-type.ts';
import { field, type Schema } from '../../columnar/schema.ts';
import { MalformedFile, ObjectChanged, ObjectNotFound } from '../../errors.ts';
import type { TypedExpression } from '../../expressions/expression.ts';
import { inParallel } from '../../io/in-parallel.ts';
import type { ObjectStore } from '../../io/object-store.ts';
import { type UriRule, uriGate } from '../../io/uri-rules.ts';
import type { Holding } from '../../memory/budget.ts';
import { sliceBatch } from '../../state/row-slice.ts';
import type { Counters, Demand, Output, StreamingOperator, StreamingOperatorRun, TaskContext } from '../operator.ts';
import { closedUp, type Part, partFrom, type Target, type Targets } from './download-part.ts';
import { argumentReader, holdArguments, isOfRow, type OnError, rowFailure } from './object-call.ts';
import { objectColumn } from './object-column.ts';
import { type LookCosts, ObjectLooks } from './object-looks.ts';

const NAME = 'UrlDownload';

export interface UrlDownloadOptions {
  readonly input: Schema;
  /** Of the column of bytes, which comes behind those of the input. */
  readonly name: string;
  /** A column of the input, or a literal. */
  readonly uri: TypedExpression;
  readonly onError: OnError;
  /** Requests at a time. */
  readonly maxConnections: number;
  /** A larger object is an error. */
  readonly maxBytes: number;
  /** One that repeats reads by itself (`retryingStore`). */
  readonly store: ObjectStore;
  readonly rule: UriRule;
}

/** Adds the bytes of the object at a uri to each row. */
export function urlDownload(options: UrlDownloadOptions): StreamingOperator {
  const schema: Schema = { fields: [...options.input.fields, field(options.name, binary)] };
  return { role: 'streaming', name: NAME, schema, open: (task) => new UrlDownloadRun(options, schema, task) };
}

/** A part holds at most as much, but for a single object that is larger. */
const MAX_PART_BYTES = 32 * 1024 * 1024;
/** The share of the budget that a part may take: what is made of it further on may need several times as much. */
const PART_SHARE = 16;
/** Of V8's heap, for what is known of the object of a row. */
const ROW_BYTES = 240;
/** After so many versions an object counts as one that cannot be read. */
const MAX_CHANGES = 3;

class UrlDownloadRun implements StreamingOperatorRun {
  readonly #options: UrlDownloadOptions;
  readonly #schema: Schema;
  readonly #signal: AbortSignal;
  readonly #partBytes: number;
  readonly #looks: ObjectLooks;
  readonly #costs: LookCosts = { requests: 0, bytesRead: 0 };
  /** What is known of the batch. */
  readonly #known: Holding;
  /** The part that is being read or pushed. */
  readonly #held: Holding;
  #rowsSeen = 0;
  #objectsRead = 0;
  #rowsFailed = 0;

  constructor(options: UrlDownloadOptions, schema: Schema, { memory, signal }: TaskContext) {
    this.#options = options;
    this.#schema = schema;
    this.#signal = signal;
    this.#partBytes = Math.min(MAX_PART_BYTES, Math.floor(memory.limitBytes / PART_SHARE));
    this.#known = memory.reserve(NAME);
    this.#looks = new ObjectLooks({
      ...options,
      signal,
      gate: uriGate(options.rule, 'read'),
      holding: this.#known,
      receivingBytes: this.#partBytes,
      costs: this.#costs,
    });
    this.#held = memory.reserve(NAME);
  }

  async push(batch: Batch, output: Output): Promise<Demand> {
    try {
      const targets = this.#targetsOf(batch);
      for (let start = 0; start < batch.rowCount; ) {
        const { end, columns } = await this.#part(batch, targets, start);
        const demand = await output.push(new Batch(this.#schema, end - start, columns));
        this.#held.release();
        if (demand === 'done') return 'done';
        start = end;
      }
      this.#rowsSeen += batch.rowCount;
      return 'more';
    } finally {
      this.#held.release();
      this.#known.release();
    }
  }

  counters(): Counters {
    return {
      requests: this.#costs.requests,
      'bytes read': this.#costs.bytesRead,
      'objects read': this.#objectsRead,
      'rows failed': this.#rowsFailed,
    };
  }

  [Symbol.dispose](): void {
    this.#held[Symbol.dispose]();
    this.#known[Symbol.dispose]();
  }

  #targetsOf(batch: Batch): Targets {
    const { uri: argument } = this.#options;
    holdArguments([argument], batch, ROW_BYTES, this.#known);
    const read = argumentReader(argument, batch, this.#known.linear);
    const byUri = new Map<string, Target>();
    return Array.from({ length: batch.rowCount }, (_, row) => {
      const uri = read(row);
      if (typeof uri !== 'string') return null;
      const known = byUri.get(uri);
      if (known !== undefined) return known;
      const target = { uri, row, size: undefined, etag: '', bytes: undefined, failure: undefined, changes: 0 };
      byUri.set(uri, target);
      return target;
    });
  }

  /** The next rows with their objects, which are held until they are released. */
  async #part(batch: Batch, targets: Targets, start: number): Promise<{ end: number; columns: Batch['columns'] }> {
    for (;;) {
      await this.#look(targets, start);
      const { address, part } = this.#hold(targets, start);
      await this.#readAll(part.targets, address);
      if (part.targets.every(({ size, failure }) => size !== undefined || failure !== undefined)) {
        return { end: part.end, columns: this.#columns(batch, targets, part, address) };
      }
      this.#held.release();
    }
  }

  /** Looks at objects from `start` on, until the bytes that are known fill a part. */
  async #look(targets: Targets, start: number): Promise<void> {
    const met = new Set<Target>();
    const limitBytes = this.#partBytes;
    let bytes = 0;
    const unknown = function* (): Generator<Target> {
      for (let row = start; row < targets.length && bytes < limitBytes; row += 1) {
        const target = targets[row] ?? undefined;
        if (target === undefined || met.has(target)) continue;
        met.add(target);
        if (target.size === undefined && target.failure === undefined) yield target;
        else bytes += target.size ?? 0;
      }
    };
    await inParallel(unknown(), this.#options.maxConnections, async (target) => {
      try {
        await this.#looks.look(target);
      } catch (error) {
        this.#note(target, error);
      }
      bytes += target.size ?? 0;
    });
    for (const target of met) this.#raise(target);
  }

  /** Memory for as many of the next rows as a part may have, and for one object at least. @throws MemoryBudgetExceeded */
  #hold(targets: Targets, start: number): { part: Part; address: number } {
    for (let limitBytes = this.#partBytes; ; ) {
      const part = partFrom(targets, start, limitBytes);
      const isDivisible = part.targets.length > 1 && limitBytes > 0;
      const region = isDivisible ? this.#held.tryAllocate(part.bytes) : this.#held.allocate(part.bytes);
      if (region !== undefined) return { part, address: region.address };
      limitBytes = Math.floor(part.bytes / 2);
    }
  }

  /** Each to its place. Where one fails for good the others are broken off, and waited for: they write into memory. */
  async #readAll(targets: readonly Target[], address: number): Promise<void> {
    const broken = new AbortController();
    const signal = AbortSignal.any([this.#signal, broken.signal]);
    let at = address;
    const places = targets.map((target): Place => {
      const place = { target, address: at };
      at += target.size ?? 0;
      return place;
    });
    await inParallel(places, this.#options.maxConnections, async (place) => {
      try {
        await this.#read(place, signal);
      } catch (error) {
        broken.abort();
        throw error;
      }
    });
  }

  async #read({ target, address }: Place, signal: AbortSignal): Promise<void> {
    const { uri, size = 0, etag, bytes } = target;
    try {
      const into = this.#held.linear.u8.subarray(address, address + size);
      if (bytes !== undefined) {
        into.set(bytes);
        target.bytes = undefined;
        this.#known.shrink(size);
      } else if (size > 0) {
        this.#costs.requests += 1;
        await this.#options.store.readInto(uri, 0, into, { etag, signal });
        this.#costs.bytesRead += size;
      }
      this.#objectsRead += 1;
    } catch (error) {
      signal.throwIfAborted();
      if (hasChanged(error) && target.changes < MAX_CHANGES) {
        target.changes += 1;
        target.size = undefined;
      } else {
        this.#note(target, error);
        this.#raise(target);
      }
    }
  }

  /** Keeps what is wrong with the object. @throws what is wrong with the task */
  #note(target: Target, error: unknown): void {
    if (this.#signal.aborted || !isOfRow(error)) throw error;
    target.failure = error;
  }

  #raise({ failure, row, uri }: Target): void {
    if (failure === undefined || this.#options.onError === 'null') return;
    throw rowFailure(failure, `${NAME}, row ${this.#rowsSeen + row}`, uri);
  }

  #columns(batch: Batch, targets: Targets, { start, end, targets: held }: Part, address: number): Batch['columns'] {
    const bytes = closedUp(held, address, this.#held.linear.u8);
    const rows = targets.slice(start, end).map((target) => {
      if (target?.failure !== undefined) this.#rowsFailed += 1;
      return target === null ? undefined : bytes.get(target);
    });
    const { columns } = sliceBatch(batch, start, end - start, this.#held);
    return [...columns, objectColumn(rows, [...bytes.values()], address, this.#held)];
  }
}

/** An object and where its bytes go. */
interface Place {
  readonly target: Target;
  readonly address: number;
}

/** Whether the object is another than was looked at, or gone. */
const hasChanged = (error: unknown): boolean =>
  error instanceof ObjectChanged || error instanceof MalformedFile || error instanceof ObjectNotFound;
