/**
 * Which part of a plan may be run over shares of a scan's files, one beside the other, and what then makes the result of their rows:
 *
 *     Sort                          Sort                            here, over the rows of all shares
 *       GroupedAggregate              FinalAggregate
 *         HashJoin           ──▶        Exchange
 *           Filter
 *             Scan lineitem               PartialGroupedAggregate   in every thread, for a share of lineitem
 *           Scan part                       HashJoin
 *                                             Filter
 *                                               Scan lineitem
 *                                             Scan part             all of it
 *
 * Rows of a scan stay rows of their own on the way up as long as nodes ask nothing of other rows: that way is the spine. What is kept of a
 * join, its build side, is kept by every thread. A share is a plan as any other, so nothing below knows of threads.
 */

import type { Field } from '../columnar/schema.ts';
import type { AggregateCall, AggregateFunction } from '../expressions/expression.ts';
import type { Side } from '../operators/joins/hash-join.ts';
import type { PlanNode } from '../plan/plan-node.ts';
import type { NodeOf } from '../planner/bind-parts.ts';
import { keepsOnly, otherSide, usualBuildSide } from '../planner/kept-side.ts';
import { callsOnlyPure } from '../planner/load-called-functions.ts';
import { nodeInputs, ownMembers } from '../planner/node-inputs.ts';

export interface DivisiblePart {
  /** What is run over a share. */
  readonly share: PlanNode;
  /** The source that is divided, as the plan names it, and as shares do: other scans of it read all of it. */
  readonly sourceId: string;
  readonly shareId: string;
  /** Whether rows of the input become rows of a result one by one: else a share gives what it has found out in the end. */
  readonly streams: boolean;
  /** Whether reading the rows costs more than sending them: they are parsed of JSON. CSV is parsed as fast as its rows are sent. */
  readonly isCostly: boolean;
  /** Whether rows that nobody has bounded are held by every thread: of sides that are kept, and others. */
  readonly retains: boolean;
  /** The sides of joins that every thread keeps. */
  readonly kept: readonly PlanNode[];
  /** Whether rows come in the order of the scan. */
  readonly isOrdered: boolean;
  /** The part of the plan, over the rows of all shares. */
  readonly over: (rows: PlanNode) => PlanNode;
}

type SchemaOf = (node: PlanNode) => readonly Field[];

/** The part with `node` as its root; undefined where shares of no scan would do. Functions that it calls are loaded. */
export function divisiblePart(node: PlanNode, schemaOf: SchemaOf): DivisiblePart | undefined {
  switch (node.kind) {
    case 'aggregate':
    case 'grouped-aggregate':
      return aggregatePart(node, schemaOf);
    case 'top-n': {
      const { offset = 0, limit, ...rest } = node;
      const spine = spineOf(node.input);
      const share =
        spine && callsOnlyPure(node.keys) ? { ...rest, input: spine.share, limit: limit + offset } : undefined;
      return spine && share && { ...spine, share, streams: false, retains: true, over: over(node) };
    }
    case 'limit': {
      const { offset = 0, limit, ...rest } = node;
      const spine = spineOf(node.input);
      return spine && { ...spine, share: { ...rest, input: spine.share, limit: limit + offset }, over: over(node) };
    }
    case 'dedup': {
      const spine = spineOf(node.input);
      return spine && { ...spine, share: { ...node, input: spine.share }, retains: true, over: over(node) };
    }
    default: {
      const spine = spineOf(node);
      return spine && { ...spine, over: (rows) => rows };
    }
  }
}

const over =
  <Node extends PlanNode & { readonly input: PlanNode }>(node: Node) =>
  (input: PlanNode): PlanNode =>
    ({ ...node, input }) as PlanNode;

/**
 * Aggregates whose partial states are about as large as their results. Of the others a share would send all values, so that it may as well
 * send its rows.
 */
