/**
 * Turns a bound plan, a tree read from its root, into a chain, a list run from its source.
 *
 *     Sort                                source   Scan
 *       GroupedAggregate by …     ──▶     stages   Filter + GroupedAggregate
 *         Filter …                                 Sort
 *           Scan …
 */

import assert from 'node:assert/strict';
import type { RecordBatch } from 'apache-arrow';
import type { KeptBatch } from '../columnar/kept-batch.ts';
import type { ObjectStore } from '../io/object-store.ts';
import type { OutputFiles } from '../io/output-files.ts';
import { aggregate } from '../operators/blocking-sinks/aggregate.ts';
import type { CommitShuffleOptions } from '../operators/blocking-sinks/commit-shuffle.ts';
import { commitWrite, type ResultFile } from '../operators/blocking-sinks/commit-write.ts';
import { type GroupedAggregateOptions, groupedAggregate } from '../operators/blocking-sinks/grouped-aggregate.ts';
import type { ShuffleOptions } from '../operators/blocking-sinks/shuffle-output.ts';
import { write } from '../operators/blocking-sinks/write.ts';
import type { Source, Stage, TaskContext } from '../operators/operator.ts';
import { emptyScan } from '../operators/sources/empty-scan.ts';
import { parquetScan } from '../operators/sources/parquet-scan.ts';
import type { ScanFile } from '../operators/sources/scan-rows.ts';
import { filter } from '../operators/streaming/filter.ts';
import { filterProject } from '../operators/streaming/filter-project.ts';
import { project } from '../operators/streaming/project.ts';
import { limit } from '../operators/streaming-sinks/limit.ts';
import type { TaskInput } from '../plan/task.ts';
import type { Chain, ChainStage } from '../runtime/chain.ts';
import type { SharedChain } from '../runtime/shared.ts';
import type { LoadedUdf, UdfName } from '../udf/udf-modules.ts';
import type { UriRules } from './async-call-stage.ts';
import type { BoundNode } from './bound-plan.ts';
import { buildStage } from './build-stage.ts';
import { type FusedStep, fuse, fuseAggregate, passesOn } from './fuse.ts';
import { joinOf } from './join-of.ts';
import { nodeInputs } from './node-inputs.ts';
import { rawScan } from './raw-scan.ts';

/** What the operators of a task work with, beside its plan. */
export interface ChainResources {
  /** By source id. */
  readonly inputs: Readonly<Record<string, TaskInput>>;
  readonly store: ObjectStore;
  /** Of inputs that are batches already, by source id: they take the place of an in-memory-scan of the same columns. */
  readonly sources?: ReadonlyMap<string, Source> | undefined;
  /** Arrow record batches, by the source id of the in-memory-scan whose rows they are. */
  readonly batches?: Readonly<Record<string, readonly (RecordBatch | KeptBatch)[]>> | undefined;
  /** Nothing where absent. */
  readonly uris?: UriRules;
  /** The functions that the plan names: see `load-udfs.ts`. */
  readonly udfs?: (name: UdfName) => LoadedUdf | undefined;
  /** Only where the plan writes. */
  readonly output?: {
    readonly files: (task: TaskContext) => OutputFiles;
    /** Commits the closed files and gives those of the result. */
    readonly commit: () => Promise<readonly ResultFile[]>;
  };
  /** Only where the plan partitions its rows for other tasks. */
  readonly shuffle?: {
    readonly files: (task: TaskContext) => OutputFiles;
    /** Completes the closed objects, records what is in them, and gives what is recorded. */
    readonly commit: CommitShuffleOptions['commit'];
  };
}

type OfKind<Kind extends BoundNode['kind']> = Extract<BoundNode, { kind: Kind }>;

/**
 * The operators of a plan. They hold no memory until they are opened. What most plans have is loaded with this file, all
 * else when a plan has it.
 */
export async function buildChain(plan: BoundNode, resources: ChainResources): Promise<Chain> {
  return new ChainBuilder(resources).chain(await tellingScans(plan));
}

