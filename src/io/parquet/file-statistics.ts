/**
 * What a footer tells of a file as a whole, for who plans: estimates, of values that nobody has looked at.
 *
 *     least and greatest       of its row groups
 *     different values         of whole numbers and days no more than lie between these two, of texts as many as have room in a dictionary,
 *                              where all chunks have one; of what else there is nothing is known
 */

import { type DataType, isInteger } from '../../columnar/data-type.ts';
import type { Schema } from '../../columnar/schema.ts';
import type { ParquetFooter } from './footer.ts';
import { type ColumnChunk, rowGroupOf } from './row-group.ts';
import { type Comparable, order, rangeOf } from './statistics.ts';
import { type ColumnReading, matchColumns } from './value-form.ts';

export interface FileStatistics {
  readonly rows: number;
  readonly fileBytes: number;
  /** By name; what is not known is absent. Bounds are numbers in the order of the type: ticks, days, digits of decimals. */
  readonly columns: ReadonlyMap<
    string,
    {
      readonly distinct?: number;
      readonly low?: number;
      readonly high?: number;
      readonly nulls?: number;
      readonly storedBytes?: number;
    }
  >;
}

/** Column chunks that are looked at: of a file with more some row groups have to do for all. */
const MOST_CHUNKS = 10_000;
/** Writers end dictionaries that become as large, so that other values may stand beside them. */
const FULL_DICTIONARY_BYTES = 256 * 1024;
/** Of a text in a dictionary, its length. */
const LENGTH_BYTES = 4;

/** @throws MalformedFile */
export function statisticsOf(footer: ParquetFooter, { fields }: Schema): FileStatistics {
  const { uri, columns, rowGroups, rowGroupCount, fileBytes } = footer;
  const readings = matchColumns(uri, columns, fields).filter(
    (reading): reading is ColumnReading => reading !== undefined && 'form' in reading,
  );
  const rows = rowGroups.rows.reduce((sum, count) => sum + Math.max(0, count), 0);
  const step = Math.ceil((rowGroupCount * Math.max(1, readings.length)) / MOST_CHUNKS);
  const found = readings.map(() => new ColumnSummary());
  for (let index = 0; index < rowGroupCount; index += Math.max(1, step)) {
    const group = rowGroupOf(
      footer,
      index,
      readings.map(({ file }) => file),
    );
    for (const [at, reading] of readings.entries()) {
      const chunk = group.chunks[at];
      if (chunk !== undefined) found[at]?.add(reading, chunk, group.rows);
    }
  }
  const known = readings.map(({ field }, at) => {
    const summary = found[at] as ColumnSummary;
    const storedBytes = Math.round((summary.storedBytes * rows) / Math.max(1, summary.rows));
    return [field.name, { ...summary.statistics(field.type), storedBytes }] as const;
  });
  return { rows, fileBytes, columns: new Map(known) };
}

class ColumnSummary {
  #low: Comparable | undefined;
  #high: Comparable | undefined;
  #isBounded = true;
  rows = 0;
  /** Of its chunks. */
  storedBytes = 0;
  #nulls = 0;
  /** Of the largest dictionary; of none where a chunk has none. */
  #dictionaryBytes = 0;
  #isCoded = true;

  add(reading: ColumnReading, chunk: ColumnChunk, rows: number): void {
    const { low, high } = rangeOf(reading, chunk, rows);
    this.rows += rows;
    this.storedBytes += chunk.byteLength;
    this.#nulls += chunk.statistics?.nullCount ?? 0;
    if (chunk.statistics?.nullCount === rows) return;
    const { dictionary, dictionaryBytes } = chunk;
    this.#isCoded &&= dictionary !== undefined || (dictionaryBytes > 0 && dictionaryBytes < FULL_DICTIONARY_BYTES);
    this.#dictionaryBytes = Math.max(this.#dictionaryBytes, dictionaryBytes);
    this.#isBounded &&= low !== undefined && high !== undefined;
    if (low === undefined || high === undefined) return;
    if (this.#low === undefined || order(low, this.#low) < 0) this.#low = low;
    if (this.#high === undefined || order(high, this.#high) > 0) this.#high = high;
  }

  statistics(type: DataType): { distinct?: number; low?: number; high?: number; nulls?: number } {
    const bounds = this.#isBounded ? { low: this.#low, high: this.#high } : {};
    const nulls = this.rows === 0 ? {} : { nulls: this.#nulls / this.rows };
    const { low, high } = bounds;
    if (typeof low === 'object' && typeof high === 'object') return { ...nulls, ...this.#ofTexts(low, high) };
    if (low === undefined || high === undefined || typeof low === 'object' || typeof high === 'object') return nulls;
    const [least, greatest] = [Number(low), Number(high)];
    const isCounted = isInteger(type) || type.kind === 'date' || type.kind === 'bool';
    const values = this.rows - this.#nulls;
    const distinct = isCounted ? { distinct: Math.max(1, Math.min(values, greatest - least + 1)) } : {};
    return { ...nulls, low: least, high: greatest, ...distinct };
  }

  /** Their lengths are taken to be between those of the least and the greatest. */
  #ofTexts(low: Uint8Array, high: Uint8Array): { distinct?: number } {
    if (!this.#isCoded || this.#dictionaryBytes === 0) return {};
    const length = LENGTH_BYTES + (low.byteLength + high.byteLength) / 2;
    return { distinct: Math.max(1, Math.min(this.rows - this.#nulls, Math.round(this.#dictionaryBytes / length))) };
  }
}
