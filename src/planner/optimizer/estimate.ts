/**
 * How many rows a node is expected to give, and how many different values its columns have: as System R did it and most do since.
 *
 *     filter       rows × the share that passes: of one value 1 / distinct, of a range its part of [low, high], else a guess
 *     inner join   left × right / distinct of the keys, of the side that has more of them
 *     group        distinct of the keys, and no more than rows
 *
 * Columns are taken to know nothing of one another. Undefined where a leaf is not known: nobody guesses about what is guessed.
 */

import type { Expression, NamedExpression } from '../../expressions/expression.ts';
import { columnsIn } from '../../expressions/expression-inputs.ts';
import type { PlanNode } from '../../plan/plan-node.ts';
import type { NodeOf } from '../bind-parts.ts';
import { conjunctsOf } from './conjuncts.ts';
import { type JoinNode, joinTypeOf, sidesOf } from './join-sides.ts';
import type { PlanFacts } from './rule.ts';
import { shareOf } from './selectivity.ts';
import type { EstimatedColumn, SourceStatistics } from './statistics.ts';

export interface Estimate {
  readonly rows: number;
  /** How many times fewer it may be, where something is asked of what nothing is known of. */
  readonly doubt: number;
  readonly columns: ReadonlyMap<string, EstimatedColumn>;
}

/** For each such condition. Sums of groups that are large are few, as are names that begin with something. */
const DOUBT = 50;

/** Of columns of which nothing is known, the share of the rows that are different. */
const DISTINCT_SHARE = 0.1;
const ITEMS_OF_LIST = 4;

export function estimateOf(node: PlanNode, facts: PlanFacts): Estimate | undefined {
  const known = facts.estimates.get(node);
  if (known !== undefined) return known;
  const made = estimated(node, facts);
  if (made !== undefined) facts.estimates.set(node, made);
  return made;
}

function estimated(node: PlanNode, facts: PlanFacts): Estimate | undefined {
  switch (node.kind) {
    case 'scan': {
      const given = ofSource(facts.statisticsOf(node.sourceId));
      if (given === undefined || node.filter === undefined) return given;
      return filteredBy(given, node.filter, { ...node, filter: undefined }, facts);
    }
    case 'in-memory-scan':
    case 'shuffle-read':
      return ofSource(facts.statisticsOf(node.sourceId));
    case 'empty-scan':
      return { rows: 0, doubt: 1, columns: new Map() };
    case 'concat':
      return ofConcat(node, facts);
    case 'hash-join':
    case 'cross-join':
    case 'sort-merge-join':
    case 'asof-join':
      return ofJoin(node, facts);
    case 'glob-scan':
    case 'write':
    case 'commit-write':
    case 'repartition':
    case 'into-partitions':
    case 'gather':
      return undefined;
    default: {
      const input = estimateOf(node.input, facts);
      return input && over(node, input, facts);
    }
  }
}

const ofSource = (given: SourceStatistics | undefined): Estimate | undefined =>
  given && {
    rows: given.rows,
    doubt: 1,
    columns: new Map(
      [...given.columns].map(([name, column]) => [name, { ...column, domain: column.distinct, tableRows: given.rows }]),
    ),
  };

type Over = Exclude<
  Extract<PlanNode, { readonly input: PlanNode }>,
  NodeOf<'write' | 'commit-write' | 'repartition' | 'into-partitions' | 'gather'>
>;

function over(node: Over, input: Estimate, facts: PlanFacts): Estimate {
  switch (node.kind) {
    case 'filter':
      return filteredBy(input, node.predicate, node.input, facts);
    case 'project':
      return { ...input, columns: renamed(input.columns, node.columns) };
    case 'limit':
    case 'top-n':
      return withRows(input, Math.min(node.limit, Math.max(0, input.rows - (node.offset ?? 0))));
    case 'sample':
      return withRows(input, node.size ?? input.rows * (node.fraction ?? 1));
    case 'aggregate':
      return { rows: 1, doubt: 1, columns: new Map() };
    case 'grouped-aggregate':
      return grouped(input, node.groupBy);
    case 'pivot':
      return grouped(
        input,
        node.groupBy.map((name) => ({ name, expression: { kind: 'column', name } })),
      );
    case 'dedup': {
      const names = node.columns ?? facts.schema(node).fields.map(({ name }) => name);
      return withRows(input, groupCount(input, names));
    }
    case 'explode':
      return { ...input, rows: input.rows * ITEMS_OF_LIST };
    case 'unpivot':
      return { ...input, rows: input.rows * node.values.length };
    default:
      return input;
  }
}

