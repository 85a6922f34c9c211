/**
 * The entry of the engine: a task and what the world offers it, to its result.
 *
 *     unknown ──parse──▶ Task ──bind, push down──▶ BoundNode ──build──▶ Chain ──run──▶ batches, or files and a manifest
 *
 * However a task ends, its memory is given back, and what it wrote is either committed or was never visible.
 */

import type { RecordBatch } from 'apache-arrow';
import type { Batch } from './columnar/batch.ts';
import type { KeptBatch } from './columnar/kept-batch.ts';
import type { Schema } from './columnar/schema.ts';
import type { JobManifest, JsonValue, TaskManifest } from './commit/manifest.ts';
import type { Committed, TaskOutput } from './commit/task-output.ts';
import { isKeptForJobs } from './commit/work-paths.ts';
import { InvalidArgument, ObjectNotFound } from './errors.ts';
import type { ObjectStore } from './io/object-store.ts';
import { forgetParquetWasm } from './io/parquet/parquet-wasm-instance.ts';
import { newAttemptId } from './io/part-name.ts';
import { retryingStore } from './io/retrying-store.ts';
import { redactUri } from './io/uri.ts';
import { MemoryBudget } from './memory/budget.ts';
import type { LinearMemory } from './memory/linear-memory.ts';
import { borrowLinearMemory, collectGarbage, forgetLinearMemory } from './memory/process-memory.ts';
import { commitWrite } from './operators/blocking-sinks/commit-write.ts';
import type { Demand, Output, Source } from './operators/operator.ts';
import { emptyScan } from './operators/sources/empty-scan.ts';
import type { PlanNode } from './plan/plan-node.ts';
import { takePlan, takeTask } from './plan/take-document.ts';
import type { Task } from './plan/task.ts';
import type { UriRules } from './planner/async-call-stage.ts';
import type { BoundNode } from './planner/bound-plan.ts';
import { buildChain } from './planner/build-chain.ts';
import { loadAndBind } from './planner/load-and-bind.ts';
import { loadUdfs } from './planner/load-udfs.ts';
import { pushDown } from './planner/push-down.ts';
import { cancellable } from './runtime/cancellation.ts';
import type { Chain } from './runtime/chain.ts';
import { openChain } from './runtime/run-chain.ts';
import type { TaskStats } from './stats/task-stats.ts';
import type { UdfModules } from './udf/udf-modules.ts';

/** Where batches of a result go that stay as they are. Disposed of when the task ends. */
export interface BatchSink extends Disposable {
  push(batch: Batch): Promise<void>;
  /** After the last push, where nothing has failed. */
  finish(): Promise<void>;
}

/** What a task needs from outside. */
export interface TaskServices {
  /** Where its plan, its inputs and its output are. Requests that fail and may be repeated are repeated. */
  readonly store: ObjectStore;
  /** The budget: 512 MiB where absent. See `budgetFor` for that of a process. */
  readonly memoryBytes?: number | undefined;
  /**
   * The budget is all that the process has, and no other task uses it now: what earlier ones have left is given back to
   * the system first, so that this one can do what it could as the first.
   */
  readonly ownsProcess?: boolean | undefined;
  /** Aborting it ends the task with `TaskCancelled`. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Which objects the plan's calls of url_download and url_upload may reach, as prefixes of uris: `s3://lake/photos/`, or
   * a whole scheme, `https://`. Downloads where absent: `s3://`. Uploads may go below the output of the task besides.
   */
  readonly allowedUris?: { readonly downloads?: readonly string[]; readonly uploads?: readonly string[] } | undefined;
  /**
   * Rows of in-memory-scans as Arrow record batches, by source id: they take the place of those in the task. They are the
   * caller's, and no part of the budget.
   */
  readonly batches?: Readonly<Record<string, readonly (RecordBatch | KeptBatch)[]>> | undefined;
  /** The modules of user-defined functions that plans may name, by the names they have there: see `udf`. None where absent. */
  readonly udfs?: UdfModules | undefined;
  /** 1–64 letters and digits that no other attempt at this task has; a random one where absent. */
  readonly attemptId?: string | undefined;
  /**
   * Gets the rows of the result, copied, dictionaries decoded. The next batch waits until it has resolved. Where the
   * plan writes, the rows are the files of the result.
   */
  readonly onBatch?: ((batch: RecordBatch) => void | Promise<void>) | undefined;
  /** @internal As `onBatch`, in place of it, for who may need no Arrow. */
  readonly onKept?: ((batch: KeptBatch) => void | Promise<void>) | undefined;
  /** @internal Gets the rows of the result as they are, in place of `onBatch`; what it keeps is of the budget. */
  readonly openSink?: ((memory: MemoryBudget, schema: Schema) => BatchSink) | undefined;
  /** @internal Take the places of in-memory-scans, by source id. */
  readonly sources?: ReadonlyMap<string, Source> | undefined;
  /** Gets the figures so far a few times per second. Must not throw. */
  readonly onProgress?: ((statistics: TaskStats) => void) | undefined;
}

