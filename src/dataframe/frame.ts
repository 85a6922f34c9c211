/**
 * Frames: tables that are described, and worked out when somebody asks for what is in them.
 *
 *     const late = (await readParquet('flights/*.parquet'))
 *       .filter(col('delay').gt(15))
 *       .groupBy('origin')
 *       .agg(count().alias('late'), col('delay').mean())
 *       .sort('late', { descending: true });
 *     await late.show();
 *
 * A frame is a value: every method gives another one. Methods that take a frame take one of the same session. Errors of names
 * and types are thrown by the method that is told of them; nothing is read or run before an output is asked for.
 *
 * TypeScript knows the columns of a frame and their types where it is told (`fromRows`, `readParquet<Row>(…)`), as `S`.
 */

import type { Table as ArrowTable, RecordBatch } from 'apache-arrow';
import { type Schema, schemaText } from '../columnar/schema.ts';
import { InvalidArgument } from '../errors.ts';
import type { Expression, NamedExpression } from '../expressions/expression.ts';
import { withColumnsRenamed } from '../expressions/expression-inputs.ts';
import type {
  ArrowFormat,
  CsvFormat,
  JoinType,
  JsonFormat,
  ParquetFormat,
  PlanNode,
  SortKey,
} from '../plan/plan-node.ts';
import type { Task } from '../plan/task.ts';
import { count } from './builders.ts';
import { checkOptions, type OptionNames } from './check-options.ts';
import { type ColumnSummary, described, summarized } from './column-statistics.ts';
import {
  columnName,
  type Expr,
  type ExprLike,
  type ExprOrName,
  exprOf,
  type Item,
  onlyExpr,
  operandOf,
} from './expr.ts';
import type {
  Both,
  ColumnsOf,
  Described,
  Given,
  JoinAsofOptions,
  Joined,
  JoinOptions,
  KeyOf,
  Merged,
  NameOf,
  Of,
  OneOrMore,
  Renamed,
  Selected,
  Several,
  ValueOrNull,
} from './frame-types.ts';
import { columnsOf, exprsOf } from './given-exprs.ts';
import { GroupBy } from './group-by.ts';
import { apart, joinKeys, sharedName } from './join-sides.ts';
import { column, passed } from './named-columns.ts';
import { type OrderOptions, orderOf } from './order.ts';
import { intoPartitions, type PartitionedQuery, type RepartitionOptions, repartitioned } from './partitions.ts';
import { aggregated, hasAggregates, projected, type Rows, withParts } from './plan-parts.ts';
import { inputsOf, type Query, queryOf } from './query.ts';
import type { RunOptions } from './run-options.ts';
import {
  cachedInputs,
  collectQuery,
  type ExplainOptions,
  explainQuery,
  iterateQuery,
  keptQuery,
  type WriteOptions,
  type Written,
  writeQuery,
} from './run-query.ts';
import type { Session } from './session.ts';
import { alike, numbered } from './set-operations.ts';
import { displayOf, INSPECT, JUPYTER_DISPLAY, NOTEBOOK_ROWS, type Page, pageText } from './show.ts';
import { shownValue } from './shown-value.ts';
import { type Table, tableOf } from './table.ts';
import { taskDocument } from './task-document.ts';
import './scalar-functions.ts';

/** See the top of the file. */
export class DataFrame<S = any> {
  readonly session: Session;
  readonly query: Query;
  readonly #parts: readonly Query[];

  constructor(session: Session, query: Query, parts: readonly Query[] = [query]) {
    this.session = session;
    this.query = query;
    this.#parts = parts;
  }

  /** Names and types of the columns. */
  get schema(): Schema {
    return this.query.schema;
  }

  get columns(): readonly string[] {
    return this.query.columns;
  }

  /** A column of this frame, whose type is known: the same as `col(name)` else. */
  col<const N extends NameOf<S>>(name: N): Expr<S[N], N, N> {
    this.#known([name], 'col');
    return exprOf(name) as never;
  }

  // Columns.

