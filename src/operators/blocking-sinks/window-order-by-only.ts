import assert from 'node:assert/strict';
import type { BlockingSink } from '../operator.ts';
import { orderedWindow, type WindowOptions } from './window-run.ts';

/**
 * The sorted input with a column for each function, over all rows as if they were one partition: without a frame from the
 * first row to the peers of each. Rows with equal keys stay as they came. Retains all rows, and in the end some 50 bytes
 * more for each, beside what sorting takes.
 */
export function windowOrderByOnly(options: WindowOptions): BlockingSink {
  const { window } = options;
  assert.ok(window.partitionBy.length === 0 && window.orderBy.length > 0);
  return { role: 'blocking-sink', ...orderedWindow('WindowOrderByOnly', options) };
}
