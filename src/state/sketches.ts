import assert from 'node:assert/strict';
import type { Column } from '../columnar/column.ts';
import { binary, type DataType, isBytes, uint64 } from '../columnar/data-type.ts';
import { ColumnTooLarge, InvalidValue } from '../errors.ts';
import { hashKind, numberKind } from '../kernels/accumulate-kernels.ts';
import { type SketchKernels, sketchKernels } from '../kernels/sketch-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import { type AnswerRegions, answerColumn, freeRegions, makeRoom, openRegions } from './answer-columns.ts';
import { BlockArena } from './block-arena.ts';
import type { HeldRows, HeldStates, HeldValues } from './held-values.ts';
import { scaleOf } from './numeric-answers.ts';
import { percentilesColumn } from './percentile-columns.ts';
import { ValueBytes } from './value-bytes.ts';

/** Offsets of a column are int32. */
const MOST_COLUMN_BYTES = 2 ** 31 - 1;
const ESTIMATE_SCRATCH_BYTES = 256;
const BIN_BYTES = 12;

/** What both kinds of sketches can do, by kernels of their own. */
type SketchForm = Readonly<{
  join: SketchKernels['joinDistinctSketches'];
  toBytes: SketchKernels['distinctSketchBytes'];
  check: SketchKernels['checkDistinctSketches'];
  joinBytes: SketchKernels['joinDistinctBytes'];
}>;

const distinctForm = (kernels: SketchKernels): SketchForm => ({
  join: kernels.joinDistinctSketches,
  toBytes: kernels.distinctSketchBytes,
  check: kernels.checkDistinctSketches,
  joinBytes: kernels.joinDistinctBytes,
});

const percentileForm = (kernels: SketchKernels): SketchForm => ({
  join: kernels.joinPercentileSketches,
  toBytes: kernels.percentileSketchBytes,
  check: kernels.checkPercentileSketches,
  joinBytes: kernels.joinPercentileBytes,
});

/**
 * Sketches of the values of groups, in blocks of an arena: how many are distinct (HyperLogLog), or where their percentiles
 * lie (DDSketch). `kernels/assembly/distinct-sketch.ts` and `percentile-sketch.ts` say how, and what they are as bytes.
 */
export class Sketches implements HeldValues {
  readonly #kind: 'distinct-sketch' | 'percentile-sketch';
  readonly #holding: Holding;
  readonly #kernels: SketchKernels;
  readonly #form: SketchForm;
  readonly #arena: BlockArena;
  readonly #bytes: AnswerRegions;
  readonly #values: ValueBytes;

  /** Retains the sketches under `holding`. @throws MemoryBudgetExceeded */
  constructor(kind: 'distinct-sketch' | 'percentile-sketch', holding: Holding) {
    this.#kind = kind;
    this.#holding = holding;
    this.#kernels = sketchKernels(holding.linear);
    this.#form = kind === 'distinct-sketch' ? distinctForm(this.#kernels) : percentileForm(this.#kernels);
    this.#arena = new BlockArena(holding);
    this.#bytes = openRegions(holding);
    this.#values = new ValueBytes(holding);
  }

  add({ value, validity, rowCount, ids }: HeldRows, { states, stride }: HeldStates): void {
    const kernels = this.#kernels;
    const arena = this.#arena.handle;
    const { type, width, values } = value;
    const kind = hashKind(type, width);
    const [texts, codes] = kind === undefined ? this.#textsOf(value, rowCount) : [value, 0];
    this.#arena.fill(rowCount, (from) => {
      const to = [ids, from, rowCount, states, stride, arena] as const;
      if (this.#kind === 'percentile-sketch') {
        return kernels.sketchNumbers(numberKind(type, width), values, scaleOf(type, 1), validity, ...to);
      }
      if (kind !== undefined) return kernels.sketchValues(kind, values, width, validity, ...to);
      return kernels.sketchTexts(texts.values, texts.bytes, codes, validity, ...to);
    });
  }

  /** Values that are hashed as bytes, and codes of them. */
  #textsOf(value: Column, rowCount: number): readonly [texts: Column, codes: number] {
    const { type, values, dictionary } = value;
    if (!isBytes(type)) return [this.#values.of(value, rowCount), 0];
    return [dictionary?.values ?? value, dictionary === undefined ? 0 : values];
  }

  absorb(other: HeldValues, theirs: HeldStates, ids: number, { states, stride }: HeldStates): void {
    assert.ok(other instanceof Sketches && other.#kind === this.#kind);
    const [from, handle] = [other.#arena.handle, this.#arena.handle];
    this.#arena.fill(theirs.count, (row) =>
      this.#form.join(theirs.states, theirs.stride, from, ids, row, theirs.count, states, stride, handle),
    );
  }

  /**
   * Adds sketches that `take` made, as the rows of a plain binary column. @throws InvalidValue where it did not,
   * MemoryBudgetExceeded, ColumnTooLarge
   */
  absorbBytes(
    { values, bytes, validity }: Column,
    rowCount: number,
    ids: number,
    { states, stride }: HeldStates,
  ): void {
    if (this.#form.check(values, bytes, validity, rowCount) < rowCount) {
      throw new InvalidValue('A partial state of an approximate aggregate is damaged, or of another version.');
    }
    const handle = this.#arena.handle;
    this.#arena.fill(rowCount, (row) =>
      this.#form.joinBytes(values, bytes, validity, ids, row, rowCount, states, stride, handle),
    );
  }

  /** As bytes. */
  take({ states, stride, count }: HeldStates): Column {
    const { text } = this.#bytes;
    const offsets = makeRoom(this.#bytes, binary, count);
    const handle = this.#arena.handle;
    const byteLength = this.#form.toBytes(states, stride, handle, count, offsets, 0);
    if (byteLength > MOST_COLUMN_BYTES) throw new ColumnTooLarge(this.#holding.owner, byteLength);
    text.ensure(byteLength, 0);
    this.#form.toBytes(states, stride, handle, count, offsets, text.address);
    return { ...answerColumn(this.#holding, binary, offsets, 0, count), bytes: text.address };
  }

  /** How many distinct values groups have had: exactly up to 1,536, then with a standard error of 0.81 %. */
  estimates({ states, stride, count }: HeldStates, to: AnswerRegions): Column {
    const values = makeRoom(to, uint64, count);
    to.text.ensure(ESTIMATE_SCRATCH_BYTES, 0);
    this.#kernels.distinctEstimates(states, stride, this.#arena.handle, count, to.text.address, values);
    return answerColumn(this.#holding, uint64, values, 0, count);
  }

  /** Percentiles within 1 %: one, or a list of fixed size of them. */
  percentiles(
    { states, stride, count }: HeldStates,
    type: DataType,
    percentiles: readonly number[],
    to: AnswerRegions,
  ): Column {
    const kernels = this.#kernels;
    using scratch = this.#holding.budget.reserve(this.#holding.owner);
    const bins = scratch.allocate(kernels.mostBins(states, stride, count) * BIN_BYTES).address;
    const arena = this.#arena.handle;
    return percentilesColumn(type, percentiles, count, to, this.#holding, (p, out, outStride, bitmap) =>
      kernels.sketchPercentiles(states, stride, arena, count, p, bins, out, outStride, bitmap),
    );
  }

  [Symbol.dispose](): void {
    this.#arena[Symbol.dispose]();
    freeRegions(this.#bytes);
    this.#values.free();
  }
}
