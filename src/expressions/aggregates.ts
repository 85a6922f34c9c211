/**
 * Binding of aggregates: their inputs to columns, their options to what their function knows.
 *
 *     { function: "sum", input: x, filter: y > 1, distinct: true }     what a plan says
 *         │ every option, filter and second input is checked, with its JSON path
 *         ▼
 *     TypedAggregate of type decimal(38, 2)
 */

import { type DataType, typeName, uint64 } from '../columnar/data-type.ts';
import { type Field, field, type Schema } from '../columnar/schema.ts';
import { AGGREGATES, isComparable } from './aggregate-functions.ts';
import { bindExpression, bindPredicate } from './bind.ts';
import type {
  AggregateCall,
  AggregateFunction,
  AggregateOptions,
  Expression,
  TypedAggregate,
  TypedExpression,
} from './expression.ts';
import { type Problems, pathOf } from './problems.ts';
import { simplified } from './simplify.ts';

/** The type of an aggregate over values of `input`, undefined where it has none. Of counts it does not depend on it. */
export const aggregateType = (
  name: AggregateFunction,
  input: DataType,
  options: AggregateOptions = {},
): DataType | undefined => AGGREGATES[name].result(input, options);

/** Undefined where it added a problem. */
export function bindAggregate(
  call: AggregateCall,
  input: Schema,
  problems: Problems,
  path: string,
): TypedAggregate | undefined {
  return new AggregateBinder(call, input, problems, path).bind();
}

/** The expressions of an aggregate, those that are there. */
export const aggregateOperands = ({ input, by, filter }: TypedAggregate): readonly TypedExpression[] =>
  [input, by, filter].filter((e) => e !== undefined);

/** The same aggregate over other expressions, of the types of the old ones. */
export const withAggregateOperands = (
  call: TypedAggregate,
  change: (e: TypedExpression) => TypedExpression,
): TypedAggregate => ({
  ...call,
  input: call.input && change(call.input),
  by: call.by && change(call.by),
  filter: call.filter && change(call.filter),
});

/** The column that an aggregate becomes. A group always has rows, the whole input of a global aggregate may have none. */
export function aggregateField(call: TypedAggregate, isGrouped: boolean): Field {
  return field(call.name, call.type, !isNeverNull(call, isGrouped));
}

const NEVER_NULL: ReadonlySet<AggregateFunction> = new Set([
  'count',
  'count_distinct',
  'approx_count_distinct',
  'list',
  'set',
]);

/** Whether a group in which no row takes part has a value: a count, or an empty list. */
export const hasValueWithoutRows = ({ function: name }: TypedAggregate): boolean => NEVER_NULL.has(name);

function isNeverNull(call: TypedAggregate, isGrouped: boolean): boolean {
  const { function: name, options } = call;
  if (hasValueWithoutRows(call)) return true;
  if (!isGrouped && (name === 'concat' || name === 'string_agg')) return true;
  if (!isGrouped || call.filter !== undefined) return false;
  if ((name === 'var' || name === 'stddev') && options?.ddof !== 0) return false;
  return call.input?.nullable === false && call.by?.nullable !== true;
}

class AggregateBinder {
  readonly #call: AggregateCall;
  readonly #schema: Schema;
  readonly #problems: Problems;
  readonly #path: string;

  constructor(call: AggregateCall, schema: Schema, problems: Problems, path: string) {
    this.#call = call;
    this.#schema = schema;
    this.#problems = problems;
    this.#path = path;
  }

  bind(): TypedAggregate | undefined {
    const { name, function: aggregate, options } = this.#call;
    const isWhole = this.#checkOptions();
    const [filter, by, input] = [this.#filter(), this.#by(), this.#input()];
    if (filter === 'wrong' || by === 'wrong' || input === 'wrong' || !isWhole) return undefined;
    const distinct = this.#call.distinct === true && AGGREGATES[aggregate].distinct === 'matters';
    const type = input === undefined ? uint64 : aggregateType(aggregate, input.type, options);
    if (type === undefined) return undefined;
    return { name, function: aggregate, input, by, filter, distinct, options, type };
  }

  #fail(key: string, message: string): 'wrong' {
    this.#problems.add(pathOf(this.#path, key), message);
    return 'wrong';
  }

