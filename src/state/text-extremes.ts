import assert from 'node:assert/strict';
import type { Column } from '../columnar/column.ts';
import type { DataType } from '../columnar/data-type.ts';
import { accumulateKernels } from '../kernels/accumulate-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import { type AnswerRegions, answerColumn, freeRegions, makeBitmap, makeRoom, openRegions } from './answer-columns.ts';
import type { HeldRows, HeldStates, HeldValues } from './held-values.ts';
import { TextArena } from './text-arena.ts';

/** In the state of a text: not zero where there is one. */
const PRESENT_OFFSET = 8;

/** The least or greatest text, or binary, of each group. */
export class TextExtremes implements HeldValues {
  readonly #greatest: 0 | 1;
  readonly #type: DataType;
  readonly #holding: Holding;
  readonly #arena: TextArena;
  readonly #taken: AnswerRegions;

  /** Retains the texts under `holding`. @throws MemoryBudgetExceeded */
  constructor(kind: 'least' | 'greatest', type: DataType, holding: Holding) {
    this.#greatest = kind === 'greatest' ? 1 : 0;
    this.#type = type;
    this.#holding = holding;
    this.#arena = new TextArena(holding);
    this.#taken = openRegions(holding);
  }

  add({ value, validity, rowCount, ids }: HeldRows, { states, stride }: HeldStates): void {
    this.#arena.add({ ...value, validity }, ids, rowCount, { greatest: this.#greatest, states, stride });
  }

  absorb(other: HeldValues, theirs: HeldStates, ids: number, groups: HeldStates): void {
    assert.ok(other instanceof TextExtremes);
    const value = other.take(theirs);
    this.add({ value, validity: value.validity, by: undefined, rowCount: theirs.count, ids }, groups);
  }

  take({ states, stride, count }: HeldStates): Column {
    const { text } = this.#taken;
    const offsets = makeRoom(this.#taken, this.#type, count);
    text.ensure(this.#arena.write(count, states, stride, offsets, 0), 0);
    this.#arena.write(count, states, stride, offsets, text.address);
    const bitmap = makeBitmap(this.#taken, count);
    const kernels = accumulateKernels(this.#holding.linear);
    const present = kernels.presentGroups(states + PRESENT_OFFSET, stride, count, bitmap);
    const validity = present === count ? 0 : bitmap;
    return { ...answerColumn(this.#holding, this.#type, offsets, validity, count), bytes: text.address };
  }

  [Symbol.dispose](): void {
    this.#arena[Symbol.dispose]();
    freeRegions(this.#taken);
  }
}
