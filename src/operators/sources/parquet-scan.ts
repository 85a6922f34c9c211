import { Batch } from '../../columnar/batch.ts';
import type { Column } from '../../columnar/column.ts';
import type { Schema } from '../../columnar/schema.ts';
import type { Value } from '../../columnar/value.ts';
import type { TypedExpression } from '../../expressions/expression.ts';
import { FilterProbe } from '../../io/filter-probe.ts';
import type { ObjectStore } from '../../io/object-store.ts';
import { ColumnMemory } from '../../io/parquet/column-memory.ts';
import { filesWithEnds } from '../../io/parquet/ends-ahead.ts';
import { FileReader, type OpenRowGroup, type RowReader } from '../../io/parquet/file-reader.ts';
import { FilterFirst } from '../../io/parquet/filter-first.ts';
import { type FileEnd, readFooter } from '../../io/parquet/footer.ts';
import type { NarrowRequest } from '../../io/parquet/narrow-plan.ts';
import type { ReadCosts } from '../../io/parquet/range-reads.ts';
import { planScan, type RangeTest, rangesOf, type ScanPlan } from '../../io/parquet/scan-plan.ts';
import { matchColumns } from '../../io/parquet/value-form.ts';
import { filterOfPartition, knownValues, type PartitionJson } from '../../io/partition-values.ts';
import type { Counters, Demand, Output, Source, SourceRun, TaskContext } from '../operator.ts';
import { constantColumns } from './constant-columns.ts';
import type { RuntimeFilterColumn, SoughtKey } from './runtime-filter-column.ts';
import { filesOf, type ScanFiles } from './scan-files.ts';

/** One file to read, or a part of it. */
interface ParquetFile {
  readonly uri: string;
  /** Pins the version; where absent, the one found first. */
  readonly etag?: string | undefined;
  /** Indexes of the row groups to read; all where absent. */
  readonly rowGroups?: readonly number[] | undefined;
  /** Values that all of its rows have, by column. */
  readonly partition?: PartitionJson | undefined;
}

/** What is known of a file before it is looked at. */
interface WantedFile extends ParquetFile {
  /** Values of columns, by position, that all of its rows have; `values` with those that are computed of the rows. */
  readonly known: ReadonlyMap<number, Value>;
  readonly values: ReadonlyMap<number, Value>;
  /** What is left to be found out. */
  readonly filter: TypedExpression | undefined;
  readonly test: RangeTest | undefined;
}

export interface ParquetScanOptions {
  readonly store: ObjectStore;
  readonly files: ScanFiles<ParquetFile>;
  /** What is read: columns by name, missing ones as nulls. */
  readonly readSchema: Schema;
  /** The column whose value is the uri of the file. */
  readonly filePathColumn?: string | undefined;
  /**
   * Over `readSchema`. Row groups in which it cannot be true are not read, and batches in which it is not are left out;
   * all others come unfiltered, as a whole.
   */
  readonly filter?: TypedExpression | undefined;
  /** What joins further up may tell of keys: the last column of `readSchema`, a bool of no file, is whether a row has such keys. */
  readonly runtimeFilters?: readonly SoughtKey[] | undefined;
  /** Rows wanted at most, of all files, counted before any filter. */
  readonly limit?: number | undefined;
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
  readonly #costs: ReadCosts = { bytesRead: 0, requests: 0 };
  #bytesTotal = 0;
  #rowsRead = 0;
  #rowsSkipped = 0;
  #runtime: RuntimeFilterColumn | undefined;
  #probe: FilterProbe | undefined;
  #first: FilterFirst | undefined;
  /** Of the file that is read: columns that it does not say itself, by position. */
  #constants: ReadonlyMap<number, Column> = new Map();
  #filesPruned = 0;
  #rowGroupsRead = 0;
  #rowGroupsPruned = 0;
  #rowGroupsPrunedByRuntime = 0;
  /** Of those that were read. */
  #rowsRuledOut = 0;

  constructor(options: ParquetScanOptions, task: TaskContext) {
    this.#options = options;
    this.#task = task;
    this.#memories = options.readSchema.fields.map(() => new ColumnMemory());
  }

