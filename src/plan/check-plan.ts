/** What a plan must be beyond its form, and can be checked without types: where writes stand, and names given twice. */

import { isDeepStrictEqual } from 'node:util';
import { BATCH_ROWS } from '../columnar/batch.ts';
import { columnPositions, type Field } from '../columnar/schema.ts';
import { type Problems, pathOf, quoted } from '../expressions/problems.ts';
import type { WindowCall } from '../expressions/window.ts';
import type { AggregateStage, NodeKind, ParquetColumn, PlanNode, WriteNode } from './plan-node.ts';

/** A node and its JSON path. */
export interface PlacedNode {
  readonly node: PlanNode;
  readonly path: string;
}

/** The members of nodes that hold their inputs, in order. */
export const INPUT_KEYS = ['input', 'inputs', 'left', 'right'] as const;

/** Any node, as its inputs say of which kind they are. */
export type Inputs<Node> = { readonly kind: string } & {
  readonly [Key in (typeof INPUT_KEYS)[number]]?: Node | readonly Node[];
};

/** The inputs of a node, with their paths. */
function inputsOf({ node, path }: PlacedNode): readonly PlacedNode[] {
  const members: Inputs<PlanNode> = node;
  return INPUT_KEYS.flatMap((key): readonly PlacedNode[] => {
    const input = members[key];
    if (input === undefined) return [];
    const inputPath = pathOf(path, key);
    if ('kind' in input) return [{ node: input, path: inputPath }];
    return input.map((each, index) => ({ node: each, path: pathOf(inputPath, index) }));
  });
}

/** Nodes that need not be looked at, nor what is below them. */
export interface KnownNodes {
  has(node: PlanNode): boolean;
}

/** All nodes but `known` ones, each before its inputs; one that is an input several times comes once. */
export function nodesOf(root: PlacedNode, known?: KnownNodes): readonly PlacedNode[] {
  const found: PlacedNode[] = [];
  const seen = new Set<PlanNode>();
  const visit = (placed: PlacedNode): void => {
    const { node } = placed;
    if (seen.has(node) || known?.has(node) === true) return;
    seen.add(node);
    found.push(placed);
    for (const input of inputsOf(placed)) visit(input);
  };
  visit(root);
  return found;
}

/** What has done its work once it has its rows. */
const ROOTS: ReadonlySet<NodeKind> = new Set(['commit-write', 'repartition', 'into-partitions', 'gather']);

/** Of shared rows that are in `known` it is not checked which names they have. */
export function checkPlan(plan: PlanNode, problems: Problems, path: string, known?: KnownNodes): void {
  const root: PlacedNode = { node: plan, path };
  const shared = new Map<string, PlacedNode>();
  for (const placed of nodesOf(root, known)) {
    checkShared(placed, shared, problems);
    checkNames(placed, problems);
    checkNumbers(placed, problems);
    for (const input of inputsOf(placed)) {
      if (ROOTS.has(input.node.kind)) {
        problems.add(input.path, `${input.node.kind} may only be the root of a plan.`);
      } else if (input.node.kind === 'write' && !(placed === root && plan.kind === 'commit-write')) {
        problems.add(input.path, 'write may only be the root of a plan, or directly below a commit-write at the root.');
      }
    }
  }
  if (plan.kind === 'commit-write' && plan.input.kind !== 'write') {
    problems.add(pathOf(path, 'input'), `commit-write commits a write, and its input is ${plan.input.kind}.`);
  } else if (plan.kind === 'commit-write' && plan.mode === 'overwrite-partitions') {
    if (plan.input.kind === 'write' && (plan.input.partitionBy ?? []).length > 0) return;
    problems.add(pathOf(path, 'mode'), 'overwrite-partitions overwrites partitions, and the write has no partitionBy.');
  }
}

/** `known` has the first node of each name. */
function checkShared({ node, path }: PlacedNode, known: Map<string, PlacedNode>, problems: Problems): void {
  if (node.kind !== 'shared') return;
  const first = known.get(node.name);
  if (first === undefined) {
    known.set(node.name, { node: node.input, path });
  } else if (first.node !== node.input && !isDeepStrictEqual(first.node, node.input)) {
    problems.add(
      pathOf(path, 'input'),
      `It differs from that of ${first.path}, which has the name ${quoted(node.name)} too: give them two names.`,
    );
  }
}

