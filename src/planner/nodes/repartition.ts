import { typeName } from '../../columnar/data-type.ts';
import type { Value } from '../../columnar/value.ts';
import { expressionText, literalText } from '../../expressions/expression-text.ts';
import { literalForm, valueFromJson } from '../../expressions/literal.ts';
import { type Problems, pathOf } from '../../expressions/problems.ts';
import { orderWithNulls } from '../../expressions/value-order.ts';
import { SHUFFLE_RESULT } from '../../io/shuffle/shuffle-result.ts';
import type { PartitionBy } from '../../plan/plan-node.ts';
import { type BoundOf, bindColumns, bindSortKeys, type NodeOf } from '../bind-parts.ts';
import type { BoundNode, BoundPartitionBy, BoundSortKey } from '../bound-plan.ts';
import { keysText } from '../node-text.ts';

export function bindRepartition(
  input: BoundNode,
  node: NodeOf<'repartition'>,
  problems: Problems,
  path: string,
): BoundNode | undefined {
  const by = bindPartitionBy(input, node.by, node.partitions, problems, pathOf(path, 'by'));
  const { partitions, compression = 'zstd' } = node;
  return by && { kind: 'repartition', input, partitions, by, compression, schema: SHUFFLE_RESULT };
}

export function bindIntoPartitions(
  input: BoundNode,
  { partitions, compression = 'zstd' }: NodeOf<'into-partitions'>,
): BoundNode {
  return { kind: 'into-partitions', input, partitions, compression, schema: SHUFFLE_RESULT };
}

export function bindGather(input: BoundNode, { compression = 'zstd' }: NodeOf<'gather'>): BoundNode {
  return { kind: 'gather', input, compression, schema: SHUFFLE_RESULT };
}

function bindPartitionBy(
  { schema }: BoundNode,
  by: PartitionBy,
  partitions: number,
  problems: Problems,
  path: string,
): BoundPartitionBy | undefined {
  switch (by.kind) {
    case 'hash': {
      const columnsPath = pathOf(path, 'columns');
      const named = by.columns.map((expression, index) => ({ name: `key ${index}`, expression }));
      const keys = bindColumns(named, schema, problems, columnsPath, (index) => pathOf(columnsPath, index));
      return keys && { kind: 'hash', keys };
    }
    case 'range': {
      const keys = bindSortKeys(by.keys, schema, problems, pathOf(path, 'keys'));
      const boundaries = keys && bindBoundaries(by.boundaries, keys, partitions, problems, pathOf(path, 'boundaries'));
      return keys && boundaries && { kind: 'range', keys, boundaries };
    }
    case 'random':
      return { kind: 'random', seed: by.seed ?? 0 };
  }
}

/** Undefined where it added a problem. */
function bindBoundaries(
  given: Extract<PartitionBy, { kind: 'range' }>['boundaries'],
  keys: readonly BoundSortKey[],
  partitions: number,
  problems: Problems,
  path: string,
): readonly (readonly Value[])[] | undefined {
  if (given.length >= partitions) {
    const most = `${partitions} partitions have at most ${partitions - 1} boundaries between them`;
    problems.add(path, `${most}, and these are ${given.length}.`);
    return undefined;
  }
  const bound: Value[][] = [];
  for (const [index, boundary] of given.entries()) {
    const boundaryPath = pathOf(path, index);
    if (boundary.length !== keys.length) {
      problems.add(
        boundaryPath,
        `A boundary has a value for each of the ${keys.length} keys; this one has ${boundary.length}.`,
      );
      return undefined;
    }
    const values = boundary.map((json, key) => {
      const type = keys[key]?.expression.type;
      const value = type && valueFromJson(json, type);
      if (type !== undefined && value === undefined) {
        problems.add(pathOf(boundaryPath, key), `is no ${typeName(type)}: expected ${literalForm(type)}`);
      }
      return value;
    });
    const known = values.filter((value) => value !== undefined);
    if (known.length < values.length) return undefined;
    const before = bound.at(-1);
    if (before !== undefined && orderOfKeys(before, known, keys) > 0) {
      problems.add(
        boundaryPath,
        'The boundaries ascend in the order of the keys, and this one comes before the last one.',
      );
      return undefined;
    }
    bound.push(known);
  }
  return bound;
}

function orderOfKeys(a: readonly Value[], b: readonly Value[], keys: readonly BoundSortKey[]): number {
  for (const [index, { descending, nullsFirst }] of keys.entries()) {
    const [x, y] = [a[index] ?? null, b[index] ?? null];
    const nulls = Number(x === null) - Number(y === null);
    if (nulls !== 0) return nullsFirst ? -nulls : nulls;
    const order = orderWithNulls(x, y);
    if (order !== 0) return descending ? -order : order;
  }
  return 0;
}

export function repartitionText({ partitions, by, compression }: BoundOf<'repartition'>): string {
  return `Repartition into ${partitions} ${byText(by)}${compressionText(compression)}`;
}

export const intoPartitionsText = ({ partitions, compression }: BoundOf<'into-partitions'>): string =>
  `IntoPartitions ${partitions}${compressionText(compression)}`;

export const gatherText = ({ compression }: BoundOf<'gather'>): string => `Gather${compressionText(compression)}`;

const compressionText = (compression: string): string => (compression === 'none' ? ' uncompressed' : '');

/** Boundaries that are listed. */
const MOST_BOUNDARIES = 20;

function byText(by: BoundPartitionBy): string {
  switch (by.kind) {
    case 'hash':
      return `by hash of ${by.keys.map(({ expression }) => expressionText(expression)).join(', ')}`;
    case 'range': {
      const shown = by.boundaries.slice(0, MOST_BOUNDARIES).map((boundary) => {
        const texts = boundary.map((value, key) => boundaryText(value, by.keys[key]));
        return texts.length === 1 ? texts.join() : `(${texts.join(', ')})`;
      });
      if (by.boundaries.length > shown.length) shown.push(`and ${by.boundaries.length - shown.length} more`);
      return `by range of ${keysText(by.keys)} at ${shown.length === 0 ? 'no boundaries' : shown.join(', ')}`;
    }
    case 'random':
      return `at random, seed ${by.seed}`;
  }
}

const boundaryText = (value: Value, key: BoundSortKey | undefined): string =>
  key === undefined || value === null ? 'null' : literalText(value, key.expression.type);
