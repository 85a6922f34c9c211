import { DELTA_STATE_BYTES, HYBRID_STATE_BYTES } from '../../kernels/parquet-kernels.ts';
import type { Holding } from '../../memory/budget.ts';
import { LinearMemory } from '../../memory/linear-memory.ts';
import { GrowingRegion } from '../../state/growing-region.ts';
import type { ValueForm } from './value-form.ts';

const STATE_BYTES = 3 * HYBRID_STATE_BYTES + 2 * DELTA_STATE_BYTES;

const bitmapBytes = (rows: number): number => Math.ceil(rows / 8);

/** Where one column of a scan is decoded to, batch after batch and row group after row group. */
export class ColumnBuffers {
  /** States of three hybrid streams, and of two of differences. */
  readonly levelState: number;
  readonly repetitionState: number;
  readonly valueState: number;
  readonly deltaState: number;
  readonly suffixState: number;
  /** Bits of a batch: slots that have a value. */
  readonly validity: GrowingRegion;
  /** Values of a batch, offsets of a text. */
  readonly values: GrowingRegion;
  /** Levels of a batch, and of what of a page is decoded and in no batch yet, a byte each; of nested columns only. */
  readonly repetitions: GrowingRegion;
  readonly definitions: GrowingRegion;
  readonly nextLevels: GrowingRegion;
  /** Codes of a batch. */
  readonly codes: GrowingRegion;
  readonly text: GrowingRegion;
  /** The last text of a page whose texts share prefixes. */
  readonly last: GrowingRegion;
  readonly page: GrowingRegion;
  readonly dictionaryValues: GrowingRegion;
  readonly dictionaryText: GrowingRegion;

  /** For batches of up to `rows` rows. */
  constructor(holding: Holding, form: ValueForm, rows: number) {
    this.levelState = holding.allocate(STATE_BYTES).address;
    this.repetitionState = this.levelState + HYBRID_STATE_BYTES;
    this.valueState = this.repetitionState + HYBRID_STATE_BYTES;
    this.deltaState = this.valueState + HYBRID_STATE_BYTES;
    this.suffixState = this.deltaState + DELTA_STATE_BYTES;
    this.validity = new GrowingRegion(holding);
    this.values = new GrowingRegion(holding);
    this.ensure(form, rows, 0);
    this.repetitions = new GrowingRegion(holding);
    this.definitions = new GrowingRegion(holding);
    this.nextLevels = new GrowingRegion(holding);
    this.codes = new GrowingRegion(holding);
    this.text = new GrowingRegion(holding);
    this.last = new GrowingRegion(holding);
    this.page = new GrowingRegion(holding);
    this.dictionaryValues = new GrowingRegion(holding);
    this.dictionaryText = new GrowingRegion(holding);
  }

  /** Makes room for `slots` values, of which the first `used` are kept. @throws MemoryBudgetExceeded */
  ensure(form: ValueForm, slots: number, used: number): void {
    this.validity.ensure(bitmapBytes(slots), bitmapBytes(used));
    this.values.ensure(valueBytes(form, slots), used === 0 ? 0 : valueBytes(form, used));
  }

  /** Gives back the dictionary: those of the next row group may be of other columns. */
  freeDictionary(): void {
    this.dictionaryValues.free();
    this.dictionaryText.free();
  }

  /** What the constructor takes, and the codes, which nearly every column needs. */
  static footprint(form: ValueForm, rows: number): number {
    return [STATE_BYTES, bitmapBytes(rows), valueBytes(form, rows), rows * 4]
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
  /** Room for a batch of values, as wide as any column has them. */
  readonly dense: number;
  /** Room for a batch of values as they are stored, or of lengths of texts. */
  readonly stored: number;
  /** Room for a length per row. */
  readonly prefixes: number;
  /** Room for a bit per row of a batch. */
  readonly bits: number;

  /** For batches of up to `rows` rows, of values of up to `width` bytes. */
  constructor(holding: Holding, rows: number, width: number) {
    [this.dense, this.stored, this.prefixes, this.bits] = regions(rows, width).map(
      (bytes) => holding.allocate(bytes).address,
    ) as [number, number, number, number];
  }

  static footprint(rows: number, width: number): number {
    return regions(rows, width).reduce((total, bytes) => total + LinearMemory.footprint(bytes), 0);
  }

  /** Bytes of the widest value, in the file or in its column. */
  static widthOf(forms: readonly ValueForm[]): number {
    return forms.reduce(
      (width, form) => (form.kind === 'fixed' ? Math.max(width, form.width, form.storedBytes) : width),
      16,
    );
  }
}

const regions = (rows: number, width: number): number[] => [rows * width, rows * width, rows * 4, bitmapBytes(rows)];
