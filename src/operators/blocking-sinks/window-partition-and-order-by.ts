import assert from 'node:assert/strict';
import type { BlockingSink } from '../operator.ts';
import { orderedWindow, type WindowOptions } from './window-run.ts';

/**
 * The input with a column for each function: of the place of a row among those of its partition, of rows beside it, or of
 * all rows from the first to its peers. Partitions come out in the order in which their keys first appear, and in each the
 * rows in its order, those with equal keys as they came. Retains all rows, and in the end what sorting takes and some 50
 * bytes for each row of the largest partition.
 */
export function windowPartitionAndOrderBy(options: WindowOptions): BlockingSink {
  const { window } = options;
  assert.ok(window.partitionBy.length > 0 && window.orderBy.length > 0);
  return { role: 'blocking-sink', ...orderedWindow('WindowPartitionAndOrderBy', options) };
}
