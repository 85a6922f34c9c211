/** A plan in parts, of which some are run over shares of their input, each by its own thread. */

import type { Field, Schema } from '../columnar/schema.ts';
import type { NamedExpression } from '../expressions/expression.ts';
import type { PlanNode } from '../plan/plan-node.ts';
import type { Task } from '../plan/task.ts';
import type { NodeOf } from '../planner/bind-parts.ts';
import { bindPlan } from '../planner/bind-plan.ts';
import type { BoundNode } from '../planner/bound-plan.ts';
import { nodeInputs, withInputs } from '../planner/node-inputs.ts';
import { estimateOf } from '../planner/optimizer/estimate.ts';
import { PlanFacts } from '../planner/optimizer/rule.ts';
import type { StatisticsOf } from '../planner/optimizer/statistics.ts';
import { pushDown } from '../planner/push-down.ts';
import { type DivisiblePart, divisiblePart, keptSideOf } from './divisible-part.ts';

/** A part that is divided. */
export interface DividedPart {
  /** Under which the rows of all shares come into the rest of the plan. */
  readonly sourceId: string;
  /** Of those rows. */
  readonly schema: Schema;
  readonly part: DivisiblePart;
  readonly shares: Shares;
}

export interface DividedPlan {
  /** What is run here. */
  readonly plan: PlanNode;
  /** In the order in which the plan names them. */
  readonly parts: readonly DividedPart[];
}

/** A part that might be divided. */
export interface Candidate {
  readonly part: DivisiblePart;
  /** What sides of joins take that every thread keeps, as far as statistics tell; undefined where they do not. */
  readonly keptBytes: number | undefined;
}

/** The inputs of the shares of a part, in order. */
export type Shares = readonly Task['inputs'][];

/**
 * Divides a plan. It asks of each part that could be divided for the shares of it, the largest part first; where it is told of none, parts
 * of that part may be divided. Functions that the plan calls are loaded.
 */
export function* dividePlan(
  plan: PlanNode,
  statisticsOf: StatisticsOf,
): Generator<Candidate, DividedPlan, Shares | undefined> {
  const divider = new Divider(statisticsOf);
  const divided = yield* divider.divided(plan, { whole: (node) => node, mayStream: true });
  return { plan: divided, parts: divider.parts };
}

/** Where a node stands. */
interface Place {
  /** The whole plan with another node in its place. */
  readonly whole: (node: PlanNode) => PlanNode;
  /** Whether rows may be sent one by one: not to where a join here would tell a scan what it does not need. */
  readonly mayStream: boolean;
}

type Dividing = Generator<Candidate, PlanNode, Shares | undefined>;

class Divider {
  readonly parts: DividedPart[] = [];
  readonly #facts: PlanFacts;
  readonly #shared = new Map<string, PlanNode>();

  constructor(statisticsOf: StatisticsOf) {
    this.#facts = new PlanFacts(new WeakMap(), statisticsOf);
  }

  *divided(node: PlanNode, place: Place): Dividing {
    const whole = divisiblePart(node, (input) => this.#fieldsOf(input));
    if (whole === undefined || !this.#isWorthwhile(node, whole, place))
      return yield* this.#withDividedInputs(node, place);
    const { part, fields } = this.#narrowed(whole, place);
    const shares = yield { part, keptBytes: this.#keptBytes(part) };
    if (shares === undefined) return yield* this.#withDividedInputs(node, place);
    const sourceId = `shares ${this.parts.length}`;
    this.parts.push({ sourceId, schema: { fields }, part, shares });
    return part.over({ kind: 'in-memory-scan', sourceId, schema: fields });
  }

  *#withDividedInputs(node: PlanNode, place: Place): Dividing {
    return node.kind === 'shared'
      ? yield* this.#withDividedShared(node, place)
      : yield* this.#withEachDivided(node, place);
  }

  /** Rows that several parts read are divided once: all of one name have one input. */
  *#withDividedShared(node: NodeOf<'shared'>, { whole, mayStream }: Place): Dividing {
    const { name } = node;
    const known = this.#shared.get(name);
    if (known !== undefined) return { ...node, input: known };
    const everywhere = (other: PlanNode): PlanNode => withSharedInput(whole(node), name, other);
    const input = yield* this.divided(node.input, { whole: everywhere, mayStream });
    this.#shared.set(name, input);
    return { ...node, input };
  }

  *#withEachDivided(node: PlanNode, { whole, mayStream }: Place): Dividing {
    const inputs: PlanNode[] = [];
    const kept = node.kind === 'hash-join' ? node[keptSideOf(node)] : undefined;
    for (const [index, input] of nodeInputs(node).entries()) {
      const place = {
        whole: (other: PlanNode) => whole(withInputs(node, (one, at) => (at === index ? other : one))),
        mayStream: mayStream && (node.kind !== 'hash-join' || input === kept),
      };
      inputs.push(yield* this.divided(input, place));
    }
    return withInputs(node, (_, index) => inputs[index] as PlanNode);
  }

