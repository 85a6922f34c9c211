import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bool, type DataType, float64, int64, utf8 } from '../../src/columnar/data-type.ts';
import { field, type Schema, schema } from '../../src/columnar/schema.ts';
import type { TypedColumn, TypedExpression } from '../../src/expressions/expression.ts';
import { expressionText } from '../../src/expressions/expression-text.ts';
import type { BoundNode } from '../../src/planner/bound-plan.ts';
import { type FusedStep, fuse, fuseAggregate, passesOn } from '../../src/planner/fuse.ts';

const column = (index: number, name: string, type: DataType = float64): TypedExpression => ({
  kind: 'column',
  index,
  name,
  type,
  nullable: false,
});
const number = (value: number): TypedExpression => ({ kind: 'literal', value, type: float64, nullable: false });
const plus = (left: TypedExpression, right: TypedExpression): TypedExpression => ({
  kind: 'arithmetic',
  operator: '+',
  left,
  right,
  type: left.type,
  nullable: false,
});
const below = (left: TypedExpression, right: TypedExpression): TypedExpression => ({
  kind: 'compare',
  operator: '<',
  left,
  right,
  type: bool,
  nullable: false,
});
const cast = (input: TypedExpression): TypedExpression => ({ kind: 'cast', input, type: int64, nullable: false });

const scan = (of: Schema): BoundNode => ({ kind: 'in-memory-scan', sourceId: 's', schema: of });
const filter = (input: BoundNode, predicate: TypedExpression): BoundNode => ({
  kind: 'filter',
  input,
  predicate,
  schema: input.schema,
});
const project = (input: BoundNode, columns: readonly TypedColumn[]): BoundNode => ({
  kind: 'project',
  input,
  columns,
  schema: schema(...columns.map(({ name, expression }) => field(name, expression.type, expression.nullable))),
});
const named = (name: string, expression: TypedExpression): TypedColumn => ({ name, expression });

const xs = scan(schema(field('x', float64, false)));
const x = column(0, 'x');

const text = ({ filter: predicate, columns }: FusedStep): string => {
  const shown = columns.map(({ name, expression }) => `${name} = ${expressionText(expression)}`).join(', ');
  return predicate === undefined ? shown : `${shown} where ${expressionText(predicate)}`;
};

