import type { WindowOptions } from '../operators/blocking-sinks/window-run.ts';
import type { Stage } from '../operators/operator.ts';
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

/** One arm per kind; its operator is loaded when a plan has one. A kind without an arm does not compile. */
export async function buildStage(node: StageNode): Promise<Stage> {
  const input = node.input.schema;
  switch (node.kind) {
    case 'explode':
      return (await import('../operators/streaming/explode.ts')).explode({ ...node, input });
    case 'unpivot':
      return (await import('../operators/streaming/unpivot.ts')).unpivot({ ...node, input });
    case 'sample':
      return (await import('../operators/streaming-sinks/sample.ts')).sample({ ...node, input });
    case 'into-batches':
      return (await import('../operators/streaming-sinks/into-batches.ts')).intoBatches({ ...node, input });
    case 'monotonically-increasing-id':
      return (await import('../operators/streaming-sinks/monotonically-increasing-id.ts')).monotonicallyIncreasingId({
        ...node,
        input,
      });
    case 'dedup':
      return (await import('../operators/streaming-sinks/dedup.ts')).dedup({ ...node, input });
    case 'pivot':
      return (await import('../operators/blocking-sinks/pivot.ts')).pivot({ ...node, input });
    case 'final-aggregate':
      return (await import('../operators/blocking-sinks/final-aggregate.ts')).finalAggregate(node);
    case 'sort':
      return (await import('../operators/blocking-sinks/sort.ts')).sort({ ...node, input });
    case 'top-n':
      return (await import('../operators/blocking-sinks/top-n.ts')).topN({ ...node, input });
    case 'window-partition-only':
      return (await import('../operators/blocking-sinks/window-partition-only.ts')).windowPartitionOnly(
        windowOptions(node),
      );
    case 'window-partition-and-order-by':
      return (await import('../operators/blocking-sinks/window-partition-and-order-by.ts')).windowPartitionAndOrderBy(
        windowOptions(node),
      );
    case 'window-partition-and-dynamic-frame':
      return (
        await import('../operators/blocking-sinks/window-partition-and-dynamic-frame.ts')
      ).windowPartitionAndDynamicFrame(windowOptions(node));
    case 'window-order-by-only':
      return (await import('../operators/blocking-sinks/window-order-by-only.ts')).windowOrderByOnly(
        windowOptions(node),
      );
  }
}

const windowOptions = ({ input, window, passthrough }: Extract<BoundNode, { window: unknown }>): WindowOptions => ({
  input: input.schema,
  window,
  passthrough,
});
