/**
 * Columns as texts, by kernels where there is one for the type, for who writes lines of text.
 *
 *     utf8                                 as it is, dictionaries too
 *     bool, numbers, dates, times          written by a kernel; timestamps in ISO form, those of a zone in UTC with a Z
 *     uuid, durations, intervals, float16  as casts to text do, a value at a time
 *     nested, for JSON                     as JSON, a value at a time
 */

import type { Column } from '../../columnar/column.ts';
import { columnFromValues } from '../../columnar/column-from-values.ts';
import { readColumn } from '../../columnar/column-values.ts';
import { isFloat, isInteger, isNested, utf8 } from '../../columnar/data-type.ts';
import type { Field } from '../../columnar/schema.ts';
import { InvalidValue } from '../../errors.ts';
import { castBetween } from '../../expressions/cast-value.ts';
import { jsonText } from '../../expressions/json/json-text.ts';
import { jsonOf } from '../../expressions/json/typed-json.ts';
import { formatTexts, type TextWriter, textWriter } from '../../kernels/format-kernels.ts';
import { JSON_FORMS } from '../../kernels/row-text-kernels.ts';
import type { Holding } from '../../memory/budget.ts';
import { GrowingRegion } from '../../state/growing-region.ts';

/** Where the texts of a column are. */
export interface Texts {
  readonly codes: number;
  readonly offsets: number;
  readonly bytes: number;
  readonly validity: number;
}

/** Bytes that a value takes on its way, where no kernel writes it. */
const VALUE_BYTES = 128;

/** Turns one column after the other of the same field into texts. */
export class ColumnTexts {
  /** One of `JSON_FORMS`. */
  readonly form: number;
  readonly #field: Field;
  readonly #holding: Holding;
  readonly #writer: TextWriter | undefined;
  readonly #table: GrowingRegion;
  readonly #offsets: GrowingRegion;
  readonly #bytes: GrowingRegion;
  /** Of values that no kernel writes. */
  readonly #spelled: Holding;

  constructor(field: Field, holding: Holding) {
    const { type } = field;
    this.#field = field;
    this.#holding = holding;
    this.#spelled = holding.budget.reserve(holding.owner);
    const suffix = type.kind === 'timestamp' && type.timezone !== null ? 'Z' : '';
    this.#writer = textWriter(type, { separator: 'T', suffix });
    this.#table = new GrowingRegion(holding);
    this.#offsets = new GrowingRegion(holding);
    this.#bytes = new GrowingRegion(holding);
    const isRaw = type.kind === 'bool' || isInteger(type) || type.kind === 'decimal' || isNested(type);
    this.form = isFloat(type) ? JSON_FORMS.float : isRaw ? JSON_FORMS.raw : JSON_FORMS.text;
  }

  /** Bytes of the text of a value, where that has a bound. */
  get mostBytes(): number {
    return this.#writer?.mostBytes ?? (this.#field.type.kind === 'utf8' ? 0 : VALUE_BYTES);
  }

  /** Provides for the texts of so many rows, where they have a bound. @throws MemoryBudgetExceeded */
  prepare(rows: number): void {
    if (this.#writer === undefined) return;
    this.#offsets.ensure((rows + 1) * 4, 0);
    this.#bytes.ensure(rows * this.#writer.mostBytes, 0);
  }

  /** Valid until the next call. @throws InvalidValue for a timestamp that no date holds, MemoryBudgetExceeded */
  texts(column: Column, rows: number): Texts {
    const { validity } = column;
    if (this.#field.type.kind !== 'utf8') {
      return this.#writer === undefined ? this.#spell(column, rows) : this.#format(this.#writer, column, rows);
    }
    const { dictionary, values, bytes } = column;
    if (dictionary === undefined) return { codes: 0, offsets: values, bytes, validity };
    return { codes: values, offsets: dictionary.values.values, bytes: dictionary.values.bytes, validity };
  }

  free(): void {
    this.#spelled[Symbol.dispose]();
    for (const region of [this.#table, this.#offsets, this.#bytes]) region.free();
  }

  #format(writer: TextWriter, { values, width, validity }: Column, rows: number): Texts {
    this.#offsets.ensure((rows + 1) * 4, 0);
    this.#bytes.ensure(rows * writer.mostBytes, 0);
    if (writer.table !== undefined && this.#table.address === 0) {
      this.#table.ensure(writer.table.byteLength, 0);
      this.#holding.linear.u8.set(writer.table, this.#table.address);
    }
    const [offsets, bytes] = [this.#offsets.address, this.#bytes.address];
    const { linear } = this.#holding;
    const total = formatTexts(linear, writer, values, width, rows, validity, offsets, bytes, this.#table.address);
    if (total < 0) throw new InvalidValue(`The column ${this.#field.name} has a timestamp beyond all dates.`);
    return { codes: 0, offsets, bytes, validity };
  }

  #spell(column: Column, rows: number): Texts {
    const { type, name } = this.#field;
    const cast = isNested(type) ? undefined : castBetween(type, utf8);
    this.#spelled.release();
    this.#spelled.grow(rows * VALUE_BYTES);
    const texts = readColumn(this.#holding.linear, column, rows).map((value) => {
      if (value === null) return null;
      const text = cast === undefined ? jsonText(jsonOf(value, type)) : cast.convert(value);
      if (typeof text !== 'string') throw new InvalidValue(`The column ${name} has a value that is no text.`);
      return text;
    });
    const { values, bytes, validity } = columnFromValues(this.#spelled, utf8, texts);
    return { codes: 0, offsets: values, bytes, validity };
  }
}
