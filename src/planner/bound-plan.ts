/**
 * A plan whose names have been looked up and whose types have been checked: every node knows the schema of its rows,
 * every expression its type. Made by `bind-plan.ts`; explained by `explain.ts` and turned into operators by
 * `build-chain.ts`, which both can rely on it being right.
 */

import type { DataType } from '../columnar/data-type.ts';
import type { Schema } from '../columnar/schema.ts';
import type { Value } from '../columnar/value.ts';
import type { TypedAggregate, TypedColumn, TypedExpression } from '../expressions/expression.ts';
import type { TypedWindow } from '../expressions/window.ts';
import type { CsvReadOptions } from '../io/text/csv-reader.ts';
import type { JsonReadOptions } from '../io/text/json-reader.ts';
import type { LineReadOptions } from '../io/text/line-reader.ts';
import type { WarcReadOptions } from '../io/text/warc-reader.ts';
import type { PivotName } from '../operators/blocking-sinks/pivot.ts';
import type { FileKind } from '../operators/blocking-sinks/write.ts';
import type { SampleOptions } from '../operators/streaming-sinks/sample.ts';
import type { AsofStrategy, JoinType, ParquetScanFormat, ShuffleCompression, WriteMode } from '../plan/plan-node.ts';
import type { UdfName } from '../udf/udf-modules.ts';

