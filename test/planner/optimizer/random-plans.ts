/**
 * Plans that numbers choose, over three small tables: the same numbers give the same plan, fewer or smaller ones a simpler plan, so that
 * what a property finds shrinks. Their rows are the same in any order of execution: limits stand over sorts by all columns, aggregates
 * see no order, and nothing is random.
 */

import * as types from '../../../src/columnar/data-type.ts';
import { sameType } from '../../../src/columnar/data-type.ts';
import { type Field, field } from '../../../src/columnar/schema.ts';
import type { BinaryOperator, Expression, NamedExpression } from '../../../src/expressions/expression.ts';
import type { HashJoinNode, JoinType, PlanNode } from '../../../src/plan/plan-node.ts';
import { bindPlan } from '../../../src/planner/bind-plan.ts';
import { nodeInputs } from '../../../src/planner/node-inputs.ts';
import { col, int, op } from '../../support/plans.ts';

/** Of each of the tables `t0`, `t1`, `t2`. */
const TABLE_SCHEMA: readonly Field[] = [
  field('k', types.int64),
  field('n', types.int64),
  field('s', types.utf8),
  field('f', types.float64),
  field('b', types.bool),
];
export const TABLE_NAMES = ['t0', 't1', 't2'] as const;

const JOIN_TYPES: readonly JoinType[] = ['inner', 'inner', 'left', 'right', 'outer', 'semi', 'anti'];
/** Those that are put in order. */
const FREE: ReadonlySet<JoinType> = new Set(['inner', 'semi', 'anti']);
const COMPARISONS: readonly BinaryOperator[] = ['=', '<', '<=', '>', '>=', '!=', '<=>'];

const MOST_JOINS = 4;

/** As `planOf`, of joins one over the other that may be put in order. */
export const joinsOf = (choices: readonly number[]): PlanNode => new PlanChooser(choices).joins();

/** @param choices not negative; where they end, zeros follow */
export function planOf(choices: readonly number[]): PlanNode {
  return new PlanChooser(choices).plan();
}

/** The most rows that a plan can have anywhere, where each table has `tableRows`. */
export function mostRows(plan: PlanNode, tableRows: number): number {
  const most = { anywhere: 0 };
  const rowsOf = (node: PlanNode): number => {
    const rows = rowsOver(node, nodeInputs(node).map(rowsOf), tableRows);
    most.anywhere = Math.max(most.anywhere, rows);
    return rows;
  };
  rowsOf(plan);
  return most.anywhere;
}

function rowsOver(node: PlanNode, [first = 0, second = 0]: readonly number[], tableRows: number): number {
  switch (node.kind) {
    case 'in-memory-scan':
      return tableRows;
    case 'hash-join':
      return node.joinType === 'semi' || node.joinType === 'anti' ? first : first * second + first + second;
    case 'cross-join':
      return first * second;
    case 'concat':
      return first + second;
    case 'unpivot':
      return first * node.values.length;
    case 'limit':
    case 'top-n':
      return Math.min(first, node.limit);
    default:
      return first;
  }
}

class PlanChooser {
  readonly #choices: readonly number[];
  #next = 0;
  #names = 0;
  #joins = 0;

  constructor(choices: readonly number[]) {
    this.#choices = choices;
  }

  plan(): PlanNode {
    let plan = this.#leaf();
    while (this.#next < this.#choices.length) plan = this.#over(plan);
    return plan;
  }

  /** Inner, semi and anti joins, with filters and projections between them. */
  joins(): PlanNode {
    let plan = this.#leaf();
    for (let count = 2 + this.#pick(4); count > 0; count -= 1) {
      plan = this.#pick(6) === 5 ? this.#product(plan) : this.#join(plan, true);
      if (this.#pick(3) === 2) plan = this.#row(plan);
    }
    return plan;
  }

  /** From 0 to below `count`. */
  #pick(count: number): number {
    const choice = this.#choices[this.#next] ?? 0;
    this.#next += 1;
    return choice % count;
  }

  #one<T>(of: readonly T[]): T {
    return of[this.#pick(of.length)] as T;
  }

  #name(): string {
    this.#names += 1;
    return `c${this.#names}`;
  }

