/**
 * What frames of one program share: stores, memory, functions of users.
 *
 *     const session = new Session({ memory: 512 * 1024 * 1024 });
 *     const frame = await session.readCsv('orders-*.csv', { delimiter: ';' });
 */

import type { Table as ArrowTable, RecordBatch } from 'apache-arrow';
import { arrowNow } from '../columnar/arrow-now.ts';
import { type DataType, int64, utf8 } from '../columnar/data-type.ts';
import type { KeptBatch } from '../columnar/kept-batch.ts';
import { type Field, field, type Schema } from '../columnar/schema.ts';
import { InvalidArgument, UnsupportedFile } from '../errors.ts';
import { executeTask, LEAST_MEMORY_BYTES, type TaskResult, type TaskServices } from '../execute-task.ts';
import { timeZoneProblem } from '../expressions/time-zone.ts';
import { deskStore } from '../io/desk-store.ts';
import type { ObjectStore } from '../io/object-store.ts';
import { retryingStore } from '../io/retrying-store.ts';
import type {
  CsvScanFormat,
  JsonScanFormat,
  ParquetScanFormat,
  PlanNode,
  ScanFormat,
  TextScanFormat,
  WarcScanFormat,
} from '../plan/plan-node.ts';
import type { PlanSettings, ScanFile, Task } from '../plan/task.ts';
import { inTimeZone } from '../planner/in-time-zone.ts';
import { sourceStatistics } from '../planner/optimizer/source-statistics.ts';
import type { StatisticsOf } from '../planner/optimizer/statistics.ts';
import type { ThreadedServices } from '../threads/execute-in-threads.ts';
import { explainInThreads } from '../threads/explain-in-threads.ts';
import type { ThreadPool } from '../threads/thread-pool.ts';
import { isUdf } from '../udf/udf.ts';
import type { UdfModules } from '../udf/udf-modules.ts';
import { checkNode } from './check-node.ts';
import { checkOptions, type OptionNames } from './check-options.ts';
import { type Expr, type NeededBy, type Operand, withPart } from './expr.ts';
import { checkReadOptions } from './file-options.ts';
import { describeFiles, type FilesDescription } from './file-schema.ts';
import { DataFrame } from './frame.ts';
import { batchesOfColumns, batchesOfRows, type GivenRows } from './given-rows.ts';
import { hiveColumns } from './hive-columns.ts';
import { isOnWeb, nothingAt, objectsAt } from './places.ts';
import { newSourceId, type QueryInput, queryOf } from './query.ts';
import { QueryProgress } from './query-progress.ts';
import type { QuerySubscriber } from './query-subscriber.ts';
import { shownValue } from './shown-value.ts';
import { TemporaryPlace } from './temporary-place.ts';
import type { GivenAs, Temporal } from './value-types.ts';

export interface SessionOptions {
  /** Bytes that a query may hold: 1 GiB where absent. */
  readonly memory?: number;
  /**
   * How many processor cores a query may use: 1 where absent. With more, queries that read much have worker threads beside this one, and of
   * `memory` each its part; they need the storage of the process, not one that is given here.
   */
  readonly threads?: number;
  /** Where uris lead; files, S3 and the web where absent. */
  readonly storage?: ObjectStore;
  /** A directory for rows that `repartition` puts aside, a path or a uri of the storage: that of the system where absent. */
  readonly temp?: string;
  /** Who is told of queries as they run. */
  readonly subscribers?: readonly QuerySubscriber[];
  /**
   * What integers are that their types cannot hold, of sums, `add`, `sub`, `mul`, `abs`, `negate`, `columns_sum` and `list_sum`: an
   * error, which they are where absent, or wrapped around, as in two's complement. Decimals, dates and times never wrap.
   */
  readonly overflow?: 'error' | 'wrap';
  /**
   * The time zone of `current_date`, `current_timestamp`, `current_timezone` and `make_timestamp_ltz`, by its name, such as
   * `Europe/Berlin`: UTC where absent. Zones of columns are of their types.
   */
  readonly timezone?: string;
}

