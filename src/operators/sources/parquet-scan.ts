import { Batch } from '../../columnar/batch.ts';
import type { Column } from '../../columnar/column.ts';
import type { Schema } from '../../columnar/schema.ts';
import type { Value } from '../../columnar/value.ts';
import { FilesAhead, type FoundFile, type PlannedFile } from '../../io/files-ahead.ts';
import { FilterProbe } from '../../io/filter-probe.ts';
import { ColumnMemory } from '../../io/parquet/column-memory.ts';
import { filesWithEnds } from '../../io/parquet/ends-ahead.ts';
import { FileReader, type FileRequest, type OpenRowGroup } from '../../io/parquet/file-reader.ts';
import { FilterFirst } from '../../io/parquet/filter-first.ts';
import { type FileEnd, readFooter } from '../../io/parquet/footer.ts';
import { MetadataWalk } from '../../io/parquet/metadata-walk.ts';
import type { NarrowRequest } from '../../io/parquet/narrow-plan.ts';
import { planScan, type RangeTest, rangesOf, type ScanPlan } from '../../io/parquet/scan-plan.ts';
import { matchColumns } from '../../io/parquet/value-form.ts';
import type { Counters, Demand, Output, Source, SourceRun, TaskContext } from '../operator.ts';
import { constantColumns } from './constant-columns.ts';
import type { RuntimeFilterColumn, SoughtKey } from './runtime-filter-column.ts';
import { filesOf } from './scan-files.ts';
import { type KnownOfFile, type ScanFile, type ScanOptions, ScanRows } from './scan-rows.ts';

/** Files that are read ahead, at most. */
const MOST_AHEAD = 8;

interface ParquetFile extends ScanFile {
  /** Indexes of the row groups to read; all where absent. */
  readonly rowGroups?: readonly number[] | undefined;
}

interface WantedFile extends ParquetFile, KnownOfFile {
  readonly test: RangeTest | undefined;
}

interface PlannedScanFile extends PlannedFile {
  readonly file: WantedFile;
  readonly request: FileRequest;
}

type ScanFiles = FilesAhead<WantedFile, FileEnd, PlannedScanFile, FileReader>;

/** Row groups in which the filter cannot be true are not read. */
export interface ParquetScanOptions extends ScanOptions<ParquetFile> {
  /** What joins further up may tell of keys: the last column of `readSchema`, a bool of no file, is whether a row has such keys. */
  readonly runtimeFilters?: readonly SoughtKey[] | undefined;
  /** Another decoder than our own, which reads all files then: one to compare with. */
  readonly reader?: 'parquet-wasm' | undefined;
}

/** Reads Parquet files, in order. */
export function parquetScan(options: ParquetScanOptions): Source {
  return {
    role: 'source',
    name: 'Scan',
    schema: options.readSchema,
    open: (task) => new ParquetScanRun(options, task),
  };
}

class ParquetScanRun implements SourceRun {
  readonly #options: ParquetScanOptions;
  readonly #task: TaskContext;
  readonly #memories: readonly ColumnMemory[];
  readonly #rows: ScanRows;
  #runtime: RuntimeFilterColumn | undefined;
  #probe: FilterProbe | undefined;
  #first: FilterFirst | undefined;
  /** Of the file that is read: columns that it does not say itself, by position. */
  #constants: ReadonlyMap<number, Column> = new Map();
  #rowGroupsRead = 0;
  #rowGroupsPruned = 0;
  #rowGroupsPrunedByRuntime = 0;
  /** Of those that were read. */
  #rowsRuledOut = 0;

  constructor(options: ParquetScanOptions, task: TaskContext) {
    this.#options = options;
    this.#task = task;
    this.#memories = options.readSchema.fields.map(() => new ColumnMemory());
    this.#rows = new ScanRows(options);
  }

