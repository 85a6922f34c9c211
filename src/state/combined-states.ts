import assert from 'node:assert/strict';
import { BATCH_ROWS } from '../columnar/batch.ts';
import type { Column } from '../columnar/column.ts';
import { isBytes, isNested } from '../columnar/data-type.ts';
import { InvalidValue } from '../errors.ts';
import { accumulateKernels } from '../kernels/accumulate-kernels.ts';
import { groupKernels } from '../kernels/group-kernels.ts';
import { valueLogKernels } from '../kernels/value-log-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import { addValues, joinStates } from './accumulator-updates.ts';
import type { Accumulator, AccumulatorPlan, Answer } from './accumulators.ts';
import { ColumnBuffer } from './column-buffer.ts';
import { GroupStates } from './group-states.ts';
import { GrowingRegion } from './growing-region.ts';
import { PlainColumns } from './plain-columns.ts';
import { Sketches } from './sketches.ts';

type AnswerOf<Kind extends Answer['kind']> = Extract<Answer, { kind: Kind }>;

/** Rows of partial states, and the group of each at address `ids`. */
interface Rows {
  readonly rowCount: number;
  readonly ids: number;
}

/** The items of lists: numbers of their rows, and the groups of their lists. */
interface Items extends Disposable {
  readonly count: number;
  readonly rows: number;
  readonly ids: number;
}

/**
 * The states of one aggregate over all groups, made of partial ones, which `partial-answers.ts` lists.
 *
 *     struct(sum, count)   │ 12.50, 3 │ 7.25, 1 │ …      ids  │ 4 │ 0 │ …      ──▶ states of the groups 4, 0, …
 */
export class CombinedStates implements Disposable {
  readonly groups: GroupStates;
  readonly #holding: Holding;
  readonly #answer: Answer;
  readonly #records: GrowingRegion;
  /** Of the whole, and of its parts. */
  readonly #spelled: (ColumnBuffer | undefined)[] = [];
  #parts: PlainColumns | undefined;

  /** Of the plan of one aggregate. Retains the states under `holding`, which the caller disposes when this throws. @throws MemoryBudgetExceeded */
  constructor(plan: AccumulatorPlan, holding: Holding) {
    const [answer] = plan.answers;
    assert.ok(answer !== undefined && plan.answers.length === 1);
    this.#answer = answer;
    this.#holding = holding;
    this.groups = new GroupStates(plan, holding);
    this.#records = new GrowingRegion(holding);
  }

  /**
   * Adds partial states, each to the group that has a state already, whose number is at address `ids`.
   * @throws MemoryBudgetExceeded, ColumnTooLarge, ArithmeticOverflow, InvalidValue where they are none
   */
  add(column: Column, rowCount: number, ids: number): void {
    const whole = this.#spellOut(column, rowCount, 0);
    const columns = (whole.type.kind === 'struct' ? whole.children : [whole]) ?? [];
    const parts = columns.map((part, index) => this.#spellOut(part, rowCount, index + 1));
    this.#parts ??= new PlainColumns(parts.length, this.#holding);
    this.#parts.begin(parts, rowCount);
    this.#add(this.#answer, { rowCount, ids });
  }

  [Symbol.dispose](): void {
    this.groups[Symbol.dispose]();
    this.#records.free();
    this.#parts?.free();
    for (const buffer of this.#spelled) buffer?.free();
  }

  /** Lists and bytes that come as codes become plain; other columns are looked up when they are asked for. */
  #spellOut(column: Column, rowCount: number, index: number): Column {
    const { dictionary, type, values, validity } = column;
    if (dictionary === undefined || dictionary.size === 0 || !(isNested(type) || isBytes(type))) return column;
    const buffer = this.#spelled[index] ?? new ColumnBuffer(type, this.#holding);
    this.#spelled[index] = buffer;
    buffer.append(dictionary.values, values, rowCount, 0);
    return { ...buffer.column(rowCount), validity };
  }

  #part(index: number): Column {
    assert.ok(this.#parts !== undefined);
    return this.#parts.plain(index);
  }

  #add(answer: Answer, rows: Rows): void {
    switch (answer.kind) {
      case 'count':
        this.#addCounts(answer.count, this.#part(0), rows);
        break;
      case 'value':
        this.#addValue(answer, rows);
        break;
      case 'mean':
        this.#addMeans(answer, rows);
        break;
      case 'exact-spread':
        this.#addCounts(answer.count, this.#part(0), rows);
        this.#addColumn(answer.sum, this.#part(1), rows);
        this.#addRecords(answer.squares, 2, 3, rows);
        break;
      case 'moments':
        this.#addRecords(answer.moments, 0, answer.moments.kind === 'skew-moments' ? 4 : 3, rows);
        break;
      case 'held':
        this.#addHeld(answer, rows);
        break;
      case 'estimate':
      case 'near-percentiles':
        this.#addSketches(answer, rows);
        break;
      case 'percentiles':
      case 'texts':
      case 'list':
        this.#addLogged(answer, rows);
        break;
      case 'distinct':
        this.#addDistinct(answer, rows);
        break;
      default:
        assert.fail(`${answer.kind} is no answer of a whole aggregate`);
    }
  }

  #addCounts(count: Accumulator, { values }: Column, { rowCount, ids }: Rows): void {
    const { states, stride } = this.groups.states.statesOf(count);
    accumulateKernels(this.#holding.linear).addCounts(values, ids, rowCount, states, stride);
  }

