/**
 * What is kept per group so that some aggregates can be answered.
 *
 *     sum(x), mean(x), count(x), max(y)   ──▶   state of a group  │ values of x │ sum of x  │ greatest y │ …
 *                                                                 0             8           24
 *
 * An accumulator is shared by all aggregates that need it: the mean has the sum of the one and the count of the other.
 * Sums, least and greatest values do not know whether there was a value at all; the count of the input says it, or
 * that of rows where the input is never null, or nothing where a group cannot be without a value.
 */

import { type DataType, isFloat, SHORT_DECIMAL_DIGITS } from '../columnar/data-type.ts';
import { expressionKey } from '../compile/expression-key.ts';
import type { TypedAggregate, TypedExpression } from '../expressions/expression.ts';

type AccumulatorKind = 'rows' | 'values' | 'sum' | 'float-sum' | 'least' | 'greatest';

/** One part of a group's state. */
export interface Accumulator {
  readonly kind: AccumulatorKind;
  /** Position among the inputs; -1 for `rows`. */
  readonly input: number;
  /** Of the input; undefined for `rows`. */
  readonly type: DataType | undefined;
  /** Where in the state, a multiple of 8. */
  readonly offset: number;
}

/** How one aggregate is answered. */
export interface Answer {
  readonly aggregate: TypedAggregate;
  /** The sum, the least or the greatest; undefined for counts. */
  readonly value: Accumulator | undefined;
  /** Of the values that took part: the answer is null where it is 0. Undefined: a group is never without one. */
  readonly count: Accumulator | undefined;
  /** For `count_distinct`: position among the inputs. Else -1. */
  readonly distinctInput: number;
}

export interface AccumulatorPlan {
  /** Distinct expressions, in the order of their first use. */
  readonly inputs: readonly TypedExpression[];
  readonly accumulators: readonly Accumulator[];
  /** The count of rows, where there are groups. */
  readonly rows: Accumulator | undefined;
  /** Inputs whose distinct values are counted, each once. */
  readonly distinctInputs: readonly number[];
  /** A multiple of 16, at least 16. */
  readonly stateBytes: number;
  /** One per aggregate, in their order. */
  readonly answers: readonly Answer[];
}

/** Whether states of the least and greatest value of this type take 16 bytes instead of 8. */
export const isWideExtreme = (type: DataType): boolean =>
  type.kind === 'utf8' || (type.kind === 'decimal' && type.precision > SHORT_DECIMAL_DIGITS);

/**
 * `grouped`: a group exists only because a row fell into it. Then its rows are counted even where nobody asks, so that
 * states prepared for keys that may come can be told from those of groups.
 */
export function planAccumulators(aggregates: readonly TypedAggregate[], grouped: boolean): AccumulatorPlan {
  const planner = new Planner(grouped);
  const rows = grouped ? planner.countOf(undefined) : undefined;
  const answers = aggregates.map((aggregate) => planner.answer(aggregate));
  return {
    inputs: planner.inputs,
    accumulators: planner.accumulators,
    distinctInputs: [...new Set(answers.map(({ distinctInput }) => distinctInput).filter((input) => input >= 0))],
    rows,
    stateBytes: Math.max(16, Math.ceil(planner.stateBytes / 16) * 16),
    answers,
  };
}

class Planner {
  readonly #grouped: boolean;
  readonly inputs: TypedExpression[] = [];
  readonly accumulators: Accumulator[] = [];
  stateBytes = 0;

  constructor(grouped: boolean) {
    this.#grouped = grouped;
  }

  answer(aggregate: TypedAggregate): Answer {
    const { function: name, input } = aggregate;
    const none = { aggregate, value: undefined, count: undefined, distinctInput: -1 };
    if (name === 'count_distinct' && input !== undefined) return { ...none, distinctInput: this.#inputOf(input) };
    if (name === 'count' || input === undefined) return { ...none, count: this.countOf(input) };
    const type = input.type;
    const kind = name === 'min' ? 'least' : name === 'max' ? 'greatest' : isFloat(type) ? 'float-sum' : 'sum';
    const bytes = kind === 'sum' || (kind !== 'float-sum' && isWideExtreme(type)) ? 16 : 8;
    const value = this.#share(kind, this.#inputOf(input), type, bytes);
    const alwaysHas = this.#grouped && !input.nullable && name !== 'mean';
    return { ...none, value, count: alwaysHas ? undefined : this.countOf(input) };
  }

  /** Of rows, or of values that are not null. */
  countOf(input: TypedExpression | undefined): Accumulator {
    if (input === undefined || !input.nullable) return this.#share('rows', -1, undefined, 8);
    return this.#share('values', this.#inputOf(input), input.type, 8);
  }

  #inputOf(expression: TypedExpression): number {
    const key = expressionKey(expression);
    const known = this.inputs.findIndex((input) => expressionKey(input) === key);
    return known >= 0 ? known : this.inputs.push(expression) - 1;
  }

  #share(kind: AccumulatorKind, input: number, type: DataType | undefined, bytes: number): Accumulator {
    const known = this.accumulators.find((other) => other.kind === kind && other.input === input);
    if (known !== undefined) return known;
    const made = { kind, input, type, offset: this.stateBytes };
    this.stateBytes += bytes;
    this.accumulators.push(made);
    return made;
  }
}
