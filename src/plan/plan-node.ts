/**
 * The plan language: what a task is told to do. A plan is a tree of nodes, read from its root: each node holds its
 * input. It contains no data: leaves carry a source id, and the task brings the input of each id beside the plan, so
 * that all tasks of a stage share one plan. These interfaces are the meaning; `schema.ts` parses JSON into them.
 */

import type { DataType } from '../columnar/data-type.ts';
import type { Field } from '../columnar/schema.ts';
import type { AggregateCall, Expression, NamedExpression } from '../expressions/expression.ts';
import type { JsonValue } from '../expressions/literal.ts';
import type { WindowCall, WindowFrame } from '../expressions/window.ts';

/** Reads files. */
export interface ScanNode {
  readonly kind: 'scan';
  readonly sourceId: string;
  readonly format: 'parquet';
  /** The columns of the files that the plan knows; files may have more. */
  readonly schema: readonly Field[];
  /** Which columns to read, in this order; all of the schema where absent. */
  readonly columns?: readonly string[] | undefined;
  /** Only rows for which this is true are wanted. The scan prunes by it and applies it. */
  readonly filter?: Expression | undefined;
  /** At most this many rows are wanted, from any file. */
  readonly limit?: number | undefined;
}

/** Rows that the task brings along. */
export interface InMemoryScanNode {
  readonly kind: 'in-memory-scan';
  readonly sourceId: string;
  readonly schema: readonly Field[];
}

/** No rows, with a schema. */
export interface EmptyScanNode {
  readonly kind: 'empty-scan';
  readonly schema: readonly Field[];
}

/** Rows that tasks of an earlier stage have partitioned. */
export interface ShuffleReadNode {
  readonly kind: 'shuffle-read';
  readonly sourceId: string;
  readonly schema: readonly Field[];
}

export interface ProjectNode {
  readonly kind: 'project';
  readonly input: PlanNode;
  readonly columns: readonly NamedExpression[];
}

/** Adds what a registered user-defined function makes of each row. */
export interface UdfProjectNode {
  readonly kind: 'udf-project';
  readonly input: PlanNode;
  /** A module that is registered where the task is run, and one of its exports. */
  readonly udf: { readonly module: string; readonly export: string };
  readonly arguments: readonly Expression[];
  /** Of the column of results, which comes last. */
  readonly name: string;
  /** The type of the results: that of the function's own definition. */
  readonly returns: DataType;
  /** Columns of the input that are passed on, in this order; all of them where absent. */
  readonly passthrough?: readonly string[] | undefined;
}

/** Keeps the rows for which the predicate is true: not those where it is null. */
export interface FilterNode {
  readonly kind: 'filter';
  readonly input: PlanNode;
  readonly predicate: Expression;
}

/** Passes on the rows [offset, offset + limit) of its input. */
export interface LimitNode {
  readonly kind: 'limit';
  readonly input: PlanNode;
  readonly limit: number;
  readonly offset?: number | undefined;
}

/** All rows of the first input, then all of the second, and so on; the schemas are equal. */
export interface ConcatNode {
  readonly kind: 'concat';
  readonly inputs: readonly PlanNode[];
}

/**
 * What an aggregation does of the whole, so that it can be shared by many tasks:
 *
 *     partial   gives partial states instead of results: the keys, and one column per aggregate, under its name. What they
 *               are is in `state/partial-answers.ts`; they are rows like any others.
 *     final     takes such rows and gives the results. Its keys and aggregates are those of the partial node, word for word,
 *               and `schema` is that of the rows which that one has aggregated.
 */
export type AggregateStage =
  | { readonly kind: 'partial' }
  | { readonly kind: 'final'; readonly schema: readonly Field[] };

/** One row, whatever the input. */
export interface AggregateNode {
  readonly kind: 'aggregate';
  readonly input: PlanNode;
  readonly aggregates: readonly AggregateCall[];
  /** All of it where absent. */
  readonly stage?: AggregateStage | undefined;
}