const SMALL_STATES: ReadonlySet<AggregateFunction> = new Set([
  'count',
  'sum',
  'product',
  'mean',
  'min',
  'max',
  'bool_and',
  'bool_or',
  'stddev',
  'var',
  'skew',
  'any_value',
  'first',
  'last',
  'min_by',
  'max_by',
  'approx_count_distinct',
  'approx_percentile',
]);

const hasSmallState = ({ function: name, distinct = false }: AggregateCall): boolean =>
  SMALL_STATES.has(name) && !distinct;

function aggregatePart(node: NodeOf<'aggregate' | 'grouped-aggregate'>, schemaOf: SchemaOf): DivisiblePart | undefined {
  const { input, aggregates } = node;
  if (node.stage !== undefined || !aggregates.every(hasSmallState) || !callsOnlyPure(ownMembers(node)))
    return undefined;
  const spine = spineOf(input);
  if (spine === undefined) return undefined;
  const share: PlanNode = { ...node, input: spine.share, stage: { kind: 'partial' } };
  const stage = { kind: 'final', schema: schemaOf(input) } as const;
  return { ...spine, share, streams: false, over: (rows) => ({ ...node, input: rows, stage }) };
}

type Spine = Omit<DivisiblePart, 'over'>;

function spineOf(node: PlanNode): Spine | undefined {
  switch (node.kind) {
    case 'scan': {
      if (node.limit !== undefined || !callsOnlyPure(node.filter)) return undefined;
      const { sourceId } = node;
      const shareId = `share of ${sourceId}`;
      const share: PlanNode = { ...node, sourceId: shareId };
      const format = typeof node.format === 'string' ? node.format : node.format.kind;
      const isCostly = format === 'json';
      return { share, sourceId, shareId, streams: true, isCostly, retains: false, kept: [], isOrdered: true };
    }
    case 'filter':
    case 'project':
    case 'explode':
    case 'unpivot': {
      const spine = callsOnlyPure(ownMembers(node)) ? spineOf(node.input) : undefined;
      return spine && { ...spine, share: { ...node, input: spine.share } as PlanNode };
    }
    case 'hash-join':
    case 'cross-join':
    case 'asof-join': {
      const side = streamedSide(node);
      if (side === undefined || !callsOnlyPure(ownMembers(node))) return undefined;
      const kept = node[otherSide(side)];
      const spine = isRepeatable(kept) ? spineOf(node[side]) : undefined;
      if (spine === undefined) return undefined;
      const isOrdered = spine.isOrdered && node.kind !== 'hash-join';
      const share = { ...node, [side]: spine.share };
      return { ...spine, share, retains: true, kept: [...spine.kept, kept], isOrdered };
    }
    default:
      return undefined;
  }
}

/** The side whose rows pass through, where what becomes of one does not depend on the others. */
function streamedSide(node: NodeOf<'hash-join' | 'cross-join' | 'asof-join'>): Side | undefined {
  const streamed = otherSide(keptSideOf(node));
  // Rows of the kept side that come out by themselves, matched or not, would come out of every share.
  return node.kind !== 'hash-join' || keepsOnly(streamed, node.joinType) ? streamed : undefined;
}

/** Which side of a join is held in memory. */
export function keptSideOf(node: NodeOf<'hash-join' | 'cross-join' | 'asof-join'>): Side {
  if (node.kind === 'asof-join') return 'right';
  if (node.kind === 'cross-join') return node.collect ?? 'right';
  return node.buildSide ?? usualBuildSide(node.joinType);
}

/** Whether every thread gets the same rows of a plan, and can: rows in memory and functions of users stay where they are. */
function isRepeatable(node: PlanNode): boolean {
  if (REPEATABLE_NEVER.has(node.kind) || ('limit' in node && node.limit !== undefined)) return false;
  return callsOnlyPure(ownMembers(node)) && nodeInputs(node).every(isRepeatable);
}

const REPEATABLE_NEVER: ReadonlySet<PlanNode['kind']> = new Set([
  'in-memory-scan',
  'udf-project',
  'sample',
  'monotonically-increasing-id',
]);
