import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DataType } from '../../src/columnar/data-type.ts';
import * as t from '../../src/columnar/data-type.ts';
import { field, type Schema, schema } from '../../src/columnar/schema.ts';
import type { Value } from '../../src/columnar/value.ts';
import type { Expression } from '../../src/expressions/expression.ts';
import type { JoinType } from '../../src/plan/plan-node.ts';
import { createTable, query } from '../support/duckdb.ts';
import { duckJoin, type JoinOptions, joinOperator, runJoin } from '../support/joins.ts';
import { col, op } from '../support/plans.ts';
import { type Table, tables } from '../support/tables.ts';
import { type Feed, type Row, testBudget } from '../support/task.ts';
import { expectSameRows } from './contract.ts';
import { obeysJoinContract } from './join-contract.ts';

const JOIN_TYPES: readonly JoinType[] = ['inner', 'left', 'right', 'outer', 'semi', 'anti'];
const SIDES = ['left', 'right'] as const;

const left = schema(field('k', t.int64), field('s', t.utf8), field('a', t.utf8), field('x', t.float64));
const right = schema(field('k', t.int64), field('s', t.utf8, false), field('b', t.decimal(25, 2)), field('f', t.bool));
const both: Pick<JoinOptions, 'leftOn' | 'rightOn'> = {
  leftOn: [col('k'), col('s')],
  rightOn: [col('k'), col('s')],
};
const small = { k: fc.bigInt(0n, 4n), s: fc.constantFrom('', 'a', 'abcdefghij') };

describe.each(JOIN_TYPES)('%s', (joinType) => {
  describe.each(SIDES)('building %s', (buildSide) => {
    const inputs = {
      left: tables(left, { maxRows: 60, values: small }),
      right: tables(right, { maxRows: 60, values: small }),
    };
    const [build, probe] = buildSide === 'left' ? [inputs.left, inputs.right] : [inputs.right, inputs.left];
    const make = () => joinOperator(left, right, { ...both, joinType, buildSide });
    obeysJoinContract(make, { build, probe }, { numRuns: 6 });
  });
});

describe.each(['left', 'anti', 'outer'] as const)('%s with a residual', (joinType) => {
  const inputs = { build: tables(right, { maxRows: 40 }), probe: tables(left, { maxRows: 40 }) };
  const residual = op(col('x'), '>', { kind: 'cast', input: col('b'), type: t.float64 });
  const on = { leftOn: [col('s')], rightOn: [col('s')] };
  const renamed = schema(field('k2', t.int64), ...right.fields.slice(1));
  const make = () => joinOperator(left, renamed, { ...on, joinType, residual });
  obeysJoinContract(make, inputs, { numRuns: 6, ordered: false });
});