/** One row per distinct key; null is a key of its own. The order of the groups is not defined. */
export interface GroupedAggregateNode {
  readonly kind: 'grouped-aggregate';
  readonly input: PlanNode;
  readonly groupBy: readonly NamedExpression[];
  readonly aggregates: readonly AggregateCall[];
  /** All of it where absent. */
  readonly stage?: AggregateStage | undefined;
}

export interface SortKey {
  readonly expression: Expression;
  readonly descending?: boolean | undefined;
  /** Defaults to the value of `descending`: null counts as the greatest value. */
  readonly nullsFirst?: boolean | undefined;
}

/** Stable: rows with equal keys keep their order. NaN is the greatest number. */
export interface SortNode {
  readonly kind: 'sort';
  readonly input: PlanNode;
  readonly keys: readonly SortKey[];
}

/** The rows [offset, offset + limit) of the sorted input. */
export interface TopNNode {
  readonly kind: 'top-n';
  readonly input: PlanNode;
  readonly keys: readonly SortKey[];
  readonly limit: number;
  readonly offset?: number | undefined;
}

/** The input with a column for each aggregate, over all rows of the partition of each; rows stay in their order. */
export interface WindowPartitionOnlyNode {
  readonly kind: 'window-partition-only';
  readonly input: PlanNode;
  readonly partitionBy: readonly Expression[];
  readonly aggregates: readonly AggregateCall[];
}

/**
 * The input with a column for each function: of the place of a row in its partition, of rows beside it, or of the rows up to
 * its peers, those with equal keys. Rows come out sorted in their partitions, these as their keys first appear.
 */
export interface WindowPartitionAndOrderByNode {
  readonly kind: 'window-partition-and-order-by';
  readonly input: PlanNode;
  readonly partitionBy: readonly Expression[];
  readonly orderBy: readonly SortKey[];
  readonly functions: readonly WindowCall[];
}

/** The same, values and aggregates being of the rows in the frame of each. */
export interface WindowPartitionAndDynamicFrameNode {
  readonly kind: 'window-partition-and-dynamic-frame';
  readonly input: PlanNode;
  readonly partitionBy: readonly Expression[];
  readonly orderBy: readonly SortKey[];
  readonly frame: WindowFrame;
  readonly functions: readonly WindowCall[];
}

/** All rows as one partition, sorted. */
export interface WindowOrderByOnlyNode {
  readonly kind: 'window-order-by-only';
  readonly input: PlanNode;
  readonly orderBy: readonly SortKey[];
  /** Up to the peers of each row where absent. */
  readonly frame?: WindowFrame | undefined;
  readonly functions: readonly WindowCall[];
}

export type Compression = 'none' | 'snappy' | 'gzip' | 'zstd';

/** What differs from how a Parquet file is written as a whole. */
export interface ParquetColumn {
  readonly name: string;
  readonly compression?: Compression | undefined;
  /** Whether values that repeat are written once: true where absent. */
  readonly dictionary?: boolean | undefined;
  /** Whether least and greatest values are written: true where absent. */
  readonly statistics?: boolean | undefined;
}

export interface ParquetFormat {
  readonly kind: 'parquet';
  readonly columns?: readonly ParquetColumn[] | undefined;
}

/** Comma-separated values, dates and times in ISO form. */
export interface CsvFormat {
  readonly kind: 'csv';
  /** "," where absent; one character of ASCII, as `quote`, which is doubled inside of quotes: '"' where absent. */
  readonly delimiter?: string | undefined;
  readonly quote?: string | undefined;
  /** Whether each file begins with the names of its columns: true where absent. */
  readonly header?: boolean | undefined;
  /** How null is written: as nothing where absent. A text that is the same stands in quotes. */
  readonly nullText?: string | undefined;
}

/** An object per line. */
export interface JsonFormat {
  readonly kind: 'json';
  /** Whether fields that are null are left out: false where absent. */
  readonly ignoreNullFields?: boolean | undefined;
}

/** Arrow IPC. */
export interface ArrowFormat {
  readonly kind: 'arrow';
  /** A file, with an index of its batches, where absent. */
  readonly container?: 'file' | 'stream' | undefined;
}

export type WriteFormat = ParquetFormat | CsvFormat | JsonFormat | ArrowFormat;