export interface TaskResult {
  /** Of the rows given to `onBatch`. */
  readonly schema: Schema;
  /** Rows of the result; where the plan writes, rows in the files of the result. */
  readonly rowCount: number;
  readonly statistics: TaskStats;
  /** Where the plan writes: of the job where the plan commits it, else of the task. */
  readonly manifest?: TaskManifest | JobManifest;
  readonly manifestUri?: string;
}

const DEFAULT_MEMORY_BYTES = 512 * 1024 * 1024;
/** Less than this holds no batch of any plan. */
export const LEAST_MEMORY_BYTES: number = 512 * 1024;
/** Not the disk of the process, nor the network around it: rows may come from strangers. */
const DEFAULT_DOWNLOADS: readonly string[] = ['s3://'];
/** A plan is a document of at most as many characters. */
const MAX_PLAN_BYTES = 16 * 1024 * 1024;
const PROGRESS_MS = 250;
const SHUFFLES: ReadonlySet<BoundNode['kind']> = new Set(['repartition', 'into-partitions', 'gather']);
const WRITERS: ReadonlySet<BoundNode['kind']> = new Set(['write', 'commit-write', ...SHUFFLES]);

/**
 * Runs one task to its end. A task whose result was committed before, by its job id, gives that result without work.
 *
 * @param task a `Task`, as an object or as JSON text; it is checked.
 * @throws an error of `errors.ts`, or what `onBatch` throws.
 */
export async function executeTask(task: unknown, services: TaskServices): Promise<TaskResult> {
  const { memoryBytes = DEFAULT_MEMORY_BYTES, signal = new AbortController().signal } = services;
  if (!(memoryBytes >= LEAST_MEMORY_BYTES)) {
    throw new InvalidArgument(
      `A budget of ${memoryBytes} bytes is too small: at least ${LEAST_MEMORY_BYTES} are needed.`,
    );
  }
  const parsed = await takeTask(task);
  const store = retryingStore(services.store);
  const written = await cancellable(signal, () => loadPlan(parsed, store, signal));
  const plan = pushDown(await loadAndBind(written, parsed));
  await using output = await taskOutput(plan, parsed, store, services, signal);
  const recorded = await cancellable(signal, async () => output?.recorded());
  const run = new TaskRun(services, memoryBytes, signal);
  return await run.execute(plan, parsed, store, output, recorded);
}

/** The plan of a task, which may be another object. */
export async function loadPlan({ plan, ...task }: Task, store: ObjectStore, signal: AbortSignal): Promise<PlanNode> {
  if ('kind' in plan) return plan;
  const stored = await store.get(plan.uri, { signal, maxBytes: MAX_PLAN_BYTES });
  if (stored === undefined) throw new ObjectNotFound(redactUri(plan.uri));
  return await takePlan(new TextDecoder().decode(stored.bytes), task);
}

/** Loaded on demand, with what reads manifests: a task at a desk may write nothing. */
async function taskOutput(
  plan: BoundNode,
  { output, jobId, stageId, taskId }: Task,
  store: ObjectStore,
  { attemptId }: TaskServices,
  signal: AbortSignal,
): Promise<TaskOutput | undefined> {
  if (output === undefined || !WRITERS.has(plan.kind)) return undefined;
  const { TaskOutput } = await import('./commit/task-output.ts');
  const owner = { jobId, stageId, taskId, attemptId: attemptId ?? newAttemptId() };
  const job = plan.kind === 'commit-write' ? { mode: plan.mode, successFile: plan.successFile } : undefined;
  return new TaskOutput({ store, destination: output.uri, owner, job, signal });
}

function uriRules({ allowedUris = {} }: TaskServices, { output }: Task): UriRules {
  const { downloads = DEFAULT_DOWNLOADS, uploads = [] } = allowedUris;
  return {
    downloads: { prefixes: downloads },
    uploads: { prefixes: output === undefined ? uploads : [output.uri, ...uploads], isReserved: isKeptForJobs },
  };
}

/** The running part of a task: from operators to the result. */
class TaskRun {
  readonly #services: TaskServices;
  readonly #memoryBytes: number;
  readonly #signal: AbortSignal;
  readonly #startMs: number = performance.now();
  #statistics: () => TaskStats = () => ({ operators: [], wallMs: 0, peakBytes: 0, limitBytes: this.#memoryBytes });
  #committed: Committed | undefined;

  constructor(services: TaskServices, memoryBytes: number, signal: AbortSignal) {
    this.#services = services;
    this.#memoryBytes = memoryBytes;
    this.#signal = signal;
  }