function filteredBy(input: Estimate, predicate: Expression, node: PlanNode, facts: PlanFacts): Estimate {
  const { fields } = facts.schema(node);
  const nameAt = (index: number): string => fields[index]?.name ?? '';
  let estimate = input;
  for (const conjunct of conjunctsOf(predicate)) {
    const typed = facts.typed(conjunct, { fields });
    const { share, columns } = shareOf(typed, (index) => estimate.columns.get(nameAt(index)));
    const changed = new Map([...columns].map(([index, statistics]) => [nameAt(index), statistics]));
    const kept = withRows(estimate, estimate.rows * share);
    const isKnown = [...columnsIn(conjunct)].every((name) => estimate.columns.has(name));
    const doubt = estimate.doubt * (isKnown ? 1 : DOUBT);
    estimate = { rows: kept.rows, doubt, columns: new Map([...kept.columns, ...changed]) };
  }
  return estimate;
}

/** Some of the rows: of d values in n rows those that are among m of them, d (1 - (1 - m/n)^(n/d)). */
function withRows({ rows, doubt, columns }: Estimate, kept: number): Estimate {
  if (kept >= rows) return { rows: kept, doubt, columns };
  const share = rows === 0 ? 0 : kept / rows;
  const thinned = [...columns].map(([name, statistics]): [string, EstimatedColumn] => {
    const { distinct } = statistics;
    if (distinct === undefined || distinct < 1) return [name, statistics];
    return [name, { ...statistics, distinct: distinct * (1 - (1 - share) ** Math.max(1, rows / distinct)) }];
  });
  return { rows: kept, doubt, columns: new Map(thinned) };
}

const renamed = (
  columns: ReadonlyMap<string, EstimatedColumn>,
  named: readonly NamedExpression[],
): ReadonlyMap<string, EstimatedColumn> =>
  new Map(
    named.flatMap(({ name, expression }) => {
      const known = expression.kind === 'column' ? columns.get(expression.name) : undefined;
      return known === undefined ? [] : [[name, known] as const];
    }),
  );

function grouped(input: Estimate, keys: readonly NamedExpression[]): Estimate {
  const columns = renamed(input.columns, keys);
  return {
    ...input,
    rows: groupCount(
      { ...input, columns },
      keys.map(({ name }) => name),
    ),
    columns,
  };
}

function groupCount({ rows, columns }: Estimate, names: readonly string[]): number {
  const counts = names.map((name) => columns.get(name)?.distinct ?? Math.max(1, rows * DISTINCT_SHARE));
  return Math.min(
    rows,
    counts.reduce((product, count) => product * count, 1),
  );
}

function ofConcat(node: NodeOf<'concat'>, facts: PlanFacts): Estimate | undefined {
  const inputs = node.inputs.map((input) => estimateOf(input, facts));
  if (!inputs.every((input) => input !== undefined)) return undefined;
  return {
    rows: inputs.reduce((sum, { rows }) => sum + rows, 0),
    doubt: Math.max(1, ...inputs.map(({ doubt }) => doubt)),
    columns: new Map(),
  };
}