function checkNames({ node, path }: PlacedNode, problems: Problems): void {
  const names = (key: string, named: readonly { readonly name: string }[]): NameList => ({
    names: named.map(({ name }) => name),
    pathAt: (index) => `${path}.${key}[${index}].name`,
  });
  const texts = (key: string, given: readonly string[]): NameList => ({
    names: given,
    pathAt: (index) => `${path}.${key}[${index}]`,
  });
  const text = (key: string, name: string): NameList => ({ names: [name], pathAt: () => `${path}.${key}` });
  switch (node.kind) {
    case 'scan': {
      const { schema, filePathColumn, columns = [] } = node;
      const made = filePathColumn === undefined ? [] : [text('filePathColumn', filePathColumn)];
      if (repeatsName(node)) addRepeated(problems, names('schema', schema), ...made);
      addRepeated(problems, texts('columns', columns));
      break;
    }
    case 'in-memory-scan':
    case 'empty-scan':
    case 'shuffle-read':
      addRepeated(problems, names('schema', node.schema));
      break;
    case 'project':
      addRepeated(problems, names('columns', node.columns));
      break;
    case 'udf-project':
      addRepeated(problems, texts('passthrough', node.passthrough ?? []));
      break;
    case 'aggregate':
      addRepeated(problems, names('aggregates', node.aggregates));
      addRepeated(problems, names('stage.schema', stageSchema(node.stage)));
      break;
    case 'grouped-aggregate':
      addRepeated(problems, names('stage.schema', stageSchema(node.stage)));
      addRepeated(problems, names('groupBy', node.groupBy), names('aggregates', node.aggregates));
      break;
    case 'window-partition-only':
      addRepeated(problems, names('aggregates', node.aggregates));
      break;
    case 'window-partition-and-order-by':
    case 'window-partition-and-dynamic-frame':
    case 'window-order-by-only':
      addRepeated(problems, windowNames(node.functions, path));
      break;
    case 'explode':
    case 'dedup':
      addRepeated(problems, texts('columns', node.columns ?? []));
      break;
    case 'unpivot': {
      const { variableName = 'variable', valueName = 'value' } = node;
      addRepeated(problems, texts('ids', node.ids), texts('values', node.values));
      const made = [text('variableName', variableName), text('valueName', valueName)];
      addRepeated(problems, texts('ids', node.ids), ...made);
      break;
    }
    case 'pivot':
      addRepeated(problems, texts('groupBy', node.groupBy), texts('names', node.names));
      break;
    case 'write':
      addRepeated(problems, texts('partitionBy', node.partitionBy ?? []));
      addRepeated(problems, names('format.columns', writtenColumns(node.format)));
      break;
    default:
  }
}

/** By the positions of columns, which whoever binds the plan wants too and which are found once. */
function repeatsName({ schema, filePathColumn }: Extract<PlanNode, { kind: 'scan' }>): boolean {
  const positions = columnPositions({ fields: schema });
  return positions.size < schema.length || (filePathColumn !== undefined && positions.has(filePathColumn));
}

/** Numbers that are right each on its own. */
function checkNumbers({ node, path }: PlacedNode, problems: Problems): void {
  if (node.kind === 'into-batches' && node.rows > BATCH_ROWS) {
    const message = `No batch has more than ${BATCH_ROWS} rows, whoever makes it: ask for as many, or fewer.`;
    problems.add(pathOf(path, 'rows'), message);
  }
  if (node.kind === 'sample' && (node.fraction === undefined) === (node.size === undefined)) {
    problems.add(path, 'A sample has either a fraction, from 0 to 1, or a size, a number of rows.');
  }
}

const writtenColumns = (format: WriteNode['format']): readonly ParquetColumn[] =>
  typeof format === 'object' && format.kind === 'parquet' ? (format.columns ?? []) : [];

const stageSchema = (stage: AggregateStage | undefined): readonly Field[] =>
  stage?.kind === 'final' ? stage.schema : [];

const windowNames = (functions: readonly WindowCall[], path: string): NameList => ({
  names: functions.map((call) => (call.kind === 'aggregate' ? call.aggregate.name : call.name)),
  pathAt: (index) => `${path}.functions[${index}]${functions[index]?.kind === 'aggregate' ? '.aggregate' : ''}.name`,
});

/** Names that stand together, and the JSON path of each. */
interface NameList {
  readonly names: readonly string[];
  readonly pathAt: (index: number) => string;
}

function addRepeated(problems: Problems, ...lists: readonly NameList[]): void {
  const all = lists.flatMap(({ names }) => names);
  if (new Set(all).size === all.length) return;
  const seen = new Set<string>();
  for (const { names, pathAt } of lists) {
    for (const [index, name] of names.entries()) {
      if (seen.has(name)) {
        problems.add(pathAt(index), `The name ${quoted(name)} is given twice; names of columns are unique.`);
      }
      seen.add(name);
    }
  }
}