  #input(): TypedExpression | undefined | 'wrong' {
    const { input, function: aggregate, options } = this.#call;
    if (input === undefined) {
      if (aggregate === 'count') return undefined;
      this.#problems.add(this.#path, `${aggregate} needs an input; only count can do without, to count rows.`);
      return 'wrong';
    }
    const bound = this.#bound(input, 'input');
    if (bound === undefined) return 'wrong';
    if (aggregateType(aggregate, bound.type, options) !== undefined) return bound;
    const { takes } = AGGREGATES[aggregate];
    return this.#fail(
      'input',
      `${aggregate} takes ${takes}, and this is ${typeName(bound.type)}.${hint(aggregate, bound.type)}`,
    );
  }

  #by(): TypedExpression | undefined | 'wrong' {
    const { by, function: aggregate } = this.#call;
    const isWanted = AGGREGATES[aggregate].by;
    if (by === undefined) return isWanted ? this.#fail('by', `${aggregate} needs to know by what.`) : undefined;
    if (!isWanted) return this.#fail('by', `${aggregate} has no second input; min_by and max_by have one.`);
    const bound = this.#bound(by, 'by');
    if (bound === undefined || isComparable(bound.type)) return bound ?? 'wrong';
    return this.#fail('by', `${aggregate} compares by what has an order, and this is ${typeName(bound.type)}.`);
  }

  #filter(): TypedExpression | undefined | 'wrong' {
    const { filter } = this.#call;
    if (filter === undefined) return undefined;
    const bound = bindPredicate(filter, this.#schema, this.#problems, pathOf(this.#path, 'filter'));
    return bound === undefined ? 'wrong' : simplified(bound);
  }

  #bound(expression: Expression, key: string): TypedExpression | undefined {
    const bound = bindExpression(expression, this.#schema, this.#problems, pathOf(this.#path, key));
    return bound && simplified(bound);
  }

  /** Whether options, and distinct, are such as the function knows, and those that it needs are there. */
  #checkOptions(): boolean {
    const { function: aggregate, options = {}, distinct } = this.#call;
    const definition = AGGREGATES[aggregate];
    let isRight = true;
    const optionsPath = pathOf(this.#path, 'options');
    const wrong = (path: string, message: string): void => {
      this.#problems.add(path, message);
      isRight = false;
    };
    for (const key of Object.keys(options)) {
      if (definition.options.some((known) => known === key)) continue;
      const known = definition.options.length === 0 ? 'It has none.' : `It has ${definition.options.join(', ')}.`;
      wrong(pathOf(optionsPath, key), `${aggregate} has no option ${key}. ${known}`);
    }
    if (definition.options.includes('percentile')) {
      const given = [options.percentile, options.percentiles].filter((each) => each !== undefined).length;
      if (given !== 1) wrong(optionsPath, `${aggregate} needs one option: percentile, from 0 to 1, or percentiles.`);
    }
    if (distinct !== true) return isRight;
    const distinctPath = pathOf(this.#path, 'distinct');
    if (definition.distinct === 'is refused') wrong(distinctPath, `${aggregate} of distinct values has no meaning.`);
    else if (aggregate === 'count' && (this.#call.input === undefined || (options.mode ?? 'valid') !== 'valid')) {
      wrong(distinctPath, 'Only values that are not null are counted once: give an input, and no other mode.');
    }
    return isRight;
  }
}

function hint(aggregate: AggregateFunction, { kind }: DataType): string {
  if (kind === 'bool') return ' Cast it to int64 to count what is true.';
  if (kind === 'decimal' && aggregate === 'product') return ' Cast it to float64: its digits would soon not fit.';
  return '';
}
