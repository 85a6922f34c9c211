/**
 * A bound plan as text: one line per node, its inputs below it and further in.
 *
 *     Aggregate sum(price * discount) as revenue
 *       Scan items columns price, discount filter quantity < 24.00
 */

import { expressionText, nameText } from '../expressions/expression-text.ts';
import type { BoundOf } from './bind-parts.ts';
import type { BoundNode } from './bound-plan.ts';
import { nodeInputs } from './node-inputs.ts';
import { columnsText, keysText, namesText, rangeText } from './node-text.ts';
import { aggregateNodeText, finalAggregateText, groupedAggregateText } from './nodes/aggregate.ts';
import { asofJoinText } from './nodes/asof-join.ts';
import { asyncCallText } from './nodes/async-call.ts';
import { crossJoinText } from './nodes/cross-join.ts';
import { dedupText } from './nodes/dedup.ts';
import { explodeText } from './nodes/explode.ts';
import { globScanText } from './nodes/glob-scan.ts';
import { hashJoinText } from './nodes/hash-join.ts';
import { monotonicallyIncreasingIdText } from './nodes/monotonically-increasing-id.ts';
import { pivotText } from './nodes/pivot.ts';
import { gatherText, intoPartitionsText, repartitionText } from './nodes/repartition.ts';
import { sampleText } from './nodes/sample.ts';
import { scanText } from './nodes/scan.ts';
import { sortMergeJoinText } from './nodes/sort-merge-join.ts';
import { udfProjectText } from './nodes/udf-project.ts';
import { unpivotText } from './nodes/unpivot.ts';
import { windowText } from './nodes/window.ts';
import { writeText } from './nodes/write.ts';
import { withRuntimeFilters } from './runtime-filters.ts';

/** With the runtime filters that its joins have when it is run. Ends without a line break. */
export function explainPlan(plan: BoundNode): string {
  const lines: string[] = [];
  addLines(withRuntimeFilters(plan), 0, lines, new Set());
  return lines.join('\n');
}

/** What is below shared rows is there once. */
function addLines(node: BoundNode, depth: number, lines: string[], shared: Set<string>): void {
  lines.push(`${'  '.repeat(depth)}${nodeText(node)}`);
  if (node.kind === 'shared') {
    if (shared.has(node.name)) return;
    shared.add(node.name);
  }
  for (const input of nodeInputs(node)) addLines(input, depth + 1, lines, shared);
}

/** The line of one node: its name, as statistics and errors have it too, and its parameters. */
function nodeText(node: BoundNode): string {
  switch (node.kind) {
    case 'scan':
    case 'in-memory-scan':
    case 'empty-scan':
    case 'glob-scan':
    case 'shuffle-read':
    case 'shared':
      return sourceText(node);
    case 'project':
      return `Project ${columnsText(node.columns)}`;
    case 'async-call':
      return asyncCallText(node.call);
    case 'udf-project':
      return udfProjectText(node);
    case 'filter':
      return `Filter ${expressionText(node.predicate)}`;
    case 'explode':
      return explodeText(node);
    case 'unpivot':
      return unpivotText(node);
    case 'sample':
      return sampleText(node);
    case 'into-batches':
      return `IntoBatches ${node.rows} rows${node.strict ? ' strict' : ''}`;
    case 'monotonically-increasing-id':
      return monotonicallyIncreasingIdText(node);
    case 'dedup':
      return dedupText(node);
    case 'pivot':
      return pivotText(node);
    case 'limit':
      return `Limit ${rangeText(node)}`;
    case 'concat':
      return 'Concat';
    case 'aggregate':
      return aggregateNodeText(node);
    case 'grouped-aggregate':
      return groupedAggregateText(node);
    case 'final-aggregate':
      return finalAggregateText(node);
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
    case 'cross-join':
    case 'sort-merge-join':
    case 'asof-join':
      return joinText(node);
    case 'write':
    case 'repartition':
    case 'into-partitions':
    case 'gather':
    case 'commit-write':
      return outputText(node);
  }
}

function joinText(node: BoundOf<'hash-join' | 'cross-join' | 'sort-merge-join' | 'asof-join'>): string {
  switch (node.kind) {
    case 'hash-join':
      return hashJoinText(node);
    case 'cross-join':
      return crossJoinText(node);
    case 'sort-merge-join':
      return sortMergeJoinText(node);
    case 'asof-join':
      return asofJoinText(node);
  }
}

/** What puts rows into storage. */
function outputText(node: BoundOf<'write' | 'repartition' | 'into-partitions' | 'gather' | 'commit-write'>): string {
  switch (node.kind) {
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

function sourceText(
  node: BoundOf<'scan' | 'in-memory-scan' | 'empty-scan' | 'glob-scan' | 'shuffle-read' | 'shared'>,
): string {
  switch (node.kind) {
    case 'scan':
      return scanText(node);
    case 'in-memory-scan':
      return `InMemoryScan ${nameText(node.sourceId)} columns ${namesText(node.schema.fields)}`;
    case 'empty-scan':
      return `EmptyScan columns ${namesText(node.schema.fields)}`;
    case 'glob-scan':
      return globScanText(node);
    case 'shuffle-read':
      return `ShuffleRead ${nameText(node.sourceId)} columns ${namesText(node.schema.fields)}`;
    case 'shared':
      return `Shared ${nameText(node.name)} columns ${namesText(node.schema.fields)}`;
  }
}