/** Writes files into the task's output; they stay invisible until the job is committed. One row out per file. */
export interface WriteNode {
  readonly kind: 'write';
  readonly input: PlanNode;
  /** By name, or with what may be said about it. */
  readonly format: WriteFormat['kind'] | WriteFormat;
  /** Hive partitioning: these columns become directories `name=value` and leave the files. */
  readonly partitionBy?: readonly string[] | undefined;
  /** Of Parquet snappy where absent, else none. CSV and JSON know gzip and zstd, Arrow none. */
  readonly compression?: Compression | undefined;
  /** Of gzip 0 to 9, of zstd 1 to 19, for CSV and JSON. */
  readonly compressionLevel?: number | undefined;
  /** A file is closed, and the next one begun, when it has reached about this many bytes. */
  readonly targetFileBytes?: number | undefined;
  readonly rowGroupRows?: number | undefined;
}

/** How pages of shuffle objects are compressed: zstd where absent. */
export type ShuffleCompression = 'none' | 'zstd';

/**
 * Which partition a row goes to:
 *
 *     hash     equal keys meet in one partition, of whatever task and whichever side of a join; null is a key
 *     range    by the order of the keys: each boundary, a value per key as literals write them, is the first possible row
 *              of the next partition. They ascend, and there are at most as many as there are partitions but one
 *     random   any, the same again for the same seed (0 where absent)
 */
export type PartitionBy =
  | { readonly kind: 'hash'; readonly columns: readonly Expression[] }
  | {
      readonly kind: 'range';
      readonly keys: readonly SortKey[];
      readonly boundaries: readonly (readonly JsonValue[])[];
    }
  | { readonly kind: 'random'; readonly seed?: number | undefined };

/** Writes its rows into a shuffle object, by partition, for tasks of the next stage. One row out per partition. */
export interface RepartitionNode {
  readonly kind: 'repartition';
  readonly input: PlanNode;
  readonly partitions: number;
  readonly by: PartitionBy;
  readonly compression?: ShuffleCompression | undefined;
}

/** As `repartition`, in pieces of ceil(rows / partitions) rows, in their order. */
export interface IntoPartitionsNode {
  readonly kind: 'into-partitions';
  readonly input: PlanNode;
  readonly partitions: number;
  readonly compression?: ShuffleCompression | undefined;
}

/** As `repartition`, into one partition, for one task. */
export interface GatherNode {
  readonly kind: 'gather';
  readonly input: PlanNode;
  readonly compression?: ShuffleCompression | undefined;
}

/** `overwrite-partitions` replaces what is in the partitions that get files, and leaves all others. */
export type WriteMode = 'append' | 'overwrite' | 'overwrite-partitions' | 'error-if-exists';

/** Commits what the write below it wrote, as a whole job of one task. Passes on the rows of the write. */
export interface CommitWriteNode {
  readonly kind: 'commit-write';
  readonly input: PlanNode;
  readonly mode: WriteMode;
  /** Puts `_SUCCESS` beside the files, after the commit. It holds the job's id. */
  readonly successFile?: boolean | undefined;
}

/**
 * Which rows a join gives, of those of its two inputs:
 *
 *     inner       every pair that matches                 semi    rows of left that have a match
 *     left        and the rows of left that have none     anti    rows of left that have none
 *     right       … of right
 *     outer       … of both
 */
export type JoinType = 'inner' | 'left' | 'right' | 'outer' | 'semi' | 'anti';

export type PlanNode =
  | ScanNode
  | InMemoryScanNode
  | EmptyScanNode
  | ShuffleReadNode
  | ProjectNode
  | UdfProjectNode
  | FilterNode
  | LimitNode
  | ConcatNode
  | AggregateNode
  | GroupedAggregateNode
  | SortNode
  | TopNNode
  | WindowPartitionOnlyNode
  | WindowPartitionAndOrderByNode
  | WindowPartitionAndDynamicFrameNode
  | WindowOrderByOnlyNode
  | WriteNode
  | RepartitionNode
  | IntoPartitionsNode
  | GatherNode
  | CommitWriteNode;

export type NodeKind = PlanNode['kind'];
