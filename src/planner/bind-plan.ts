/**
 * Binding of plans: `PlanNode` → `BoundNode`, from the leaves up. Each node looks its names up in the schema of its
 * input. Where an input could not be bound its schema is not known, and what stands above it is not checked; everything
 * beside it is, so that one pass finds as much as there is to find.
 *
 * What a kind of node means to the planner stands in `nodes/`: its binding, its pruning, its line of `explain`.
 */

import { Problems, pathOf } from '../expressions/problems.ts';
import { checkPlan } from '../plan/check-plan.ts';
import type { PlanNode } from '../plan/plan-node.ts';
import type { NodeOf } from './bind-parts.ts';
import type { BoundNode } from './bound-plan.ts';
import { checkAsyncCalls } from './check-async-calls.ts';
import { bindAggregateNode } from './nodes/aggregate.ts';
import { bindAsofJoin } from './nodes/asof-join.ts';
import { bindConcat } from './nodes/concat.ts';
import { bindCrossJoin } from './nodes/cross-join.ts';
import { bindDedup } from './nodes/dedup.ts';
import { bindExplode } from './nodes/explode.ts';
import { bindFilter } from './nodes/filter.ts';
import { bindGlobScan } from './nodes/glob-scan.ts';
import { bindHashJoin } from './nodes/hash-join.ts';
import { bindLimit } from './nodes/limit.ts';
import { bindMonotonicallyIncreasingId } from './nodes/monotonically-increasing-id.ts';
import { bindPivot } from './nodes/pivot.ts';
import { bindProject } from './nodes/project.ts';
import { bindGather, bindIntoPartitions, bindRepartition } from './nodes/repartition.ts';
import { bindSample } from './nodes/sample.ts';
import { bindScan } from './nodes/scan.ts';
import { bindSort } from './nodes/sort.ts';
import { bindSortMergeJoin } from './nodes/sort-merge-join.ts';
import { bindUdfProject } from './nodes/udf-project.ts';
import { bindUnpivot } from './nodes/unpivot.ts';
import { bindWindowNode } from './nodes/window.ts';
import { bindWrite } from './nodes/write.ts';

/**
 * `known` has what was bound before, by node, and gets what is bound now: whoever builds a plan node by node binds each once.
 * @throws InvalidPlan with every problem, paths from `$.plan`.
 */
export function bindPlan(plan: PlanNode, known: WeakMap<PlanNode, BoundNode> = new WeakMap()): BoundNode {
  const problems = new Problems();
  checkPlan(plan, problems, '$.plan');
  checkAsyncCalls(plan, problems, '$.plan');
  return bindInto(plan, known, problems);
}

/** As `bindPlan`, where all of `known` was bound by this before, so that only what is above it has to be checked. */
export function bindAbove(plan: PlanNode, known: WeakMap<PlanNode, BoundNode>): BoundNode {
  const problems = new Problems();
  checkPlan(plan, problems, '$.plan', known);
  checkAsyncCalls(plan, problems, '$.plan', known);
  return bindInto(plan, known, problems);
}

/** As `bindPlan`, of a plan that is made of one that was bound: what it is made of is not gone through again. */
export const bindRewritten = (plan: PlanNode, known: WeakMap<PlanNode, BoundNode>): BoundNode =>
  bindInto(plan, known, new Problems());

function bindInto(plan: PlanNode, known: WeakMap<PlanNode, BoundNode>, problems: Problems): BoundNode {
  const bound = new Binder(problems, known).bind(plan, '$.plan');
  problems.throwIfAny();
  if (bound === undefined) throw new Error('A plan that did not bind has no problems.');
  return bound;
}

class Binder {
  readonly #problems: Problems;
  readonly #known: WeakMap<PlanNode, BoundNode>;

  constructor(problems: Problems, known: WeakMap<PlanNode, BoundNode>) {
    this.#problems = problems;
    this.#known = known;
  }

