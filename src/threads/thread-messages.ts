/** What a thread and the one that started it tell each other, as structured clones. */

import type { Task } from '../plan/task.ts';
import type { TaskStats } from '../stats/task-stats.ts';
import type { ThrownError } from './thrown-error.ts';

export interface ThreadData {
  /** The directory in which the process keeps compiled code, where it does. */
  readonly compileCache: string | undefined;
}

/** A share to be run. There is one at a time. */
export interface ShareRun {
  readonly task: Task;
  readonly memoryBytes: number;
  /** Whether it is the first of its query in this thread: what the one before has left is given back. */
  readonly isFirst: boolean;
  /** Rows are sent when they take about as many bytes. */
  readonly pageBytes: number;
  /** What may be under way and not taken yet, where it is more than one page. */
  readonly windowBytes: number;
}

export type ThreadRequest =
  | ({ readonly kind: 'run' } & ShareRun)
  /** So many bytes of pages have been taken. */
  | { readonly kind: 'taken'; readonly bytes: number }
  | { readonly kind: 'abort' };

/** Rows as a page of a shuffle has them, in a buffer that is handed over. */
export interface SentPage {
  readonly rowCount: number;
  readonly body: ArrayBuffer;
}

export type ThreadReply =
  /** The engine is loaded. */
  | { readonly kind: 'ready' }
  | ({ readonly kind: 'page' } & SentPage)
  | { readonly kind: 'progress'; readonly statistics: TaskStats }
  | { readonly kind: 'done'; readonly statistics: TaskStats }
  | { readonly kind: 'failed'; readonly error: ThrownError };
