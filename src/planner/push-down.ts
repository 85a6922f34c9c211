/**
 * Moves work to where the rows come from, without changing the result.
 *
 *     top-n 10 by b                        top-n 10 by b
 *       project a, b                         project a, b
 *         filter c > 5             ──▶         scan a, b  filter c > 5
 *           scan a, b, c, d, e                 reads a, b, c
 *
 *  1. A filter directly above a scan becomes a part of the scan's filter, which prunes files by it.
 *  2. A limit above a scan, with nothing between them but what keeps every row, tells the scan how many rows are wanted at most.
 *     Filters and limits above calls that wait for storage go below them first (`below-calls.ts`).
 *  3. Columns that nobody above needs are not made, and not read (`pruning.ts`). Of shared rows all readers are asked first.
 */

import assert from 'node:assert/strict';
import { sameSchema } from '../columnar/schema.ts';
import { canFail } from '../expressions/can-fail.ts';
import { logic } from '../expressions/coerce.ts';
import { filteredBelowCalls, limitedBelowCalls } from './below-calls.ts';
import type { BoundOf } from './bind-parts.ts';
import type { BoundNode } from './bound-plan.ts';
import { withInputs } from './node-inputs.ts';
import { pruneAggregate, pruneGroupedAggregate } from './nodes/aggregate.ts';
import { pruneAsofJoin } from './nodes/asof-join.ts';
import { pruneAsyncCall } from './nodes/async-call.ts';
import { pruneConcat } from './nodes/concat.ts';
import { pruneCrossJoin } from './nodes/cross-join.ts';
import { pruneDedup } from './nodes/dedup.ts';
import { pruneExplode } from './nodes/explode.ts';
import { pruneFilter } from './nodes/filter.ts';
import { pruneFinalAggregate } from './nodes/final-aggregate.ts';
import { pruneHashJoin } from './nodes/hash-join.ts';
import { pruneMonotonicallyIncreasingId } from './nodes/monotonically-increasing-id.ts';
import { prunePivot } from './nodes/pivot.ts';
import { pruneProject } from './nodes/project.ts';
import { pruneScan } from './nodes/scan.ts';
import { pruneShared, type SharedNeeds } from './nodes/shared.ts';
import { pruneSort } from './nodes/sort.ts';
import { pruneSortMergeJoin } from './nodes/sort-merge-join.ts';
import { pruneUdfProject } from './nodes/udf-project.ts';
import { pruneUnpivot } from './nodes/unpivot.ts';
import { pruneWindow } from './nodes/window.ts';
import { allColumns, type Prune, type Pruned, prunePassing, unchanged, whole } from './pruning.ts';

/** The same plan, with the same schema at its root. */
export function pushDown(plan: BoundNode): BoundNode {
  const filtered = withFiltersAndLimitsInScans(plan);
  const needs: SharedNeeds = new Map();
  for (;;) {
    const known = countNeeds(needs);
    const { node } = prunerOf(needs)(filtered, allColumns(plan.schema));
    assert.ok(sameSchema(plan.schema, node.schema));
    // The first reader of shared rows did not know what others need.
    if (countNeeds(needs) === known) return node;
  }
}

const countNeeds = (needs: SharedNeeds): number =>
  [...needs.values()].reduce((sum, { size }) => sum + size, needs.size);

function withFiltersAndLimitsInScans(node: BoundNode): BoundNode {
  const inner = withInputs(node, withFiltersAndLimitsInScans);
  if (inner.kind === 'filter') {
    const below = filteredBelowCalls(inner.input, inner.predicate, (input, predicate) =>
      filterInScan({ kind: 'filter', input, predicate, schema: input.schema }),
    );
    return below ?? filterInScan(inner);
  }
  if (inner.kind !== 'limit') return inner;
  return limitedBelowCalls(inner.input, (input) => limitOver(inner, input)) ?? limitOver(inner, inner.input);
}