  bind(node: PlanNode, path: string): BoundNode | undefined {
    const known = this.#known.get(node);
    if (known !== undefined) return known;
    const bound = bindNode(node, this.#problems, path, (input, inputPath) => this.bind(input, inputPath));
    if (bound !== undefined) this.#known.set(node, bound);
    return bound;
  }
}

/** One arm per kind. */
function bindNode(
  node: PlanNode,
  problems: Problems,
  path: string,
  bind: (input: PlanNode, path: string) => BoundNode | undefined,
): BoundNode | undefined {
  switch (node.kind) {
    case 'scan':
      return bindScan(node, problems, path);
    case 'in-memory-scan':
      return { kind: 'in-memory-scan', sourceId: node.sourceId, schema: { fields: node.schema } };
    case 'glob-scan':
      return bindGlobScan(node);
    case 'empty-scan':
      return { kind: 'empty-scan', schema: { fields: node.schema } };
    case 'shuffle-read':
      return { kind: 'shuffle-read', sourceId: node.sourceId, schema: { fields: node.schema } };
    case 'concat': {
      const inputsPath = pathOf(path, 'inputs');
      const inputs = node.inputs.map((input, index) => bind(input, pathOf(inputsPath, index)));
      return bindConcat(inputs, problems, path);
    }
    case 'hash-join':
    case 'cross-join':
    case 'sort-merge-join':
    case 'asof-join': {
      const left = bind(node.left, pathOf(path, 'left'));
      const right = bind(node.right, pathOf(path, 'right'));
      return left && right && bindJoin(left, right, node, problems, path);
    }
    default: {
      const input = bind(node.input, pathOf(path, 'input'));
      return input && bindOver(input, node, problems, path);
    }
  }
}

/** A node with two inputs. */
function bindJoin(
  left: BoundNode,
  right: BoundNode,
  node: NodeOf<'hash-join' | 'cross-join' | 'sort-merge-join' | 'asof-join'>,
  problems: Problems,
  path: string,
): BoundNode | undefined {
  switch (node.kind) {
    case 'hash-join':
      return bindHashJoin({ left, right }, node, problems, path);
    case 'cross-join':
      return bindCrossJoin(left, right, node, problems, path);
    case 'sort-merge-join':
      return bindSortMergeJoin(left, right, node, problems, path);
    case 'asof-join':
      return bindAsofJoin(left, right, node, problems, path);
  }
}

/** A node with one input. */
function bindOver(
  input: BoundNode,
  node: Exclude<PlanNode, { sourceId: string } | { left: PlanNode } | NodeOf<'empty-scan' | 'concat'>>,
  problems: Problems,
  path: string,
): BoundNode | undefined {
  switch (node.kind) {
    case 'project':
      return bindProject(input, node, problems, path);
    case 'udf-project':
      return bindUdfProject(input, node, problems, path);
    case 'filter':
      return bindFilter(input, node, problems, path);
    case 'explode':
      return bindExplode(input, node, problems, path);
    case 'unpivot':
      return bindUnpivot(input, node, problems, path);
    case 'sample':
      return bindSample(input, node);
    case 'into-batches': {
      const { rows, strict = false } = node;
      return { kind: 'into-batches', input, rows, strict, schema: input.schema };
    }
    case 'shared':
      return { kind: 'shared', input, name: node.name, schema: input.schema };
    case 'monotonically-increasing-id':
      return bindMonotonicallyIncreasingId(input, node, problems, path);
    case 'dedup':
      return bindDedup(input, node, problems, path);
    case 'pivot':
      return bindPivot(input, node, problems, path);
    case 'limit':
      return bindLimit(input, node);
    case 'aggregate':
    case 'grouped-aggregate':
      return bindAggregateNode(input, node, problems, path);
    case 'sort':
    case 'top-n':
      return bindSort(input, node, problems, path);
    case 'window-partition-only':
    case 'window-partition-and-order-by':
    case 'window-partition-and-dynamic-frame':
    case 'window-order-by-only':
      return bindWindowNode(input, node, problems, path);
    case 'write':
      return bindWrite(input, node, problems, path);
    case 'repartition':
      return bindRepartition(input, node, problems, path);
    case 'into-partitions':
      return bindIntoPartitions(input, node);
    case 'gather':
      return bindGather(input, node);
    case 'commit-write': {
      const { mode, successFile = false } = node;
      return { kind: 'commit-write', input, mode, successFile, schema: input.schema };
    }
  }
}
