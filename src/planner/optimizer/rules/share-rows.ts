/**
 * Equal parts of a plan become shared rows, which are made once:
 *
 *     join                              join
 *       late                              shared "1"
 *         lineitem         ──▶              late
 *       group                                 lineitem
 *         late                            group
 *           lineitem                        shared "1"
 *                                             late …
 *
 * Done last, when rules have moved what they could: what two readers ask for differently is different by then. Of parts of parts the largest is
 * taken that is worth it, which is where the rows that are not read again are many beside those that are kept. Nothing is shared of which
 * it is seen how often it is run.
 */

import type { PlanNode } from '../../../plan/plan-node.ts';
import { callsOnlyPure } from '../../load-called-functions.ts';
import { nodeInputs, ownMembers, withInputs } from '../../node-inputs.ts';
import { estimateOf } from '../estimate.ts';
import type { PlanFacts, Rule } from '../rule.ts';

/** Fewer rows are soon read again. */
const LEAST_ROWS = 50_000;
/** Rows that have to be read once less for each that is kept. */
const ROWS_PER_KEPT = 4;

/** Of a whole plan. */
export const shareRows: Rule = {
  name: 'share-rows',
  apply(plan, facts) {
    const parts = new EqualParts();
    const names = namesOf(parts.of(plan), facts);
    if (names.size === 0) return undefined;
    const made = new Map<Part, PlanNode>();
    const rebuilt = (node: PlanNode): PlanNode => {
      const part = parts.of(node);
      const known = made.get(part);
      if (known !== undefined) return known;
      const input = withInputs(node, rebuilt);
      const name = names.get(part);
      const whole: PlanNode = name === undefined ? input : { kind: 'shared', input, name };
      made.set(part, whole);
      return whole;
    };
    return rebuilt(plan);
  },
};

/** Of the parts of `root` that are to be shared. */
function namesOf(root: Part, facts: PlanFacts): ReadonlyMap<Part, string> {
  const order = inOrder(root);
  const names = new Map<Part, string>();
  if (order.every(({ users }) => users.length < 2)) return names;
  const worth = new Worth(facts);
  const runs = new Map<Part, number>([[root, 1]]);
  for (const part of order) {
    if (part === root) continue;
    const count = part.users.reduce((sum, user) => sum + (names.has(user) ? 1 : (runs.get(user) ?? 0)), 0);
    runs.set(part, count);
    if (count > 1 && worth.isSharing(part, count)) names.set(part, `${names.size + 1}`);
  }
  return names;
}

/** All nodes that are equal. */
interface Part {
  readonly node: PlanNode;
  readonly inputs: readonly Part[];
  /** Of which it is an input, each as often as it is one. */
  readonly users: Part[];
}

class EqualParts {
  readonly #numbers: Map<Part, number> = new Map();
  readonly #byKey: Map<string, Part> = new Map();
  readonly #byNode: Map<PlanNode, Part> = new Map();

  of(node: PlanNode): Part {
    const known = this.#byNode.get(node);
    if (known !== undefined) return known;
    const inputs = nodeInputs(node).map((input) => this.of(input));
    const key = JSON.stringify([inputs.map((input) => this.#numbers.get(input)), sortedMembers(node)], distinctNumber);
    let part = this.#byKey.get(key);
    if (part === undefined) {
      part = { node, inputs, users: [] };
      for (const input of inputs) input.users.push(part);
      this.#byKey.set(key, part);
      this.#numbers.set(part, this.#numbers.size);
    }
    this.#byNode.set(node, part);
    return part;
  }
}

const sortedMembers = (node: PlanNode): readonly (readonly [string, unknown])[] =>
  ownMembers(node)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));

/** JSON has one zero. */
const distinctNumber = (_: string, value: unknown): unknown => (Object.is(value, -0) ? { zero: '-0' } : value);

/** Each part before its inputs: so it is known how often it is run. */
function inOrder(root: Part): readonly Part[] {
  const order: Part[] = [];
  const seen = new Set<Part>();
  const visit = (part: Part): void => {
    if (seen.has(part)) return;
    seen.add(part);
    for (const input of part.inputs) visit(input);
    order.push(part);
  };
  visit(root);
  return order.reverse();
}

class Worth {
  readonly #facts: PlanFacts;
  readonly #rowsRead: Map<Part, number | undefined> = new Map();
  readonly #repeatable: Map<Part, boolean> = new Map();

  constructor(facts: PlanFacts) {
    this.#facts = facts;
  }

  /** Of a part that would be run so often. */
  isSharing(part: Part, runs: number): boolean {
    const { node } = part;
    if (node.kind === 'shared' || !this.#isRepeatable(part)) return false;
    const [kept, read] = [this.#rows(node), this.#read(part)];
    if (kept === undefined || read === undefined) return isReducing(node);
    const saved = (runs - 1) * read;
    return saved >= LEAST_ROWS && saved >= ROWS_PER_KEPT * kept;
  }

  #rows(node: PlanNode): number | undefined {
    return estimateOf(node, this.#facts)?.rows;
  }

  /** Rows that leaves give, and that go into joins and into what keeps them; undefined where a leaf is not known. */
  #read(part: Part): number | undefined {
    if (!this.#rowsRead.has(part)) this.#rowsRead.set(part, this.#counted(part));
    return this.#rowsRead.get(part);
  }

  #counted({ node, inputs }: Part): number | undefined {
    if (inputs.length === 0) return this.#rows(node.kind === 'scan' ? { ...node, filter: undefined } : node);
    const counts = inputs.flatMap((input) => [this.#read(input), PASSING.has(node.kind) ? 0 : this.#rows(input.node)]);
    return counts.reduce((sum, count) => (sum === undefined || count === undefined ? undefined : sum + count), 0);
  }

  /** Whether its rows are the same whenever it is run, and nobody sees how often that is. */
  #isRepeatable(part: Part): boolean {
    const known = this.#repeatable.get(part);
    if (known !== undefined) return known;
    const { node, inputs } = part;
    const isChosen = node.kind === 'udf-project' || (node.kind === 'sample' && node.seed === undefined);
    const isPure = !isChosen && callsOnlyPure(ownMembers(node));
    const made = isPure && inputs.every((input) => this.#isRepeatable(input));
    this.#repeatable.set(part, made);
    return made;
  }
}

/** What costs next to nothing beside what is below. */
const PASSING: ReadonlySet<PlanNode['kind']> = new Set(['project', 'filter', 'limit', 'shared', 'into-batches']);

/** Whether it gives few rows of many, as far as can be said without knowing them. */
function isReducing(node: PlanNode): boolean {
  switch (node.kind) {
    case 'aggregate':
    case 'grouped-aggregate':
    case 'dedup':
    case 'pivot':
    case 'top-n':
      return true;
    case 'project':
    case 'filter':
    case 'sort':
      return isReducing(node.input);
    default:
      return false;
  }
}
