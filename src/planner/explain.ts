/**
 * A bound plan as text: one line per node, its inputs below it and further in.
 *
 *     Aggregate sum(price * discount) as revenue
 *       Scan items columns price, discount filter quantity < 24.00
 */

import { expressionText, nameText } from '../expressions/expression-text.ts';
import { boundInputs } from './bound-inputs.ts';
import type { BoundNode } from './bound-plan.ts';
import { aggregatesText, columnsText, keysText, namesText, rangeText } from './node-text.ts';
import { aggregateNodeText, groupedAggregateText, groupsText } from './nodes/aggregate.ts';
import { asofJoinText } from './nodes/asof-join.ts';
import { asyncCallText } from './nodes/async-call.ts';
import { crossJoinText } from './nodes/cross-join.ts';
import { hashJoinText } from './nodes/hash-join.ts';
import { gatherText, intoPartitionsText, repartitionText } from './nodes/repartition.ts';
import { scanText } from './nodes/scan.ts';
import { sortMergeJoinText } from './nodes/sort-merge-join.ts';
import { udfProjectText } from './nodes/udf-project.ts';
import { windowText } from './nodes/window.ts';
import { writeText } from './nodes/write.ts';

/** Ends without a line break. */
export function explainPlan(plan: BoundNode): string {
  const lines: string[] = [];
  addLines(plan, 0, lines);
  return lines.join('\n');
}

function addLines(node: BoundNode, depth: number, lines: string[]): void {
  lines.push(`${'  '.repeat(depth)}${nodeText(node)}`);
  for (const input of boundInputs(node)) addLines(input, depth + 1, lines);
}

/** The line of one node: its name, as statistics and errors have it too, and its parameters. */
function nodeText(node: BoundNode): string {
  switch (node.kind) {
    case 'scan':
      return scanText(node);
    case 'in-memory-scan':
      return `InMemoryScan ${nameText(node.sourceId)} columns ${namesText(node.schema.fields)}`;
    case 'empty-scan':
      return `EmptyScan columns ${namesText(node.schema.fields)}`;
    case 'shuffle-read':
      return `ShuffleRead ${nameText(node.sourceId)} columns ${namesText(node.schema.fields)}`;
    case 'project':
      return `Project ${columnsText(node.columns)}`;
    case 'async-call':
      return asyncCallText(node.call);
    case 'udf-project':
      return udfProjectText(node);
    case 'filter':
      return `Filter ${expressionText(node.predicate)}`;
    case 'limit':
      return `Limit ${rangeText(node)}`;
    case 'concat':
      return 'Concat';
    case 'aggregate':
      return aggregateNodeText(node);
    case 'grouped-aggregate':
      return groupedAggregateText(node);
    case 'final-aggregate':
      if (node.groupBy.length > 0) return `FinalAggregate${groupsText(node)}`;
      return `FinalAggregate ${aggregatesText(node.aggregates)}`;
    case 'sort':
      return `Sort by ${keysText(node.keys)}`;
    case 'top-n':
      return `TopN ${rangeText(node)} by ${keysText(node.keys)}`;
    case 'window-partition-only':
    case 'window-partition-and-order-by':
    case 'window-partition-and-dynamic-frame':
    case 'window-order-by-only':
      return windowText(node);
    case 'hash-join':
      return hashJoinText(node);
    case 'cross-join':
      return crossJoinText(node);
    case 'sort-merge-join':
      return sortMergeJoinText(node);
    case 'asof-join':
      return asofJoinText(node);
    case 'write':
      return writeText(node);
    case 'repartition':
      return repartitionText(node);
    case 'into-partitions':
      return intoPartitionsText(node);
    case 'gather':
      return gatherText(node);
    case 'commit-write':
      return `CommitWrite ${node.mode}${node.successFile ? ' with _SUCCESS' : ''}`;
  }
}
