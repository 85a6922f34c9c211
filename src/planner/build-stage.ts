import { finalAggregate } from '../operators/blocking-sinks/final-aggregate.ts';
import { pivot } from '../operators/blocking-sinks/pivot.ts';
import { sort } from '../operators/blocking-sinks/sort.ts';
import { topN } from '../operators/blocking-sinks/top-n.ts';
import { windowOrderByOnly } from '../operators/blocking-sinks/window-order-by-only.ts';
import { windowPartitionAndDynamicFrame } from '../operators/blocking-sinks/window-partition-and-dynamic-frame.ts';
import { windowPartitionAndOrderBy } from '../operators/blocking-sinks/window-partition-and-order-by.ts';
import { windowPartitionOnly } from '../operators/blocking-sinks/window-partition-only.ts';
import type { WindowOptions } from '../operators/blocking-sinks/window-run.ts';
import type { Stage } from '../operators/operator.ts';
import { explode } from '../operators/streaming/explode.ts';
import { unpivot } from '../operators/streaming/unpivot.ts';
import { dedup } from '../operators/streaming-sinks/dedup.ts';
import { intoBatches } from '../operators/streaming-sinks/into-batches.ts';
import { monotonicallyIncreasingId } from '../operators/streaming-sinks/monotonically-increasing-id.ts';
import { sample } from '../operators/streaming-sinks/sample.ts';
import type { BoundNode } from './bound-plan.ts';

/** Nodes that are one operator over their only input, which needs nothing but the node. */
type StageNode = Extract<
  BoundNode,
  {
    kind:
      | 'explode'
      | 'unpivot'
      | 'sample'
      | 'into-batches'
      | 'monotonically-increasing-id'
      | 'dedup'
      | 'pivot'
      | 'final-aggregate'
      | 'sort'
      | 'top-n'
      | 'window-partition-only'
      | 'window-partition-and-order-by'
      | 'window-partition-and-dynamic-frame'
      | 'window-order-by-only';
  }
>;

/** One arm per kind. A kind without one does not compile. */
export function buildStage(node: StageNode): Stage {
  const input = node.input.schema;
  switch (node.kind) {
    case 'explode':
      return explode({ ...node, input });
    case 'unpivot':
      return unpivot({ ...node, input });
    case 'sample':
      return sample({ ...node, input });
    case 'into-batches':
      return intoBatches({ ...node, input });
    case 'monotonically-increasing-id':
      return monotonicallyIncreasingId({ ...node, input });
    case 'dedup':
      return dedup({ ...node, input });
    case 'pivot':
      return pivot({ ...node, input });
    case 'final-aggregate':
      return finalAggregate(node);
    case 'sort':
      return sort({ ...node, input });
    case 'top-n':
      return topN({ ...node, input });
    case 'window-partition-only':
      return windowPartitionOnly(windowOptions(node));
    case 'window-partition-and-order-by':
      return windowPartitionAndOrderBy(windowOptions(node));
    case 'window-partition-and-dynamic-frame':
      return windowPartitionAndDynamicFrame(windowOptions(node));
    case 'window-order-by-only':
      return windowOrderByOnly(windowOptions(node));
  }
}

const windowOptions = ({ input, window, passthrough }: Extract<BoundNode, { window: unknown }>): WindowOptions => ({
  input: input.schema,
  window,
  passthrough,
});