async function tellingScans(plan: BoundNode): Promise<BoundNode> {
  if (!hasHashJoin(plan)) return plan;
  const { withRuntimeFilters } = await import('./runtime-filters.ts');
  return withRuntimeFilters(plan);
}

const hasHashJoin = (node: BoundNode): boolean => node.kind === 'hash-join' || nodeInputs(node).some(hasHashJoin);

class ChainBuilder {
  readonly #resources: ChainResources;
  /** By name. */
  readonly #shared: Map<string, Promise<SharedChain>> = new Map();

  constructor(resources: ChainResources) {
    this.#resources = resources;
  }

  /** A kind of node that has no arm is one operator over its input, and has its arm in `build-stage.ts`. */
  async chain(node: BoundNode): Promise<Chain> {
    switch (node.kind) {
      case 'scan':
        return this.#limitedScan(node);
      case 'in-memory-scan':
        return { source: await this.#inMemoryScan(node), stages: [] };
      case 'glob-scan':
        return { source: await this.#globScan(node), stages: [] };
      case 'empty-scan':
        return { source: emptyScan({ schema: node.schema }), stages: [] };
      case 'shuffle-read':
        return { source: await this.#shuffleRead(node), stages: [] };
      case 'concat':
        return this.#concat(node);
      case 'shared':
        return this.#sharedRows(node);
      case 'filter':
      case 'project':
        return this.#step(fuse(node));
      case 'async-call':
        return this.#asyncCall(node);
      case 'udf-project':
        return this.#udfProject(node);
      case 'limit':
        if (node.limit === 0) return { source: emptyScan({ schema: node.schema }), stages: [] };
        return this.#over(node.input, limit({ ...node, input: node.input.schema }));
      case 'aggregate':
      case 'grouped-aggregate':
        return this.#aggregate(node);
      case 'hash-join':
      case 'cross-join':
      case 'sort-merge-join':
      case 'asof-join': {
        const { join, build, probe } = await joinOf(node);
        return this.#over(probe, { role: 'join-stage', join, build: await this.chain(build) });
      }
      case 'write':
        return this.#write(node, 'CommitTask');
      case 'repartition':
      case 'into-partitions':
      case 'gather':
        return this.#shuffle(node);
      case 'commit-write':
        assert.ok(node.input.kind === 'write');
        return this.#write(node.input, 'CommitWrite');
      default:
        return this.#over(node.input, await buildStage(node));
    }
  }

  /** Of nodes of one name the input is built once. */
  async #sharedRows({ name, input }: OfKind<'shared'>): Promise<Chain> {
    const { shared } = await import('../runtime/shared.ts');
    const known = this.#shared.get(name) ?? this.chain(input).then((chain) => ({ name, chain, readers: 0 }));
    this.#shared.set(name, known);
    return { source: shared(await known), stages: [] };
  }

  async #over(input: BoundNode, ...stages: ChainStage[]): Promise<Chain> {
    const below = await this.chain(input);
    return { source: below.source, stages: [...below.stages, ...stages] };
  }

  async #stepInput({ input, readsRaw }: FusedStep): Promise<Chain> {
    return input.kind === 'scan' && readsRaw ? { source: await this.#rawScan(input), stages: [] } : this.chain(input);
  }

  async #step(step: FusedStep): Promise<Chain> {
    const below = await this.#stepInput(step);
    const stage = stepStage(step);
    return stage === undefined ? below : { source: below.source, stages: [...below.stages, stage] };
  }