  /** These columns, and no others. Of aggregates only: one row. */
  select<const E extends OneOrMore<Of<S>>>(make: (columns: ColumnsOf<S>) => E): DataFrame<Selected<S, Several<E>>>;
  select<const E extends readonly Of<S>[]>(...exprs: E): DataFrame<Selected<S, E>>;
  select(...given: readonly (Of<S> | ((columns: ColumnsOf<S>) => OneOrMore<Of<S>>))[]): DataFrame {
    const exprs = exprsOf(this, given);
    if (exprs.length > 0 && hasAggregates(exprs) && exprs.every(isOfAggregates))
      return this.#next(aggregated(this.query, [], exprs), 'select');
    const { named, ...rows } = withParts(this.query, exprs);
    return this.#next(projected(rows, named), 'select');
  }

  /** All columns, and these: in place of those of the same name, or behind the others. */
  withColumns<const E extends OneOrMore<ExprLike<any, NameOf<S>>>>(
    make: (columns: ColumnsOf<S>) => E,
  ): DataFrame<Merged<S, Selected<S, Several<E>>>>;
  withColumns<const E extends readonly ExprLike<any, NameOf<S>>[]>(...exprs: E): DataFrame<Merged<S, Selected<S, E>>>;
  withColumns(...given: readonly (Expr | ((columns: ColumnsOf<S>) => OneOrMore<Expr>))[]): DataFrame {
    const exprs = exprsOf(this, given);
    const { named, ...rows } = withParts(this.query, exprs);
    const made = new Map(named.map((column) => [column.name, column]));
    if (made.size < named.length)
      throw new InvalidArgument('withColumns: two of the columns have one name: give one an alias.');
    const kept = this.columns.map((name) => made.get(name) ?? passed(name));
    return this.#next(
      projected(rows, [...kept, ...named.filter(({ name }) => !this.columns.includes(name))]),
      'withColumns',
    );
  }

  withColumn<const N extends string, T>(
    name: N,
    expr: Given<S, ExprLike<T, NameOf<S>>>,
  ): DataFrame<Merged<S, { [K in N]: T }>> {
    const made = typeof expr === 'function' ? expr(columnsOf(this)) : expr;
    return this.withColumns(onlyExpr(made as ExprLike).alias(name) as never) as never;
  }

  drop<const N extends NameOf<S>>(...names: readonly N[]): DataFrame<unknown extends S ? any : Omit<S, N>> {
    this.#known(names, 'drop');
    return this.#next(
      projected(this.query, this.columns.filter((name) => !names.includes(name as N)).map(passed)),
      'drop',
    ) as never;
  }

  /** New names by old ones. */
  rename<const M extends Readonly<Partial<Record<NameOf<S>, string>>>>(
    names: M & { readonly [K in Exclude<keyof M, NameOf<S>>]: never },
  ): DataFrame<Renamed<S, M>> {
    this.#known(Object.keys(names), 'rename');
    const renamed = this.columns.map((name) => ({
      name: columnName((names as Readonly<Record<string, string>>)[name] ?? name),
      expression: column(name),
    }));
    return this.#next(projected(this.query, renamed), 'rename') as never;
  }

  /** A first column of the number of each row, from `offset`: uint64. */
  withRowIndex<const N extends string = 'index'>(
    name: N = 'index' as N,
    offset: number = 0,
  ): DataFrame<Merged<S, { [K in N]: bigint }>> {
    return this.#over(
      { kind: 'monotonically-increasing-id', input: this.query.plan, name: columnName(name), offset },
      'withRowIndex',
    ) as never;
  }

  // Rows.

  /** The rows for which the condition is true: not those where it is null. */
  filter(condition: Given<S, ExprLike<boolean | null, NameOf<S>>>): DataFrame<S> {
    const expr = typeof condition === 'function' ? condition(columnsOf(this)) : condition;
    const { named, ...rows } = withParts(this.query, [onlyExpr(expr)]);
    const [{ expression: predicate }] = named as [NamedExpression];
    const filtered: Rows = { ...rows, plan: { kind: 'filter', input: rows.plan, predicate } };
    return this.#next(projected(filtered, this.columns.map(passed)), 'filter');
  }

  /** `filter`, as others call it. */
  where(condition: Given<S, ExprLike<boolean | null, NameOf<S>>>): DataFrame<S> {
    return this.filter(condition);
  }

  /** Stable: rows with equal keys stay in their order. */
  sort(by: Given<S, OneOrMore<Of<S>>>, options: OrderOptions = {}): DataFrame<S> {
    const keys = orderOf((typeof by === 'function' ? by(columnsOf(this)) : by) as ExprOrName, options, 'sort');
    const { named, ...rows } = withParts(
      this.query,
      keys.map(({ expr }) => exprOf(expr)),
    );
    const sortKeys = keys.map(
      ({ expr: _, ...rest }, index): SortKey => ({ expression: expressionAt(named, index), ...rest }),
    );
    const sorted: Rows = { ...rows, plan: { kind: 'sort', input: rows.plan, keys: sortKeys } };
    return this.#next(projected(sorted, this.columns.map(passed)), 'sort');
  }

  /** The first `rows` rows behind the first `offset`. */
  limit(rows: number, offset: number = 0): DataFrame<S> {
    return this.#over({ kind: 'limit', input: this.query.plan, limit: rows, ...(offset > 0 && { offset }) }, 'limit');
  }

  head(rows: number = 5): DataFrame<S> {
    return this.limit(rows);
  }

  /** All but the first `rows` rows. */
  offset(rows: number): DataFrame<S> {
    return this.limit(Number.MAX_SAFE_INTEGER - rows, rows);
  }

  /** Each row once: of rows that are equal, in these columns or in all, the first. */
  distinct(...columns: readonly NameOf<S>[]): DataFrame<S> {
    return this.#over({ kind: 'dedup', input: this.query.plan, ...(columns.length > 0 && { columns }) }, 'distinct');
  }

  /** `distinct`, as Daft calls it where columns are given. */
  dedup(...columns: readonly NameOf<S>[]): DataFrame<S> {
    return this.distinct(...columns);
  }

  /** Random rows: of each row with the probability `fraction`, or `size` of them. */
  sample(options: {
    readonly fraction?: number;
    readonly size?: number;
    readonly withReplacement?: boolean;
    readonly seed?: number;
  }): DataFrame<S> {
    return this.#over({ kind: 'sample', input: this.query.plan, ...options }, 'sample');
  }

  /**
   * The same rows, divided into so many `partitions`: by the hash of keys, by their order, or where there are no keys in any way.
   * They are written to the session's `temp` when they are first asked for, and read from there.
   */
  repartition(partitions: number, options: RepartitionOptions<Of<S>> = {}): DataFrame<S> {
    return this.#divided(repartitioned(this.session, this.query, partitions, options as RepartitionOptions));
  }

  /** As `repartition`, in their order: into so many partitions of one size, of which the last may have fewer rows, or none. */
  intoPartitions(partitions: number): DataFrame<S> {
    return this.#divided(intoPartitions(this.session, this.query, partitions));
  }

  /** What `repartition` and `intoPartitions` have divided, each a frame; of any other frame itself, as a whole. */
  get partitions(): readonly DataFrame<S>[] {
    return this.#parts.map((part) => new DataFrame<S>(this.session, part));
  }

  /** The same rows in batches of another size: for user-defined functions, and for who iterates over batches. */
  intoBatches(rows: number, options: { readonly strict?: boolean } = {}): DataFrame<S> {
    return this.#over({ kind: 'into-batches', input: this.query.plan, rows, ...options }, 'intoBatches');
  }

  /** A row for each item of the lists in these columns, which have one length in each row. */
  explode<const N extends NameOf<S>, const I extends string = never>(
    columns: OneOrMore<N>,
    options: { readonly ignoreEmpty?: boolean; readonly indexColumn?: I } = {},
  ): DataFrame<Merged<S, { [K in N]: Item<S[K]> } & { [K in I]: bigint | null }>> {
    const names = typeof columns === 'string' ? [columns] : columns;
    return this.#over({ kind: 'explode', input: this.query.plan, columns: names, ...options }, 'explode') as never;
  }

  /** A row for each of the columns `on`, all but the `ids` where absent: `ids`, the name of the column, its value. */
  unpivot<
    const I extends NameOf<S> = never,
    const O extends NameOf<S> = Exclude<NameOf<S>, I>,
    const N extends string = 'variable',
    const V extends string = 'value',
  >(options: {
    readonly on?: readonly O[];
    readonly ids?: readonly I[];
    readonly variableName?: N;
    readonly valueName?: V;
  }): DataFrame<unknown extends S ? any : Both<{ [K in I]: S[K] } & { [K in N]: string }, { [K in V]: S[O] }>> {
    const { on, ids = [], ...names } = options;
    const values = on ?? (this.columns.filter((name) => !(ids as readonly string[]).includes(name)) as O[]);
    return this.#over({ kind: 'unpivot', input: this.query.plan, ids, values, ...names }, 'unpivot') as never;
  }

  // Groups.

  /** One row of what the aggregates make of all rows. */
  agg<const E extends OneOrMore<ExprLike<any, NameOf<S>>>>(
    make: (columns: ColumnsOf<S>) => E,
  ): DataFrame<Selected<S, Several<E>>>;
  agg<const E extends readonly ExprLike<any, NameOf<S>>[]>(...exprs: E): DataFrame<Selected<S, E>>;
  agg(...given: readonly (Expr | ((columns: ColumnsOf<S>) => OneOrMore<Expr>))[]): DataFrame {
    return this.#next(aggregated(this.query, [], exprsOf(this, given)), 'agg');
  }

  groupBy<const K extends readonly Of<S>[]>(make: (columns: ColumnsOf<S>) => K): GroupBy<S, K>;
  groupBy<const K extends readonly Of<S>[]>(...keys: K): GroupBy<S, K>;
  groupBy(...given: readonly (Of<S> | ((columns: ColumnsOf<S>) => readonly Of<S>[]))[]): GroupBy<S> {
    return new GroupBy(this, exprsOf(this, given), (rows, method) => this.#next(rows, method));
  }

  /**
   * What is in each column, as Polars tells it: a row for each of count, null_count, mean, std, min, percentiles and max, in
   * the column `statistic`. Numbers and bools become float64, other values texts; of texts and times there are counts, the least
   * and the greatest. Percentiles are exact, and hold every number in memory: `summarize` does not.
   */
  describe({
    percentiles = [0.25, 0.5, 0.75],
  }: {
    /** Fractions from 0 to 1. */
    readonly percentiles?: readonly number[];
  } = {}): DataFrame<Described<S>> {
    return described(this, percentiles) as never;
  }

  /**
   * A row for each column, as DuckDB tells it, in little memory: its type, the least and the greatest value as exact texts, about
   * how many different values there are, mean, deviation, about the quartiles, how many rows there are, nulls among a hundred.
   */
  summarize(): DataFrame<ColumnSummary> {
    return summarized(this);
  }

  // Two frames.

  join<
    R,
    const K extends KeyOf<S, R> = never,
    const A extends Of<S> = never,
    const B extends Of<R> = never,
    const H extends JoinType = 'inner',
    const X extends string = '_right',
  >(
    other: DataFrame<R>,
    options: JoinOptions<S, R, K, A, B, H, X>,
  ): DataFrame<Joined<S, R, K | Extract<A & string, B>, H, X>> {
    checkOptions<JoinOptions<any, any>>('join', options, JOIN_OPTIONS);
    const { how = 'inner', suffix = '_right', nullEqualsNull = false, buildSide }: JoinOptions<any, any> = options;
    const [left, right] = joinKeys(options as JoinOptions<any, any>);
    const leftRows = keysOf(this.query, left, 'join, of the left side');
    const rightRows = keysOf(queryOfFrame(other, 'join'), right, 'join, of the right side');
    const leftOn = leftRows.named.map(({ expression }) => expression);
    const rightOn = rightRows.named.map(({ expression }) => expression);
    const shared = new Set(leftOn.flatMap((e, at) => sharedName(e, rightOn[at])));
    const sides =
      how === 'semi' || how === 'anti' ? undefined : apart(leftRows.columns, rightRows.columns, shared, suffix);
    const renamed = sides === undefined ? rightRows : projected(rightRows, sides);
    const names = new Map(
      sides?.map(({ name, expression }) => [expression.kind === 'column' ? expression.name : '', name]),
    );
    const plan: PlanNode = {
      kind: 'hash-join',
      left: leftRows.plan,
      right: renamed.plan,
      leftOn,
      rightOn: rightOn.map((e) => withColumnsRenamed(e, names)),
      joinType: how,
      ...(buildSide && { buildSide }),
      ...(nullEqualsNull && { nullEqualsNull: leftOn.map(() => true) }),
    };
    return this.#with(plan, 'join', other) as never;
  }

  crossJoin<R, const X extends string = '_right'>(
    other: DataFrame<R>,
    options: { readonly suffix?: X } = {},
  ): DataFrame<Joined<S, R, never, 'inner', X>> {
    checkOptions('crossJoin', options, { suffix: true });
    const { suffix = '_right' } = options;
    const right = projected(queryOfFrame(other, 'crossJoin'), apart(this.columns, other.columns, new Set(), suffix));
    return this.#with({ kind: 'cross-join', left: this.query.plan, right: right.plan }, 'crossJoin', other) as never;
  }

  /** Beside every row the row of `other` that is nearest to it in time, or in another order. */
  joinAsof<
    R,
    const K extends KeyOf<S, R> = never,
    const A extends Of<S> = never,
    const B extends Of<R> = never,
    const X extends string = '_right',
  >(
    other: DataFrame<R>,
    options: JoinAsofOptions<S, R, K, A, B, X>,
  ): DataFrame<Joined<S, R, K | Extract<A & string, B>, 'left', X>> {
    checkOptions<JoinAsofOptions<any, any>>('joinAsof', options, JOIN_ASOF_OPTIONS);
    queryOfFrame(other, 'joinAsof');
    const {
      on,
      by = [],
      strategy = 'backward',
      tolerance,
      allowExactMatches,
      suffix = '_right',
    }: JoinAsofOptions<any, any> = options;
    const keyOf = (key: unknown, side: string): Expression => {
      if (key === undefined) throw new InvalidArgument(`joinAsof: ${side} is missing: give on, or leftOn and rightOn.`);
      return exprOf(key as ExprOrName).expression;
    };
    const [leftOn, rightOn] = [keyOf(options.leftOn ?? on, 'leftOn'), keyOf(options.rightOn ?? on, 'rightOn')];
    const keys = (typeof by === 'string' ? [by] : by) as readonly string[];
    const shared = new Set([...keys, ...sharedName(leftOn, rightOn)]);
    const sides = apart(this.columns, other.columns, shared, suffix);
    const names = new Map(sides.map(({ name, expression }) => [(expression as { name: string }).name, name]));
    const plan: PlanNode = {
      kind: 'asof-join',
      left: this.query.plan,
      right: projected(other.query, sides).plan,
      ...(keys.length > 0 && { leftBy: keys.map(column), rightBy: keys.map(column) }),
      leftOn,
      rightOn: withColumnsRenamed(rightOn, names),
      strategy,
      ...(tolerance !== undefined && { tolerance: operandOf(tolerance).expression }),
      ...(allowExactMatches !== undefined && { allowExactMatches }),
    };
    return this.#with(plan, 'joinAsof', other) as never;
  }

  /** The rows of this frame, then those of the others, whose columns are the same. */
  concat(...others: readonly DataFrame<S>[]): DataFrame<S> {
    const inputs = [this, ...others].map((frame) => queryOfFrame(frame, 'concat').plan);
    return this.#with({ kind: 'concat', inputs }, 'concat', ...others);
  }

  /**
   * The rows of both. Columns go together by their positions, or by their names, where one that a side lacks is null there;
   * types are made common. Rows that are equal come once, but with `all`.
   */
  union<R>(
    other: DataFrame<R>,
    options: { readonly all?: boolean; readonly byName: true },
  ): DataFrame<unknown extends S | R ? any : { [K in keyof S | keyof R]: ValueOrNull<S, K> | ValueOrNull<R, K> }>;
  union(other: DataFrame, options?: { readonly all?: boolean; readonly byName?: boolean }): DataFrame<S>;
  union(other: DataFrame, options: { readonly all?: boolean; readonly byName?: boolean } = {}): DataFrame {
    checkOptions('union', options, { all: true, byName: true });
    const { all = false, byName = false } = options;
    const [left, right] = alike(this.query, queryOfFrame(other, 'union'), byName, 'union');
    const both = this.#with({ kind: 'concat', inputs: [left, right] }, 'union', other);
    return all ? both : both.distinct();
  }

  /** The rows that are in both, each once; with `all` as often as they are in both. */
  intersect(other: DataFrame, options: { readonly all?: boolean } = {}): DataFrame<S> {
    return this.#matched(other, 'semi', options, 'intersect');
  }

  /** The rows that are not in the other, each once; with `all` one less for each time that they are there. */
  except(other: DataFrame, options: { readonly all?: boolean } = {}): DataFrame<S> {
    return this.#matched(other, 'anti', options, 'except');
  }

  /** Whatever `change` makes of this frame: for steps that have a name. */
  transform<R>(change: (frame: DataFrame<S>) => DataFrame<R>): DataFrame<R> {
    return change(this);
  }

  /** The same rows, which are kept in memory the first time that they are asked for. */
  cache(): DataFrame<S> {
    return new DataFrame(this.session, cachedInputs(this.session, this.query));
  }

  // Outputs: they run the query.

  /** All of it, in memory. */
  collect(options?: RunOptions): Promise<Table<S>> {
    return collectQuery(this.session, this.query, options);
  }

  /** The rows as objects: see `value-types.ts` for what their values are. */
  async toRows(options?: RunOptions): Promise<S[]> {
    return (await this.collect(options)).toRows();
  }

  /** An array for each column. */
  async toColumns(options?: RunOptions): Promise<{ [K in keyof S]: S[K][] }> {
    return (await this.collect(options)).toColumns();
  }

  async toArrow(options?: RunOptions): Promise<ArrowTable> {
    return (await this.collect(options)).toArrow();
  }

  /** One row after the other, no more of them in memory than a batch has. */
  async *iterRows(options?: RunOptions): AsyncGenerator<S> {
    for await (const batch of iterateQuery(this.session, this.query, options)) {
      yield* tableOf<S>(this.schema, [batch]).toRows();
    }
  }

  /** Arrow record batches as they come. Who stops early stops the query. */
  async *iterBatches(options?: RunOptions): AsyncGenerator<RecordBatch> {
    const { keptToArrow } = await import('../columnar/arrow.ts');
    for await (const batch of iterateQuery(this.session, this.query, options)) yield keptToArrow(batch);
  }

  /** How many rows there are. */
  async count(options?: RunOptions): Promise<number> {
    const [row] = await (this as DataFrame).agg(count().alias('rows')).toRows(options);
    return Number(row.rows);
  }

  /** Prints the first rows, 10 where absent, as a table. */
  async show(
    rows: number = 10,
    /** `width`: characters in a line, those of the terminal where absent, else 120. */
    { width, ...options }: { readonly width?: number } & RunOptions = {},
  ): Promise<void> {
    if (!Number.isSafeInteger(rows) || rows < 0) {
      throw new InvalidArgument(`show takes a number of rows, and not ${shownValue(rows)}.`);
    }
    process.stdout.write(pageText(await this.#page(rows, options), width));
  }

  /** What notebooks show, which find it as `Symbol.for('Jupyter.display')`: by types of media. */
  async toDisplay(): Promise<Record<string, string>> {
    return displayOf(await this.#page(NOTEBOOK_ROWS));
  }

  /** Names and types of the columns: rows are there when they are asked for. */
  toString(): string {
    return `DataFrame(${schemaText(this.schema)})`;
  }

  /** The plan as it is run, one node a line; with `analyze` it is run, and has the figures of every operator. */
  explain(options: ExplainOptions & { readonly analyze: true }): Promise<string>;
  explain(options?: ExplainOptions & { readonly analyze?: false }): string;
  explain(options: ExplainOptions = {}): string | Promise<string> {
    return explainQuery(this.session, this.query, options);
  }

  /**
   * The task that an output runs, optimized, as `execute-task` takes it. It has the rows of `fromRows` and its like, as long as they are
   * few, and of a cache, and of what was divided, that from which these are made. @throws InvalidQuery where it reads a partition, or more
   * rows in memory than a task may have: 250,000 values
   */
  toPlan(): Task {
    return { ...this.session.settings, ...taskDocument(this.query) };
  }

  /** Writes Parquet files below the directory; all of them become visible at once. */
  writeParquet(
    directory: string,
    options: WriteOptions<NameOf<S>> & Omit<ParquetFormat, 'kind'> = {},
  ): Promise<Written> {
    return writeQuery(this.session, this.query, directory, 'parquet', options);
  }

  writeCsv(directory: string, options: WriteOptions<NameOf<S>> & Omit<CsvFormat, 'kind'> = {}): Promise<Written> {
    return writeQuery(this.session, this.query, directory, 'csv', options);
  }

  /** An object per line. */
  writeJson(directory: string, options: WriteOptions<NameOf<S>> & Omit<JsonFormat, 'kind'> = {}): Promise<Written> {
    return writeQuery(this.session, this.query, directory, 'json', options);
  }

  /** Arrow IPC. */
  writeArrow(directory: string, options: WriteOptions<NameOf<S>> & Omit<ArrowFormat, 'kind'> = {}): Promise<Written> {
    return writeQuery(this.session, this.query, directory, 'arrow', options);
  }

  /** Of rows that are equal, the first is compared with the first of the other side, the second with the second. */
  #matched(other: DataFrame, how: 'semi' | 'anti', options: { readonly all?: boolean }, method: string): DataFrame<S> {
    checkOptions(method, options, { all: true });
    const { all = false } = options;
    const [left, right] = alike(this.query, queryOfFrame(other, method), false, method).map((plan) =>
      this.#with(plan, method, other),
    ) as [DataFrame, DataFrame];
    const sides = all ? [numbered(left), numbered(right)] : [left.distinct(), right];
    const [l, r] = sides as [DataFrame, DataFrame];
    const matched = l.join(r, { on: l.columns as never, how, nullEqualsNull: true });
    return (all ? matched.select(...(this.columns as never[])) : matched) as DataFrame<S>;
  }

  /** One row more is asked for than is shown. */
  async #page(rows: number, options?: RunOptions): Promise<Page> {
    const { batches } = await keptQuery(this.session, this.limit(rows + 1).query, options);
    const found = batches.flatMap((batch) => [...batch.rows()]);
    return { schema: this.schema, rows: found.slice(0, rows), hasMore: found.length > rows };
  }

  #divided({ whole, parts }: PartitionedQuery): DataFrame<S> {
    return new DataFrame(this.session, whole, parts);
  }

  #known(names: readonly string[], method: string): void {
    queryOf({ kind: 'project', input: this.query.plan, columns: names.map(passed) }, this.query.inputs, method);
  }

  #over(plan: PlanNode, method: string): DataFrame<any> {
    return new DataFrame(this.session, queryOf(this.session.withTimeZone(plan), this.query.inputs, method));
  }

  #next({ plan }: Rows, method: string): DataFrame<any> {
    return this.#over(plan, method);
  }

  #with(plan: PlanNode, method: string, ...others: readonly DataFrame<any>[]): DataFrame<any> {
    if (others.some(({ session }) => session !== this.session)) {
      throw new InvalidArgument(`${method}: the frames are of different sessions.`);
    }
    return new DataFrame(
      this.session,
      queryOf(this.session.withTimeZone(plan), inputsOf(this.query, ...others.map(({ query }) => query)), method),
    );
  }
}

