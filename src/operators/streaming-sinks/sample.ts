/**
 * Random rows. What becomes of a row is decided by 64 random bits of it, which come of the seed and of its number in the
 * input alone: the same seed gives the same rows again, however they are cut into batches.
 *
 *     a fraction      a row is in the sample where its bits, as a number from 0 to below 1, are below the fraction; with
 *                     replacement it comes as often as a Poisson distribution of that mean says. Rows pass at once.
 *     so many rows    those with the least bits: a row that has too many of them can never be one
 *                         candidates │ the rows wanted │ later ones │      full: keep the least, note the greatest of them
 *                     With replacement it is drawn at the end, when the number of rows is known: each draw is one of the
 *                     rows drawn before, or the next new one, with the probabilities that these have.
 *
 * Rows come out in the order of the input, those that come several times side by side. It takes one run to number the rows,
 * so this is no blocking sink, whose runs could be combined.
 */

import { BATCH_ROWS, Batch } from '../../columnar/batch.ts';
import type { Schema } from '../../columnar/schema.ts';
import { InvalidArgument } from '../../errors.ts';
import { drawnSeed } from '../../expressions/functions/identifiers.ts';
import { type SampleKernels, sampleKernels } from '../../kernels/sample-kernels.ts';
import type { Holding } from '../../memory/budget.ts';
import { GatherScratch } from '../../state/gather-scratch.ts';
import { GrowingRegion } from '../../state/growing-region.ts';
import { RowBuffer } from '../../state/row-buffer.ts';
import { RowRepetition } from '../../state/row-repetition.ts';
import type { Demand, Output, StreamingRun, StreamingSink, TaskContext } from '../operator.ts';

const NAME = 'Sample';

export interface SampleOptions {
  readonly input: Schema;
  /** The probability of each row, from 0 to 1; or how many rows: below 2^30, for twice as many are numbered. */
  readonly amount: { readonly fraction: number } | { readonly size: number };
  /** Whether a row may come several times. */
  readonly withReplacement: boolean;
  /** Each run draws one of its own where it is undefined. */
  readonly seed: number | undefined;
}

/**
 * Passes on a random sample. Of a fraction it retains nothing, of a size about twice as many rows.
 * @throws InvalidArgument where a sample without replacement is to have more rows than there are
 */
export function sample(options: SampleOptions): StreamingSink {
  const { input, amount, withReplacement } = options;
  const open = ({ memory }: TaskContext): StreamingRun => {
    const seed = options.seed === undefined ? drawnSeed() : BigInt(options.seed);
    return 'fraction' in amount
      ? new FractionRun(input, amount.fraction, withReplacement, seed, memory.reserve(NAME))
      : new SizeRun(input, amount.size, withReplacement, seed, memory.reserve(NAME));
  };
  return { role: 'streaming-sink', name: NAME, schema: input, open };
}

class FractionRun implements StreamingRun {
  readonly #fraction: number;
  readonly #withReplacement: boolean;
  readonly #seed: bigint;
  readonly #holding: Holding;
  readonly #kernels: SampleKernels;
  readonly #list: GrowingRegion;
  readonly #repetition: RowRepetition;
  readonly #gathered: GatherScratch;
  #rowsSeen = 0;

  constructor(input: Schema, fraction: number, withReplacement: boolean, seed: bigint, holding: Holding) {
    this.#fraction = fraction;
    this.#withReplacement = withReplacement;
    this.#seed = seed;
    this.#holding = holding;
    this.#kernels = sampleKernels(holding.linear);
    this.#list = new GrowingRegion(holding);
    this.#repetition = new RowRepetition(holding);
    this.#gathered = new GatherScratch(input, holding);
  }

