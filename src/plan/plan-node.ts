/**
 * The plan language: what a task is told to do. A plan is a tree of nodes, read from its root: each node holds its
 * input. It contains no data: leaves carry a source id, and the task brings the input of each id beside the plan, so
 * that all tasks of a stage share one plan. These interfaces are the meaning; `schema.ts` parses JSON into them.
 */

import type { DataType } from '../columnar/data-type.ts';
import type { Field } from '../columnar/schema.ts';
import type {
  AggregateCall,
  AggregateFunction,
  AggregateOptions,
  Expression,
  NamedExpression,
} from '../expressions/expression.ts';
import type { JsonValue } from '../expressions/literal.ts';
import type { WindowCall, WindowFrame } from '../expressions/window.ts';

export interface ParquetScanFormat {
  readonly kind: 'parquet';
  /** A decoder that reads all files: our own where absent, but for files that it refuses and this one reads. */
  readonly reader?: 'parquet-wasm' | undefined;
}

/**
 * Fields between delimiters, records between line ends (LF, CR LF or CR), as RFC 4180 has them; compressed by gzip or zstd where
 * the first bytes say so. Empty lines are left out, but for files of one column, where they are a field.
 */
export interface CsvScanFormat {
  readonly kind: 'csv';
  /** "," where absent. This and the next three are one character of ASCII. */
  readonly delimiter?: string | undefined;
  /** '"' where absent; null: no character quotes. A field that begins with it ends with it. */
  readonly quote?: string | null | undefined;
  /** Inside of quotes what follows it is part of the text, also a quote: the quote itself where absent. */
  readonly escape?: string | undefined;
  /** Lines that begin with it are left out. */
  readonly comment?: string | undefined;
  /**
   * Whether the first record has the names by which columns are found: true where absent. Else the columns of the schema are
   * those of the files, in order.
   */
  readonly header?: boolean | undefined;
  /** Texts that mean null where they are not in quotes: the empty one where absent, which always does in columns of other types. */
  readonly nullTexts?: readonly string[] | undefined;
  /** Whether a record may have fewer fields, which are null, or more, which are left out: else, and where absent, an error. */
  readonly allowVariableColumns?: boolean | undefined;
  /** UTF-8 where absent. A byte order mark is no part of the text. */
  readonly encoding?: 'utf-8' | 'latin-1' | undefined;
  /** What becomes of a value that is none of its column's type: an error where absent. */
  readonly invalidValues?: 'error' | 'null' | undefined;
  /** A record with more bytes is an error: 4 MiB where absent, or what memory allows. */
  readonly maxRecordBytes?: number | undefined;
}

/**
 * Objects, one behind the other, as on lines, or in one array; UTF-8, compressed by gzip or zstd where the first bytes say so.
 * Fields that the schema does not have are passed over, those that an object does not have are null.
 */
export interface JsonScanFormat {
  readonly kind: 'json';
  /** What becomes of a value that is none of its column's type, or of another form: an error where absent. */
  readonly invalidValues?: 'error' | 'null' | undefined;
  /** A record with more bytes is an error: 4 MiB where absent, or what memory allows. */
  readonly maxRecordBytes?: number | undefined;
}

/**
 * Files of Arrow IPC, which end with an index of their batches, and streams, which may be compressed by gzip or zstd: which it is,
 * the bytes say.
 */
export interface ArrowScanFormat {
  readonly kind: 'arrow';
}

/** Lines, which end with LF, CR LF or CR, as the one column `text`; compressed by gzip or zstd where the first bytes say so. */
export interface TextScanFormat {
  readonly kind: 'text';
  /** UTF-8 where absent. A byte order mark is no part of the text. */
  readonly encoding?: 'utf-8' | 'latin-1' | undefined;
  /** Whether lines, or files, of nothing but white space are left out: true where absent. */
  readonly skipBlankLines?: boolean | undefined;
  /** Whether all of a file is one row: each of its lines where absent. */
  readonly wholeText?: boolean | undefined;
  /** What becomes of a text that is no UTF-8: an error where absent. A column that is binary takes it. */
  readonly invalidValues?: 'error' | 'null' | undefined;
  /** A line, or a file, with more bytes is an error: 4 MiB where absent, or what memory allows. */
  readonly maxRecordBytes?: number | undefined;
}

/**
 * Records of a crawl, with the columns WARC-Record-ID uuid, WARC-Target-URI utf8, WARC-Type utf8, WARC-Date timestamp(ns, UTC),
 * Content-Length int64, WARC-Identified-Payload-Type utf8, warc_content binary, and warc_headers utf8, a JSON object of what is left.
 */
export interface WarcScanFormat {
  readonly kind: 'warc';
  /** A record with more bytes is an error: 4 MiB where absent, or what memory allows. */
  readonly maxRecordBytes?: number | undefined;
}

export type ScanFormat =
  | ParquetScanFormat
  | ArrowScanFormat
  | CsvScanFormat
  | JsonScanFormat
  | TextScanFormat
  | WarcScanFormat;

