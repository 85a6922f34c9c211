import type { Task } from '../src/plan/task.ts';

/** One query, as a task of ours and as SQL. */
export interface Case {
  readonly name: string;
  readonly task: Task;
  readonly sql: string;
}
