import type { LinearMemory } from '../memory/linear-memory.ts';
import { staticKernels } from './static-kernels.ts';

/** How the texts of a column are written as JSON: as they are, as texts, or as floats, which may be NaN or infinite. */
export const JSON_FORMS = { raw: 0, text: 1, float: 2 } as const;

/** A column whose values are texts: addresses, 0 where it has no codes or no nulls. */
export interface TextColumn {
  readonly codes: number;
  readonly offsets: number;
  readonly bytes: number;
  readonly validity: number;
  /** One of `JSON_FORMS`. */
  readonly form: number;
  /** What is written before each value of JSON. */
  readonly name: number;
  readonly nameLength: number;
}

/** Bytes of one column in the table that the kernels read. */
export const TEXT_COLUMN_BYTES = 32;

/** What `assembly/row-texts.ts` exports; `columns` is the address of the table. */
export interface RowTextKernels {
  columnTextBytes(column: number, rows: number): number;
  /** Room: twice the texts and three bytes a field, and the nulls. Returns where the lines end. */
  csvLines(
    columns: number,
    count: number,
    rows: number,
    delimiter: number,
    quote: number,
    nullText: number,
    nullLength: number,
    to: number,
  ): number;
  /** Room: six times the texts, three bytes a row, and for each field its name and twelve bytes. */
  jsonLines(columns: number, count: number, rows: number, leavesNulls: 0 | 1, to: number): number;
}

export const rowTextKernels = (linear: LinearMemory): RowTextKernels =>
  staticKernels(linear) as unknown as RowTextKernels;

export function writeTextColumn({ u32 }: LinearMemory, at: number, column: TextColumn): void {
  const { codes, offsets, bytes, validity, form, name, nameLength } = column;
  u32.set([codes, offsets, bytes, validity, form, name, nameLength, 0], at >>> 2);
}
