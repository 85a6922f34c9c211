/**
 * Tasks and plans as most of them are, taken without zod: to make its schemas of all nodes, and to use each for the first time,
 * takes a new process longer than a short task. What is not seen to be right is left to `parse-task.ts`, which alone says what is wrong;
 * what is taken here, it would take too, and make the same of it.
 *
 *     document ──▶ plainTask ──▶ Task
 *                     └─ undefined: a rare node or option, another order of keys in a field, or a mistake ──▶ zod
 */

import { AGGREGATES } from '../expressions/aggregate-functions.ts';
import { isPlainObject, plainFields, plainName, plainType } from './plain-fields.ts';
import type { PlanNode } from './plan-node.ts';
import type { Task } from './task.ts';

/** A copy of a value of some form; undefined where it is not seen to have it. */
type Take = (value: unknown) => unknown;

/** A task with its plan, or with the uri of it. */
export const plainTask = (document: unknown): Task | undefined => task(document) as Task | undefined;

export const plainPlan = (document: unknown): PlanNode | undefined => node(document) as PlanNode | undefined;

// Parts ---------------------------------------------------------------------------------------------------------------

/** An object with these keys and no others; those that end in `?` may be absent. */
function object(shape: Readonly<Record<string, Take>>): Take {
  const parts = Object.entries(shape).map(([key, take]) => ({
    key: key.replace(/\?$/, ''),
    take,
    isOptional: key.endsWith('?'),
  }));
  return (value) => {
    if (!isPlainObject(value)) return undefined;
    const taken: Record<string, unknown> = {};
    let count = 0;
    for (const { key, take, isOptional } of parts) {
      if (!Object.hasOwn(value, key)) {
        if (isOptional) continue;
        return undefined;
      }
      const part = take(value[key]);
      if (part === undefined) return undefined;
      taken[key] = part;
      count += 1;
    }
    return count === Object.keys(value).length ? taken : undefined;
  };
}

/** Objects that their `kind` tells apart. */
function byKind(shapes: Readonly<Record<string, Readonly<Record<string, Take>>>>): Take {
  const kinds = new Map<unknown, Take>(
    Object.entries(shapes).map(([kind, shape]) => [kind, object({ kind: words(kind), ...shape })]),
  );
  return (value) => (isPlainObject(value) ? kinds.get(value['kind'])?.(value) : undefined);
}

/** What the first of them takes. */
const either =
  (...takes: readonly Take[]): Take =>
  (value) => {
    for (const take of takes) {
      const taken = take(value);
      if (taken !== undefined) return taken;
    }
    return undefined;
  };

const words = (...known: readonly string[]): Take => {
  const all: ReadonlySet<unknown> = new Set(known);
  return (value) => (all.has(value) ? value : undefined);
};

const list = (take: Take, least: number = 0): Take => {
  return (value) => {
    if (!Array.isArray(value) || value.length < least) return undefined;
    const taken: unknown[] = [];
    for (const item of value as readonly unknown[]) {
      const part = take(item);
      if (part === undefined) return undefined;
      taken.push(part);
    }
    return taken;
  };
};

const matching =
  (pattern: RegExp): Take =>
  (value) =>
    typeof value === 'string' && pattern.test(value) ? value : undefined;

const count: Take = (value) => (Number.isSafeInteger(value) && Number(value) >= 0 ? value : undefined);
const bool: Take = (value) => (typeof value === 'boolean' ? value : undefined);
const scalar: Take = (value) =>
  value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? value
    : undefined;
const uri = matching(/^[ -~]{1,2000}$/);

// Expressions ---------------------------------------------------------------------------------------------------------

