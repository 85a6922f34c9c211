import assert from 'node:assert/strict';
import { planWindow } from '../../state/window-plan.ts';
import type { BlockingSink } from '../operator.ts';
import { type WindowOptions, WindowRun } from './window-run.ts';

const NAME = 'WindowPartitionAndDynamicFrame';

/**
 * The input with a column for each function, over the rows of its partition that the frame of each row has: so many before
 * and behind it, or those whose key is so near. Ordered, and retained, as by `windowPartitionAndOrderBy`.
 */
export function windowPartitionAndDynamicFrame({ input, window, passthrough }: WindowOptions): BlockingSink {
  assert.ok(window.partitionBy.length > 0 && window.orderBy.length > 0);
  const plan = planWindow(input, window, passthrough);
  return {
    role: 'blocking-sink',
    name: NAME,
    schema: plan.schema,
    open: (task) => new WindowRun(NAME, plan, task),
  };
}