  async execute(
    plan: BoundNode,
    task: Task,
    store: ObjectStore,
    output: TaskOutput | undefined,
    recorded: Committed | undefined,
  ): Promise<TaskResult> {
    const { schema } = plan;
    if (this.#services.ownsProcess) freeProcess(this.#memoryBytes);
    using loan = borrowLinearMemory(this.#memoryBytes);
    const memory = new MemoryBudget(this.#memoryBytes, undefined, loan.linear);
    const chain = recorded
      ? await this.#recordedChain(plan, recorded)
      : await buildChain(plan, {
          inputs: task.inputs,
          batches: this.#services.batches,
          sources: this.#services.sources,
          store,
          uris: uriRules(this.#services, task),
          udfs: await loadUdfs(plan, this.#services.udfs ?? {}),
          ...(output && { output: this.#writing(output), shuffle: this.#shuffling(output) }),
        });
    using sink = this.#services.openSink?.(memory, schema);
    const consume = sink ? (batch: Batch) => sink.push(batch) : await batchConsumer(this.#services, loan.linear);
    const rows = new RowCounter(consume);
    await this.#run(chain, rows, memory, task.maintainOrder);
    await sink?.finish();
    const statistics = this.#statistics();
    if (this.#committed === undefined) return { schema, rowCount: rows.rowCount, statistics };
    const { manifest, manifestUri, files, pieces } = this.#committed;
    const written = [...files, ...pieces.flatMap(({ ranges }) => ranges)];
    return { schema, rowCount: written.reduce((sum, { rows }) => sum + rows, 0), statistics, manifest, manifestUri };
  }

  async #run(chain: Chain, rows: RowCounter, memory: MemoryBudget, maintainOrder?: boolean): Promise<void> {
    const { onProgress } = this.#services;
    const run = openChain(chain, { memory, signal: this.#signal, maintainOrder });
    this.#statistics = () => ({
      operators: run.stats(),
      wallMs: performance.now() - this.#startMs,
      ...(run.firstBatchAtMs !== undefined && { firstBatchMs: run.firstBatchAtMs - this.#startMs }),
      peakBytes: memory.peakBytes,
      limitBytes: memory.limitBytes,
    });
    const timer = onProgress && setInterval(() => onProgress(this.#statistics()), PROGRESS_MS);
    try {
      await run.run(rows);
    } finally {
      clearInterval(timer);
    }
  }

  #writing(output: TaskOutput): NonNullable<Parameters<typeof buildChain>[1]['output']> {
    return {
      files: ({ memory }) => output.open(memory.reserve('Write')),
      commit: async () => {
        this.#committed = await output.commit(this.#statisticsSoFar());
        return this.#committed.files;
      },
    };
  }

  #shuffling(output: TaskOutput): NonNullable<Parameters<typeof buildChain>[1]['shuffle']> {
    return {
      files: ({ memory }) => output.openShuffle(memory.reserve('Shuffle')),
      commit: async (pieces) => {
        this.#committed = await output.commitShuffle(pieces, this.#statisticsSoFar());
        return this.#committed.pieces;
      },
    };
  }

  /** What is known when the manifest is written: all but the rest of the commit. */
  #statisticsSoFar(): JsonValue {
    return JSON.parse(JSON.stringify(this.#statistics())) as JsonValue;
  }

  async #recordedChain({ kind, schema }: BoundNode, recorded: Committed): Promise<Chain> {
    this.#committed = recorded;
    const source = emptyScan({ schema });
    if (!SHUFFLES.has(kind)) {
      return { source, stages: [commitWrite({ input: schema, commit: async () => recorded.files })] };
    }
    const { commitShuffle } = await import('./operators/blocking-sinks/commit-shuffle.ts');
    return { source, stages: [commitShuffle({ commit: async () => recorded.pieces })] };
  }
}

/** Keeps of linear memory what can be no harm: retained bytes leave the floor, a quarter of the budget, free anyway. */
function freeProcess(memoryBytes: number): void {
  const hasInstance = forgetParquetWasm();
  const hasLinear = forgetLinearMemory(memoryBytes / 4);
  if (hasInstance || hasLinear) collectGarbage('major');
}

class RowCounter implements Output {
  readonly #consume: (batch: Batch) => void | Promise<void>;
  rowCount = 0;

  constructor(consume: (batch: Batch) => void | Promise<void>) {
    this.#consume = consume;
  }

  async push(batch: Batch): Promise<Demand> {
    this.rowCount += batch.rowCount;
    await this.#consume(batch);
    return 'more';
  }
}

/** Arrow is loaded only for those who want its batches: it takes longer than many a task. */
async function batchConsumer(
  { onBatch, onKept }: TaskServices,
  linear: LinearMemory,
): Promise<(batch: Batch) => void | Promise<void>> {
  if (onKept !== undefined) {
    const { keepBatch } = await import('./columnar/kept-batch.ts');
    return (batch) => onKept(keepBatch(batch, linear));
  }
  if (onBatch === undefined) return () => {};
  const { copyToArrow } = await import('./columnar/arrow.ts');
  return (batch) => onBatch(copyToArrow(batch, linear, { dictionaries: 'decode' }));
}