/** Reads files. */
export interface ScanNode {
  readonly kind: 'scan';
  readonly sourceId: string;
  /** By name, or with what may be said about it. */
  readonly format: ScanFormat['kind'] | ScanFormat;
  /** The columns of the files that the plan knows; files may have more. */
  readonly schema: readonly Field[];
  /** Name of a further column, utf8, behind those of the schema: the uri of the file that a row is from. */
  readonly filePathColumn?: string | undefined;
  /** Which columns to read, in this order; all where absent. */
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

/**
 * Lists the objects that globs match, which the task brings: `path` utf8, `size` int64, `num_rows` int64, always null. Sorted
 * by path, each once; where nothing matches there are no rows.
 */
export interface GlobScanNode {
  readonly kind: 'glob-scan';
  readonly sourceId: string;
  /** At most this many rows. */
  readonly limit?: number | undefined;
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

/**
 * One row for each item of the lists in `columns`, the other columns repeated. Lists of fixed size and maps, whose items are
 * their entries, are taken apart too. Several columns have lists of one length in each row, else it is an error.
 */
export interface ExplodeNode {
  readonly kind: 'explode';
  readonly input: PlanNode;
  readonly columns: readonly string[];
  /** Whether a row with an empty list, or none, is left out: else it stays, with nulls. */
  readonly ignoreEmpty?: boolean | undefined;
  /** Name of a last column, uint64: the position of the item, from 0; null where there is none. */
  readonly indexColumn?: string | undefined;
}

/** One row for each of the columns `values`, nulls too: `ids`, the name of the column, its value. Row by row, in this order. */
export interface UnpivotNode {
  readonly kind: 'unpivot';
  readonly input: PlanNode;
  readonly ids: readonly string[];
  /** All become the type that holds the values of each. */
  readonly values: readonly string[];
  /** "variable" where absent. */
  readonly variableName?: string | undefined;
  /** "value" where absent. */
  readonly valueName?: string | undefined;
}

/**
 * Random rows, in the order of the input: of each row with the probability `fraction`, or as many as `size` says, which
 * is an error where there are fewer.
 */
export interface SampleNode {
  readonly kind: 'sample';
  readonly input: PlanNode;
  readonly fraction?: number | undefined;
  readonly size?: number | undefined;
  /** Whether a row may come several times. */
  readonly withReplacement?: boolean | undefined;
  /** The same seed gives the same rows again. Where absent, each run draws another one. */
  readonly seed?: number | undefined;
}

/** The same rows in batches of another size: for what follows and pays per batch. */
export interface IntoBatchesNode {
  readonly kind: 'into-batches';
  readonly input: PlanNode;
  readonly rows: number;
  /** Whether all but the last have just as many rows: else more than floor(0.8 × rows), and no more than `rows`. */
  readonly strict?: boolean | undefined;
}

/** Puts a first column of uint64 before the others: partition × 2^36 + offset, and from there on one more for each row. */
export interface MonotonicallyIncreasingIdNode {
  readonly kind: 'monotonically-increasing-id';
  readonly input: PlanNode;
  readonly name: string;
  /** 28 bits: 0 where absent. */
  readonly partition?: number | undefined;
  /** Number of the first row: 0 where absent. */
  readonly offset?: number | undefined;
}

/** Of the rows that are equal in `columns` the first one. Null is equal to null, NaN to NaN, -0.0 to 0.0. */
export interface DedupNode {
  readonly kind: 'dedup';
  readonly input: PlanNode;
  /** All where absent. */
  readonly columns?: readonly string[] | undefined;
}

/**
 * One row for each group, in it a column for each name: the aggregate of `value` over the rows of the group whose `pivot`
 * the name stands for; null where there are none. A name stands for the value it is the text of, however that is written
 * ("2" for 2.0), and "None" for null. Rows with other values count for nothing but that their group is there.
 */
export interface PivotNode {
  readonly kind: 'pivot';
  readonly input: PlanNode;
  readonly groupBy: readonly string[];
  readonly pivot: string;
  readonly value: string;
  readonly aggregate: AggregateFunction;
  readonly options?: AggregateOptions | undefined;
  readonly names: readonly string[];
}

/** Passes on the rows [offset, offset + limit) of its input. */
export interface LimitNode {
  readonly kind: 'limit';
  readonly input: PlanNode;
  readonly limit: number;
  readonly offset?: number | undefined;
}

/**
 * The rows of its input, which are made once for all nodes of the plan that have the same name, and kept in memory while these are read;
 * made again where there is no room. Nodes of one name have equal inputs, whose rows are the same whenever they are made.
 */
export interface SharedNode {
  readonly kind: 'shared';
  readonly input: PlanNode;
  readonly name: string;
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

export type Compression = 'none' | 'snappy' | 'gzip' | 'zstd' | 'brotli';

/** What differs from how a Parquet file is written as a whole. */
export interface ParquetColumn {
  readonly name: string;
  readonly compression?: Compression | undefined;
  /** Where absent that of the file, if the codec is the file's. */
  readonly compressionLevel?: number | undefined;
  /** Whether values that repeat are written once: true where absent. */
  readonly dictionary?: boolean | undefined;
  /** Whether least and greatest values are written: true where absent. */
  readonly statistics?: boolean | undefined;
  /** Whether Bloom filters are written, by which readers know what is not there: false where absent. */
  readonly bloomFilter?: boolean | undefined;
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
  /** Of Parquet snappy where absent, else none. CSV and JSON know gzip and zstd, Parquet brotli too, Arrow none. */
  readonly compression?: Compression | undefined;
  /** Of gzip 0 to 9, of zstd 1 to 19, of brotli 0 to 11. */
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

/**
 * Pairs of rows whose keys are equal, as `=` has it. Keys of one name on both sides are one column, which comes first; then
 * come the other columns of left, then those of right. Of semi and anti joins only rows of left come out, with its columns.
 * The order of the rows is not defined.
 */
export interface HashJoinNode {
  readonly kind: 'hash-join';
  readonly left: PlanNode;
  readonly right: PlanNode;
  readonly leftOn: readonly Expression[];
  /** As many as on the left. */
  readonly rightOn: readonly Expression[];
  readonly joinType: JoinType;
  /** Which side is kept in memory. Where absent the right one, and the left one of a right join: not the one that is kept whole. */
  readonly buildSide?: 'left' | 'right' | undefined;
  /** By key, whether null equals null; where absent, nowhere, and a row with a null in a key matches nothing. */
  readonly nullEqualsNull?: readonly boolean[] | undefined;
  /** Over the columns of an inner join: a pair only matches where it is true. */
  readonly residual?: Expression | undefined;
}

/**
 * Every row of left beside every row of right, or beside those for which `residual`, over the columns of both, is true. The
 * columns of left, then those of right; no two may have one name.
 */
export interface CrossJoinNode {
  readonly kind: 'cross-join';
  readonly left: PlanNode;
  readonly right: PlanNode;
  /**
   * The side that is held in memory; right where absent. The rows of the other keep their order, and with each of them come
   * those of this one in theirs.
   */
  readonly collect?: 'left' | 'right' | undefined;
  readonly residual?: Expression | undefined;
}

/**
 * Joins by equal keys, both sides being sorted: rows come out in the order of their keys, nulls last, equal ones in the order
 * of left, then of right. A null equals nothing. The columns are those of a hash join.
 */
export interface SortMergeJoinNode {
  readonly kind: 'sort-merge-join';
  readonly left: PlanNode;
  readonly right: PlanNode;
  /** In pairs; at least one. */
  readonly leftOn: readonly Expression[];
  readonly rightOn: readonly Expression[];
  readonly joinType: JoinType;
}

/** Which row of right an as-of join looks for, by its key beside that of the row of left. */
export type AsofStrategy = 'backward' | 'forward' | 'nearest';

/**
 * Every row of left once, in its order, beside one row of right whose `by` keys are equal: that with the greatest `on` key
 * that is not greater (backward), the least that is not less (forward), or the one least far away (nearest; the greater of
 * two). Of rows with the same key the last, forward the first. Nulls where there is none, and where a key is null.
 *
 * The columns of left, then those of right but for keys that have the same name on both sides.
 */
export interface AsofJoinNode {
  readonly kind: 'asof-join';
  readonly left: PlanNode;
  readonly right: PlanNode;
  readonly leftBy?: readonly Expression[] | undefined;
  readonly rightBy?: readonly Expression[] | undefined;
  /** A number, a date, a time, a timestamp or a duration. */
  readonly leftOn: Expression;
  readonly rightOn: Expression;
  readonly strategy: AsofStrategy;
  /** How far a match may be at most, a literal: a number beside numbers, else a duration. */
  readonly tolerance?: Expression | undefined;
  /** Whether equal `on` keys match: true where absent. */
  readonly allowExactMatches?: boolean | undefined;
}

export type PlanNode =
  | ScanNode
  | InMemoryScanNode
  | GlobScanNode
  | EmptyScanNode
  | ShuffleReadNode
  | ProjectNode
  | UdfProjectNode
  | FilterNode
  | ExplodeNode
  | UnpivotNode
  | SampleNode
  | IntoBatchesNode
  | MonotonicallyIncreasingIdNode
  | CrossJoinNode
  | SortMergeJoinNode
  | AsofJoinNode
  | DedupNode
  | PivotNode
  | LimitNode
  | SharedNode
  | ConcatNode
  | AggregateNode
  | GroupedAggregateNode
  | SortNode
  | TopNNode
  | WindowPartitionOnlyNode
  | WindowPartitionAndOrderByNode
  | WindowPartitionAndDynamicFrameNode
  | WindowOrderByOnlyNode
  | HashJoinNode
  | CrossJoinNode
  | SortMergeJoinNode
  | AsofJoinNode
  | WriteNode
  | RepartitionNode
  | IntoPartitionsNode
  | GatherNode
  | CommitWriteNode;

export type NodeKind = PlanNode['kind'];