  #leaf(): PlanNode {
    const scan: PlanNode = { kind: 'in-memory-scan', sourceId: this.#one(TABLE_NAMES), schema: TABLE_SCHEMA };
    const columns = TABLE_SCHEMA.map(({ name }) => ({ name: this.#name(), expression: col(name) }));
    return { kind: 'project', input: scan, columns };
  }

  /** A table, and a few nodes over it. */
  #side(): PlanNode {
    let plan = this.#leaf();
    for (let count = this.#pick(3); count > 0; count -= 1) plan = this.#row(plan);
    return plan;
  }

  #over(input: PlanNode): PlanNode {
    const kind = this.#pick(9);
    const isJoin = kind >= 3 && kind <= 5;
    if (isJoin) this.#joins += 1;
    // Each makes more rows.
    switch (isJoin && this.#joins > MOST_JOINS ? 0 : kind) {
      case 0:
      case 1:
      case 2:
        return this.#row(input);
      case 3:
      case 4:
        return this.#join(input);
      case 5:
        return this.#cross(input);
      case 6:
        return this.#grouped(input);
      case 7:
        return this.#concat(input);
      default:
        return this.#shaped(input);
    }
  }

  /** Row by row. */
  #row(input: PlanNode): PlanNode {
    return this.#pick(3) === 0 ? this.#project(input) : { kind: 'filter', input, predicate: this.#predicate(input) };
  }

  #project(input: PlanNode): PlanNode {
    const fields = fieldsOf(input);
    const first = this.#pick(fields.length);
    const kept = [...fields.slice(first), ...fields.slice(0, first)].slice(0, 1 + this.#pick(fields.length));
    const columns: NamedExpression[] = kept.map(({ name }) => ({
      name: this.#pick(2) === 0 ? name : this.#name(),
      expression: col(name),
    }));
    for (let count = this.#pick(3); count > 0; count -= 1) {
      columns.push({ name: this.#name(), expression: this.#value(fields) });
    }
    return { kind: 'project', input, columns };
  }

  #value(fields: readonly Field[]): Expression {
    const { name, type } = this.#one(fields);
    switch (this.#pick(5)) {
      case 0:
        // Of few rows it may not fit.
        return type.kind === 'int64' ? op(col(name), '+', int(this.#pick(5))) : col(name);
      case 1:
        return { kind: 'is-null', input: col(name) };
      case 2:
        return type.kind === 'int64' ? { kind: 'coalesce', inputs: [col(name), int(7)] } : int(this.#pick(4));
      case 3:
        return type.kind === 'utf8'
          ? { kind: 'cast', input: col(name), type: types.int64, try: true }
          : { kind: 'literal', type: types.utf8, value: 'x' };
      default:
        return op(col(name), '=', col(name));
    }
  }

  #predicate(input: PlanNode, depth: number = 2): Expression {
    if (depth > 0 && this.#pick(2) === 1) {
      const operator = this.#one(['and', 'or', 'and'] as const);
      const both = op(this.#predicate(input, depth - 1), operator, this.#predicate(input, depth - 1));
      return this.#pick(6) === 5 ? { kind: 'not', input: both } : both;
    }
    const fields = fieldsOf(input);
    const { name, type } = this.#one(fields);
    const alike = fields.filter((other) => sameType(other.type, type));
    switch (this.#pick(6)) {
      case 0:
        return op(col(name), this.#one(COMPARISONS), this.#literal(type));
      case 1:
        return op(col(name), this.#one(COMPARISONS), col(this.#one(alike).name));
      case 2:
        return { kind: this.#one(['is-null', 'is-not-null'] as const), input: col(name) };
      case 3:
        return { kind: 'is-in', input: col(name), list: [this.#literal(type), this.#literal(type)] };
      case 4:
        // Fails for texts that are no numbers.
        return type.kind === 'utf8'
          ? op({ kind: 'cast', input: col(name), type: types.int64 }, '>', int(1))
          : op(col(name), '=', this.#literal(type));
      default:
        return type.kind === 'int64'
          ? op(op(col(name), '%', int(3)), '=', int(this.#pick(3)))
          : op({ kind: 'coalesce', inputs: [col(name), this.#literal(type)] }, '=', this.#literal(type));
    }
  }

  #literal(type: types.DataType): Expression {
    switch (type.kind) {
      case 'utf8':
        return { kind: 'literal', type, value: this.#one(['1', '2', 'a', 'x']) };
      case 'bool':
        return { kind: 'literal', type, value: this.#one([true, false, null]) };
      case 'float64':
        return { kind: 'literal', type, value: this.#one([0, 1.5, -1]) };
      default:
        return { kind: 'literal', type, value: this.#pick(5) };
    }
  }

  #join(left: PlanNode, isFree: boolean = false): PlanNode {
    const right = this.#side();
    const [leftFields, rightFields] = [fieldsOf(left), fieldsOf(right)];
    const rightKey = this.#one(rightFields);
    const alike = leftFields.filter(({ type }) => sameType(type, rightKey.type));
    if (alike.length === 0) return left;
    const leftKey = this.#one(alike);
    const isShared = this.#pick(3) === 0;
    const rightOn = isShared ? leftKey.name : rightKey.name;
    const taken = new Set(leftFields.map(({ name }) => name));
    const renamed: PlanNode = {
      kind: 'project',
      input: right,
      columns: rightFields.map(({ name }) => ({
        name: name === rightKey.name ? rightOn : taken.has(name) ? this.#name() : name,
        expression: col(name),
      })),
    };
    const joined: HashJoinNode = {
      kind: 'hash-join',
      left,
      right: renamed,
      leftOn: [col(leftKey.name)],
      rightOn: [col(rightOn)],
      joinType: this.#one(JOIN_TYPES),
      ...(this.#pick(5) === 4 && { nullEqualsNull: [true] }),
    };
    if (isFree) return FREE.has(joined.joinType) ? joined : { ...joined, joinType: 'inner' };
    if (this.#pick(4) !== 3) return joined;
    const inner: PlanNode = { ...joined, joinType: 'inner' };
    return { ...joined, residual: this.#predicate(inner, 1) };
  }

  /** With an equality above it that makes it a join, and one that does not. */
  #product(left: PlanNode): PlanNode {
    const joined: PlanNode = { kind: 'cross-join', left, right: this.#leaf() };
    return { kind: 'filter', input: joined, predicate: this.#predicate(joined, 1) };
  }

  /** A product, of few rows. */
  #cross(left: PlanNode): PlanNode {
    const fields = fieldsOf(left);
    const few: PlanNode = {
      kind: 'top-n',
      input: left,
      keys: fields.map(({ name }) => ({ expression: col(name) })),
      limit: 20,
    };
    const joined: PlanNode = { kind: 'cross-join', left: few, right: this.#leaf() };
    return { kind: 'filter', input: joined, predicate: this.#predicate(joined) };
  }

  #grouped(input: PlanNode): PlanNode {
    const fields = fieldsOf(input);
    const key = this.#one(fields);
    const other = this.#one(fields);
    const numbers = fields.filter(({ type }) => type.kind === 'int64');
    const sum = numbers.length === 0 ? undefined : col(this.#one(numbers).name);
    const aggregates = [
      { name: this.#name(), function: 'count' as const },
      { name: this.#name(), function: 'count_distinct' as const, input: col(other.name) },
      ...(sum === undefined ? [] : [{ name: this.#name(), function: 'max' as const, input: sum }]),
    ];
    const kind = this.#pick(5);
    if (kind === 0) return { kind: 'aggregate', input, aggregates: aggregates.slice(this.#pick(2)) };
    if (kind === 1) return { kind: 'dedup', input };
    if (kind === 2) return { kind: 'window-partition-only', input, partitionBy: [col(key.name)], aggregates };
    return { kind: 'grouped-aggregate', input, groupBy: [{ name: key.name, expression: col(key.name) }], aggregates };
  }

  #concat(input: PlanNode): PlanNode {
    const other = this.#side();
    const others = fieldsOf(other);
    const pairs = fieldsOf(input).flatMap(({ name, type }) => {
      const same = others.find((each) => sameType(each.type, type));
      return same === undefined ? [] : [{ name, other: same.name }];
    });
    if (pairs.length === 0) return input;
    const inputs: PlanNode[] = [
      { kind: 'project', input, columns: pairs.map(({ name }) => ({ name, expression: col(name) })) },
      {
        kind: 'project',
        input: other,
        columns: pairs.map(({ name, other: from }) => ({ name, expression: col(from) })),
      },
    ];
    return { kind: 'concat', inputs };
  }

  /** Sorted, or some rows of it, or rows of columns. */
  #shaped(input: PlanNode): PlanNode {
    const fields = fieldsOf(input);
    const keys = fields.map(({ name }) => ({ expression: col(name), descending: this.#pick(2) === 1 }));
    const sorted: PlanNode = { kind: 'sort', input, keys };
    switch (this.#pick(4)) {
      case 0:
        return sorted;
      case 1:
        return { kind: 'limit', input: sorted, limit: this.#pick(12), offset: this.#pick(4) };
      case 2: {
        const limit: PlanNode = { kind: 'limit', input: sorted, limit: 3 + this.#pick(12) };
        const project = {
          kind: 'project',
          input: limit,
          columns: fields.map(({ name }) => ({ name, expression: col(name) })),
        } as const;
        return { kind: 'limit', input: project, limit: 1 + this.#pick(12), offset: this.#pick(3) };
      }
      default: {
        const numbers = fields.filter(({ type }) => type.kind === 'int64').map(({ name }) => name);
        const ids = fields.map(({ name }) => name).filter((name) => !numbers.includes(name));
        if (numbers.length === 0) return sorted;
        return { kind: 'unpivot', input, ids, values: numbers, variableName: this.#name(), valueName: this.#name() };
      }
    }
  }
}

const fieldsOf = (plan: PlanNode): readonly Field[] => bindPlan(plan).schema.fields;
