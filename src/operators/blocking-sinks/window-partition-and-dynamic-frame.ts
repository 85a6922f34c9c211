import assert from 'node:assert/strict';
import type { BlockingSink } from '../operator.ts';
import { orderedWindow, type WindowOptions } from './window-run.ts';

/**
 * The input with a column for each function, over the rows of its partition that the frame of each row has: so many before
 * and behind it, or those whose key is so near. Ordered, and retained, as by `windowPartitionAndOrderBy`.
 */
export function windowPartitionAndDynamicFrame(options: WindowOptions): BlockingSink {
  const { window } = options;
  assert.ok(window.partitionBy.length > 0 && window.orderBy.length > 0);
  return { role: 'blocking-sink', ...orderedWindow('WindowPartitionAndDynamicFrame', options) };
}