  async run(output: Output): Promise<void> {
    const { readSchema, filter, runtimeFilters } = this.#options;
    using runtime = runtimeFilters && (await openRuntimeFilters(runtimeFilters, readSchema, this.#task));
    this.#runtime = runtime;
    using probe = FilterProbe.over(readSchema, filter, this.#task.memory, runtime);
    this.#probe = probe;
    this.#first = filter && new FilterFirst(filter, runtime?.isNarrow);
    if (this.#rowsLeft === 0) return;
    const { memory, signal } = this.#task;
    const files = filesOf(this.#options.files, signal);
    const request = { store: this.#options.store, memory, signal };
    for await (const { file, end } of filesWithEnds(files, (one) => this.#wanted(one), request)) {
      signal.throwIfAborted();
      if ((await this.#file(file, end, output)) === 'done' || this.#rowsLeft === 0) return;
    }
  }

  /** Undefined where what is known of a file says that none of its rows can match. */
  #wanted(file: ParquetFile): WantedFile | undefined {
    const { readSchema, filePathColumn } = this.#options;
    const known = knownValues(file, readSchema.fields, filePathColumn);
    const computedAt = readSchema.fields.length - 1;
    // What is computed of the rows is true as far as files know.
    const values = this.#runtime === undefined ? known : new Map([...known, [computedAt, true]]);
    const filter = this.#options.filter && filterOfPartition(this.#options.filter, values);
    const test = this.#runtime?.testOf(known);
    if (filter !== 'never' && test !== 'never') return { ...file, known, values, filter, test };
    this.#filesPruned += 1;
    return undefined;
  }

  counters(): Counters {
    return {
      'bytes read': this.#costs.bytesRead,
      'bytes total': this.#bytesTotal,
      requests: this.#costs.requests,
      'files pruned': this.#filesPruned,
      'row groups read': this.#rowGroupsRead,
      'row groups pruned': this.#rowGroupsPruned,
      'rows read': this.#rowsRead,
      'rows skipped': this.#rowsSkipped,
      ...(this.#options.runtimeFilters && {
        'row groups pruned by runtime filters': this.#rowGroupsPrunedByRuntime,
        'rows ruled out by runtime filters': this.#rowsRuledOut,
      }),
    };
  }

  [Symbol.dispose](): void {}

  get #rowsLeft(): number {
    return (this.#options.limit ?? Number.POSITIVE_INFINITY) - this.#rowsRead;
  }

  async #file(file: WantedFile, end: FileEnd | undefined, output: Output): Promise<Demand> {
    const { uri, etag, rowGroups, known, values, filter, test } = file;
    const { store, readSchema } = this.#options;
    const { memory: budget, signal } = this.#task;
    using constants = budget.reserve('Scan');
    const constant = constantColumns(known, readSchema, constants);
    const runtime = this.#runtime?.column;
    this.#constants =
      runtime === undefined ? constant : new Map([...constant, [readSchema.fields.length - 1, runtime]]);
    const footer = await readFooter({ store, memory: budget, uri, etag, signal }, end);
    this.#costs.bytesRead += footer.bytesRead;
    this.#costs.requests += footer.requests;
    this.#bytesTotal += footer.fileBytes;
    const { fields } = readSchema;
    const readings = matchColumns(uri, footer.columns, fields, values);
    const planned = planScan(footer, { memory: budget, readings, filter, test, rowGroups, limit: this.#rowsLeft });
    const isOurs = planned.foreign === undefined && this.#options.reader === undefined;
    const narrowing = { store, budget, signal, footer, readings, costs: this.#costs };
    const narrows =
      test && planned.rowGroups.some((group) => test.mayNarrow(rangesOf(group, readings))) ? test : undefined;
    const isAsked = filter !== undefined && (filter.kind !== 'literal' || narrows !== undefined);
    const plan = isAsked && isOurs ? await narrowed(planned, { ...narrowing, filter, test: narrows }) : planned;
    this.#rowGroupsPruned += plan.prunedRowGroups;
    this.#rowGroupsPrunedByRuntime += plan.prunedByTest;
    if (plan.rowGroups.length === 0) return 'more';
    const request = { store, budget, signal, footer, plan, fields, readings, costs: this.#costs };
    if (!isOurs) {
      // Loaded on demand, with Arrow: it takes longer to load than many a scan.
      const { foreignBatches } = await import('../../io/parquet/foreign-reader.ts');
      return await this.#foreign(foreignBatches(request), plan, output);
    }
    const [probe, first] = [this.#probe, this.#first];
    const reading = {
      memories: this.#memories,
      filter: probe === undefined || first === undefined ? undefined : { probe, first },
      constants: this.#constants,
    };
    await using reader = await FileReader.open({ ...request, ...reading });
    return await this.#rowGroups(reader, output);
  }

  async #rowGroups(reader: FileReader, output: Output): Promise<Demand> {
    for (let open = await reader.next(); open !== undefined; open = await reader.next()) {
      const { kept, rows } = open.group;
      this.#rowGroupsRead += 1;
      this.#probe?.reset();
      const skippedBefore = this.#rowsSkipped;
      let row = 0;
      for (const { start, end } of kept) {
        for (const column of open.columns) column.skip(start - row);
        this.#rowsSkipped += start - row;
        row = end;
        if ((await this.#rows(reader, open, end - start, output)) === 'done') return 'done';
        if (this.#rowsLeft === 0) return 'more';
      }
      this.#rowsSkipped += rows - row;
      if (!open.isFiltered) this.#first?.note(sparedShare(open, this.#rowsSkipped - skippedBefore));
    }
    return 'more';
  }

  /** The next `rows` rows. */
  async #rows(
    reader: FileReader,
    { columns, isFiltered }: OpenRowGroup,
    rows: number,
    output: Output,
  ): Promise<Demand> {
    for (let left = rows; left > 0; ) {
      this.#task.signal.throwIfAborted();
      const count = Math.min(reader.batchRows, left, this.#rowsLeft);
      if (count === 0) return 'more';
      left -= count;
      await reader.readAhead();
      const batch = await this.#batch(columns, count, isFiltered);
      if (batch === undefined) {
        this.#rowsSkipped += count;
        continue;
      }
      this.#rowsRead += count;
      if ((await output.push(batch)) === 'done') return 'done';
    }
    return 'more';
  }

  async #foreign(batches: AsyncIterable<Batch>, plan: ScanPlan, output: Output): Promise<Demand> {
    this.#rowGroupsRead += plan.rowGroups.length;
    for await (const batch of batches) {
      const count = Math.min(batch.rowCount, this.#rowsLeft);
      if (count === 0) return 'more';
      this.#rowsRead += count;
      const columns = batch.columns.map((column, position) => this.#constants.get(position) ?? column);
      this.#runtime?.fill(columns, count);
      this.#rowsRuledOut += this.#runtime?.missing(count) ?? 0;
      const demand = await output.push(new Batch(batch.schema, count, columns));
      if (demand === 'done') return 'done';
    }
    return 'more';
  }

  /** The next rows; undefined where the filter keeps none of them, and then most columns are not decoded. */
  async #batch(readers: readonly RowReader[], count: number, isFiltered: boolean): Promise<Batch | undefined> {
    const probe = !isFiltered && this.#probe?.isWorthwhile === true ? this.#probe : undefined;
    const columns: Column[] = [];
    const read = async (positions: Iterable<number>): Promise<void> => {
      for (const position of positions) {
        const column = this.#constants.get(position) ?? (await readers[position]?.read(count));
        if (column !== undefined) columns[position] = column;
      }
    };
    const probed = probe?.columns ?? [];
    await read(probed);
    const others = [...readers.keys()].filter((position) => !probed.includes(position));
    if (probe?.mayKeep(columns, count) === false) {
      for (const position of others) readers[position]?.skip(count);
      return undefined;
    }
    await read(others);
    if (probe === undefined) this.#runtime?.fill(columns, count);
    this.#rowsRuledOut += this.#runtime?.missing(count) ?? 0;
    return new Batch(this.#options.readSchema, count, columns);
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