function ofJoin(node: JoinNode, facts: PlanFacts): Estimate | undefined {
  const [left, right] = [estimateOf(node.left, facts), estimateOf(node.right, facts)];
  if (left === undefined || right === undefined) return undefined;
  const sides = sidesOf(node, facts);
  const columns = new Map(
    [...sides].flatMap(([name, side]) => {
      const known = (side === 'left' ? left : right).columns.get(name);
      return known === undefined ? [] : [[name, known] as const];
    }),
  );
  const doubt = left.doubt * right.doubt;
  if (node.kind === 'asof-join') return { rows: left.rows, doubt: left.doubt, columns };
  const keys = node.kind === 'cross-join' ? [] : node.leftOn.map((key, at) => [key, node.rightOn[at]] as const);
  const pairs = joinedRows(left, right, keys);
  switch (joinTypeOf(node)) {
    case 'semi':
    case 'anti': {
      const met = left.rows * matchedShare(left, right, keys);
      return withRows(
        { rows: left.rows, doubt, columns },
        node.kind === 'hash-join' && node.joinType === 'semi' ? met : left.rows - met,
      );
    }
    case 'left':
      return { rows: Math.max(left.rows, pairs), doubt, columns };
    case 'right':
      return { rows: Math.max(right.rows, pairs), doubt, columns };
    case 'outer':
      return { rows: Math.max(left.rows, right.rows, pairs), doubt, columns };
    default:
      return { rows: pairs, doubt, columns };
  }
}

type Keys = readonly (readonly [Expression, Expression | undefined])[];

const joinedRows = (left: Estimate, right: Estimate, keys: Keys): number =>
  pairsOf(
    left.rows,
    right.rows,
    keys.map(([key, other]) => keyDomain(columnOf(left, key), columnOf(right, other))),
  );

/** How many of all pairs have equal keys, which are of so many values each; together of no more than the larger side has rows. */
export function pairsOf(left: number, right: number, domains: readonly number[]): number {
  const values = domains.reduce((product, domain) => product * domain, 1);
  return (left * right) / Math.max(1, Math.min(values, Math.max(left, right)));
}

/** Where the smaller of two domains is this share of the larger, it is taken to be all that there is of keys. */
const WHOLE_DOMAIN = 0.1;

/**
 * Of how many values the keys of two columns are. As many as the side has that has more: the other has some of them. But bounds say too much of
 * keys that leave out numbers: where one side has nearly as many, it is that which has them all.
 */
export function keyDomain(a: KnownColumn, b: KnownColumn): number {
  const [x, y] = [a.domain ?? Number.NaN, b.domain ?? Number.NaN];
  // Of what is not known, as many values as the smaller table had rows.
  if (Number.isNaN(x) && Number.isNaN(y)) return Math.max(1, Math.min(a.tableRows ?? a.rows, b.tableRows ?? b.rows));
  if (Number.isNaN(x) || Number.isNaN(y)) return Math.max(1, Number.isNaN(x) ? y : x);
  const [less, more] = x < y ? [x, y] : [y, x];
  return Math.max(1, less >= more * WHOLE_DOMAIN ? less : more);
}

export interface KnownColumn {
  readonly rows: number;
  readonly domain: number | undefined;
  readonly tableRows: number | undefined;
}

function columnOf({ rows, columns }: Estimate, key: Expression | undefined): KnownColumn {
  const known = key?.kind === 'column' ? columns.get(key.name) : undefined;
  return { rows, domain: known?.domain, tableRows: known?.tableRows };
}

const matchedShare = (left: Estimate, right: Estimate, keys: Keys): number =>
  matchedShareOf(
    right,
    keys.map(([, other]) => other),
    keys.map(([key]) => columnOf(left, key)),
  );

/** The share of rows with the keys `left` that have a match among those of `right` by its `keys`. */
export function matchedShareOf(
  right: Estimate,
  keys: readonly (Expression | undefined)[],
  left: readonly KnownColumn[],
): number {
  let [values, domain] = [1, 1];
  for (const [index, key] of keys.entries()) {
    const distinct = key?.kind === 'column' ? right.columns.get(key.name)?.distinct : undefined;
    values *= distinct ?? right.rows;
    domain *= keyDomain(left[index] as KnownColumn, columnOf(right, key));
  }
  return Math.min(1, Math.min(values, right.rows) / domain);
}