export interface ReadOptions {
  /** The columns of the files that are known: looked up in the files where absent. */
  readonly schema?: Schema | undefined;
  /** Which files tell the columns: the first, which it is where absent, or all, joined by the names of their columns. */
  readonly schemaFrom?: 'first' | 'all' | undefined;
  /** Types of some columns, before which what the files have gives way. */
  readonly types?: Readonly<Record<string, DataType>> | undefined;
  /** Whether directories `name=value` are columns: int64 where all values are whole numbers, else utf8, but for `types`. */
  readonly hivePartitioning?: boolean | undefined;
  /** The name of a last column, utf8: the uri of the file that a row is from. */
  readonly filePathColumn?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A path, a uri, or a glob over either, or several of them. */
type Places = string | readonly string[];

/** The columns of a WARC file. */
export interface WarcRecord {
  'WARC-Record-ID': string;
  'WARC-Target-URI': string | null;
  'WARC-Type': string | null;
  'WARC-Date': Temporal | null;
  'Content-Length': bigint | null;
  'WARC-Identified-Payload-Type': string | null;
  warc_content: Uint8Array | null;
  warc_headers: string | null;
}

const DEFAULT_MEMORY_BYTES = 1024 * 1024 * 1024;
/** Looking into a file whose columns are not known may take so much, also where queries may not. */
const LEAST_SAMPLING_BYTES = 256 * 1024 * 1024;
const MOST_THREADS = 64;
const OPTIONS: OptionNames<SessionOptions> = {
  memory: true,
  threads: true,
  storage: true,
  temp: true,
  subscribers: true,
  overflow: true,
  timezone: true,
};

interface TaskRunServices
  extends Pick<TaskServices, 'batches' | 'onKept' | 'signal'>,
    Pick<ThreadedServices, 'statisticsOf'> {
  readonly isQuiet?: boolean;
}

/** The functions of a module, which `typeof import('./module.ts')` tells TypeScript of, as functions of expressions. */
export type UdfsOf<M> = {
  readonly [K in keyof M & string]: <V extends readonly Operand[]>(...given: V) => Expr<any, NeededBy<V[number]>, K>;
};

/** See the top of the file. Disposing of it ends its queries, and removes what they have put aside. */
export class Session implements AsyncDisposable {
  readonly #memoryBytes: number;
  readonly #threads: number;
  readonly #hasOwnStorage: boolean;
  #pool: ThreadPool | undefined;
  readonly #store: ObjectStore;
  readonly #subscribers: readonly QuerySubscriber[];
  readonly #overflow: 'error' | 'wrap';
  readonly #timezone: string;
  readonly #udfs: Record<string, URL> = {};
  readonly #temporary: TemporaryPlace;
  readonly #disposed: AbortController = new AbortController();
  readonly #running: Set<Promise<unknown>> = new Set();

  /** @throws InvalidArgument where there is no such time zone, or no such rule of overflow, or so many threads are none */
  constructor({
    memory = DEFAULT_MEMORY_BYTES,
    threads = 1,
    storage,
    temp,
    subscribers = [],
    overflow = 'error',
    timezone = 'UTC',
    ...more
  }: SessionOptions = {}) {
    checkOptions<SessionOptions>('A session', more, OPTIONS);
    if (!(typeof memory === 'number' && memory >= LEAST_MEMORY_BYTES)) {
      throw new InvalidArgument(
        `A session with ${shownValue(memory)} bytes of memory: a number is needed, of at least ${LEAST_MEMORY_BYTES}.`,
      );
    }
    const problem = timeZoneProblem(timezone);
    if (problem !== undefined) throw new InvalidArgument(problem);
    if (overflow !== 'error' && overflow !== 'wrap') {
      throw new InvalidArgument(`overflow is 'error' or 'wrap', and not '${overflow}'.`);
    }
    if (!Number.isInteger(threads) || threads < 1 || threads > MOST_THREADS) {
      throw new InvalidArgument(`A session of ${threads} threads: a whole number from 1 to ${MOST_THREADS} is needed.`);
    }
    this.#overflow = overflow;
    this.#timezone = timezone;
    this.#memoryBytes = memory;
    this.#threads = threads;
    this.#hasOwnStorage = storage !== undefined;
    this.#store = storage ?? deskStore();
    this.#temporary = new TemporaryPlace(this.#store, temp);
    this.#subscribers = subscribers;
  }