  #addColumn(accumulator: Accumulator, column: Column, rows: Rows): void {
    addValues(this.#holding.linear, accumulator, column, { ...rows, ...this.groups.states.statesOf(accumulator) });
  }

  #addValue({ value, count }: AnswerOf<'value'>, rows: Rows): void {
    if (value.kind === 'product' || value.kind === 'float-sum') {
      this.#addRecords(value, 0, 2, rows);
      if (count !== undefined) this.#addCounts(count, this.#part(2), rows);
      return;
    }
    const column = this.#part(0);
    this.#addColumn(value, column, rows);
    if (count !== undefined) this.#addColumn({ ...count, kind: 'values' }, column, rows);
  }

  #addMeans({ sum, count }: AnswerOf<'mean'>, rows: Rows): void {
    const isFloat = sum.kind === 'float-sum';
    if (isFloat) this.#addRecords(sum, 0, 2, rows);
    else this.#addColumn(sum, this.#part(0), rows);
    this.#addCounts(count, this.#part(isFloat ? 2 : 1), rows);
  }

  /** States of 8-byte words, each of which is a part. */
  #addRecords(accumulator: Accumulator, firstPart: number, words: number, { rowCount, ids }: Rows): void {
    const { linear } = this.#holding;
    const bytes = words * 8;
    this.#records.ensure(rowCount * bytes, 0);
    const records = this.#records.address;
    for (let word = 0; word < words; word++) {
      groupKernels(linear).packFields(this.#part(firstPart + word).values, 8, records + word * 8, bytes, rowCount);
    }
    const states = this.groups.states.statesOf(accumulator);
    joinStates(linear, accumulator, records, bytes, { ids, rowCount, ...states }, 0);
  }

  #addHeld({ held }: AnswerOf<'held'>, { rowCount, ids }: Rows): void {
    const states = this.groups.states.statesOf(held);
    const values = this.groups.states.heldBy(held);
    const first = this.#part(0);
    if (!held.kind.endsWith('-row')) {
      values.add({ value: first, validity: first.validity, by: undefined, rowCount, ids }, states);
    } else {
      const by = held.byType === undefined ? undefined : first;
      // Either the bits that say whether a row was found, or the bitmap of what it was found by.
      const validity = by === undefined ? first.values : by.validity;
      values.add({ value: this.#part(1), validity, by, rowCount, ids }, states);
    }
  }

  #addSketches({ sketch }: AnswerOf<'estimate' | 'near-percentiles'>, { rowCount, ids }: Rows): void {
    const held = this.groups.states.heldBy(sketch);
    assert.ok(held instanceof Sketches);
    held.absorbBytes(this.#part(0), rowCount, ids, this.groups.states.statesOf(sketch));
  }

  #addLogged({ log }: AnswerOf<'percentiles' | 'texts' | 'list'>, rows: Rows): void {
    using items = this.#itemsOf(this.#part(0), rows);
    this.groups.logs[log]?.append(childOf(this.#part(0)), items.rows, items.count, items.ids);
  }

  #addDistinct({ rows: index, aggregate }: AnswerOf<'distinct'>, rows: Rows): void {
    const distinct = this.groups.distinct[index];
    assert.ok(distinct !== undefined);
    const isCounted = aggregate.function === 'mode';
    using items = this.#itemsOf(this.#part(0), rows);
    using counted = isCounted ? this.#itemsOf(this.#part(1), rows) : undefined;
    if (counted !== undefined && counted.count !== items.count) {
      throw new InvalidValue('A partial state of mode is damaged: it has another number of counts than of values.');
    }
    const values = childOf(this.#part(0));
    using scratch = this.#holding.budget.reserve(this.#holding.owner);
    const gathered = new ColumnBuffer(values.type, scratch);
    for (let from = 0; from < items.count; from += BATCH_ROWS) {
      const count = Math.min(BATCH_ROWS, items.count - from);
      gathered.append(values, items.rows + from * 4, count, 0);
      let counts: Column | undefined;
      if (counted !== undefined) {
        const buffer = new ColumnBuffer(childOf(this.#part(1)).type, scratch);
        buffer.append(childOf(this.#part(1)), counted.rows + from * 4, count, 0);
        counts = buffer.column(count);
      }
      distinct.addPairs(gathered.column(count), counts, count, items.ids + from * 4);
    }
  }

  #itemsOf({ values: offsets }: Column, { rowCount, ids }: Rows): Items {
    const scratch = this.#holding.budget.reserve(this.#holding.owner);
    const { linear } = this.#holding;
    const count = (linear.u32[(offsets >>> 2) + rowCount] ?? 0) - (linear.u32[offsets >>> 2] ?? 0);
    try {
      const [rows, itemIds] = [scratch.allocate(count * 4).address, scratch.allocate(count * 4).address];
      valueLogKernels(linear).listItems(offsets, rowCount, ids, rows, itemIds);
      return { count, rows, ids: itemIds, [Symbol.dispose]: () => scratch[Symbol.dispose]() };
    } catch (error) {
      scratch[Symbol.dispose]();
      throw error;
    }
  }
}

function childOf({ children }: Column): Column {
  const [child] = children ?? [];
  assert.ok(child !== undefined);
  return child;
}
