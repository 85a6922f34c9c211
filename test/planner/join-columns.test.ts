import { describe, expect, test } from 'vitest';
import { date, decimal, float64, int32, int64, timestamp, utf8 } from '../../src/columnar/data-type.ts';
import { field, type Schema, schema, schemaText } from '../../src/columnar/schema.ts';
import { Problems } from '../../src/expressions/problems.ts';
import { schemaOfColumns } from '../../src/expressions/typed-columns.ts';
import type { JoinType } from '../../src/plan/plan-node.ts';
import { type JoinColumns, joinColumns } from '../../src/planner/join-columns.ts';
import { columnsText } from '../../src/planner/node-text.ts';

const left = schema(field('a', int64), field('k', int64, false), field('x', utf8, false));
const right = schema(field('k', float64, false), field('b', int64, false), field('y', utf8));

function joined(joinType: JoinType, sides: { left: Schema; right: Schema }, ...shared: string[]): JoinColumns {
  const problems = new Problems();
  const columns = joinColumns(joinType, sides, new Set(shared), problems, '$.plan');
  problems.throwIfAny();
  return columns as JoinColumns;
}

function textOf(joinType: JoinType): string {
  return schemaText(schemaOfColumns(joined(joinType, { left, right }, 'k').columns));
}

describe('a join gives', () => {
  test('keys of one name first and once, then the columns of left, then those of right', () => {
    expect(textOf('inner')).toBe('k int64, a int64?, x utf8, b int64, y utf8?');
  });

  test('columns that may be null where a row may lack a side', () => {
    expect(textOf('left')).toBe('k int64, a int64?, x utf8, b int64?, y utf8?');
    expect(textOf('right')).toBe('k float64, a int64?, x utf8?, b int64, y utf8?');
    expect(textOf('outer')).toBe('k float64, a int64?, x utf8?, b int64?, y utf8?');
  });

  test.each(['semi', 'anti'] as const)('the columns of left where it is %s', (joinType) => {
    expect(textOf(joinType)).toBe('a int64?, k int64, x utf8');
  });

  test('its sides to the projection above it, under names of their own', () => {
    const { sides, columns } = joined('outer', { left, right }, 'k');
    expect(schemaText(sides)).toBe('a int64?, k int64?, x utf8?, k 2 float64?, b int64?, y utf8?');
    expect(columnsText(columns)).toBe('coalesce(cast(k as float64), "k 2") as k, a, x, b, y');
  });

  test('an outer key in the type that holds both', () => {
    const sides = { left: schema(field('k', date)), right: schema(field('k', timestamp('us'))) };
    expect(schemaText(schemaOfColumns(joined('outer', sides, 'k').columns))).toBe('k timestamp(us)?');
  });
});

describe('it is refused where', () => {
  test('another column has a name twice', () => {
    const clash = {
      left: schema(field('k', int64), field('v', int64)),
      right: schema(field('k', int64), field('v', int32)),
    };
    expect(() => joined('inner', clash, 'k')).toThrow(
      '$.plan: Both sides have a column "v", which is no key of both. Give one of them another name, or leave it out, in a project below.',
    );
    expect(joined('semi', clash, 'k').columns.length).toBe(2);
  });

  test('no type holds both keys', () => {
    const wide = { left: schema(field('k', decimal(38, 0))), right: schema(field('k', decimal(38, 38))) };
    expect(() => joined('outer', wide, 'k')).toThrow('The key "k" is decimal(38, 0) on the left and decimal(38, 38)');
  });
});