/** `limit` over `input`, of which no more rows are wanted than it passes on. */
function limitOver(limit: BoundOf<'limit'>, input: BoundNode): BoundNode {
  const rows = limit.limit + limit.offset;
  const { schema } = input;
  return { ...limit, input: Number.isSafeInteger(rows) ? withRowLimit(input, rows) : input, schema };
}

/**
 * Not into a scan that has a limit, which counts rows before this filter; nor, where it can fail, beside a filter that
 * may be there to protect it: `null and x` asks for x.
 */
function filterInScan(node: BoundOf<'filter'>): BoundNode {
  const { input, predicate } = node;
  if (input.kind !== 'scan' || input.limit !== undefined) return node;
  const { filter } = input;
  if (filter !== undefined && canFail(predicate)) return node;
  // The columns of a scan's schema are the first of its read schema, so positions stay right.
  return { ...input, filter: filter === undefined ? predicate : logic('and', filter, predicate) };
}

function withRowLimit(node: BoundNode, rows: number): BoundNode {
  switch (node.kind) {
    case 'project':
    case 'into-batches':
    case 'monotonically-increasing-id':
      return { ...node, input: withRowLimit(node.input, rows) };
    case 'scan':
    case 'glob-scan':
      return { ...node, limit: Math.min(rows, node.limit ?? rows) };
    default:
      return node;
  }
}

function prunerOf(needs: SharedNeeds): Prune {
  const prune: Prune = (node, needed) =>
    node.kind === 'shared' ? pruneShared(node, needed, needs, prune) : pruned(node, needed, prune);
  return prune;
}

/** One line per kind. */
function pruned(node: Exclude<BoundNode, BoundOf<'shared'>>, needed: ReadonlySet<number>, prune: Prune): Pruned {
  switch (node.kind) {
    case 'scan':
      return pruneScan(node, needed);
    case 'in-memory-scan':
    case 'empty-scan':
    case 'glob-scan':
    case 'shuffle-read':
      return { node, positionOf: unchanged };
    case 'project':
      return pruneProject(node, needed, prune);
    case 'async-call':
      return pruneAsyncCall(node, needed, prune);
    case 'udf-project':
      return pruneUdfProject(node, needed, prune);
    case 'filter':
      return pruneFilter(node, needed, prune);
    case 'limit':
    case 'sample':
    case 'into-batches':
      return prunePassing(node, needed, prune);
    case 'explode':
      return pruneExplode(node, needed, prune);
    case 'unpivot':
      return pruneUnpivot(node, needed, prune);
    case 'monotonically-increasing-id':
      return pruneMonotonicallyIncreasingId(node, needed, prune);
    case 'dedup':
      return pruneDedup(node, needed, prune);
    case 'pivot':
      return prunePivot(node, needed, prune);
    case 'sort':
    case 'top-n':
      return pruneSort(node, needed, prune);
    case 'concat':
      return pruneConcat(node, needed, prune);
    case 'aggregate':
      return pruneAggregate(node, prune);
    case 'grouped-aggregate':
      return pruneGroupedAggregate(node, prune);
    case 'final-aggregate':
      return pruneFinalAggregate(node, prune);
    case 'window-partition-only':
    case 'window-partition-and-order-by':
    case 'window-partition-and-dynamic-frame':
    case 'window-order-by-only':
      return pruneWindow(node, needed, prune);
    case 'hash-join':
      return pruneHashJoin(node, needed, prune);
    case 'cross-join':
      return pruneCrossJoin(node, needed, prune);
    case 'sort-merge-join':
      return pruneSortMergeJoin(node, needed, prune);
    case 'asof-join':
      return pruneAsofJoin(node, needed, prune);
    case 'write':
    case 'repartition':
    case 'into-partitions':
    case 'gather':
    case 'commit-write':
      return { node: { ...node, input: whole(node.input, prune) }, positionOf: unchanged };
  }
}