  async push(batch: Batch, output: Output): Promise<Demand> {
    const first = BigInt(this.#rowsSeen);
    this.#rowsSeen += batch.rowCount;
    this.#list.ensure(BATCH_ROWS * 4, 0);
    const list = this.#list.address;
    if (this.#withReplacement) {
      const none = Math.exp(-this.#fraction);
      this.#kernels.sampleCounts(this.#seed, first, batch.rowCount, this.#fraction, none, list);
      this.#repetition.begin(list, batch.rowCount, false);
      return pushRepeated(batch, this.#repetition, this.#gathered, output);
    }
    const count = this.#kernels.sampleRows(this.#seed, first, batch.rowCount, this.#fraction, list);
    if (count === batch.rowCount && count > 0) return output.push(batch);
    for (let at = 0; at < count; ) {
      const made = this.#gathered.gather(batch.columns, list + at * 4, count - at);
      if ((await output.push(made)) === 'done') return 'done';
      at += made.rowCount;
    }
    return 'more';
  }

  async finish(): Promise<void> {}

  [Symbol.dispose](): void {
    this.#holding[Symbol.dispose]();
  }
}

/** All keys are at most this one. */
const GREATEST_KEY = 2n ** 64n - 1n;
/** Of the seed, for what is drawn beside the keys of rows. */
const OTHER_BITS = 0x5851f42d4c957f2dn;

class SizeRun implements StreamingRun {
  readonly #schema: Schema;
  readonly #size: number;
  readonly #withReplacement: boolean;
  readonly #seed: bigint;
  readonly #holding: Holding;
  readonly #kernels: SampleKernels;
  readonly #list: GrowingRegion;
  /** Rows that may be in the sample, and the key of each, of 8 bytes. */
  #candidates: RowBuffer;
  readonly #keys: GrowingRegion;
  readonly #spareKeys: GrowingRegion;
  #greatestKey = GREATEST_KEY;
  #rowsSeen = 0;

  constructor(input: Schema, size: number, withReplacement: boolean, seed: bigint, holding: Holding) {
    this.#schema = input;
    this.#size = size;
    this.#withReplacement = withReplacement;
    this.#seed = seed;
    this.#holding = holding;
    this.#kernels = sampleKernels(holding.linear);
    this.#list = new GrowingRegion(holding);
    this.#candidates = new RowBuffer(input, holding);
    this.#keys = new GrowingRegion(holding);
    this.#spareKeys = new GrowingRegion(holding);
  }

  async push(batch: Batch): Promise<Demand> {
    if (this.#size === 0) return 'done';
    const { rowCount } = batch;
    const known = this.#candidates.rowCount;
    this.#keys.ensure((known + rowCount) * 8, known * 8);
    this.#list.ensure(rowCount * 4, 0);
    const list = this.#list.address;
    const count = this.#kernels.sampleCandidates(
      this.#seed,
      BigInt(this.#rowsSeen),
      rowCount,
      this.#greatestKey,
      list,
      this.#keys.address + known * 8,
    );
    this.#rowsSeen += rowCount;
    if (count === rowCount) this.#candidates.append(batch);
    else this.#candidates.appendRows(batch, list, count);
    if (this.#candidates.rowCount >= 2 * this.#size + BATCH_ROWS) this.#keep(this.#size);
    return 'more';
  }

  async finish(output: Output): Promise<void> {
    if (this.#size === 0) return;
    if (this.#withReplacement) await this.#draw(output);
    else await this.#pass(output);
  }

  [Symbol.dispose](): void {
    this.#holding[Symbol.dispose]();
  }

  async #pass(output: Output): Promise<void> {
    if (this.#rowsSeen < this.#size) {
      throw new InvalidArgument(
        `${NAME}: ${this.#size} rows are wanted without replacement, and there are ${this.#rowsSeen}. Ask for fewer, for a fraction, or with replacement.`,
      );
    }
    this.#keep(this.#size);
    for (let start = 0; start < this.#size; start += BATCH_ROWS) {
      const batch = this.#candidates.slice(start, Math.min(BATCH_ROWS, this.#size - start));
      if ((await output.push(batch)) === 'done') return;
    }
  }

  async #draw(output: Output): Promise<void> {
    if (this.#rowsSeen === 0) return;
    const counts = this.#holding.allocate(this.#size * 4).address;
    const different = this.#kernels.drawCounts(this.#seed ^ OTHER_BITS, this.#size, this.#rowsSeen, counts);
    this.#keep(different);
    const repetition = new RowRepetition(this.#holding);
    repetition.begin(counts, different, false);
    using scratch = new GatherScratch(this.#schema, this.#holding);
    const rows = new Batch(this.#schema, different, this.#candidates.columns());
    await pushRepeated(rows, repetition, scratch, output);
  }

  /** Drops all candidates but the `count` ones with the least keys; they stay in order. */
  #keep(count: number): void {
    const { rowCount } = this.#candidates;
    if (rowCount <= count) return;
    this.#spareKeys.ensure(rowCount * 8, 0);
    this.#list.ensure(rowCount * 4, 0);
    const { linear } = this.#holding;
    const keys = this.#keys.address;
    linear.u8.copyWithin(this.#spareKeys.address, keys, keys + rowCount * 8);
    const greatest = this.#kernels.selectKey(this.#spareKeys.address, rowCount, count);
    this.#greatestKey = BigInt.asUintN(64, greatest);
    this.#kernels.keepKeys(keys, rowCount, this.#greatestKey, this.#list.address);
    const kept = new RowBuffer(this.#schema, this.#holding);
    kept.appendRows(new Batch(this.#schema, rowCount, this.#candidates.columns()), this.#list.address, count);
    this.#candidates[Symbol.dispose]();
    this.#candidates = kept;
  }
}

/** Passes on the rows of `from` that `repetition` lists. */
async function pushRepeated(
  from: Batch,
  repetition: RowRepetition,
  scratch: GatherScratch,
  output: Output,
): Promise<Demand> {
  for (let listed = repetition.list(); listed > 0; listed = repetition.list()) {
    const made = scratch.gather(from.columns, repetition.rows, listed);
    if ((await output.push(made)) === 'done') return 'done';
    repetition.take(made.rowCount);
  }
  return 'more';
}
