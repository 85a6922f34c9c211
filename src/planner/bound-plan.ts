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
import type { FileKind } from '../operators/blocking-sinks/write.ts';
import type { ShuffleCompression, WriteMode } from '../plan/plan-node.ts';
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

export type BoundNode = { readonly schema: Schema } & (
  | {
      readonly kind: 'scan';
      readonly sourceId: string;
      readonly format: 'parquet';
      /** All columns that are read: those of `schema` first, then those that only the filter needs. */
      readonly readSchema: Schema;
      /** Over `readSchema`. */
      readonly filter: TypedExpression | undefined;
      readonly limit: number | undefined;
    }
  | { readonly kind: 'in-memory-scan'; readonly sourceId: string }
  | { readonly kind: 'empty-scan' }
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
  | { readonly kind: 'limit'; readonly input: BoundNode; readonly limit: number; readonly offset: number }
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
      /** The results are columns behind those of the input. */
      readonly window: TypedWindow;
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
