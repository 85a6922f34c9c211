/** What Millrace offers to programs: everything else may change without notice. */

export type { DataType } from './columnar/data-type.ts';
/** `types.int64`, `types.decimal(15, 2)`, `types.list(types.utf8)` … */
export * as types from './columnar/data-type.ts';
export { type Field, field, type Schema, schema } from './columnar/schema.ts';
export type { CommittedFile, JobManifest, TaskManifest } from './commit/manifest.ts';
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
export { Expr } from './dataframe/expr.ts';
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
export * from './errors.ts';
export { executeTask, type TaskResult, type TaskServices } from './execute-task.ts';
export type { Expression } from './expressions/expression.ts';
export { type FileStoreOptions, fileStore } from './io/file-store.ts';
export { type HttpStoreOptions, httpStore } from './io/http/http-store.ts';
export { type MemoryStore, type MemoryStoreOptions, memoryStore } from './io/memory-store.ts';
export type { ObjectInfo, ObjectStore, StoredObject, UploadedPart, UploadInfo } from './io/object-store.ts';
export { storeRouter } from './io/store-router.ts';
export { fileUri } from './io/uri.ts';
export { budgetFor, keepHeapSmall } from './memory/process-memory.ts';
export { parsePlan, parseTask } from './plan/parse-task.ts';
export type { NodeKind, PlanNode } from './plan/plan-node.ts';
export type { Task, TaskInput } from './plan/task.ts';
export type { OperatorStats } from './stats/operator-stats.ts';
export { renderStats } from './stats/render-stats.ts';
export type { TaskStats } from './stats/task-stats.ts';
export {
  type Actor,
  type BatchSizeBounds,
  type Udf,
  type UdfContext,
  type UdfOnError,
  type UdfOptions,
  udf,
} from './udf/udf.ts';
export type { UdfModules } from './udf/udf-modules.ts';
