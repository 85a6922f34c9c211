/** Running of queries: a query is one task, which is run in this process. */

import { randomUUID } from 'node:crypto';
import type { RecordBatch } from 'apache-arrow';
import type { KeptBatch } from '../columnar/kept-batch.ts';
import type { CommittedFile, JobManifest } from '../commit/manifest.ts';
import { InvalidArgument } from '../errors.ts';
import type { TaskResult } from '../execute-task.ts';
import type { Compression, PlanNode, WriteFormat, WriteMode } from '../plan/plan-node.ts';
import type { Task, TaskInput } from '../plan/task.ts';
import { explainPlan } from '../planner/explain.ts';
import { sourcesOf } from '../planner/node-inputs.ts';
import type { StatisticsOf } from '../planner/optimizer/statistics.ts';
import { pushDown } from '../planner/push-down.ts';
import { renderStats } from '../stats/render-stats.ts';
import type { TaskStats } from '../stats/task-stats.ts';
import { checkOptions, type OptionNames } from './check-options.ts';
import { checkWriteOptions } from './file-options.ts';
import { loadedOnce } from './loaded-once.ts';
import { uriOf } from './places.ts';
import { boundQuery, newSourceId, optimizedQuery, type Query, queryOf, taskInputs } from './query.ts';
import type { RunOptions } from './run-options.ts';
import type { Session } from './session.ts';
import { type Table, tableOf } from './table.ts';

export interface ExplainOptions extends RunOptions {
  /** Whether the query is run, and the figures of every operator are there: false where absent. */
  readonly analyze?: boolean;
  /** Whether the plan is as the optimizer has made it, and as it is run, or as it was written: true where absent. */
  readonly optimized?: boolean;
  /** Whether the rules of the optimizer that fired are there: false where absent. */
  readonly rules?: boolean;
}

export interface WriteOptions<Name extends string = string> {
  /** `append` where absent. */
  readonly mode?: WriteMode;
  /** Hive partitioning: these columns become directories `name=value`. */
  readonly partitionBy?: readonly Name[];
  readonly compression?: Compression;
  readonly compressionLevel?: number;
  readonly targetFileBytes?: number;
  readonly rowGroupRows?: number;
  readonly signal?: AbortSignal;
}

/** What was written, all of it visible. */
export interface Written {
  readonly rowCount: number;
  readonly files: readonly CommittedFile[];
  readonly manifestUri: string;
  readonly statistics: TaskStats;
}

/** The task that runs a query, optimized, without rows that are in memory. */
export function taskOf(query: Query): Task {
  const { plan } = optimizedQuery(query);
  const read = new Set(sourcesOf(plan));
  const inputs = new Map([...query.inputs].filter(([id]) => read.has(id)));
  return { version: 1, jobId: randomUUID(), stageId: 0, taskId: 0, plan, inputs: taskInputs(inputs) };
}

export async function collectQuery<S>(session: Session, query: Query, options: RunOptions = {}): Promise<Table<S>> {
  const { schema, batches, statistics } = await keptQuery(session, query, options);
  return tableOf(schema, batches, statistics);
}

/** The rows of the answer. */
export async function keptQuery(
  session: Session,
  query: Query,
  options: RunOptions = {},
): Promise<Pick<TaskResult, 'schema' | 'statistics'> & { readonly batches: readonly KeptBatch[] }> {
  const batches: KeptBatch[] = [];
  const { schema, statistics } = await runTask(session, query, taskOf(query), options, (batch) => {
    batches.push(batch);
  });
  return { schema, statistics, batches };
}

/** Each batch waits until the one before it was taken. */
export async function* iterateQuery(
  session: Session,
  query: Query,
  { signal }: RunOptions = {},
): AsyncGenerator<KeptBatch> {
  const stop = new AbortController();
  const signals = signal === undefined ? [stop.signal] : [stop.signal, signal];
  const handover = new Handover();
  const running = runTask(session, query, taskOf(query), { signal: AbortSignal.any(signals), isQuiet: true }, (batch) =>
    handover.give(batch),
  ).then(
    () => handover.end(),
    (error: unknown) => handover.end(error),
  );
  try {
    yield* handover;
  } finally {
    stop.abort();
    handover.release();
    await running;
  }
}

/** One batch at a time from a task to whoever iterates. */
class Handover {
  #batch: KeptBatch | undefined;
  #taken: () => void = () => {};
  #wake: () => void = () => {};
  #end: { readonly error: unknown } | undefined;

  give(batch: KeptBatch): Promise<void> {
    this.#batch = batch;
    this.#wake();
    return new Promise((resolve) => {
      this.#taken = resolve;
    });
  }

  end(error?: unknown): void {
    this.#end = { error };
    this.#wake();
  }

