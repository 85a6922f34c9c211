import { HYBRID_STATE_BYTES } from '../../kernels/parquet-kernels.ts';
import type { Holding } from '../../memory/budget.ts';
import { LinearMemory } from '../../memory/linear-memory.ts';
import { GrowingRegion } from '../../state/growing-region.ts';
import type { ValueForm } from './value-form.ts';

const bitmapBytes = (rows: number): number => Math.ceil(rows / 8);

/** Where one column of a scan is decoded to, batch after batch and row group after row group. */
export class ColumnBuffers {
  /** States of two hybrid streams. */
  readonly levelState: number;
  readonly valueState: number;
  readonly validity: number;
  /** Values of a batch, offsets of a text. */
  readonly values: number;
  /** Codes of a batch. */
  readonly codes: GrowingRegion;
  readonly text: GrowingRegion;
  readonly page: GrowingRegion;
  readonly dictionaryValues: GrowingRegion;
  readonly dictionaryText: GrowingRegion;

  /** For batches of up to `rows` rows. */
  constructor(holding: Holding, form: ValueForm, rows: number) {
    this.levelState = holding.allocate(2 * HYBRID_STATE_BYTES).address;
    this.valueState = this.levelState + HYBRID_STATE_BYTES;
    this.validity = holding.allocate(bitmapBytes(rows)).address;
    this.values = holding.allocate(valueBytes(form, rows)).address;
    this.codes = new GrowingRegion(holding);
    this.text = new GrowingRegion(holding);
    this.page = new GrowingRegion(holding);
    this.dictionaryValues = new GrowingRegion(holding);
    this.dictionaryText = new GrowingRegion(holding);
  }

  /** What the constructor takes, and the codes, which nearly every column needs. */
  static footprint(form: ValueForm, rows: number): number {
    return [2 * HYBRID_STATE_BYTES, bitmapBytes(rows), valueBytes(form, rows), rows * 4]
      .map((bytes) => LinearMemory.footprint(bytes))
      .reduce((total, bytes) => total + bytes, 0);
  }
}

function valueBytes(form: ValueForm, rows: number): number {
  if (form.kind === 'bool') return bitmapBytes(rows);
  return form.kind === 'text' ? (rows + 1) * 4 : rows * form.width;
}

/** What all columns of a scan share: bytes that mean nothing once the call that wrote them is over. */
export class Scratch {
  /** Room for a batch of values of up to 16 bytes. */
  readonly dense: number;
  /** Room for a bit per row of a batch. */
  readonly bits: number;

  /** For batches of up to `rows` rows. */
  constructor(holding: Holding, rows: number) {
    this.dense = holding.allocate(rows * 16).address;
    this.bits = holding.allocate(bitmapBytes(rows)).address;
  }

  static footprint(rows: number): number {
    return LinearMemory.footprint(rows * 16) + LinearMemory.footprint(bitmapBytes(rows));
  }
}