export interface BoundSortKey {
  readonly expression: TypedExpression;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

/** All over the schema of the input. */
export type BoundPartitionBy =
  | { readonly kind: 'hash'; readonly keys: readonly TypedColumn[] }
  | {
      readonly kind: 'range';
      readonly keys: readonly BoundSortKey[];
      readonly boundaries: readonly (readonly Value[])[];
    }
  | { readonly kind: 'random'; readonly seed: number };

export interface AsyncCall {
  /** Of the column that holds the result. */
  readonly name: string;
  readonly expression: Extract<TypedExpression, { kind: 'function' }>;
}

/** How far a match may be: the literal, and what it is in units of the keys; a number beside floats. */
export interface AsofTolerance {
  readonly literal: TypedExpression;
  readonly units: bigint | number;
}

/** What a scan is told by a join further up: which values a key of its rows may have. */
export interface BoundRuntimeFilter {
  /** Of the filter in this plan. */
  readonly id: number;
  /** Over the `readSchema` of the scan; cannot fail. */
  readonly key: TypedExpression;
  /** The key of the build side, as text. */
  readonly from: string;
  readonly nullEqualsNull: boolean;
}

/** How files are read. */
export type BoundScanFormat =
  | ParquetScanFormat
  | { readonly kind: 'arrow' }
  | ({ readonly kind: 'csv' } & CsvReadOptions)
  | ({ readonly kind: 'json' } & JsonReadOptions)
  | ({ readonly kind: 'text' } & LineReadOptions)
  | ({ readonly kind: 'warc' } & WarcReadOptions);

export type BoundNode = { readonly schema: Schema } & (
  | {
      readonly kind: 'scan';
      readonly sourceId: string;
      readonly format: BoundScanFormat;
      /** All columns that are read: those of `schema` first, then those that only the filter needs. */
      readonly readSchema: Schema;
      /** The column that no file has: its uri. */
      readonly filePathColumn: string | undefined;
      /** Over `readSchema`. */
      readonly filter: TypedExpression | undefined;
      readonly limit: number | undefined;
      readonly runtimeFilters?: readonly BoundRuntimeFilter[] | undefined;
    }
  | { readonly kind: 'in-memory-scan'; readonly sourceId: string }
  | { readonly kind: 'empty-scan' }
  | { readonly kind: 'glob-scan'; readonly sourceId: string; readonly limit: number | undefined }
  | { readonly kind: 'shuffle-read'; readonly sourceId: string }
  | { readonly kind: 'project'; readonly input: BoundNode; readonly columns: readonly TypedColumn[] }
  /** A call that waits for storage, over columns of the input and literals: its result is the last column. */
  | { readonly kind: 'async-call'; readonly input: BoundNode; readonly call: AsyncCall }
  | {
      readonly kind: 'udf-project';
      readonly input: BoundNode;
      readonly udf: UdfName;
      /** Columns of the input. */
      readonly arguments: readonly number[];
      readonly passthrough: readonly number[];
      readonly name: string;
      readonly returns: DataType;
    }
  | { readonly kind: 'filter'; readonly input: BoundNode; readonly predicate: TypedExpression }
  | {
      readonly kind: 'explode';
      readonly input: BoundNode;
      /** Positions in the input's schema. */
      readonly columns: readonly number[];
      readonly ignoreEmpty: boolean;
      readonly indexColumn: string | undefined;
    }
  | {
      readonly kind: 'unpivot';
      readonly input: BoundNode;
      /** Positions in the input's schema; values are of one type. */
      readonly ids: readonly number[];
      readonly values: readonly number[];
      readonly variableName: string;
      readonly valueName: string;
    }
  | {
      readonly kind: 'cross-join';
      readonly left: BoundNode;
      readonly right: BoundNode;
      readonly collect: 'left' | 'right';
      /** Over the columns of left, then those of right. */
      readonly residual: TypedExpression | undefined;
    }
  | {
      readonly kind: 'sort-merge-join';
      readonly left: BoundNode;
      readonly right: BoundNode;
      /** In pairs of one type, over the columns of their sides. */
      readonly leftOn: readonly TypedExpression[];
      readonly rightOn: readonly TypedExpression[];
      readonly joinType: JoinType;
    }
  | {
      readonly kind: 'asof-join';
      readonly left: BoundNode;
      readonly right: BoundNode;
      /** In pairs of one type, over the columns of their sides. */
      readonly leftBy: readonly TypedExpression[];
      readonly rightBy: readonly TypedExpression[];
      readonly leftOn: TypedExpression;
      readonly rightOn: TypedExpression;
      readonly strategy: AsofStrategy;
      readonly tolerance: AsofTolerance | undefined;
      readonly allowExactMatches: boolean;
      /** Positions of the columns of right that come out. */
      readonly rightColumns: readonly number[];
    }
  | {
      readonly kind: 'sample';
      readonly input: BoundNode;
      readonly amount: SampleOptions['amount'];
      readonly withReplacement: boolean;
      readonly seed: number | undefined;
    }
  | { readonly kind: 'into-batches'; readonly input: BoundNode; readonly rows: number; readonly strict: boolean }
  | {
      readonly kind: 'monotonically-increasing-id';
      readonly input: BoundNode;
      readonly name: string;
      readonly partition: number;
      readonly offset: number;
    }
  /** Positions in the input's schema. */
  | { readonly kind: 'dedup'; readonly input: BoundNode; readonly columns: readonly number[] }
  | {
      readonly kind: 'pivot';
      readonly input: BoundNode;
      readonly groupBy: readonly TypedColumn[];
      readonly pivot: TypedExpression;
      readonly aggregate: TypedAggregate;
      readonly names: readonly PivotName[];
    }
  | { readonly kind: 'limit'; readonly input: BoundNode; readonly limit: number; readonly offset: number }
  | { readonly kind: 'shared'; readonly input: BoundNode; readonly name: string }
  | { readonly kind: 'concat'; readonly inputs: readonly BoundNode[] }
  | {
      readonly kind: 'aggregate';
      readonly input: BoundNode;
      readonly aggregates: readonly TypedAggregate[];
      /** Whether partial states come out. */
      readonly partial?: boolean | undefined;
    }
  | {
      readonly kind: 'grouped-aggregate';
      readonly input: BoundNode;
      readonly groupBy: readonly TypedColumn[];
      readonly aggregates: readonly TypedAggregate[];
      readonly partial?: boolean | undefined;
    }
  | {
      readonly kind: 'final-aggregate';
      readonly input: BoundNode;
      /** Columns of the input. */
      readonly groupBy: readonly TypedColumn[];
      /** Over the rows that were aggregated first, which nobody has here. */
      readonly aggregates: readonly TypedAggregate[];
      /** Positions in the input of the states of each. */
      readonly stateColumns: readonly number[];
    }
  | { readonly kind: 'sort'; readonly input: BoundNode; readonly keys: readonly BoundSortKey[] }
  | {
      readonly kind: 'top-n';
      readonly input: BoundNode;
      readonly keys: readonly BoundSortKey[];
      readonly limit: number;
      readonly offset: number;
    }
  | {
      readonly kind:
        | 'window-partition-only'
        | 'window-partition-and-order-by'
        | 'window-partition-and-dynamic-frame'
        | 'window-order-by-only';
      readonly input: BoundNode;
      /** Positions in the input of the columns that come out; the results are behind them. */
      readonly passthrough: readonly number[];
      readonly window: TypedWindow;
    }
  | {
      readonly kind: 'hash-join';
      readonly left: BoundNode;
      readonly right: BoundNode;
      readonly joinType: JoinType;
      readonly buildSide: 'left' | 'right';
      /** Over each side, as many and of the same types. */
      readonly leftKeys: readonly TypedExpression[];
      readonly rightKeys: readonly TypedExpression[];
      readonly nullEqualsNull: readonly boolean[];
      /** Over the columns of left and then those of right. */
      readonly residual: TypedExpression | undefined;
      /** Those of `schema`, by their positions in the columns of left and then those of right. */
      readonly columns: readonly number[];
      /** What is told to scans of the probe side: by the number of the filter, the key of the build side. */
      readonly runtimeFilters?: readonly { readonly id: number; readonly key: number }[] | undefined;
    }
  | {
      readonly kind: 'write';
      readonly input: BoundNode;
      readonly format: FileKind;
      /** Positions in the input's schema. */
      readonly partitionBy: readonly number[];
      readonly targetFileBytes: number;
      readonly rowGroupRows: number;
    }
  | {
      readonly kind: 'repartition';
      readonly input: BoundNode;
      readonly partitions: number;
      readonly by: BoundPartitionBy;
      readonly compression: ShuffleCompression;
    }
  | {
      readonly kind: 'into-partitions';
      readonly input: BoundNode;
      readonly partitions: number;
      readonly compression: ShuffleCompression;
    }
  | { readonly kind: 'gather'; readonly input: BoundNode; readonly compression: ShuffleCompression }
  | {
      readonly kind: 'commit-write';
      readonly input: BoundNode;
      readonly mode: WriteMode;
      readonly successFile: boolean;
    }
);
