import { INPUT_KEYS, type Inputs } from '../plan/check-plan.ts';
import type { BoundNode } from './bound-plan.ts';

/** The inputs of a node, in order. */
export function boundInputs(node: BoundNode): readonly BoundNode[] {
  const inputs: Inputs<BoundNode> = node;
  return INPUT_KEYS.flatMap((key) => inputs[key] ?? []);
}

/** `node` over `change` of each of its inputs. */
export function withInputs(node: BoundNode, change: (input: BoundNode) => BoundNode): BoundNode {
  const inputs: Inputs<BoundNode> = node;
  const changed = INPUT_KEYS.flatMap((key): [string, BoundNode | readonly BoundNode[]][] => {
    const input = inputs[key];
    if (input === undefined) return [];
    return [[key, 'kind' in input ? change(input) : input.map(change)]];
  });
  return { ...node, ...Object.fromEntries(changed) };
}
