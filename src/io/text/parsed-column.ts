/**
 * A column out of texts that stand in a file.
 *
 *     utf8, binary                 texts, which whoever knows the format has put together
 *     bool, numbers, dates, …      read by a kernel where they stand; a form that it does not know as casts from text do
 *     uuid, durations, float16 …   as casts from text do, a value at a time
 */

import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import type { Column } from '../../columnar/column.ts';
import { columnFromValues, writeFixed } from '../../columnar/column-from-values.ts';
import { isBytes, typeName, utf8 } from '../../columnar/data-type.ts';
import type { Field } from '../../columnar/schema.ts';
import type { Value } from '../../columnar/value.ts';
import { bitmapBytes } from '../../compile/scratch.ts';
import { castBetween } from '../../expressions/cast-value.ts';
import type { Convert } from '../../expressions/casts/cast.ts';
import { isUtc } from '../../expressions/time-zone.ts';
import { parquetKernels } from '../../kernels/parquet-kernels.ts';
import { parseSpans, type TextReader, textReader } from '../../kernels/parse-kernels.ts';
import type { Holding } from '../../memory/budget.ts';
import { LinearMemory, PADDING_BYTES } from '../../memory/linear-memory.ts';

/** What happens to a value that is none of its column's type: where it becomes null, this returns. */
export type Misfit = (row: number, text: string, what: string) => void;

/** What an author of a plan can do about one. */
export const MISFIT_ADVICE =
  ". Give the column a type that has it, or make such values null with invalidValues: 'null'";

/** Bytes that a value takes in V8's heap and out of it, where no kernel reads it. */
const SPELLED_BYTES = 256;
const SHOWN_CHARACTERS = 100;

/** Makes columns of one field, each valid until the next. */
export class ParsedColumn {
  readonly field: Field;
  /** Where whoever knows the format writes validity, whole words, also where no row is null. */
  readonly validity: number;
  /** Of texts the offsets, else the values. */
  readonly values: number;
  readonly #holding: Holding;
  readonly #failed: number;
  readonly #reader: TextReader | undefined;
  readonly #convert: Convert | undefined;
  /** Of values that no kernel reads. */
  readonly #spelled: Holding | undefined;

  /** For up to `rows` rows. */
  constructor(field: Field, holding: Holding, rows: number) {
    const { type } = field;
    this.field = field;
    this.#holding = holding;
    this.#reader = readerOf(field);
    const { failed, values, byteLength } = placesOf(field, rows);
    this.validity = holding.allocate(byteLength).address;
    this.#failed = this.validity + failed;
    this.values = this.validity + values;
    this.#convert = isBytes(type) ? undefined : castBetween(utf8, type)?.convert;
    const isSpelled = this.#reader === undefined && !isBytes(type);
    this.#spelled = isSpelled ? holding.budget.reserve(holding.owner) : undefined;
  }

  /** What the constructor takes of its holding. */
  static footprint(field: Field, rows: number): number {
    return LinearMemory.footprint(placesOf(field, rows).byteLength);
  }

  /** Whether values are put together as texts, and not read where they stand. */
  get isText(): boolean {
    return isBytes(this.field.type);
  }

  /** Of texts at `values` and `bytes`, where `nulls` rows are null by `validity`. */
  texts(bytes: number, rows: number, nulls: number, misfit: Misfit): Column {
    const { type } = this.field;
    const { linear } = this.#holding;
    const { values } = this;
    const isValid = type.kind === 'binary' || parquetKernels(linear).textsAreValid(values, rows, bytes) !== 0;
    const left = isValid ? nulls : nulls + this.#dropInvalid(bytes, rows, misfit);
    const validity = left === 0 ? 0 : this.validity;
    return { type, validity, values, bytes, dictionary: undefined, width: 0, bits: undefined };
  }

