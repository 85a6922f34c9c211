/**
 * Rows that are divided: written by partition into one object, from which each partition is read by itself.
 *
 *     frame ──repartition──▶ │ pages of 0 │ pages of 1 │ … │      in the temporary place of the session, when first asked for
 *                                  │            │
 *                            partitions[0]  partitions[1]  …     frames; one behind the other they are the result
 *
 * So what needs the rows of a key together can be done one partition after the other, in the memory of one of them.
 * Where rows go by ranges, the boundaries are those that divide a sample of the keys evenly, and the frame is read twice.
 */

import type { TaskManifest } from '../commit/manifest.ts';
import { InvalidArgument } from '../errors.ts';
import type { Expression } from '../expressions/expression.ts';
import { type JsonValue, valueToJson } from '../expressions/literal.ts';
import { joinUri } from '../io/uri.ts';
import type { PartitionBy, PlanNode, SortKey } from '../plan/plan-node.ts';
import type { ShufflePieceInput } from '../plan/task.ts';
import { checkOptions, type OptionNames } from './check-options.ts';
import { type ExprOrName, exprOf } from './expr.ts';
import type { OneOrMore } from './frame-types.ts';
import { loadedOnce } from './loaded-once.ts';
import { column, passed } from './named-columns.ts';
import { type OrderOptions, orderOf } from './order.ts';
import { projected, withParts } from './plan-parts.ts';
import { newSourceId, type Query, queryOf } from './query.ts';
import type { RunOptions } from './run-options.ts';
import { keptQuery, runTask, taskOf } from './run-query.ts';
import type { Session } from './session.ts';

/** By which rule rows go to partitions. */
export type RepartitionOptions<Key = ExprOrName> =
  /** Rows with equal keys go to one partition: null is a key. */
  | { readonly by: OneOrMore<Key>; readonly how?: 'hash' }
  /** In the order of the keys, about as many rows in each; rows with equal keys stay together. */
  | ({ readonly by: OneOrMore<Key>; readonly how: 'range' } & OrderOptions)
  /** Any, the same again for the same seed: 0 where absent. */
  | { readonly by?: undefined; readonly how?: 'random'; readonly seed?: number };

export interface PartitionedQuery {
  readonly whole: Query;
  readonly parts: readonly Query[];
}

/** Of a sample, for each partition. */
const SAMPLED_ROWS = 256;

const OPTIONS: OptionNames<RepartitionOptions> = {
  by: true,
  how: true,
  seed: true,
  descending: true,
  nullsFirst: true,
};

/** See `DataFrame.repartition`. */
export function repartitioned(
  session: Session,
  query: Query,
  partitions: number,
  options: RepartitionOptions,
): PartitionedQuery {
  checkOptions('repartition', options, OPTIONS);
  const { by, how = by === undefined ? 'random' : 'hash', ...rest } = options;
  if ((by === undefined) !== (how === 'random')) {
    throw new InvalidArgument(`repartition: ${how} ${by === undefined ? 'needs keys: say by' : 'has no keys'}.`);
  }
  const keys = by === undefined ? [] : orderOf(by, rest as OrderOptions, 'repartition');
  const { named, ...rows } = withParts(
    query,
    keys.map(({ expr }) => exprOf(expr)),
  );
  const expressions = named.map(({ expression }) => expression);
  const sortKeys = keys.map(
    ({ expr: _, ...order }, at): SortKey => ({ expression: expressions[at] as Expression, ...order }),
  );
  const rule = (boundaries: Boundaries): PartitionBy => {
    if (how === 'random') return { kind: 'random', ...(rest as { seed?: number }) };
    return how === 'hash' ? { kind: 'hash', columns: expressions } : { kind: 'range', keys: sortKeys, boundaries };
  };
  const node = (boundaries: Boundaries): PlanNode => ({
    kind: 'repartition',
    input: rows.plan,
    partitions,
    by: rule(boundaries),
  });
  // What is wrong is told by the line that says it.
  queryOf(node([]), query.inputs, 'repartition');
  return divided(session, query, rows.plan, partitions, async (run) =>
    node(how === 'range' ? await boundariesOf(session, query, { plan: rows.plan, sortKeys, partitions }, run) : []),
  );
}

