import assert from 'node:assert/strict';
import { planWindow } from '../../state/window-plan.ts';
import type { BlockingSink } from '../operator.ts';
import { type WindowOptions, WindowRun } from './window-run.ts';

const NAME = 'WindowOrderByOnly';

/**
 * The sorted input with a column for each function, over all rows as if they were one partition: without a frame from the
 * first row to the peers of each. Rows with equal keys stay as they came. Retains all rows, and in the end some 50 bytes
 * more for each, beside what sorting takes.
 */
export function windowOrderByOnly({ input, window, passthrough }: WindowOptions): BlockingSink {
  assert.ok(window.partitionBy.length === 0 && window.orderBy.length > 0);
  const plan = planWindow(input, window, passthrough);
  return {
    role: 'blocking-sink',
    name: NAME,
    schema: plan.schema,
    open: (task) => new WindowRun(NAME, plan, task),
  };
}
