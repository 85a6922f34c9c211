/** The rows of an Arrow file or stream as columns of a plan, a slice of a record batch at a time. */

import assert from 'node:assert/strict';
import { BATCH_ROWS } from '../../columnar/batch.ts';
import type { Column } from '../../columnar/column.ts';
import { sameType, typeName } from '../../columnar/data-type.ts';
import type { Field } from '../../columnar/schema.ts';
import { sliceColumn } from '../../columnar/slice.ts';
import { SchemaMismatch } from '../../errors.ts';
import { takeKernels } from '../../kernels/take-kernels.ts';
import type { Holding } from '../../memory/budget.ts';
import type { FileRequest, RecordReader } from '../record-reader.ts';
import { redactUri } from '../uri.ts';
import { WidenedColumn } from '../widened-columns.ts';
import { type ArrowBatches, encodedIn, type LoadedBatch, openArrow } from './arrow-batches.ts';
import { BatchColumns, type BatchSource } from './arrow-columns.ts';
import { ArrowDictionaries } from './arrow-dictionaries.ts';
import { type ArrowReading, matchArrowColumns } from './arrow-reading.ts';

/** The record batch at hand. */
interface OpenBatch extends Disposable {
  readonly loaded: LoadedBatch;
  readonly columns: BatchColumns;
  /** Positions whose buffers are there; those of all others are read when the first of them is asked for. */
  readonly first: readonly number[] | undefined;
  /** By position, whole: those that were asked for. */
  readonly whole: Map<number, Column>;
  readonly gathered: Holding;
}

export class ArrowReader implements RecordReader {
  readonly missing: readonly number[];
  readonly #uri: string;
  readonly #fields: readonly Field[];
  readonly #request: FileRequest;
  readonly #batches: ArrowBatches;
  /** By position; undefined where it is known or missing. */
  readonly #readings: readonly (ArrowReading | undefined)[];
  readonly #widened: readonly (WidenedColumn | undefined)[];
  readonly #dictionaries: ArrowDictionaries;
  #batch: OpenBatch | undefined;
  #start = 0;
  #rows = 0;

  /** `readsWhole`: whether most of its batches is expected to be. @throws MalformedFile, UnsupportedFile, SchemaMismatch, ObjectNotFound, ObjectChanged, MemoryBudgetExceeded */
  static async open(request: FileRequest, readsWhole: boolean = false): Promise<ArrowReader> {
    const batches = await openArrow(request, readsWhole);
    try {
      return new ArrowReader(request, batches);
    } catch (error) {
      await batches[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(request: FileRequest, batches: ArrowBatches) {
    const { uri, fields, isKnown, budget } = request;
    this.#uri = redactUri(uri);
    this.#request = request;
    this.#fields = fields;
    this.#batches = batches;
    const known = { has: (position: number) => isKnown(fields[position]?.name ?? '') };
    this.#readings = matchArrowColumns(this.#uri, batches.columns, fields, known);
    this.missing = [...fields.keys()].filter((at) => !known.has(at) && this.#readings[at] === undefined);
    this.#dictionaries = new ArrowDictionaries(this.#uri, budget);
    this.#widened = fields.map((field, at) => {
      const type = this.#readings[at]?.type;
      return type === undefined || sameType(type, field.type)
        ? undefined
        : new WidenedColumn(this.#uri, type, field, budget);
    });
  }

  /** Whether most of its batches is wanted. */
  get readsWhole(): boolean {
    return this.#batches.readsWhole;
  }

  async next(most: number, first?: readonly number[]): Promise<number> {
    this.#start += this.#rows;
    this.#rows = 0;
    while (this.#batch === undefined || this.#start === this.#batch.loaded.batch.rows) {
      this.#close();
      if (!(await this.#open(first))) return 0;
    }
    this.#rows = Math.min(most, BATCH_ROWS, this.#batch.loaded.batch.rows - this.#start);
    return this.#rows;
  }

  async column(position: number): Promise<Column> {
    const batch = this.#batch;
    assert.ok(batch !== undefined);
    let whole = batch.whole.get(position);
    if (whole === undefined) {
      if (batch.first?.includes(position) === false) {
        await batch.loaded.more(this.#readings.filter((reading) => reading !== undefined));
      }
      whole = this.#whole(batch, position);
      batch.whole.set(position, whole);
    }
    const slice = sliceColumn(whole, this.#start);
    return this.#widened[position]?.widen(slice, this.#rows) ?? slice;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#close();
    for (const widened of this.#widened) widened?.[Symbol.dispose]();
    this.#dictionaries[Symbol.dispose]();
    await this.#batches[Symbol.asyncDispose]();
  }

  #close(): void {
    this.#batch?.[Symbol.dispose]();
    this.#batch = undefined;
    this.#start = 0;
  }

  /** The next record batch; false at the end. */
  async #open(first: readonly number[] | undefined): Promise<boolean> {
    const readings = this.#readings.filter((reading) => reading !== undefined);
    const asked = first?.flatMap((position) => this.#readings[position] ?? []) ?? readings;
    for (;;) {
      const item = await this.#batches.next({ readings, first: asked });
      if (item === undefined) return false;
      if (item.kind === 'dictionary') {
        const whose = readings.flatMap(encodedIn).find(({ column }) => column.dictionary?.id === item.id);
        assert.ok(whose !== undefined);
        this.#dictionaries.put(item, whose, (...given) => this.#source(...given));
        continue;
      }
      const { loaded } = item;
      const gathered = this.#request.budget.reserve('Scan');
      this.#batch = {
        loaded,
        gathered,
        first,
        columns: new BatchColumns(this.#source(loaded, gathered)),
        whole: new Map(),
        [Symbol.dispose]: () => {
          gathered[Symbol.dispose]();
          loaded[Symbol.dispose]();
        },
      };
      return true;
    }
  }

  #source(loaded: LoadedBatch, gathered: Holding): BatchSource {
    return {
      uri: this.#uri,
      batch: loaded.batch,
      placement: loaded.placement,
      stored: (buffer) => loaded.stored(buffer),
      entries: (dictionary, reading) => this.#dictionaries.entries(dictionary, reading),
      regions: loaded.regions,
      gathered,
      workplace: this.#batches.holding,
    };
  }

  #whole({ columns, loaded }: OpenBatch, position: number): Column {
    const reading = this.#readings[position];
    const field = this.#fields[position];
    assert.ok(reading !== undefined && field !== undefined);
    const column = columns.column(reading);
    if (field.nullable || column.validity === 0) return column;
    const { rows } = loaded.batch;
    if (takeKernels(loaded.regions.linear).countBits(column.validity, rows) === rows) return { ...column, validity: 0 };
    throw new SchemaMismatch(
      this.#uri,
      `column ${field.name} (${typeName(field.type)}) has nulls, and the schema says that no value is`,
    );
  }
}
