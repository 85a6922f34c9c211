/** Whether a task brings what its plan needs: an input of the right kind per source, rows of the right types, a place. */

import { typeName } from '../columnar/data-type.ts';
import type { Field } from '../columnar/schema.ts';
import { type JsonValue, literalForm, valueFromJson } from '../expressions/literal.ts';
import { type Problems, pathOf, quoted } from '../expressions/problems.ts';
import { didYouMean } from '../expressions/suggestion.ts';
import { checkPlan, nodesOf, type PlacedNode } from './check-plan.ts';
import type { NodeKind, PlanNode } from './plan-node.ts';
import type { Task, TaskInput } from './task.ts';

/** A task, or a document that becomes tasks: then files may be given by more than their names. */
export interface TaskLike {
  readonly inputs: Readonly<Record<string, TaskInput | { readonly kind: 'glob' | 'event-object' | 'event-folder' }>>;
  readonly output?: Task['output'];
}

type SourceNode = Extract<PlanNode, { sourceId: string }>;

/** What each source takes. */
const INPUT_KINDS: { readonly [Kind in SourceNode['kind']]: TaskInput['kind'] } = {
  scan: 'files',
  'in-memory-scan': 'rows',
  'glob-scan': 'globs',
  'shuffle-read': 'shuffle',
};
const WRITERS: ReadonlySet<NodeKind> = new Set(['write', 'repartition', 'into-partitions', 'gather']);

const isSource = (node: PlanNode): node is SourceNode => 'sourceId' in node;

/** All that a task of the right form may have wrong, but for what binding finds. */
export function checkWholeTask(task: Task, problems: Problems): void {
  checkFiles(task, problems);
  if ('kind' in task.plan) checkPlanOf(task, task.plan, problems);
}

/** The same of a plan, and of the task that it is of, where there is one: as if it stood in it. */
export function checkPlanOf(task: TaskLike | undefined, plan: PlanNode, problems: Problems): void {
  checkPlan(plan, problems, '$.plan');
  if (task !== undefined) checkTask(task, plan, problems, '$.plan');
}

/** `planPath` is the JSON path of the plan, which may be a document of its own. */
export function checkTask(task: TaskLike, plan: PlanNode, problems: Problems, planPath: string): void {
  const nodes = nodesOf({ node: plan, path: planPath });
  const used = new Set<string>();
  for (const placed of nodes) {
    const { node, path } = placed;
    if (WRITERS.has(node.kind) && task.output === undefined) {
      problems.add('$.output', `The task writes (${path}), and needs an output: { "uri": … }.`);
    }
    if (!isSource(node)) continue;
    used.add(node.sourceId);
    checkInput(task, placed, problems);
  }
  for (const sourceId of Object.keys(task.inputs)) {
    if (!used.has(sourceId)) {
      problems.add(pathOf('$.inputs', sourceId), `No scan of the plan has the source ${quoted(sourceId)}.`);
    }
  }
}

/** What can be said of a task without its plan. */
export function checkFiles(task: TaskLike, problems: Problems): void {
  for (const [sourceId, input] of Object.entries(task.inputs)) {
    if (input.kind !== 'files') continue;
    for (const [index, { rowGroups }] of input.files.entries()) {
      if (rowGroups === undefined || new Set(rowGroups).size === rowGroups.length) continue;
      problems.add(`${pathOf('$.inputs', sourceId)}.files[${index}].rowGroups`, 'A row group is named twice.');
    }
  }
}

function checkInput(task: TaskLike, { node, path }: PlacedNode, problems: Problems): void {
  if (!isSource(node)) return;
  const { sourceId } = node;
  const inputPath = pathOf('$.inputs', sourceId);
  const input = Object.hasOwn(task.inputs, sourceId) ? task.inputs[sourceId] : undefined;
  const wanted = INPUT_KINDS[node.kind];
  if (problems.isFull) return;
  if (input === undefined) {
    const suggestion = didYouMean(sourceId, Object.keys(task.inputs));
    problems.add(pathOf(path, 'sourceId'), `The task has no input ${quoted(sourceId)}.${suggestion}`);
  } else if (kindOf(input) !== wanted && !(node.kind === 'scan' && input.kind === 'globs')) {
    problems.add(pathOf(inputPath, 'kind'), `A ${node.kind} (${path}) takes ${wanted}, and this is ${input.kind}.`);
  } else if (input.kind === 'rows' && node.kind === 'in-memory-scan') {
    checkRows(input.rows, node.schema, problems, pathOf(inputPath, 'rows'));
  } else if (input.kind === 'files' && node.kind === 'scan') {
    for (const [index, { partition, rowGroups, range }] of input.files.entries()) {
      const format = typeof node.format === 'string' ? node.format : node.format.kind;
      if (rowGroups !== undefined && format !== 'parquet') {
        problems.add(`${inputPath}.files[${index}].rowGroups`, `A file of ${format} has no row groups.`);
      }
      if (range !== undefined && !['csv', 'json', 'text'].includes(format)) {
        problems.add(`${inputPath}.files[${index}].range`, `A file of ${format} is not read by ranges of bytes.`);
      }
      if (partition !== undefined)
        checkValues(partition, node.schema, problems, `${inputPath}.files[${index}].partition`);
    }
  }
}

/** Values of some columns. */
function checkValues(
  values: Readonly<Record<string, unknown>>,
  schema: readonly Field[],
  problems: Problems,
  path: string,
): void {
  for (const [name, value] of Object.entries(values)) {
    const column = schema.find((field) => field.name === name);
    if (problems.isFull) return;
    if (column === undefined) {
      const suggestion = didYouMean(
        name,
        schema.map((field) => field.name),
      );
      problems.add(path, `The schema has no column ${quoted(name)}.${suggestion}`);
      continue;
    }
    const wrong = whatIsWrong(value ?? null, column);
    if (wrong !== undefined) problems.add(pathOf(path, name), wrong);
  }
}

/** What a document gives by more than their names become files. */
const kindOf = ({ kind }: TaskLike['inputs'][string]): TaskInput['kind'] =>
  kind === 'rows' || kind === 'globs' || kind === 'shuffle' ? kind : 'files';

/** A missing column is null. */
function checkRows(rows: readonly unknown[], schema: readonly Field[], problems: Problems, path: string): void {
  const names = new Set(schema.map(({ name }) => name));
  for (const [index, row] of rows.entries()) {
    if (problems.isFull) return;
    const rowPath = pathOf(path, index);
    if (!isRecord(row)) {
      problems.add(rowPath, 'expected an object with a value per column');
      continue;
    }
    for (const name of Object.keys(row)) {
      if (!names.has(name) && !problems.isFull) {
        problems.add(rowPath, `The schema has no column ${quoted(name)}.${didYouMean(name, names)}`);
      }
    }
    for (const column of schema) {
      const value = Object.hasOwn(row, column.name) ? row[column.name] : null;
      const wrong = whatIsWrong(value ?? null, column);
      if (wrong !== undefined) problems.add(pathOf(rowPath, column.name), wrong);
    }
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function whatIsWrong(value: unknown, { type, nullable }: Field): string | undefined {
  if (value === null) return nullable ? undefined : 'is null, and the schema says that no value is';
  const isValue = valueFromJson(value as JsonValue, type) !== undefined;
  return isValue ? undefined : `is no ${typeName(type)}: expected ${literalForm(type)}`;
}