  /**
   * The part with those columns only that somebody above needs, and what it then gives: these are found by putting a scan in its place, of
   * which columns that nobody needs are not read.
   */
  #narrowed(
    part: DivisiblePart,
    { whole }: Place,
  ): { readonly part: DivisiblePart; readonly fields: readonly Field[] } {
    const fields = this.#fieldsOf(part.share);
    const scan: PlanNode = { kind: 'scan', sourceId: PLACE, format: 'parquet', schema: fields };
    const read = scanOf(pushDown(bindPlan(whole(part.over(scan)))));
    const names = new Set(read?.map(({ name }) => name));
    const needed = fields.filter(({ name }, at) => names.has(name) || (names.size === 0 && at === 0));
    if (needed.length === fields.length) return { part, fields };
    const share: PlanNode = { kind: 'project', input: part.share, columns: needed.map(passed) };
    const over = (rows: PlanNode): PlanNode =>
      part.over({
        kind: 'project',
        input: rows,
        columns: fields.map((field) => (needed.includes(field) ? passed(field) : missing(field))),
      });
    return { part: { ...part, share, over }, fields: needed };
  }

  /**
   * Rows that are sent are copied and checked on their way: they may not be many. Of partial states every share may have those of all groups,
   * and one thread adds them up, where a row costs ten times as much as where there are few.
   */
  #isWorthwhile(node: PlanNode, part: DivisiblePart, { mayStream }: Place): boolean {
    if (part.streams && !mayStream) return false;
    const read = this.#facts.statisticsOf(part.sourceId)?.rows;
    const sent = estimateOf(node, this.#facts)?.rows;
    if (read === undefined || sent === undefined) return !part.streams || part.isCostly;
    if (!part.streams) return sent <= Math.max(FEW_STATES, read * MOST_STATES);
    return sent <= Math.max(FEW_ROWS, read * (part.isCostly ? 1 : MOST_SENT));
  }

  #keptBytes({ kept }: DivisiblePart): number | undefined {
    let bytes = 0;
    for (const side of kept) {
      const rows = estimateOf(side, this.#facts)?.rows;
      if (rows === undefined) return undefined;
      bytes += rows * (BYTES_OF_KEPT_ROW + BYTES_OF_VALUE * this.#fieldsOf(side).length);
    }
    return bytes;
  }

  #fieldsOf(node: PlanNode): readonly Field[] {
    return this.#facts.schema(node).fields;
  }
}

/** So many rows, and states, are no matter. */
const FEW_ROWS = 65_536;
const FEW_STATES = 8192;
/** Of a row in a table with its key, and of each of its values, texts being neither short nor long. */
const BYTES_OF_KEPT_ROW = 32;
const BYTES_OF_VALUE = 16;
/** Of the rows that are read, the share that may be sent where reading them is cheap. */
const MOST_SENT = 0.1;
/** And the share that states of groups may be. */
const MOST_STATES = 0.005;

/** The plan with another input of all nodes that share rows by this name. */
const withSharedInput = (plan: PlanNode, name: string, input: PlanNode): PlanNode =>
  plan.kind === 'shared' && plan.name === name
    ? { ...plan, input }
    : withInputs(plan, (below) => withSharedInput(below, name, input));

const PLACE = 'rows of shares';

const passed = ({ name }: Field): NamedExpression => ({ name, expression: { kind: 'column', name } });

/** A column that nobody needs: it is not made. */
const missing = ({ name, type }: Field): NamedExpression => ({
  name,
  expression: { kind: 'literal', type, value: null },
});

/** What is read in place of the rows of shares. */
function scanOf(node: BoundNode): readonly Field[] | undefined {
  if (node.kind === 'scan') return node.sourceId === PLACE ? node.readSchema.fields : undefined;
  return nodeInputs(node)
    .map(scanOf)
    .find((found) => found !== undefined);
}