  async run(output: Output): Promise<void> {
    const { store, files, readSchema, filter, runtimeFilters, limit } = this.#options;
    const { memory, signal } = this.#task;
    using runtime = runtimeFilters && (await openRuntimeFilters(runtimeFilters, readSchema, this.#task));
    this.#runtime = runtime;
    using probe = FilterProbe.over(readSchema, filter, memory, runtime);
    this.#probe = probe;
    this.#first = filter && new FilterFirst(filter, runtime?.isNarrow);
    const ahead: ScanFiles = new FilesAhead({
      signal,
      files: (until) =>
        filesWithEnds(filesOf(files, until), (one) => this.#wanted(one), { store, memory, signal: until }),
      plan: (found, rowsBefore, until) => this.#plan(found, rowsBefore, until),
      open: ({ request }) => FileReader.open(request),
      follow: ({ request }, last) => last.tryFollow(request),
      isMoreWanted: (rowsBefore) => filter !== undefined || rowsBefore < (limit ?? Number.POSITIVE_INFINITY),
      most: MOST_AHEAD,
    });
    await this.#rows.eachFile(ahead.inTurn(), signal, ({ planned, reader }) =>
      this.#file(planned, reader, output, ahead),
    );
  }

  /** Undefined where what is known of a file says that none of its rows can match. */
  #wanted(file: ParquetFile): WantedFile | undefined {
    const found = this.#rows.knownOf(file, this.#computed);
    if (found === undefined) return undefined;
    const test = this.#runtime?.testOf(found.known);
    if (test !== 'never') return { ...file, ...found, test };
    this.#rows.prune();
    return undefined;
  }

  /** What is computed of the rows is true as far as files know. */
  get #computed(): ReadonlyMap<number, Value> {
    return this.#runtime === undefined ? new Map() : new Map([[this.#options.readSchema.fields.length - 1, true]]);
  }