  readParquet<S = any>(places: Places, options?: ReadOptions & Omit<ParquetScanFormat, 'kind'>): Promise<DataFrame<S>> {
    return this.#read('parquet', places, options);
  }

  readCsv<S = any>(places: Places, options?: ReadOptions & Omit<CsvScanFormat, 'kind'>): Promise<DataFrame<S>> {
    return this.#read('csv', places, options);
  }

  /** Objects of JSON, on lines or in one array. */
  readJson<S = any>(places: Places, options?: ReadOptions & Omit<JsonScanFormat, 'kind'>): Promise<DataFrame<S>> {
    return this.#read('json', places, options);
  }

  /** Files of Arrow IPC. */
  readArrow<S = any>(places: Places, options?: ReadOptions): Promise<DataFrame<S>> {
    return this.#read('arrow', places, options);
  }

  /** Lines of text, or whole files, as the one column `text`. */
  readText<S = { text: string }>(
    places: Places,
    options?: ReadOptions & Omit<TextScanFormat, 'kind'>,
  ): Promise<DataFrame<S>> {
    return this.#read('text', places, options);
  }

  /** Records of crawls, from WARC files. */
  readWarc<S = WarcRecord>(
    places: Places,
    options?: ReadOptions & Omit<WarcScanFormat, 'kind'>,
  ): Promise<DataFrame<S>> {
    return this.#read('warc', places, options);
  }

  /** The rows as they are; types are found in the values where no schema is given. */
  fromRows<S extends object>(rows: readonly S[]): DataFrame<{ [K in keyof S & string]: GivenAs<S[K]> }>;
  fromRows<S = any>(rows: readonly object[], options: { readonly schema?: Schema }): DataFrame<S>;
  fromRows(rows: readonly object[], options: { readonly schema?: Schema } = {}): DataFrame {
    return this.#given(
      batchesOfRows(rows as readonly Readonly<Record<string, unknown>>[], givenSchema('fromRows', options)),
    );
  }

  /** Arrays of one length by the names of their columns. */
  fromColumns<C extends Readonly<Record<string, ArrayLike<unknown>>>>(
    columns: C,
  ): DataFrame<{ [K in keyof C & string]: C[K] extends ArrayLike<infer T> ? GivenAs<T> : never }>;
  fromColumns<S = any>(
    columns: Readonly<Record<string, ArrayLike<unknown>>>,
    options: { readonly schema?: Schema },
  ): DataFrame<S>;
  fromColumns(
    columns: Readonly<Record<string, ArrayLike<unknown>>>,
    options: { readonly schema?: Schema } = {},
  ): DataFrame {
    return this.#given(batchesOfColumns(columns, givenSchema('fromColumns', options)));
  }

  fromArrow<S = any>(table: ArrowTable): DataFrame<S> {
    const { batches, numRows: rowCount } = table;
    return this.#given({ schema: arrowNow().schemaOfArrow(table), rowCount, batches });
  }