/** See `DataFrame.intoPartitions`. */
export function intoPartitions(session: Session, query: Query, partitions: number): PartitionedQuery {
  const node: PlanNode = { kind: 'into-partitions', input: query.plan, partitions };
  queryOf(node, query.inputs, 'intoPartitions');
  return divided(session, query, query.plan, partitions, async () => node);
}

/** `plan` has the columns of `query`, and perhaps keys that are worked out. */
function divided(
  session: Session,
  query: Query,
  plan: PlanNode,
  partitions: number,
  node: (options: RunOptions) => Promise<PlanNode>,
): PartitionedQuery {
  const { schema, columns } = queryOf(plan, query.inputs, 'repartition');
  const written = loadedOnce(async (options) => {
    const shuffle = queryOf(await node(options), query.inputs, 'repartition');
    const output = { uri: session.temporaryUri };
    const { manifest } = await runTask(session, shuffle, { ...taskOf(shuffle), output }, options);
    const { shuffle: objects = [] } = manifest as TaskManifest;
    return Array.from({ length: partitions }, (_, partition) =>
      objects.map(
        ({ path, etag, partitions: pages }): ShufflePieceInput => ({
          uri: joinUri(output.uri, path),
          etag,
          ranges: (pages[partition] ?? []).map(([offset = 0, bytes = 0, rows = 0, skip = 0]) => {
            return { offset, bytes, rows, skip };
          }),
        }),
      ),
    );
  });
  const reading = (
    pieces: (all: ShufflePieceInput[][]) => readonly ShufflePieceInput[],
    rowsOf: Query | undefined,
  ): Query => {
    const sourceId = newSourceId('partitions');
    const load = async (options: RunOptions): Promise<readonly ShufflePieceInput[]> => pieces(await written(options));
    const rows = projected(
      { plan: { kind: 'shuffle-read', sourceId, schema: schema.fields }, columns },
      query.columns.map(passed),
    );
    return queryOf(rows.plan, new Map([[sourceId, { kind: 'pieces', load, rowsOf }]]), 'repartition');
  };
  return {
    whole: reading((all) => all.flat(), queryOf(plan, query.inputs, 'repartition')),
    parts: Array.from({ length: partitions }, (_, partition) => reading((all) => all[partition] ?? [], undefined)),
  };
}

type Boundaries = readonly (readonly JsonValue[])[];

/** Keys that divide a sample of all into as many parts of one size, but for those that are equal. */
async function boundariesOf(
  session: Session,
  query: Query,
  { plan, sortKeys, partitions }: { plan: PlanNode; sortKeys: readonly SortKey[]; partitions: number },
  options: RunOptions,
): Promise<Boundaries> {
  const names = sortKeys.map((_, at) => `key ${at}`);
  const columns = sortKeys.map(({ expression }, at) => ({ name: names[at] as string, expression }));
  const keys: PlanNode = { kind: 'project', input: plan, columns };
  // With replacement, because there may be fewer rows.
  const sample: PlanNode = {
    kind: 'sample',
    input: keys,
    size: partitions * SAMPLED_ROWS,
    withReplacement: true,
    seed: 0,
  };
  const sorted: PlanNode = {
    kind: 'sort',
    input: sample,
    keys: sortKeys.map((key, at) => ({ ...key, expression: column(names[at] as string) })),
  };
  const { schema, batches } = await keptQuery(session, queryOf(sorted, query.inputs, 'repartition'), options);
  const rows = batches.flatMap((batch) => [...batch.rows()]);
  const found = Array.from(
    { length: partitions - 1 },
    (_, at) => rows[Math.floor(((at + 1) * rows.length) / partitions)],
  )
    .filter((row) => row !== undefined)
    .map((row) => schema.fields.map(({ type }, at) => valueToJson(row[at] ?? null, type)));
  return found.filter((row, at) => JSON.stringify(row) !== JSON.stringify(found[at - 1]));
}
