export interface RunOptions {
  /** Aborting it ends the query with `TaskCancelled`. */
  readonly signal?: AbortSignal;
}