  async #aggregate(node: OfKind<'aggregate' | 'grouped-aggregate'>): Promise<Chain> {
    const { step, groupBy, aggregates } = fuseAggregate(node);
    const input = step.inputSchema;
    const { filter } = step;
    const stage = await aggregateStage(node, { input, filter, groupBy, aggregates });
    const computes = step.columns.some(({ expression }) => expression.kind !== 'column');
    const name = [filter === undefined ? [] : ['Filter'], computes ? ['Project'] : [], stage.name].flat().join(' + ');
    const below = await this.#stepInput(step);
    return { source: below.source, stages: [...below.stages, { ...stage, name }] };
  }

  /** Where a filter stands before the limit, the scan itself cannot count the rows. */
  async #limitedScan(node: OfKind<'scan'>): Promise<Chain> {
    if (node.limit === undefined) return this.#step(fuse(node));
    if (node.filter === undefined) return { source: await this.#rawScan(node), stages: [] };
    const { source, stages } = await this.#step(fuse({ ...node, limit: undefined }));
    return { source, stages: [...stages, limit({ input: node.schema, limit: node.limit, offset: 0 })] };
  }

  async #rawScan(node: OfKind<'scan'>): Promise<Source> {
    const { sourceId, format, filePathColumn, limit, runtimeFilters } = node;
    const { schema: readSchema, filter } = rawScan(node);
    const input = this.#resources.inputs[sourceId];
    assert.ok(input?.kind === 'files' || input?.kind === 'globs');
    const { store } = this.#resources;
    const rows = filter === undefined ? limit : undefined;
    const files = input.kind === 'files' ? input.files : await globFiles(store, input.globs);
    const options = { store, files, readSchema, filePathColumn, filter, limit: rows };
    switch (format.kind) {
      case 'parquet':
        return parquetScan({ ...options, runtimeFilters, reader: format.reader });
      case 'arrow': {
        const { arrowScan } = await import('../operators/sources/arrow-scan.ts');
        return arrowScan(options);
      }
      case 'csv': {
        const { csvScan } = await import('../operators/sources/csv-scan.ts');
        return csvScan({ ...options, csv: format });
      }
      case 'warc': {
        const { warcScan } = await import('../operators/sources/warc-scan.ts');
        return warcScan({ ...options, warc: format });
      }
      case 'text': {
        const { textScan } = await import('../operators/sources/text-scan.ts');
        return textScan({ ...options, text: format });
      }
      case 'json': {
        const { jsonScan } = await import('../operators/sources/json-scan.ts');
        return jsonScan({ ...options, json: format });
      }
    }
  }

  async #concat({ schema, inputs }: OfKind<'concat'>): Promise<Chain> {
    const { concat } = await import('../runtime/concat.ts');
    return { source: concat(schema, await Promise.all(inputs.map((input) => this.chain(input)))), stages: [] };
  }

  async #asyncCall(node: OfKind<'async-call'>): Promise<Chain> {
    const { asyncCallStage } = await import('./async-call-stage.ts');
    return this.#over(node.input, await asyncCallStage(node, this.#resources));
  }

  async #udfProject(node: OfKind<'udf-project'>): Promise<Chain> {
    const { input, udf: name, arguments: given, passthrough } = node;
    const udf = this.#resources.udfs?.(name);
    assert.ok(udf !== undefined);
    const { udfProject } = await import('../operators/streaming-sinks/udf-project.ts');
    return this.#over(input, udfProject({ input: input.schema, udf, arguments: given, passthrough, name: node.name }));
  }

  async #globScan({ schema, sourceId, limit }: OfKind<'glob-scan'>): Promise<Source> {
    const input = this.#resources.inputs[sourceId];
    assert.ok(input?.kind === 'globs');
    const { globScan } = await import('../operators/sources/glob-scan.ts');
    return globScan({ schema, store: this.#resources.store, globs: input.globs, limit });
  }

  async #inMemoryScan({ sourceId, schema }: OfKind<'in-memory-scan'>): Promise<Source> {
    const given = this.#resources.sources?.get(sourceId);
    if (given !== undefined) return given;
    const batches = this.#resources.batches?.[sourceId];
    if (batches !== undefined) {
      const { recordBatchScan } = await import('../operators/sources/record-batch-scan.ts');
      return recordBatchScan({ schema, batches });
    }
    const input = this.#resources.inputs[sourceId];
    assert.ok(input?.kind === 'rows');
    const { inMemoryScan } = await import('../operators/sources/in-memory-scan.ts');
    return inMemoryScan({ schema, rows: input.rows });
  }

  async #shuffleRead({ sourceId, schema }: OfKind<'shuffle-read'>): Promise<Source> {
    const input = this.#resources.inputs[sourceId];
    assert.ok(input?.kind === 'shuffle');
    const { shuffleRead } = await import('../operators/sources/shuffle-read.ts');
    return shuffleRead({ store: this.#resources.store, schema, pieces: input.pieces });
  }

  /** The object is completed, and recorded as the result of the task. */
  async #shuffle(node: OfKind<'repartition' | 'into-partitions' | 'gather'>): Promise<Chain> {
    const { shuffle } = this.#resources;
    assert.ok(shuffle !== undefined);
    const { commitShuffle } = await import('../operators/blocking-sinks/commit-shuffle.ts');
    const options = { input: node.input.schema, codec: node.compression, files: shuffle.files };
    return this.#over(node.input, await shuffleStage(node, options), commitShuffle({ commit: shuffle.commit }));
  }

  /** What was written is committed, by the task or with it the whole job. */
  async #write(node: OfKind<'write'>, commitName: 'CommitTask' | 'CommitWrite'): Promise<Chain> {
    const { output } = this.#resources;
    assert.ok(output !== undefined);
    const { input, format, partitionBy, targetFileBytes, rowGroupRows } = node;
    // A job has one file at least, so that its schema is known, which JSON has none of; of its tasks each may have none.
    const emptyFile = commitName === 'CommitWrite' && partitionBy.length === 0 && format.kind !== 'json';
    const { files, commit } = output;
    const writing = { format, partitionBy, targetFileBytes, rowGroupRows, emptyFile, files };
    return this.#over(input, write({ input: input.schema, ...writing }), {
      ...commitWrite({ input: node.schema, commit }),
      name: commitName,
    });
  }
}