describe('fuse', () => {
  test('joins filters and projections into one step over what is below them', () => {
    const first = project(filter(xs, below(x, number(9))), [named('y', plus(x, number(1)))]);
    const y = column(0, 'y');
    const step = fuse(project(filter(first, below(number(2), y)), [named('z', plus(y, y))]));
    expect(step.input).toBe(xs);
    expect(text(step)).toBe('z = x + 1 + (x + 1) where x < 9 and 2 < x + 1');
    expect(step.schema.fields.map(({ name }) => name)).toEqual(['z']);
  });

  test('knows when it has no columns of its own', () => {
    expect(passesOn(fuse(xs))).toBe(true);
    expect(passesOn(fuse(project(xs, [named('x', x)])))).toBe(true);
    expect(passesOn(fuse(filter(xs, below(x, number(1)))))).toBe(true);
    expect(passesOn(fuse(project(xs, [named('y', x)])))).toBe(false);
  });

  test('takes over the filter of a scan, unless the scan has a limit, which counts the rows that pass', () => {
    const [only, read] = [schema(field('x', float64)), schema(field('x', float64), field('only_for_filter', float64))];
    const filtered: BoundNode = {
      kind: 'scan',
      sourceId: 's',
      format: { kind: 'parquet' },
      schema: only,
      readSchema: read,
      filter: below(column(1, 'only_for_filter'), number(1)),
      filePathColumn: undefined,
      limit: undefined,
    };
    const step = fuse(filter(filtered, below(x, number(2))));
    expect(step.inputSchema).toBe(read);
    expect(text(step)).toBe('x = x where only_for_filter < 1 and x < 2');
    expect(step.readsRaw).toBe(true);
    const guarded = fuse(filter(filtered, below(cast(x), cast(x))));
    expect(guarded.readsRaw).toBe(false);
    expect(text(guarded)).toBe('x = x where cast(x as int64) < cast(x as int64)');
    const limited: BoundNode = { ...filtered, limit: 5 };
    expect(text(fuse(filter(limited, below(x, number(2)))))).toBe('x = x where x < 2');
    expect(fuse(limited).filter).toBeUndefined();
  });

  test('does not evaluate a predicate that can fail for rows that an earlier filter has removed', () => {
    const texts = scan(schema(field('t', utf8, false), field('x', float64, false)));
    const isNumber = below(column(1, 'x'), number(1));
    const guarded = filter(filter(texts, isNumber), below(cast(column(0, 't', utf8)), cast(column(1, 'x'))));
    const outer = fuse(guarded);
    expect(outer.input.kind).toBe('filter');
    expect(text(fuse(outer.input))).toBe('t = t, x = x where x < 1');
    // Through a projection, too.
    const renamed = project(filter(texts, isNumber), [named('n', cast(column(0, 't', utf8)))]);
    const n = column(0, 'n', int64);
    expect(fuse(filter(renamed, below(n, n))).input.kind).toBe('project');
    // A predicate that cannot fail is joined.
    expect(fuse(filter(filter(texts, isNumber), isNumber)).input).toBe(texts);
  });

  test('stays small when every projection doubles what is below it', () => {
    let node = xs;
    for (let depth = 0; depth < 200; depth += 1) {
      const before = column(0, depth === 0 ? 'x' : 'y');
      node = project(node, [named('y', plus(before, before))]);
    }
    const step = fuse(node);
    expect(step.input.kind).toBe('project');
    let steps = 0;
    for (let at = node; at.kind === 'project'; at = fuse(at).input) steps += 1;
    expect(steps).toBeLessThan(30);
  });

  test('leaves a single step as it is, however large', () => {
    // Large, and not deep: the stack is another limit.
    const part = Array.from({ length: 60 }).reduce<TypedExpression>((sum) => plus(sum, x), x);
    const sum = Array.from({ length: 50 }).reduce<TypedExpression>((all) => plus(all, part), x);
    expect(fuse(project(xs, [named('y', sum)])).input).toBe(xs);
  });

  test('makes the step below an aggregate its input side', () => {
    const y = column(0, 'y');
    const input = project(filter(xs, below(x, number(9))), [named('y', plus(x, number(1)))]);
    const { step, groupBy, aggregates } = fuseAggregate({
      kind: 'grouped-aggregate',
      input,
      groupBy: [named('k', y)],
      aggregates: [
        { name: 's', function: 'sum', input: plus(y, y), type: float64 },
        { name: 'n', function: 'count', input: undefined, type: int64 },
      ],
      schema: schema(),
    });
    expect(step.input).toBe(xs);
    expect(step.filter && expressionText(step.filter)).toBe('x < 9');
    expect(groupBy.map(({ name, expression }) => `${name} ${expressionText(expression)}`)).toEqual(['k x + 1']);
    expect(aggregates.map((call) => call.input && expressionText(call.input))).toEqual(['x + 1 + (x + 1)', undefined]);
  });

  test('gives the rows that the nodes give one by one', () => {
    const node = fc.oneof(
      fc.record({ kind: fc.constant('filter' as const), bound: fc.integer({ min: -5, max: 5 }) }),
      fc.record({ kind: fc.constant('project' as const), add: fc.integer({ min: -3, max: 3 }), twice: fc.boolean() }),
    );
    const property = fc.property(fc.array(node, { maxLength: 8 }), fc.array(fc.integer()), (nodes, values) => {
      let plan = xs;
      let expected = values;
      for (const one of nodes) {
        const input = column(0, plan.schema.fields[0]?.name ?? '');
        if (one.kind === 'filter') {
          plan = filter(plan, below(input, number(one.bound)));
          expected = expected.filter((value) => value < one.bound);
        } else {
          const added = plus(input, number(one.add));
          plan = project(plan, [named('y', one.twice ? plus(added, input) : added)]);
          expected = expected.map((value) => value + one.add + (one.twice ? value : 0));
        }
      }
      const step = fuse(plan);
      expect(step.input).toBe(xs);
      const kept = values.filter((value) => step.filter === undefined || evaluate(step.filter, value));
      expect(kept.map((value) => evaluate((step.columns[0] as TypedColumn).expression, value))).toEqual(expected);
    });
    fc.assert(property, { numRuns: 300 });
  });
});

/** The meaning of the few expressions used here, over one column. */
function evaluate(e: TypedExpression, value: number): number | boolean {
  switch (e.kind) {
    case 'column':
      return value;
    case 'literal':
      return e.value as number;
    case 'arithmetic':
      return (evaluate(e.left, value) as number) + (evaluate(e.right, value) as number);
    case 'compare':
      return evaluate(e.left, value) < evaluate(e.right, value);
    case 'logic':
      return (evaluate(e.left, value) && evaluate(e.right, value)) as boolean;
    default:
      throw new Error(e.kind);
  }
}
