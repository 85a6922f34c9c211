import { SHUFFLE_RESULT } from '../../io/shuffle/shuffle-result.ts';
import type { BlockingSink } from '../operator.ts';
import { IntoPartitionsRun } from './into-partitions.ts';
import type { ShuffleOptions } from './shuffle-output.ts';

/** Collects all rows, in their order, into one partition, for one task to read. Emits where it is: `SHUFFLE_RESULT`. */
export function gather(options: ShuffleOptions): BlockingSink {
  const name = 'Gather';
  return {
    role: 'blocking-sink',
    name,
    schema: SHUFFLE_RESULT,
    open: (task) => new IntoPartitionsRun({ ...options, partitions: 1 }, name, task),
  };
}
