import assert from 'node:assert/strict';
import { planWindow } from '../../state/window-plan.ts';
import type { BlockingSink } from '../operator.ts';
import { type WindowOptions, WindowRun } from './window-run.ts';

const NAME = 'WindowPartitionAndOrderBy';

/**
 * The input with a column for each function: of the place of a row among those of its partition, of rows beside it, or of
 * all rows from the first to its peers. Partitions come out in the order in which their keys first appear, and in each the
 * rows in its order, those with equal keys as they came. Retains all rows, and in the end what sorting takes and some 50
 * bytes for each row of the largest partition.
 */
export function windowPartitionAndOrderBy({ input, window, passthrough }: WindowOptions): BlockingSink {
  assert.ok(window.partitionBy.length > 0 && window.orderBy.length > 0);
  const plan = planWindow(input, window, passthrough);
  return {
    role: 'blocking-sink',
    name: NAME,
    schema: plan.schema,
    open: (task) => new WindowRun(NAME, plan, task),
  };
}