  /** A column of whole numbers from `from` to before `to`, or, where only one is given, from 0 to before that: int64. */
  range(from: number, to?: number, step: number = 1): DataFrame<{ value: bigint }> {
    const [start, end] = to === undefined ? [0, from] : [from, to];
    if (step === 0 || ![start, end, step].every(Number.isSafeInteger)) {
      throw new InvalidArgument(
        `range(${start}, ${end}, ${step}): whole numbers are needed, and a step that is not 0.`,
      );
    }
    const count = Math.max(0, Math.ceil((end - start) / step));
    const schema = { fields: [field('value', int64, false)] };
    return this.#inMemory(schema, count, () => {
      const values = BigInt64Array.from({ length: count }, (_, at) => BigInt(start + at * step));
      return batchesOfColumns({ value: values }, schema).batches;
    });
  }

  /**
   * Loads a module of user-defined functions, and registers it under `name`. Gives what it exports, to be called with
   * expressions: `const text = await session.udfs('text', new URL('./text.ts', import.meta.url)); text.shout(col('s'))`.
   */
  async udfs<M = Readonly<Record<string, any>>>(name: string, module: URL): Promise<UdfsOf<M>> {
    if (!(module instanceof URL)) {
      throw new InvalidArgument(`udfs: the module ${name} is a URL, as new URL('./${name}.ts', import.meta.url).`);
    }
    const loaded = (await import(module.href)) as Record<string, unknown>;
    this.#udfs[name] = module;
    return Object.fromEntries(
      Object.entries(loaded).flatMap(([key, value]) => {
        if (!isUdf(value)) return [];
        const { returns } = value.options;
        const call = (...given: readonly Operand[]): Expr =>
          withPart(key, given, (inputs) => ({
            kind: 'udf',
            udf: { module: name, export: key },
            returns,
            arguments: inputs,
          }));
        return [[key, call]];
      }),
    ) as never;
  }

  /** @internal What tasks of its frames have of it. */
  get settings(): PlanSettings {
    return this.#overflow === 'error' ? {} : { overflow: this.#overflow };
  }

  /** @internal The plan with the session's time zone in it, so that it means the same elsewhere. */
  withTimeZone(plan: PlanNode): PlanNode {
    return inTimeZone(plan, this.#timezone);
  }

  /** @internal How a query is shared out among threads, where the session was told of more than one. */
  explainThreads(plan: PlanNode, statisticsOf: StatisticsOf): string | undefined {
    if (this.#threads === 1) return undefined;
    if (this.#hasOwnStorage) return 'One thread: others would not find the storage of the session.';
    return explainInThreads(plan, this.#threads, statisticsOf);
  }

  /** @internal The directory of rows that frames put aside. */
  get temporaryUri(): string {
    return this.#temporary.uri;
  }

  /** @internal Runs a task of a frame. Its progress is shown where somebody may be watching, but for `isQuiet`. */
  async execute(task: Task, services: TaskRunServices): Promise<TaskResult> {
    this.#checkAlive();
    const running = this.#run(task, services);
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed.abort();
    await Promise.allSettled(this.#running);
    await this.#pool?.[Symbol.asyncDispose]();
    await this.#temporary[Symbol.asyncDispose]();
  }

  async #run(
    task: Task,
    { signal: given, isQuiet = false, onKept, ...services }: TaskRunServices,
  ): Promise<TaskResult> {
    using progress = new QueryProgress();
    const signal = AbortSignal.any([this.#disposed.signal, ...(given === undefined ? [] : [given])]);
    const { jobId: id } = task;
    for (const { onStart } of this.#subscribers) onStart?.(id, task.plan as PlanNode);
    try {
      const result = await this.#execute(
        { ...this.settings, ...task },
        {
          store: this.#store,
          memoryBytes: this.#memoryBytes,
          // What a large query has left would be too much for the next one.
          ownsProcess: this.#running.size === 0,
          // Whoever writes the query may read what they ask for.
          allowedUris: { downloads: ['s3://', 'file:///', 'https://'], uploads: ['s3://', 'file:///'] },
          udfs: this.#udfs satisfies UdfModules,
          onProgress: (statistics) => {
            if (!isQuiet) progress.update(statistics);
            for (const { onProgress } of this.#subscribers) onProgress?.(id, statistics);
          },
          signal,
          ...(onKept && { onKept: (batch) => takenOrAborted(onKept(batch), signal) }),
          ...services,
        },
      );
      for (const { onEnd } of this.#subscribers) onEnd?.(id, { statistics: result.statistics });
      return result;
    } catch (error) {
      for (const { onEnd } of this.#subscribers) onEnd?.(id, { error });
      throw error;
    }
  }

  async #execute(task: Task, services: ThreadedServices): Promise<TaskResult> {
    if (this.#threads === 1 || this.#hasOwnStorage) return await executeTask(task, services);
    const [{ executeInThreads, mostThreadBytes }, { ThreadPool }] = await Promise.all([
      import('../threads/execute-in-threads.ts'),
      import('../threads/thread-pool.ts'),
    ]);
    this.#pool ??= new ThreadPool(this.#threads, mostThreadBytes(this.#memoryBytes, this.#threads));
    return await executeInThreads(task, services, this.#pool);
  }

  async #read<S>(kind: ScanFormat['kind'], places: Places, options: ReadOptions & object = {}): Promise<DataFrame<S>> {
    checkReadOptions(kind, options);
    const {
      schema,
      schemaFrom = 'first',
      types = {},
      hivePartitioning = false,
      filePathColumn,
      signal = new AbortController().signal,
      ...rest
    } = options;
    const format = { kind, ...rest } as ScanFormat;
    checkRead({ schema, schemaFrom, types, hivePartitioning, filePathColumn }, format);
    const store = retryingStore(this.#store);
    const memoryBytes = Math.max(this.#memoryBytes, LEAST_SAMPLING_BYTES);
    const { files, totalBytes } = await filesAt(store, places, signal);
    if (files.length === 0) throw new InvalidArgument('No place to read from was given.');
    const told = hivePartitioning ? hiveColumns(files, types) : { fields: [], files };
    const isTold = (name: string): boolean => told.fields.some((column) => column.name === name);
    const ofFiles = new Map(Object.entries(types).filter(([name]) => !isTold(name)));
    if (schema !== undefined && ofFiles.size > 0) {
      throw new InvalidArgument(`types of ${[...ofFiles.keys()].join(', ')} beside a schema: it has them itself.`);
    }
    const sampled = { store, uris: files.map(({ uri }) => uri), from: schemaFrom, signal, memoryBytes };
    const described = schema ? undefined : await describeFiles(sampled, format, ofFiles);
    const [unread] = described?.leftOut ?? [];
    if (unread !== undefined) {
      const advice = 'Give a schema of the columns that are wanted; `millrace schema` prints that of all others';
      throw new UnsupportedFile(unread.uri, `its ${unread.what}. ${advice}`);
    }
    const { fields } = schema ?? (described as FilesDescription).schema;
    const statistics = sourceStatistics(described?.statistics ?? [], totalBytes);
    const all = [...fields.filter(({ name }) => !isTold(name)), ...told.fields];
    const path = filePathColumn === undefined ? {} : { filePathColumn };
    return this.#frame(
      (sourceId) => ({ kind: 'scan', sourceId, format, schema: all, ...path }),
      { kind: 'files', files: told.files, statistics },
      'files',
    );
  }

  #checkAlive(): void {
    if (this.#disposed.signal.aborted) throw new InvalidArgument('The session has been disposed of: make another one.');
  }

  #given<S>({ schema, rowCount, batches }: GivenRows<RecordBatch | KeptBatch>): DataFrame<S> {
    if (schema.fields.length === 0)
      throw new InvalidArgument('There is nothing to tell the columns by: give a schema.');
    return this.#inMemory(schema, rowCount, () => batches);
  }

  #inMemory<S>({ fields }: Schema, rows: number, batches: () => readonly (RecordBatch | KeptBatch)[]): DataFrame<S> {
    return this.#frame(
      (sourceId) => ({ kind: 'in-memory-scan', sourceId, schema: fields as Field[] }),
      { kind: 'given', fields, rowCount: rows, batches, statistics: { rows, columns: new Map() } },
      'rows',
    );
  }

  #frame<S>(node: (sourceId: string) => PlanNode, input: QueryInput, name: string): DataFrame<S> {
    this.#checkAlive();
    const sourceId = newSourceId(name);
    return new DataFrame<S>(this, queryOf(node(sourceId), new Map([[sourceId, input]]), `read ${name}`));
  }
}

/** Before any file is looked at. @throws InvalidArgument, InvalidQuery */
function checkRead(
  { schema, schemaFrom, types = {}, hivePartitioning, filePathColumn }: ReadOptions,
  format: ScanFormat,
): void {
  if (schema !== undefined) checkHasFields(schema);
  if (schemaFrom !== 'first' && schemaFrom !== 'all') {
    throw new InvalidArgument(`schemaFrom is 'first' or 'all', and not ${shownValue(schemaFrom)}.`);
  }
  if (typeof hivePartitioning !== 'boolean') {
    throw new InvalidArgument(`hivePartitioning is true or false, and not ${shownValue(hivePartitioning)}.`);
  }
  const given = schema?.fields ?? Object.entries(types).map(([name, type]) => field(name, type));
  // A scan is of some column.
  const fields = given.length === 0 && schema === undefined ? [field('any', utf8)] : [...given];
  const path = filePathColumn === undefined ? {} : { filePathColumn };
  checkNode({ kind: 'scan', sourceId: 'files', format, schema: fields, ...path }, `read ${format.kind}`);
}

/** Of rows in memory. @throws InvalidArgument, InvalidQuery */
function givenSchema(method: string, options: { readonly schema?: Schema }): Schema | undefined {
  checkOptions<{ readonly schema?: Schema }>(method, options, { schema: true });
  const { schema } = options;
  if (schema === undefined) return undefined;
  checkHasFields(schema);
  checkNode({ kind: 'in-memory-scan', sourceId: 'rows', schema: [...schema.fields] }, method);
  return schema;
}

/** @throws InvalidArgument */
function checkHasFields(schema: Schema | null): void {
  if (Array.isArray(schema?.fields)) return;
  throw new InvalidArgument(`A schema is { fields: [field('name', type), …] }, and not ${shownValue(schema)}.`);
}

interface FilesAt {
  readonly files: readonly ScanFile[];
  /** Undefined where it is not known without asking for it. */
  readonly totalBytes: number | undefined;
}

/** The files that are meant, those of each place in the order of their names. @throws ObjectNotFound where a place has none */
async function filesAt(store: ObjectStore, places: Places, signal: AbortSignal): Promise<FilesAt> {
  const files: ScanFile[] = [];
  let totalBytes: number | undefined = 0;
  for (const place of [places].flat()) {
    const before = files.length;
    if (await isOnWeb(store, place, signal)) {
      files.push({ uri: place });
      totalBytes = undefined;
    } else {
      for await (const { uri, etag, size } of objectsAt(store, place, signal)) {
        files.push({ uri, etag });
        if (totalBytes !== undefined) totalBytes += size;
      }
    }
    if (files.length === before) throw await nothingAt(store, place, signal);
  }
  return { files, totalBytes };
}

/** Who takes batches may never come back for the next: a run that is aborted does not wait for them. */
function takenOrAborted(taken: void | Promise<void>, signal: AbortSignal): void | Promise<void> {
  if (taken === undefined) return;
  return new Promise((resolve, reject) => {
    const stop = (): void => resolve();
    signal.addEventListener('abort', stop, { once: true });
    void taken.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
    if (signal.aborted) resolve();
  });
}

let session: Session | undefined;

/** That of scripts, which need no other. */
export function defaultSession(): Session {
  session ??= new Session();
  return session;
}
