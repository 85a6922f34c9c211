import assert from 'node:assert/strict';
import { bool, type DataType, float32, isBytes, isFloat, isNumeric, list, uint64 } from '../columnar/data-type.ts';
import { type Field, field } from '../columnar/schema.ts';
import { castTo, literal } from '../expressions/coerce.ts';
import type { TypedAggregate, TypedExpression } from '../expressions/expression.ts';
import { expressionKey } from '../expressions/expression-key.ts';
import {
  type Accumulator,
  type AccumulatorKind,
  type AccumulatorPlan,
  type Answer,
  comparesBytes,
  type DistinctPlan,
  isExactlySummed,
  isWideExtreme,
  type LogPlan,
} from './accumulators.ts';
import { partialAnswer, structOf } from './partial-answers.ts';
import { guarded, isNotNull, isNull, takingPart, trueWhere } from './taking-part.ts';

const isTextExtreme = (answer: Answer): boolean =>
  answer.kind === 'held' && (answer.held.kind === 'least' || answer.held.kind === 'greatest');

/** Percentiles that have names of their own. */
const MEDIAN = 0.5;

/**
 * What is aggregated into: one group, which is there even without a row; groups that exist only because a row fell into
 * them; or groups that somebody else has found, so that what is added to one may be no row at all.
 */
type Groups = 'one' | 'by rows' | 'by others';

/**
 * By rows these are counted even where nobody asks, so that states prepared for keys that may come can be told from those
 * of groups. `partial`: the answers are partial states.
 */
export function planAccumulators(
  aggregates: readonly TypedAggregate[],
  groups: Groups,
  partial: boolean = false,
): AccumulatorPlan {
  return new AccumulatorPlanner(groups, partial).plan(aggregates);
}

/** The column of an aggregate's partial states. */
export function partialField(aggregate: TypedAggregate): Field {
  const [answer] = planAccumulators([aggregate], 'one', true).answers;
  assert.ok(answer !== undefined);
  // Null stands for no value; what counts, or lists, has other words for it.
  return field(aggregate.name, answer.aggregate.type, answer.kind === 'value' || isTextExtreme(answer));
}

/** Different rows while aggregates of them are still being found. */
interface OpenDistinct extends Omit<DistinctPlan, 'inner'> {
  readonly aggregates: TypedAggregate[];
}

type NoAccumulator = Pick<Accumulator, 'by' | 'byType'>;
const ALONE: NoAccumulator = { by: -1, byType: undefined };

class AccumulatorPlanner {
  readonly #groups: Groups;
  readonly #partial: boolean;
  readonly #inputs: TypedExpression[] = [];
  readonly #accumulators: Accumulator[] = [];
  readonly #logs: LogPlan[] = [];
  readonly #distinct: OpenDistinct[] = [];
  #stateBytes = 0;

  constructor(groups: Groups, partial: boolean) {
    this.#groups = groups;
    this.#partial = partial;
  }