const expression: Take = (value) => expressions(value);
const input = expression;
const operator = words(...['+', '-', '*', '/', '//', '%', '=', '!=', '<', '<=', '>', '>=', 'and', 'or']);
const expressions = byKind({
  column: { name: plainName },
  literal: { type: plainType, value: scalar },
  binary: { operator, left: expression, right: expression },
  not: { input },
  'is-null': { input },
  'is-not-null': { input },
  cast: { input, type: plainType, 'try?': bool },
  // biome-ignore lint/suspicious/noThenProperty: a word of the plan language; expressions are never awaited.
  'if-else': { condition: expression, then: expression, otherwise: expression },
  function: { name: plainName, arguments: list(expression) },
  coalesce: { inputs: list(expression, 1) },
  'fill-null': { input, fill: expression },
  'is-in': { input, list: list(expression) },
  between: { input, low: expression, high: expression },
  alias: { name: plainName, input },
});

const named = object({ name: plainName, expression });
const key = object({ expression, 'descending?': bool, 'nullsFirst?': bool });
const call = object({
  name: plainName,
  function: words(...Object.keys(AGGREGATES)),
  'input?': expression,
  'by?': expression,
  'filter?': expression,
  'distinct?': bool,
  'options?': object({ mode: words('all', 'valid', 'null') }),
});

// Nodes and tasks -----------------------------------------------------------------------------------------------------

const below: Take = (value) => node(value);
const keys = list(expression, 1);
const names = list(plainName);
const joinType = words('inner', 'left', 'right', 'outer', 'semi', 'anti');
const side = words('left', 'right');
const node = byKind({
  scan: {
    sourceId: plainName,
    format: either(words('parquet', 'arrow', 'csv', 'json'), byKind({ parquet: {}, arrow: {}, csv: {}, json: {} })),
    schema: plainFields,
    'filePathColumn?': plainName,
    'columns?': names,
    'filter?': expression,
    'limit?': count,
  },
  'in-memory-scan': { sourceId: plainName, schema: plainFields },
  'empty-scan': { schema: plainFields },
  project: { input: below, columns: list(named, 1) },
  filter: { input: below, predicate: expression },
  limit: { input: below, limit: count, 'offset?': count },
  aggregate: { input: below, aggregates: list(call, 1) },
  'grouped-aggregate': { input: below, groupBy: list(named, 1), aggregates: list(call) },
  sort: { input: below, keys: list(key, 1) },
  'top-n': { input: below, keys: list(key, 1), limit: count, 'offset?': count },
  'hash-join': {
    ...{ left: below, right: below, leftOn: keys, rightOn: keys, joinType },
    ...{ 'buildSide?': side, 'nullEqualsNull?': list(bool), 'residual?': expression },
  },
  'cross-join': { left: below, right: below },
  'window-partition-only': { input: below, partitionBy: keys, aggregates: list(call, 1) },
  dedup: { input: below, 'columns?': list(plainName, 1) },
  concat: { inputs: list(below, 1) },
  shared: { input: below, name: plainName },
  write: {
    input: below,
    format: words('parquet', 'csv', 'json', 'arrow'),
    'partitionBy?': names,
    'compression?': words('none', 'snappy', 'gzip', 'zstd', 'brotli'),
  },
  'commit-write': {
    input: below,
    mode: words('append', 'overwrite', 'overwrite-partitions', 'error-if-exists'),
    'successFile?': bool,
  },
});

const rowGroup: Take = (value) => (Number(value) < 2 ** 31 ? count(value) : undefined);
const source = byKind({
  files: { files: list(object({ uri, 'etag?': uri, 'rowGroups?': list(rowGroup) })) },
  // Those of a frame are given beside the task.
  rows: { rows: list(() => undefined) },
});
const reference = object({ uri });

const inputs: Take = (value) => {
  if (!isPlainObject(value)) return undefined;
  const taken: [string, unknown][] = [];
  for (const [id, one] of Object.entries(value)) {
    const part = plainName(id) === undefined ? undefined : source(one);
    if (part === undefined) return undefined;
    taken.push([id, part]);
  }
  return Object.fromEntries(taken);
};

const task = object({
  version: (value) => (value === 1 ? value : undefined),
  jobId: matching(/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$/),
  stageId: count,
  taskId: count,
  plan: (value) => node(value) ?? reference(value),
  inputs,
  'maintainOrder?': bool,
  'output?': reference,
});
