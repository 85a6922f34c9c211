import { describe, expect, test } from 'vitest';
import * as types from '../../src/columnar/data-type.ts';
import { typeName } from '../../src/columnar/data-type.ts';
import { field, schema } from '../../src/columnar/schema.ts';
import { AGGREGATES } from '../../src/expressions/aggregate-functions.ts';
import { aggregateField, bindAggregate } from '../../src/expressions/aggregates.ts';
import type { AggregateCall, AggregateFunction, TypedAggregate } from '../../src/expressions/expression.ts';
import { aggregateText } from '../../src/expressions/expression-text.ts';
import { Problems } from '../../src/expressions/problems.ts';
import { aggregateCallSchema } from '../../src/plan/expression-schema.ts';
import { column } from '../support/aggregates.ts';
import { lit } from '../support/expressions.ts';

const columns = schema(
  field('i8', types.int8),
  field('u32', types.uint32),
  field('i64', types.int64),
  field('f32', types.float32),
  field('money', types.decimal(12, 2)),
  field('name', types.utf8),
  field('flag', types.bool),
  field('day', types.date),
  field('moment', types.timestamp('us')),
  field('sure', types.int64, false),
  field('items', types.list(types.int32)),
);

const over = (name: AggregateFunction, input?: string, rest: Partial<AggregateCall> = {}): AggregateCall => ({
  name: 'x',
  function: name,
  input: input === undefined ? undefined : column(input),
  ...rest,
});

/** What a call is, or what is wrong with it: `path: message`, one per line. */
function bound(call: AggregateCall): TypedAggregate | string {
  const problems = new Problems();
  const result = bindAggregate(call, columns, problems, '$');
  return result ?? problems.found.map(({ path, message }) => `${path}: ${message}`).join('\n');
}

const typed = (call: AggregateCall): string => {
  const result = bound(call);
  return typeof result === 'string' ? result : typeName(result.type);
};

describe('the type of', () => {
  test.each([
    ['sum', 'i8', 'int64'],
    ['sum', 'u32', 'uint64'],
    ['sum', 'f32', 'float64'],
    ['sum', 'money', 'decimal(38, 2)'],
    ['product', 'i8', 'int64'],
    ['product', 'u32', 'uint64'],
    ['product', 'f32', 'float64'],
    ['mean', 'i64', 'float64'],
    ['mean', 'money', 'decimal(38, 6)'],
    ['min', 'name', 'utf8'],
    ['max', 'moment', 'timestamp(us)'],
    ['min', 'flag', 'bool'],
    ['bool_and', 'flag', 'bool'],
    ['var', 'money', 'float64'],
    ['stddev', 'i8', 'float64'],
    ['skew', 'f32', 'float64'],
    ['any_value', 'day', 'date'],
    ['first', 'money', 'decimal(12, 2)'],
    ['last', 'flag', 'bool'],
    ['mode', 'name', 'utf8'],
    ['median', 'money', 'float64'],
    ['string_agg', 'name', 'utf8'],
    ['concat', 'name', 'utf8'],
    ['concat', 'items', 'list(int32)'],
    ['list', 'items', 'list(list(int32))'],
    ['set', 'money', 'list(decimal(12, 2))'],
    ['any_value', 'items', 'list(int32)'],
    ['count', 'name', 'uint64'],
    ['count', undefined, 'uint64'],
    ['count_distinct', 'day', 'uint64'],
  ] as const)('%s(%s) is %s', (name, input, type) => {
    expect(typed(over(name, input))).toBe(type);
  });

  test('several percentiles is a list of as many', () => {
    expect(typed(over('percentile', 'i8', { options: { percentiles: [0.1, 0.2, 0.9] } }))).toBe(
      'fixed-size-list(float64, 3)',
    );
  });

  test('min_by is that of its first input', () => {
    expect(typed(over('min_by', 'money', { by: column('name') }))).toBe('decimal(12, 2)');
  });
});