  plan(aggregates: readonly TypedAggregate[]): AccumulatorPlan {
    const rows = this.#groups === 'by rows' ? this.#rows() : undefined;
    const answers = aggregates.map((aggregate) => this.#emitted(aggregate));
    const accumulators = this.#accumulators;
    return {
      inputs: this.#inputs,
      accumulators,
      compiled: accumulators.filter(isCompiled),
      uncompiled: accumulators.filter((accumulator) => !isCompiled(accumulator)),
      logs: this.#logs,
      distinct: this.#distinct.map(({ aggregates: those, ...each }) => ({
        ...each,
        inner: planAccumulators(those, this.#groups === 'one' ? 'one' : 'by others'),
      })),
      rows,
      stateBytes: Math.max(16, Math.ceil(this.#stateBytes / 16) * 16),
      answers,
    };
  }

  #emitted(aggregate: TypedAggregate): Answer {
    const { input, filter } = aggregate;
    if (isOfDistinct(aggregate) && input !== undefined && this.#partial) return this.#distinctLists(aggregate, input);
    const answer: Answer = { aggregate, ...this.#answer(aggregate) };
    if (!this.#partial) return answer;
    const guardedInput = (): Accumulator =>
      this.#count(input ?? literal(true, bool), filter === undefined ? [] : [filter], 'valid');
    return partialAnswer(answer, guardedInput, this.#logs);
  }

  #answer(aggregate: TypedAggregate): AnswerParts {
    const { function: name, input, filter } = aggregate;
    if (input === undefined) return { kind: 'count', count: this.#countWhere(filter === undefined ? [] : [filter]) };
    if (isOfDistinct(aggregate)) return this.#distinctAnswer(aggregate, input);
    const conditions = filter === undefined ? [] : [filter];
    switch (name) {
      case 'count':
        return { kind: 'count', count: this.#count(input, conditions, aggregate.options?.mode ?? 'valid') };
      case 'min':
      case 'bool_and':
        return this.#extreme('least', input, filter);
      case 'max':
      case 'bool_or':
        return this.#extreme('greatest', input, filter);
      case 'any_value':
      case 'first':
      case 'last':
      case 'min_by':
      case 'max_by':
        return this.#pick(aggregate, input);
      case 'median':
      case 'percentile':
        return this.#percentiles(aggregate, input);
      case 'approx_count_distinct':
        return { kind: 'estimate', sketch: this.#sketch('distinct-sketch', input, filter) };
      case 'approx_percentile': {
        const sketch = this.#sketch('percentile-sketch', asNumber(input), filter);
        return { kind: 'near-percentiles', sketch, percentiles: percentilesOf(aggregate) };
      }
      case 'list':
      case 'concat':
      case 'string_agg':
        return this.#logged(aggregate, input);
      case 'count_distinct':
      case 'mode':
      case 'set':
        return assert.fail(`${name} is over distinct rows`);
      default:
        return this.#numeric(name, guarded(asNumber(input), conditions));
    }
  }

  /** Sums, products and moments of `input`. */
  #numeric(name: 'sum' | 'product' | 'mean' | 'stddev' | 'var' | 'skew', input: TypedExpression): AnswerParts {
    const { type } = input;
    const bySum = (): Accumulator => this.#over(isFloat(type) ? 'float-sum' : 'sum', input, 16);
    switch (name) {
      case 'sum':
        return { kind: 'value', value: bySum(), count: this.#presence(input) };
      case 'mean':
        return { kind: 'mean', sum: bySum(), count: this.#count(input, [], 'valid') };
      case 'product': {
        const value = isFloat(type) ? this.#over('float-product', input, 8) : this.#over('product', input, 16);
        return { kind: 'value', value, count: this.#presence(input) };
      }
      case 'skew':
        return { kind: 'moments', moments: this.#over('skew-moments', input, 32) };
      default: {
        if (!isExactlySummed(type)) return { kind: 'moments', moments: this.#over('moments', input, 24) };
        const squares = this.#over('squares', input, 24);
        return { kind: 'exact-spread', sum: bySum(), squares, count: this.#count(input, [], 'valid') };
      }
    }
  }

  #extreme(kind: 'least' | 'greatest', input: TypedExpression, filter: TypedExpression | undefined): AnswerParts {
    const { type } = input;
    if (isBytes(type)) {
      const { value, mask } = takingPart(input, filter, false);
      return { kind: 'held', held: this.#share({ kind, ...this.#taken(value, mask), ...ALONE }, 16) };
    }
    // Without states of their own such values are those of the row where they are least or greatest.
    if (comparesBytes(type) || type.kind === 'float16') return this.#pickBy(`${kind}-row`, input, input, filter);
    const over = guarded(input, filter === undefined ? [] : [filter]);
    return { kind: 'value', value: this.#over(kind, over, isWideExtreme(type) ? 16 : 8), count: this.#presence(over) };
  }

  #pick({ function: name, by, filter, options }: TypedAggregate, input: TypedExpression): AnswerParts {
    if (by !== undefined) return this.#pickBy(name === 'min_by' ? 'least-row' : 'greatest-row', input, by, filter);
    const ignoreNulls = options?.ignoreNulls ?? name === 'any_value';
    const { value, mask } = takingPart(input, filter, !ignoreNulls);
    const kind = name === 'last' ? 'last-row' : 'first-row';
    return { kind: 'held', held: this.#share({ kind, ...this.#taken(value, mask), ...ALONE }, 8) };
  }

  /** Rows take part where both the value and what they are compared by are there. */
  #pickBy(
    kind: 'least-row' | 'greatest-row',
    input: TypedExpression,
    by: TypedExpression,
    filter: TypedExpression | undefined,
  ): AnswerParts {
    const { value } = takingPart(input, filter, true);
    const { value: compared } = takingPart(by.type.kind === 'float16' ? asNumber(by) : by, filter, true);
    const nullable = [input, by].filter((each) => each.nullable);
    const [single] = nullable;
    const conditions = [...(filter === undefined ? [] : [filter]), ...nullable.map(isNotNull)];
    const alone = filter === undefined && nullable.length === 1 ? single : undefined;
    const mask = conditions.length === 0 ? undefined : (alone ?? trueWhere(conditions));
    const bytes = isWideExtreme(compared.type) ? 24 : 16;
    const accumulator = { kind, ...this.#taken(value, mask), by: this.#inputOf(compared), byType: compared.type };
    return { kind: 'held', held: this.#share(accumulator, bytes) };
  }

  #percentiles(aggregate: TypedAggregate, input: TypedExpression): AnswerParts {
    const log = this.#log(asNumber(input), aggregate.filter, false);
    return { kind: 'percentiles', log, percentiles: percentilesOf(aggregate) };
  }

  #sketch(
    kind: 'distinct-sketch' | 'percentile-sketch',
    input: TypedExpression,
    filter: TypedExpression | undefined,
  ): Accumulator {
    const { value, mask } = takingPart(input, filter, false);
    return this.#share({ kind, ...this.#taken(value, mask), ...ALONE }, 16);
  }

  #logged({ function: name, filter, options }: TypedAggregate, input: TypedExpression): AnswerParts {
    if (name === 'list') return { kind: 'list', log: this.#log(input, filter, true), flat: false, nullable: false };
    const log = this.#log(input, filter, false);
    const nullable = this.#groups !== 'one';
    if (input.type.kind === 'list') return { kind: 'list', log, flat: true, nullable };
    return { kind: 'texts', log, delimiter: name === 'concat' ? '' : (options?.delimiter ?? ','), nullable };
  }

  #log(input: TypedExpression, filter: TypedExpression | undefined, keepNulls: boolean): number {
    const { value, mask } = takingPart(input, filter, keepNulls);
    const { type, ...taken } = this.#taken(value, mask);
    const nullable = keepNulls && value.nullable;
    const known = this.#logs.findIndex(
      (log) => log.input === taken.input && log.mask === taken.mask && log.nullable === nullable,
    );
    return known >= 0 ? known : this.#logs.push({ ...taken, type, nullable }) - 1;
  }

  #distinctAnswer(aggregate: TypedAggregate, input: TypedExpression): AnswerParts {
    const { rows, those, value } = this.#distinctRows(aggregate, input);
    return { kind: 'distinct', rows, position: those.push(innerAggregate(aggregate, value)) - 1 };
  }

  /** Of a partial state: the values, and of a mode how many rows had each. */
  #distinctLists(aggregate: TypedAggregate, input: TypedExpression): Answer {
    const { rows, those, value } = this.#distinctRows(aggregate, input);
    const listOf = (each: TypedExpression): Answer => {
      const inner = { ...aggregate, function: 'list', input: each, type: list(each.type) } as const;
      const position = those.push({ ...inner, filter: undefined, distinct: false }) - 1;
      return { kind: 'distinct', rows, position, aggregate: inner };
    };
    const values = listOf(value);
    if (aggregate.function !== 'mode') return values;
    return structOf(aggregate, [
      ['values', values],
      ['rows', listOf(ROWS_OF_PAIR)],
    ]);
  }

  #distinctRows(aggregate: TypedAggregate, input: TypedExpression) {
    const nullable = aggregate.function === 'list' && input.nullable;
    const { value, mask } = takingPart(input, aggregate.filter, nullable);
    const taken = this.#taken(value, mask);
    let rows = this.#distinct.findIndex((each) => each.input === taken.input && each.mask === taken.mask);
    if (rows < 0) rows = this.#distinct.push({ ...taken, nullable, aggregates: [] }) - 1;
    const first: TypedExpression = { kind: 'column', index: 0, name: 'value', type: input.type, nullable };
    return { rows, those: this.#distinct[rows]?.aggregates ?? [], value: first };
  }

  /** Of rows where all of `conditions` are true and the input is as `mode` says. */
  #count(input: TypedExpression, conditions: readonly TypedExpression[], mode: 'valid' | 'all' | 'null'): Accumulator {
    if (mode === 'all') return this.#countWhere(conditions);
    if (mode === 'null') return this.#countWhere([...conditions, isNull(input)]);
    if (!input.nullable) return this.#countWhere(conditions);
    // What is guarded is made anew, which only pays where a sum has use for it too.
    if (conditions.length > 0 && !isNumeric(input.type)) return this.#countWhere([...conditions, isNotNull(input)]);
    return this.#over('values', guarded(input, conditions), 8);
  }

  #countWhere(conditions: readonly TypedExpression[]): Accumulator {
    return conditions.length === 0 ? this.#rows() : this.#over('values', trueWhere(conditions), 8);
  }

  /** What says whether there was a value; undefined where a group cannot be without. */
  #presence(input: TypedExpression): Accumulator | undefined {
    return this.#groups === 'by rows' && !input.nullable ? undefined : this.#count(input, [], 'valid');
  }

  #rows(): Accumulator {
    return this.#share({ kind: 'rows', input: -1, mask: -1, type: undefined, ...ALONE }, 8);
  }

  #over(kind: AccumulatorKind, input: TypedExpression, bytes: number): Accumulator {
    return this.#share({ kind, ...this.#taken(input, input), ...ALONE }, bytes);
  }

  #taken(value: TypedExpression, mask: TypedExpression | undefined): { input: number; mask: number; type: DataType } {
    const input = this.#inputOf(value);
    return { input, mask: mask === undefined ? -1 : this.#inputOf(mask), type: value.type };
  }

  #inputOf(expression: TypedExpression): number {
    const key = expressionKey(expression);
    const known = this.#inputs.findIndex((input) => expressionKey(input) === key);
    return known >= 0 ? known : this.#inputs.push(expression) - 1;
  }

  #share(wanted: Omit<Accumulator, 'offset'>, bytes: number): Accumulator {
    const known = this.#accumulators.find(
      ({ kind, input, mask, by }) =>
        kind === wanted.kind && input === wanted.input && mask === wanted.mask && by === wanted.by,
    );
    if (known !== undefined) return known;
    const made = { ...wanted, offset: this.#stateBytes };
    this.#stateBytes += bytes;
    this.#accumulators.push(made);
    return made;
  }
}