async function shuffleStage(
  node: OfKind<'repartition' | 'into-partitions' | 'gather'>,
  options: ShuffleOptions,
): Promise<Stage> {
  switch (node.kind) {
    case 'repartition': {
      const { repartition } = await import('../operators/blocking-sinks/repartition.ts');
      return repartition({ ...options, partitions: node.partitions, by: node.by });
    }
    case 'into-partitions': {
      const { intoPartitions } = await import('../operators/blocking-sinks/into-partitions.ts');
      return intoPartitions({ ...options, partitions: node.partitions });
    }
    case 'gather': {
      const { gather } = await import('../operators/blocking-sinks/gather.ts');
      return gather(options);
    }
  }
}

/** Undefined for a step that does nothing. */
function stepStage(step: FusedStep): Stage | undefined {
  const { inputSchema: input, filter: predicate, columns } = step;
  if (predicate === undefined) return passesOn(step) ? undefined : project({ input, columns });
  return passesOn(step) ? filter({ input, predicate }) : filterProject({ input, predicate, columns });
}

async function aggregateStage(
  { kind, partial }: OfKind<'aggregate' | 'grouped-aggregate'>,
  options: GroupedAggregateOptions,
): Promise<Stage> {
  if (kind === 'aggregate') return aggregate({ ...options, partial });
  if (partial !== true) return groupedAggregate(options);
  const { partialGroupedAggregate } = await import('../operators/streaming-sinks/partial-grouped-aggregate.ts');
  return partialGroupedAggregate(options);
}

/** Loaded on demand: the tasks of most jobs name their files. */
async function globFiles(
  store: ObjectStore,
  globs: readonly string[],
): Promise<(signal: AbortSignal) => AsyncIterable<ScanFile>> {
  const { matchingFiles } = await import('../operators/sources/matching-files.ts');
  return (signal) => matchingFiles(store, globs, signal);
}