const expressionAt = (named: readonly NamedExpression[], index: number): Expression =>
  (named[index] as NamedExpression).expression;

const JOIN_OPTIONS: OptionNames<JoinOptions<any, any>> = {
  ...{ on: true, leftOn: true, rightOn: true, how: true, suffix: true, nullEqualsNull: true, buildSide: true },
};
const JOIN_ASOF_OPTIONS: OptionNames<JoinAsofOptions<any, any>> = {
  ...{ on: true, leftOn: true, rightOn: true, by: true, strategy: true, tolerance: true, allowExactMatches: true },
  suffix: true,
};

/** What is given as another frame. @throws InvalidArgument */
function queryOfFrame(given: DataFrame, method: string): Query {
  if (given instanceof DataFrame) return given.query;
  throw new InvalidArgument(`${method} takes another frame, and not ${given === null ? 'null' : `a ${typeof given}`}.`);
}

/** Keys of one side of a join, which is what is told of where one is wrong. @throws InvalidQuery */
function keysOf(query: Query, keys: readonly Expr[], method: string): ReturnType<typeof withParts> {
  const rows = withParts(query, keys);
  const columns = rows.named.map(({ expression }, at) => ({ name: `key ${at}`, expression }));
  queryOf({ kind: 'project', input: rows.plan, columns }, query.inputs, method);
  return rows;
}

/** Whether an expression has no column of the frame outside of aggregates. */
const isOfAggregates = (expr: Expr): boolean => hasAggregates([expr]) || expr.expression.kind === 'literal';

Object.defineProperties(DataFrame.prototype, {
  [JUPYTER_DISPLAY]: { value: DataFrame.prototype.toDisplay },
  [INSPECT]: { value: DataFrame.prototype.toString },
});