type WithoutAggregate<T> = T extends unknown ? Omit<T, 'aggregate'> : never;
type AnswerParts = WithoutAggregate<Answer>;

const isOfDistinct = ({ function: name, distinct = false }: TypedAggregate): boolean =>
  distinct || name === 'count_distinct' || name === 'mode' || name === 'set';

/** How many rows had the value of a pair: the second column of pairs. */
const ROWS_OF_PAIR: TypedExpression = { kind: 'column', index: 1, name: 'rows', type: uint64, nullable: false };

/** Over pairs, whose first column is `value`. */
function innerAggregate(aggregate: TypedAggregate, value: TypedExpression): TypedAggregate {
  const { function: name } = aggregate;
  const over = { ...aggregate, input: value, filter: undefined, distinct: false };
  if (name === 'mode') return { ...over, function: 'max_by', by: ROWS_OF_PAIR };
  if (name === 'set') return { ...over, function: 'list' };
  return name === 'count_distinct' ? { ...over, function: 'count' } : over;
}

const percentilesOf = ({ options = {} }: TypedAggregate): readonly number[] =>
  options.percentiles ?? [options.percentile ?? MEDIAN];

/** As kernels take it: a float of 2 bytes as one of 4. */
const asNumber = (input: TypedExpression): TypedExpression =>
  input.type.kind === 'float16' ? castTo(input, float32) : input;

/**
 * Compiled loops have states of 8 bytes for extremes. Moments they do not update: each row waits for the division of the one
 * before, whoever computes it.
 */
function isCompiled({ kind, type }: Accumulator): boolean {
  if (kind === 'least' || kind === 'greatest') return type !== undefined && !isWideExtreme(type);
  return IN_LOOPS.has(kind);
}

const IN_LOOPS: ReadonlySet<AccumulatorKind> = new Set<AccumulatorKind>([
  'rows',
  'values',
  'sum',
  'float-sum',
  'squares',
  'product',
  'float-product',
]);
