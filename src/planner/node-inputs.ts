import { INPUT_KEYS, type Inputs } from '../plan/check-plan.ts';
import type { PlanNode } from '../plan/plan-node.ts';

/** The inputs of a node, of a plan or bound, in order. */
export function nodeInputs<Node extends { readonly kind: string }>(node: Node): readonly Node[] {
  const inputs: Inputs<Node> = node;
  return INPUT_KEYS.flatMap((key) => (inputs[key] ?? []) as Node | readonly Node[]);
}

/** The members of a node but for its inputs. */
export const ownMembers = (node: PlanNode): readonly (readonly [string, unknown])[] =>
  Object.entries(node).filter(([key]) => !(INPUT_KEYS as readonly string[]).includes(key));

/** The ids of all sources that a plan reads; one that it reads twice comes twice. */
export const sourcesOf = (plan: PlanNode): readonly string[] =>
  'sourceId' in plan ? [plan.sourceId] : nodeInputs(plan).flatMap(sourcesOf);

/** `node` over `change` of each of its inputs, which are told their places; `node` itself where that changes none. */
export function withInputs<Node extends { readonly kind: string }>(
  node: Node,
  change: (input: Node, index: number) => Node,
): Node {
  const inputs: Inputs<Node> = node;
  let place = 0;
  let isSame = true;
  const changed = (input: Node): Node => {
    const made = change(input, place);
    place += 1;
    isSame &&= made === input;
    return made;
  };
  const members = INPUT_KEYS.flatMap((key): [string, Node | readonly Node[]][] => {
    const input = inputs[key];
    if (input === undefined) return [];
    return [[key, 'kind' in input ? changed(input as Node) : (input as readonly Node[]).map(changed)]];
  });
  return isSame ? node : { ...node, ...Object.fromEntries(members) };
}
