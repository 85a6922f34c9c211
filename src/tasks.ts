/** What runs tasks, as `millrace/tasks`: all that `millrace` has but for frames, which are a third of what takes time to load. */

export type { CommittedFile, JobManifest, TaskManifest } from './commit/manifest.ts';
export * from './errors.ts';
export { executeTask, type TaskResult, type TaskServices } from './execute-task.ts';
export { type FileStoreOptions, fileStore } from './io/file-store.ts';
export type { HttpStoreOptions } from './io/http/http-store.ts';
export { httpStore } from './io/http/http-store-now.ts';
export { type MemoryStore, type MemoryStoreOptions, memoryStore } from './io/memory-store.ts';
export type { ObjectInfo, ObjectStore, StoredObject, UploadedPart, UploadInfo } from './io/object-store.ts';
export { storeRouter } from './io/store-router.ts';
export { fileUri } from './io/uri.ts';
export { budgetFor, keepHeapSmall } from './memory/process-memory.ts';
export { parsePlan, parseTask } from './plan/parse-now.ts';
export type { NodeKind, PlanNode } from './plan/plan-node.ts';
export type { Task, TaskInput } from './plan/task.ts';
export type { OperatorStats } from './stats/operator-stats.ts';
export { renderStats } from './stats/render-stats.ts';
export type { TaskStats } from './stats/task-stats.ts';
export type { UdfModules } from './udf/udf-modules.ts';