  /** Lets a task go on that nobody takes batches of any more. */
  release(): void {
    this.#taken();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<KeptBatch> {
    for (;;) {
      const batch = this.#batch;
      if (batch !== undefined) {
        this.#batch = undefined;
        yield batch;
        this.#taken();
      } else if (this.#end !== undefined) {
        if (this.#end.error !== undefined) throw this.#end.error;
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }
}

export async function writeQuery(
  session: Session,
  query: Query,
  directory: string,
  kind: WriteFormat['kind'],
  options: WriteOptions & Omit<WriteFormat, 'kind'>,
): Promise<Written> {
  checkWriteOptions(kind, options);
  const {
    mode = 'append',
    partitionBy,
    compression,
    compressionLevel,
    targetFileBytes,
    rowGroupRows,
    signal,
    ...format
  } = options;
  const write: PlanNode = {
    kind: 'write',
    input: query.plan,
    format: { kind, ...format } as WriteFormat,
    ...(partitionBy && { partitionBy }),
    ...(compression && { compression }),
    ...(compressionLevel !== undefined && { compressionLevel }),
    ...(targetFileBytes !== undefined && { targetFileBytes }),
    ...(rowGroupRows !== undefined && { rowGroupRows }),
  };
  const written = queryOf({ kind: 'commit-write', input: write, mode }, query.inputs, 'write');
  const task = { ...taskOf(written), output: { uri: uriOf(directory) } };
  const { rowCount, manifest, manifestUri, statistics } = await runTask(session, written, task, {
    ...(signal && { signal }),
  });
  if (manifest === undefined || manifestUri === undefined) throw new InvalidArgument('A write has no manifest.');
  return { rowCount, files: (manifest as JobManifest).files, manifestUri, statistics };
}

const EXPLAIN_OPTIONS: OptionNames<ExplainOptions> = { analyze: true, optimized: true, rules: true, signal: true };

export function explainQuery(session: Session, query: Query, given: ExplainOptions): string | Promise<string> {
  checkOptions('explain', given, EXPLAIN_OPTIONS);
  const { analyze = false, optimized = true, rules = false, ...options } = given;
  const made = optimizedQuery(query);
  const shown = optimized ? made.plan : query.plan;
  const whole = explainPlan(pushDown(boundQuery(shown, 'explain')));
  const threads = session.explainThreads(shown, statisticsIn(query));
  const plan = threads === undefined ? whole : `${whole}\n\n${threads}`;
  const text = rules ? `${plan}\n\n${firedText(made.fired)}` : plan;
  if (!analyze) return text;
  return runTask(session, query, taskOf(query), options).then(
    ({ statistics }) => `${text}\n\n${renderStats(statistics)}`,
  );
}

const firedText = (fired: ReadonlyMap<string, number>): string =>
  fired.size === 0
    ? 'No rule of the optimizer fired.'
    : `Rules of the optimizer that fired: ${[...fired].map(([name, count]) => `${name} ${count}`).join(', ')}`;

/** The same rows, loaded once. */
export function cachedInputs(session: Session, query: Query): Query {
  const id = newSourceId('cache');
  const load = loadedOnce(async (options) => (await keptQuery(session, query, options)).batches);
  const plan: PlanNode = { kind: 'in-memory-scan', sourceId: id, schema: query.schema.fields };
  return queryOf(plan, new Map([[id, { kind: 'batches', load, rowsOf: query }]]), 'cache');
}

/** Runs a task of the query, of which it gets the rows that are in memory, or were put aside. */
export async function runTask(
  session: Session,
  { inputs }: Query,
  task: Task,
  { signal, isQuiet = false, ...more }: RunOptions & { readonly isQuiet?: boolean },
  onKept?: (batch: KeptBatch) => void | Promise<void>,
): Promise<TaskResult> {
  checkOptions<RunOptions>('An output', more, { signal: true });
  const options = { ...(signal && { signal }) };
  const batches: Record<string, readonly (RecordBatch | KeptBatch)[]> = {};
  const pieces: Record<string, TaskInput> = {};
  for (const [id, input] of inputs) {
    if (!(id in task.inputs)) continue;
    if (input.kind === 'given') batches[id] = input.batches();
    if (input.kind === 'batches') batches[id] = await input.load(options);
    if (input.kind === 'pieces') pieces[id] = { kind: 'shuffle', pieces: await input.load(options) };
  }
  const whole = { ...task, inputs: { ...task.inputs, ...pieces } };
  const services = { batches, ...(onKept && { onKept }), ...options, isQuiet };
  return await session.execute(whole, { ...services, statisticsOf: statisticsIn({ inputs }) });
}

const statisticsIn =
  ({ inputs }: Pick<Query, 'inputs'>): StatisticsOf =>
  (id) =>
    inputs.get(id)?.statistics;
