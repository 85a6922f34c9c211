/** What Millrace offers to programs: everything else may change without notice. */

export type { DataType } from './columnar/data-type.ts';
/** `types.int64`, `types.decimal(15, 2)`, `types.list(types.utf8)` … */
export * as types from './columnar/data-type.ts';
export { type Field, field, type Schema, schema } from './columnar/schema.ts';
export {
  coalesce,
  col,
  count,
  cumeDist,
  denseRank,
  list,
  lit,
  ntile,
  percentRank,
  rank,
  rowNumber,
  struct,
  when,
} from './dataframe/builders.ts';
export type { ColumnSummary } from './dataframe/column-statistics.ts';
export { Expr, type ExprLike, type ExprOrName, type Operand } from './dataframe/expr.ts';
export { DataFrame } from './dataframe/frame.ts';
export type { ColumnsOf, JoinAsofOptions, JoinOptions } from './dataframe/frame-types.ts';
export { GroupBy } from './dataframe/group-by.ts';
export type { RepartitionOptions } from './dataframe/partitions.ts';
export type { QuerySubscriber } from './dataframe/query-subscriber.ts';
export type { RunOptions } from './dataframe/run-options.ts';
export type { WriteOptions, Written } from './dataframe/run-query.ts';
export { element, fn } from './dataframe/scalar-functions.ts';
export {
  fromArrow,
  fromColumns,
  fromRows,
  range,
  readArrow,
  readCsv,
  readJson,
  readParquet,
  readText,
  readWarc,
} from './dataframe/scripts.ts';
export { type ReadOptions, Session, type SessionOptions, type UdfsOf, type WarcRecord } from './dataframe/session.ts';
export type { Table } from './dataframe/table.ts';
export type { Decimal, Temporal } from './dataframe/value-types.ts';
export { type FrameEdge, Window, window } from './dataframe/window-specification.ts';
export type { Expression } from './expressions/expression.ts';
export * from './tasks.ts';
export {
  type Actor,
  type BatchSizeBounds,
  type Udf,
  type UdfContext,
  type UdfOnError,
  type UdfOptions,
  udf,
} from './udf/udf.ts';