describe('what is wrong, and where:', () => {
  test.each([
    [
      over('sum', 'flag'),
      /^\$\.input: sum takes a number, and this is bool\. Cast it to int64 to count what is true\.$/,
    ],
    [over('mean', 'name'), /^\$\.input: mean takes a number, and this is utf8\.$/],
    [over('product', 'money'), /^\$\.input: product takes an integer or a float, .* Cast it to float64/],
    [over('bool_or', 'i8'), /^\$\.input: bool_or takes a bool, and this is int8\.$/],
    [over('string_agg', 'i8'), /^\$\.input: string_agg takes text/],
    [over('sum'), /^\$: sum needs an input; only count can do without/],
    [over('min_by', 'i8'), /^\$\.by: min_by needs to know by what\.$/],
    [over('min', 'i8', { by: column('i8') }), /^\$\.by: min has no second input/],
    [over('max_by', 'i8', { by: column('nam') }), /^\$\.by\.name: There is no column "nam"\. Did you mean "name"\?$/],
    [over('sum', 'i8', { filter: column('i8') }), /^\$\.filter: A predicate must be bool/],
    [over('sum', 'i8', { options: { ddof: 0 } }), /^\$\.options\.ddof: sum has no option ddof\. It has none\.$/],
    [over('var', 'i8', { options: { mode: 'all' } }), /^\$\.options\.mode: var has no option mode\. It has ddof\.$/],
    [over('percentile', 'i8'), /^\$\.options: percentile needs one option: percentile, from 0 to 1, or percentiles\.$/],
    [over('percentile', 'i8', { options: { percentile: 0, percentiles: [1] } }), /^\$\.options: percentile needs one/],
    [over('min', 'items'), /^\$\.input: min takes what has an order, and this is list\(int32\)\.$/],
    [over('min_by', 'i8', { by: column('items') }), /^\$\.by: min_by compares by what has an order, and this is list/],
    [over('concat', 'i8'), /^\$\.input: concat takes text or lists/],
    [over('mode', 'i8', { distinct: true }), /^\$\.distinct: mode of distinct values has no meaning\.$/],
    [over('count', undefined, { distinct: true }), /^\$\.distinct: Only values that are not null are counted once/],
    [over('count', 'i8', { distinct: true, options: { mode: 'null' } }), /^\$\.distinct: Only values/],
  ])('%j', (call, message) => {
    expect(bound(call)).toMatch(message);
  });

  test('all of it is said at once', () => {
    const call = over('sum', 'nam', { by: column('i8'), filter: column('i8'), options: { ddof: 1, delimiter: '' } });
    expect(String(bound(call)).split('\n')).toHaveLength(5);
  });

  test.each([
    [{ function: 'summ' }, 'function'],
    [{ function: 'var', options: { ddof: -1 } }, 'options.ddof'],
    [{ function: 'var', options: { ddof: 0.5 } }, 'options.ddof'],
    [{ function: 'var', options: { dof: 1 } }, 'options'],
    [{ function: 'percentile', options: { percentile: 1.1 } }, 'options.percentile'],
    [{ function: 'count', options: { mode: 'some' } }, 'options.mode'],
    [{ function: 'string_agg', options: { delimiter: '\ud800' } }, 'options.delimiter'],
    [{ function: 'sum', distinct: 'yes' }, 'distinct'],
  ])('the form of %j', (call, path) => {
    const { error } = aggregateCallSchema.safeParse({ name: 'x', ...call });
    expect(error?.issues.map((issue) => issue.path.join('.'))).toEqual([path]);
  });
});

test('every function is bound over some column, and says what it does', () => {
  for (const name of Object.keys(AGGREGATES) as AggregateFunction[]) {
    const { by, options, doc } = AGGREGATES[name];
    const rest = {
      ...(by ? { by: column('day') } : {}),
      ...(options.includes('percentile') ? { options: { percentile: 0.5 } } : {}),
    };
    const inputs = columns.fields.map((each) => bound(over(name, each.name, rest)));
    expect(inputs.some((result) => typeof result !== 'string')).toBe(true);
    expect(doc).toMatch(/^[A-Z].*\.$/);
  }
});

describe('a column of results', () => {
  const nullable = (call: AggregateCall): boolean[] => {
    const result = bound(call);
    if (typeof result === 'string') throw new Error(result);
    return [true, false].map((isGrouped) => aggregateField(result, isGrouped).nullable);
  };

  test.each([
    [over('sum', 'sure'), [false, true]],
    [over('sum', 'i64'), [true, true]],
    [over('sum', 'sure', { filter: lit(true) }), [true, true]],
    [over('count'), [false, false]],
    [over('count', 'i64', { filter: lit(false) }), [false, false]],
    [over('var', 'sure'), [true, true]],
    [over('var', 'sure', { options: { ddof: 0 } }), [false, true]],
    [over('last', 'sure'), [false, true]],
    [over('list', 'i64'), [false, false]],
    [over('set', 'i64', { filter: lit(true) }), [false, false]],
    [over('min_by', 'sure', { by: column('i64') }), [true, true]],
  ])('of %j, grouped or not, may be null: %j', (call, expected) => {
    expect(nullable(call)).toEqual(expected);
  });
});

test('explain shows what an aggregate was told', () => {
  const text = (call: AggregateCall): string => {
    const result = bound(call);
    return typeof result === 'string' ? result : aggregateText(result);
  };
  expect(text(over('count'))).toBe('count(*)');
  expect(text(over('sum', 'i8', { distinct: true, filter: column('flag') }))).toBe(
    'sum(distinct i8) filter (where flag)',
  );
  expect(text(over('max', 'i8', { distinct: true }))).toBe('max(i8)');
  expect(text(over('var', 'i8', { options: { ddof: 0 } }))).toBe('var(i8, ddof 0)');
  expect(text(over('string_agg', 'name', { options: { delimiter: "' " } }))).toBe("string_agg(name, delimiter ''' ')");
  expect(text(over('min_by', 'i8', { by: column('day') }))).toBe('min_by(i8, day)');
});