  counters(): Counters {
    return {
      ...this.#rows.counters(),
      'row groups read': this.#rowGroupsRead,
      'row groups pruned': this.#rowGroupsPruned,
      ...(this.#options.runtimeFilters && {
        'row groups pruned by runtime filters': this.#rowGroupsPrunedByRuntime,
        'rows ruled out by runtime filters': this.#rowsRuledOut,
      }),
    };
  }

  [Symbol.dispose](): void {}

  /** Looks at the end of a file. `rowsBefore` were planned of those before. */
  async #plan(
    { file, answer: end }: FoundFile<WantedFile, FileEnd>,
    rowsBefore: number,
    signal: AbortSignal,
  ): Promise<PlannedScanFile> {
    const { uri, etag, rowGroups, known, filter, test } = file;
    const { store, readSchema, reader } = this.#options;
    const { memory: budget } = this.#task;
    const { fields } = readSchema;
    const { costs } = this.#rows;
    const footer = await readFooter({ store, memory: budget, uri, etag, signal, walkOver: MetadataWalk.over }, end);
    costs.bytesRead += footer.bytesRead;
    costs.requests += footer.requests;
    const share = rowGroups === undefined ? 1 : rowGroups.length / Math.max(1, footer.rowGroupCount);
    costs.bytesTotal += Math.round(footer.fileBytes * share);
    const isComputed = (position: number): boolean => this.#runtime !== undefined && position === fields.length - 1;
    const elsewhere = { has: (position: number) => known.has(position) || isComputed(position) };
    const readings = matchColumns(uri, footer.columns, fields, elsewhere);
    // Of files before that are not decoded yet all rows count, unless a filter may leave some out.
    const limit = this.#options.filter === undefined ? this.#rows.limit - rowsBefore : this.#rows.left;
    const planned = planScan(footer, { memory: budget, readings, filter, test, rowGroups, limit });
    const isOurs = planned.foreign === undefined && reader === undefined;
    const narrows =
      test && planned.rowGroups.some((group) => test.mayNarrow(rangesOf(group, readings, test.columns)))
        ? test
        : undefined;
    const isAsked = filter !== undefined && (filter.kind !== 'literal' || narrows !== undefined);
    const narrowing = { store, budget, signal, footer, readings, costs };
    const plan = isAsked && isOurs ? await narrowed(planned, { ...narrowing, filter, test: narrows }) : planned;
    const [probe, first] = [this.#probe, this.#first];
    const request = {
      ...narrowing,
      // What is read of it ends when it is disposed.
      signal: this.#task.signal,
      plan,
      fields,
      memories: this.#memories,
      filter: probe === undefined || first === undefined ? undefined : { probe, first },
    };
    const rows = plan.rowGroups.reduce((sum, group) => sum + group.rows, 0);
    return { file, request, rows, kind: plan.rowGroups.length === 0 ? 'nothing' : isOurs ? 'ours' : 'theirs' };
  }

  async #file(
    { file, request, kind }: PlannedScanFile,
    reader: FileReader | undefined,
    output: Output,
    ahead: ScanFiles,
  ): Promise<Demand> {
    const { plan } = request;
    const { readSchema } = this.#options;
    this.#rowGroupsPruned += plan.prunedRowGroups;
    this.#rowGroupsPrunedByRuntime += plan.prunedByTest;
    if (kind === 'nothing') return 'more';
    using constants = this.#task.memory.reserve('Scan');
    const constant = constantColumns(file.known, readSchema, constants);
    const runtime = this.#runtime?.column;
    this.#constants =
      runtime === undefined ? constant : new Map([...constant, [readSchema.fields.length - 1, runtime]]);
    if (reader === undefined) {
      // Loaded on demand, with Arrow: it takes longer to load than many a scan.
      const { foreignBatches } = await import('../../io/parquet/foreign-reader.ts');
      return await this.#foreign(foreignBatches(request), plan, output);
    }
    await reader.start(this.#constants);
    return await this.#rowGroups(reader, output, ahead);
  }

  async #rowGroups(reader: FileReader, output: Output, ahead: ScanFiles): Promise<Demand> {
    const rows = this.#rows;
    for (let open = await reader.next(); open !== undefined; open = await reader.next()) {
      this.#rowGroupsRead += 1;
      this.#probe?.reset();
      const skippedBefore = rows.skipped;
      let row = 0;
      for (const { start, end } of open.group.kept) {
        for (const column of open.columns) column.skip(start - row);
        rows.skip(start - row);
        row = end;
        if ((await this.#range(reader, open, end - start, output, ahead)) === 'done') return 'done';
        if (rows.left === 0) return 'more';
      }
      rows.skip(open.group.rows - row);
      if (!open.isFiltered) this.#first?.note(sparedShare(open, rows.skipped - skippedBefore));
    }
    return 'more';
  }

  /** The next `rowCount` rows. */
  async #range(
    reader: FileReader,
    open: OpenRowGroup,
    rowCount: number,
    output: Output,
    ahead: ScanFiles,
  ): Promise<Demand> {
    for (let left = rowCount; left > 0; ) {
      this.#task.signal.throwIfAborted();
      const count = Math.min(open.batchSize.rows, left, this.#rows.left);
      if (count === 0) return 'more';
      left -= count;
      // Whoever wants no more than the first rows has read no rows of other files.
      if (this.#rows.hasBegun) ahead.readAhead();
      else ahead.lookAhead();
      const goingOn = reader.readAhead();
      if (goingOn !== undefined) await goingOn;
      const batch = await this.#batch(open, count);
      if (batch !== undefined && (await this.#rows.push(batch, output)) === 'done') return 'done';
    }
    return 'more';
  }

  async #foreign(batches: AsyncIterable<Batch>, plan: ScanPlan, output: Output): Promise<Demand> {
    this.#rowGroupsRead += plan.rowGroups.length;
    for await (const batch of batches) {
      const count = Math.min(batch.rowCount, this.#rows.left);
      if (count === 0) return 'more';
      const columns = batch.columns.map((column, position) => this.#constants.get(position) ?? column);
      this.#runtime?.fill(columns, count);
      this.#rowsRuledOut += this.#runtime?.missing(count) ?? 0;
      const demand = await this.#rows.push(new Batch(batch.schema, count, columns), output);
      if (demand === 'done') return 'done';
    }
    return 'more';
  }

  /** The next rows; undefined where the filter keeps none of them, and then most columns are not decoded. */
  async #batch({ columns, isFiltered }: OpenRowGroup, count: number): Promise<Batch | undefined> {
    const probe = !isFiltered && this.#probe?.isWorthwhile === true ? this.#probe : undefined;
    const source = {
      read: (position: number, rows: number) => this.#constants.get(position) ?? columns[position]?.read(rows),
      pass: (position: number, rows: number) => columns[position]?.skip(rows),
    };
    const batch = await this.#rows.batch(count, source, probe);
    if (batch === undefined) return undefined;
    if (probe === undefined) this.#runtime?.fill(batch.columns, count);
    this.#rowsRuledOut += this.#runtime?.missing(count) ?? 0;
    return batch;
  }
}

/** Which part of the other columns need not have been read: of chunks whose pages are not known it is all or nothing. */
function sparedShare({ group }: OpenRowGroup, rowsSkipped: number): number {
  const hasPages = group.chunks.flat().every(({ offsetIndex }) => offsetIndex !== undefined);
  return hasPages ? rowsSkipped / group.rows : Number(rowsSkipped === group.rows);
}

/** Loaded on demand: most scans are below no join. */
async function openRuntimeFilters(
  keys: readonly SoughtKey[],
  schema: Schema,
  task: TaskContext,
): Promise<RuntimeFilterColumn> {
  const { RuntimeFilterColumn } = await import('./runtime-filter-column.ts');
  return new RuntimeFilterColumn(keys, schema, task);
}

/** The plan without what indexes rule out, where there are any: what reads them is loaded on demand. */
async function narrowed(plan: ScanPlan, request: NarrowRequest): Promise<ScanPlan> {
  const hasIndexes = plan.rowGroups.some(({ chunks }) =>
    chunks.flat().some(({ bloomFilter, offsetIndex }) => bloomFilter !== undefined || offsetIndex !== undefined),
  );
  if (!hasIndexes) return plan;
  const { narrowPlan } = await import('../../io/parquet/narrow-plan.ts');
  return narrowPlan(plan, request);
}