  /** Of what stands at `spans`: a start and an end for each row, of which `nulls` are null by `validity`. */
  spans(spans: number, rows: number, nulls: number, misfit: Misfit): Column {
    const reader = this.#reader;
    if (reader === undefined) return this.#spell(spans, rows, misfit);
    const { linear } = this.#holding;
    const given = nulls === 0 ? 0 : this.validity;
    const failures = parseSpans(linear, reader, spans, rows, given, this.values, this.#failed);
    const more = failures === 0 ? 0 : this.#repair(reader, spans, rows, misfit);
    const validity = nulls + more === 0 ? 0 : this.validity;
    const { type } = this.field;
    return {
      type,
      validity,
      values: this.values,
      bytes: 0,
      dictionary: undefined,
      width: reader.width,
      bits: undefined,
    };
  }

  [Symbol.dispose](): void {
    this.#spelled?.[Symbol.dispose]();
  }

  /** Reads what the kernel could not; gives how many are no values either, and null. */
  #repair({ width }: TextReader, spans: number, rows: number, misfit: Misfit): number {
    const { linear } = this.#holding;
    const { u8 } = linear;
    let nulls = 0;
    for (let row = 0; row < rows; row++) {
      if ((((u8[this.#failed + (row >>> 3)] ?? 0) >>> (row & 7)) & 1) === 0) continue;
      const value = this.#converted(spans, row, misfit);
      if (value === null) {
        this.#setNull(row);
        nulls += 1;
      } else {
        assert.ok(width > 0, 'bools are read by the kernel');
        writeFixed(linear, this.field.type, width, this.values + row * width, value);
      }
    }
    return nulls;
  }

  #spell(spans: number, rows: number, misfit: Misfit): Column {
    const spelled = this.#spelled;
    assert.ok(spelled !== undefined);
    spelled.release();
    spelled.grow(rows * SPELLED_BYTES);
    const { u8 } = this.#holding.linear;
    const values: Value[] = [];
    for (let row = 0; row < rows; row++) {
      const isThere = (((u8[this.validity + (row >>> 3)] ?? 0) >>> (row & 7)) & 1) === 1;
      values.push(isThere ? this.#converted(spans, row, misfit) : null);
    }
    return columnFromValues(spelled, this.field.type, values);
  }

  /** Null where it is no value, and may be null. */
  #converted(spans: number, row: number, misfit: Misfit): Value {
    const { u8, u32 } = this.#holding.linear;
    const text = Buffer.from(u8.slice(u32[(spans >>> 2) + 2 * row], u32[(spans >>> 2) + 2 * row + 1])).toString('utf8');
    const value = this.#convert?.(text);
    if (value !== undefined) return value;
    misfit(row, text, `is no ${typeName(this.field.type)}`);
    return null;
  }

  /** Makes texts null, and empty, that are no UTF-8. */
  #dropInvalid(bytes: number, rows: number, misfit: Misfit): number {
    const { u8, u32 } = this.#holding.linear;
    const offsets = this.values >>> 2;
    let nulls = 0;
    let to = 0;
    for (let row = 0; row < rows; row++) {
      const [start = 0, end = 0] = [u32[offsets + row], u32[offsets + row + 1]];
      const text = Buffer.from(u8.slice(bytes + start, bytes + end));
      if (isUtf8(text)) {
        u8.copyWithin(bytes + to, bytes + start, bytes + end);
      } else {
        misfit(row, text.toString('latin1'), 'is no UTF-8');
        this.#setNull(row);
        nulls += 1;
      }
      // The offset of this row is read no more, that of the next is still the old one.
      u32[offsets + row] = to;
      if (isUtf8(text)) to += text.byteLength;
    }
    u32[offsets + rows] = to;
    return nulls;
  }

  #setNull(row: number): void {
    const { u8 } = this.#holding.linear;
    const at = this.validity + (row >>> 3);
    u8[at] = (u8[at] ?? 0) & ~(1 << (row & 7));
  }
}

/** The first of so many rows that the bitmap says is null. */
export function firstNull({ u8 }: LinearMemory, validity: number, rows: number): number | undefined {
  for (let row = 0; row < rows; row += 1) if ((((u8[validity + (row >>> 3)] ?? 0) >>> (row & 7)) & 1) === 0) return row;
  return undefined;
}

/** As it is shown in errors. */
export function shownText(text: string): string {
  return JSON.stringify(text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text);
}

function readerOf({ type }: Field): TextReader | undefined {
  const zone = type.kind !== 'timestamp' || type.timezone === null ? 'none' : isUtc(type.timezone) ? 'utc' : 'other';
  return textReader(type, zone);
}

/** Validity, failures and values lie in one region: of files with thousands of columns each has few rows, and a region is 4 KiB. */
function placesOf(field: Field, rows: number): { failed: number; values: number; byteLength: number } {
  const failed = Math.ceil((bitmapBytes(rows) + PADDING_BYTES) / 64) * 64;
  return { failed, values: 2 * failed, byteLength: 2 * failed + valueBytes(field, rows) };
}

function valueBytes(field: Field, rows: number): number {
  if (isBytes(field.type)) return (rows + 1) * 4;
  const width = readerOf(field)?.width;
  if (width === undefined) return 0;
  return width === 0 ? bitmapBytes(rows) : rows * width;
}
