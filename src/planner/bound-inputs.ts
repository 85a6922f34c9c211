import type { BoundNode } from './bound-plan.ts';

/** The inputs of a node, in order. */
export function boundInputs(node: BoundNode): readonly BoundNode[] {
  if (node.kind === 'concat') return node.inputs;
  return 'input' in node ? [node.input] : [];
}

/** `node` over `change` of each of its inputs. */
export function withInputs(node: BoundNode, change: (input: BoundNode) => BoundNode): BoundNode {
  if (node.kind === 'concat') return { ...node, inputs: node.inputs.map(change) };
  return 'input' in node ? { ...node, input: change(node.input) } : node;
}
