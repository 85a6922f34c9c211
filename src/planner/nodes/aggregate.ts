/** Aggregates, with groups and without, of all the rows or in two stages. */

import type { Schema } from '../../columnar/schema.ts';
import { aggregateField } from '../../expressions/aggregates.ts';
import { type Problems, pathOf } from '../../expressions/problems.ts';
import { partialField } from '../../state/plan-accumulators.ts';
import { type BoundOf, bindAggregates, bindColumns, columnField, type NodeOf } from '../bind-parts.ts';
import type { BoundNode } from '../bound-plan.ts';
import { aggregatesText, columnsText } from '../node-text.ts';
import {
  aggregatesAt,
  columnsAt,
  expressionsOf,
  inputsOf,
  type Prune,
  type Pruned,
  unchanged,
  withColumnsOf,
} from '../pruning.ts';
import { bindFinalAggregate } from './final-aggregate.ts';

export function bindAggregateNode(
  input: BoundNode,
  node: NodeOf<'aggregate' | 'grouped-aggregate'>,
  problems: Problems,
  path: string,
): BoundNode | undefined {
  const { stage } = node;
  const schema: Schema = stage?.kind === 'final' ? { fields: stage.schema } : input.schema;
  const isGrouped = node.kind === 'grouped-aggregate';
  const groupBy = isGrouped ? bindColumns(node.groupBy, schema, problems, pathOf(path, 'groupBy')) : [];
  const aggregates = bindAggregates(node.aggregates, schema, problems, pathOf(path, 'aggregates'));
  if (groupBy === undefined || aggregates === undefined) return undefined;
  if (stage?.kind === 'final') return bindFinalAggregate(input, { groupBy, aggregates }, problems, path);
  const partial = stage?.kind === 'partial';
  const results = aggregates.map((call) => (partial ? partialField(call) : aggregateField(call, isGrouped)));
  const fields = [...groupBy.map(columnField), ...results];
  if (isGrouped) return { kind: 'grouped-aggregate', input, groupBy, aggregates, partial, schema: { fields } };
  return { kind: 'aggregate', input, aggregates, partial, schema: { fields } };
}

export function pruneAggregate(node: BoundOf<'aggregate'>, prune: Prune): Pruned {
  const { node: input, positionOf } = prune(node.input, withColumnsOf(inputsOf(node.aggregates)));
  const aggregates = aggregatesAt(node.aggregates, positionOf);
  return { node: { ...node, input, aggregates }, positionOf: unchanged };
}

export function pruneGroupedAggregate(node: BoundOf<'grouped-aggregate'>, prune: Prune): Pruned {
  const used = withColumnsOf([...expressionsOf(node.groupBy), ...inputsOf(node.aggregates)]);
  const { node: input, positionOf } = prune(node.input, used);
  const groupBy = columnsAt(node.groupBy, positionOf);
  const aggregates = aggregatesAt(node.aggregates, positionOf);
  return { node: { ...node, input, groupBy, aggregates }, positionOf: unchanged };
}

export const aggregateNodeText = ({ partial, aggregates }: BoundOf<'aggregate'>): string =>
  `${partial === true ? 'PartialAggregate' : 'Aggregate'} ${aggregatesText(aggregates)}`;

export const groupedAggregateText = (node: BoundOf<'grouped-aggregate'>): string =>
  `${node.partial === true ? 'PartialGroupedAggregate' : 'GroupedAggregate'}${groupsText(node)}`;

export const finalAggregateText = (node: BoundOf<'final-aggregate'>): string =>
  node.groupBy.length > 0 ? `FinalAggregate${groupsText(node)}` : `FinalAggregate ${aggregatesText(node.aggregates)}`;

function groupsText({ groupBy, aggregates }: Pick<BoundOf<'grouped-aggregate'>, 'groupBy' | 'aggregates'>): string {
  const results = aggregates.length === 0 ? '' : ` aggregates ${aggregatesText(aggregates)}`;
  return ` by ${columnsText(groupBy)}${results}`;
}
