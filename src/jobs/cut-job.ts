/** Which tasks a job's plan becomes: many where it works row by row, else one. */

import { InvalidArgument } from '../errors.ts';
import type { ObjectStore } from '../io/object-store.ts';
import type { PlanNode } from '../plan/plan-node.ts';
import type { ScanFile, Task, TaskInput } from '../plan/task.ts';
import type { BoundNode } from '../planner/bound-plan.ts';
import { pushDown } from '../planner/push-down.ts';
import { cutFiles } from './cut-files.ts';
import { inputPieces } from './input-pieces.ts';
import { DEFAULT_TASK_BYTES, type StoredJob } from './job.ts';
import { type ResolvedInput, resolveInputs, type SizedFile } from './resolve-inputs.ts';
import { MAX_STAGE_TASKS, type TaskSize } from './stage-items.ts';

/** What one task of the stage is given. */
export interface StageTask {
  readonly inputs: Task['inputs'];
  readonly size: TaskSize;
}

interface Sources {
  readonly store: ObjectStore;
  readonly signal?: AbortSignal | undefined;
}

/** Files that a task can name: its document may have 250,000 values. */
const MAX_NAMED_FILES = 50_000;

/**
 * The tasks of a job, in their order, at least one. `bound` is its plan.
 * @throws InvalidArgument for more tasks than a stage may have; what looking at the inputs may throw
 */
export async function cutJob(job: StoredJob, bound: BoundNode, sources: Sources): Promise<readonly StageTask[]> {
  const resolved = await resolveInputs(job.inputs, sources);
  const sourceId = rowWiseSource(job.plan.input);
  const input = sourceId === undefined ? undefined : resolved[sourceId];
  if (sourceId === undefined || input?.kind !== 'files') return [{ inputs: wholeInputs(resolved), size: 'large' }];
  const { taskBytes = DEFAULT_TASK_BYTES } = job;
  const { format, ...reading } = scanOf(pushDown(bound));
  const pieces = await inputPieces(input.files, taskBytes, format, { ...reading, ...sources });
  const cut = cutFiles(pieces, taskBytes);
  if (cut.length > MAX_STAGE_TASKS) throw tooManyTasks(cut.length, taskBytes, pieces);
  return cut.map((files) => ({ inputs: { [sourceId]: { kind: 'files', files } }, size: 'small' }));
}

/** The inputs as one task reads them. @throws InvalidArgument for more files than its document can name */
export function wholeInputs(resolved: Readonly<Record<string, ResolvedInput>>): Task['inputs'] {
  const named = Object.values(resolved).reduce(
    (sum, input) => sum + (input.kind === 'files' ? input.files.length : 0),
    0,
  );
  if (named > MAX_NAMED_FILES) {
    throw new InvalidArgument(
      `One task reads at most ${MAX_NAMED_FILES} files, and this one would read ${named}. Write fewer and larger files first, with a job that only scans, filters, projects and writes.`,
    );
  }
  const inputs = Object.entries(resolved).map(([id, input]): [string, TaskInput] => [id, taskInput(input)]);
  return Object.fromEntries(inputs);
}

const taskInput = (input: ResolvedInput): TaskInput =>
  input.kind === 'files' ? { kind: 'files', files: input.files.map(({ file }: SizedFile): ScanFile => file) } : input;

/** The source of a plan whose rows do not know of each other: any cut of its files gives the same rows. */
function rowWiseSource(plan: PlanNode): string | undefined {
  switch (plan.kind) {
    case 'write':
    case 'filter':
    case 'project':
    case 'udf-project':
    case 'explode':
    case 'unpivot':
      return rowWiseSource(plan.input);
    case 'scan':
      return plan.limit === undefined ? plan.sourceId : undefined;
    default:
      return undefined;
  }
}

function scanOf(plan: BoundNode): Extract<BoundNode, { kind: 'scan' }> {
  if (plan.kind === 'scan') return plan;
  if ('input' in plan) return scanOf(plan.input);
  throw new Error(`A row-wise plan has ${plan.kind} where its scan was.`);
}

function tooManyTasks(
  tasks: number,
  taskBytes: number,
  pieces: readonly { readonly bytes: number }[],
): InvalidArgument {
  const bytes = pieces.reduce((sum, piece) => sum + piece.bytes, 0);
  const least = Math.ceil((bytes / MAX_STAGE_TASKS) * 1.5);
  return new InvalidArgument(
    `The job would have ${tasks} tasks of ${taskBytes} bytes each, and may have ${MAX_STAGE_TASKS}. Raise its taskBytes, to ${Math.max(least, taskBytes * 2)} or more.`,
  );
}
