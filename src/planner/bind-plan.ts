/**
 * Binding of plans: `PlanNode` → `BoundNode`, from the leaves up. Each node looks its names up in the schema of its
 * input. Where an input could not be bound its schema is not known, and what stands above it is not checked; everything
 * beside it is, so that one pass finds as much as there is to find.
 */

import { int64, isGroupable, isOrderable, typeName, utf8 } from '../columnar/data-type.ts';
import { type Field, field, type Schema, sameSchema, schemaText } from '../columnar/schema.ts';
import { aggregateField, bindAggregate } from '../expressions/aggregates.ts';
import { addUnknownColumn, bindExpression, bindPredicate, columnPositions } from '../expressions/bind.ts';
import type {
  AggregateCall,
  NamedExpression,
  TypedAggregate,
  TypedColumn,
  TypedExpression,
} from '../expressions/expression.ts';
import { Problems, pathOf, quoted } from '../expressions/problems.ts';
import { simplified } from '../expressions/simplify.ts';
import { checkPlan } from '../plan/check-plan.ts';
import type { PlanNode, SortKey } from '../plan/plan-node.ts';
import { partialField } from '../state/plan-accumulators.ts';
import { bindFinalAggregate } from './bind-final-aggregate.ts';
import type { BoundNode, BoundSortKey } from './bound-plan.ts';
import { boundScan } from './bound-scan.ts';
import { checkAsyncCalls } from './check-async-calls.ts';
import { withAsyncCalls } from './split-async.ts';

/** Where a plan does not say: closed at this size, a file is worth a request and can still be read by many tasks. */
const DEFAULT_TARGET_FILE_BYTES = 128 * 1024 * 1024;
/** Where a plan does not say: large enough for statistics and compression to pay, small enough to buffer. */
const DEFAULT_ROW_GROUP_ROWS = 131_072;

type NodeOf<Kind extends PlanNode['kind']> = Extract<PlanNode, { kind: Kind }>;

/** @throws InvalidPlan with every problem, paths from `$.plan`. */
export function bindPlan(plan: PlanNode): BoundNode {
  const problems = new Problems();
  checkPlan(plan, problems, '$.plan');
  checkAsyncCalls(plan, problems, '$.plan');
  const bound = new PlanBinder(problems).bind(plan, '$.plan');
  problems.throwIfAny();
  if (bound === undefined) throw new Error('A plan that did not bind has no problems.');
  return bound;
}

class PlanBinder {
  readonly #problems: Problems;

  constructor(problems: Problems) {
    this.#problems = problems;
  }

  bind(node: PlanNode, path: string): BoundNode | undefined {
    switch (node.kind) {
      case 'scan':
        return this.#scan(node, path);
      case 'in-memory-scan':
        return { kind: 'in-memory-scan', sourceId: node.sourceId, schema: { fields: node.schema } };
      case 'empty-scan':
        return { kind: 'empty-scan', schema: { fields: node.schema } };
      case 'concat':
        return this.#concat(node, path);
      default: {
        const input = this.bind(node.input, pathOf(path, 'input'));
        return input && this.#over(input, node, path);
      }
    }
  }

  /** A node with one input. */
  #over(
    input: BoundNode,
    node: Exclude<PlanNode, { sourceId: string } | NodeOf<'empty-scan' | 'concat'>>,
    path: string,
  ) {
    switch (node.kind) {
      case 'project':
        return this.#project(input, node, path);
      case 'filter':
        return this.#filter(input, node, path);
      case 'limit':
        return limited(input, node);
      case 'aggregate':
      case 'grouped-aggregate':
        return this.#aggregate(input, node, path);
      case 'sort':
      case 'top-n':
        return this.#sort(input, node, path);
      case 'write':
        return this.#write(input, node, path);
      case 'commit-write': {
        const { mode, successFile = false } = node;
        const bound: BoundNode = { kind: 'commit-write', input, mode, successFile, schema: input.schema };
        return bound;
      }
    }
  }

  #scan(node: NodeOf<'scan'>, path: string): BoundNode | undefined {
    const all: Schema = { fields: node.schema };
    const positions = columnPositions(all);
    const columnsPath = pathOf(path, 'columns');
    const wanted = (node.columns ?? node.schema.map(({ name }) => name)).map((name, index) => {
      const position = positions.get(name);
      if (position === undefined) addUnknownColumn(name, all, this.#problems, pathOf(columnsPath, index));
      return position ?? -1;
    });
    let filter: TypedExpression | undefined;
    if (node.filter !== undefined) {
      filter = bindPredicate(node.filter, all, this.#problems, pathOf(path, 'filter'));
      if (filter === undefined) return undefined;
    }
    if (wanted.includes(-1)) return undefined;
    const { sourceId, format, limit } = node;
    return boundScan({ sourceId, format, limit }, all, wanted, filter && simplified(filter));
  }

  #concat(node: NodeOf<'concat'>, path: string): BoundNode | undefined {
    const inputsPath = pathOf(path, 'inputs');
    const inputs = node.inputs.map((input, index) => this.bind(input, pathOf(inputsPath, index)));
    const known = inputs.filter((input) => input !== undefined);
    const [first] = known;
    if (first === undefined || known.length < inputs.length) return undefined;
    for (const [index, { schema }] of known.entries()) {
      if (sameSchema(first.schema, schema)) continue;
      const [wanted, found] = [shortened(schemaText(first.schema)), shortened(schemaText(schema))];
      this.#problems.add(
        pathOf(inputsPath, index),
        `The inputs of concat have the same columns in the same order: the first has ${wanted}, this one ${found}.`,
      );
    }
    const fields = first.schema.fields.map(({ name, type }, index) =>
      field(
        name,
        type,
        known.some(({ schema }) => schema.fields[index]?.nullable !== false),
      ),
    );
    return { kind: 'concat', inputs: known, schema: { fields } };
  }

  #project(input: BoundNode, node: NodeOf<'project'>, path: string): BoundNode | undefined {
    const columns = this.#columns(node.columns, input.schema, pathOf(path, 'columns'));
    return columns && withAsyncCalls(input, columns);
  }

  #filter(input: BoundNode, node: NodeOf<'filter'>, path: string): BoundNode | undefined {
    const predicate = bindPredicate(node.predicate, input.schema, this.#problems, pathOf(path, 'predicate'));
    // A predicate that is wrong leaves the columns as they are: what stands above can still be checked.
    if (predicate === undefined) return { kind: 'empty-scan', schema: input.schema };
    return { kind: 'filter', input, predicate: simplified(predicate), schema: input.schema };
  }

  #aggregate(input: BoundNode, node: NodeOf<'aggregate' | 'grouped-aggregate'>, path: string): BoundNode | undefined {
    const { stage } = node;
    const schema: Schema = stage?.kind === 'final' ? { fields: stage.schema } : input.schema;
    const isGrouped = node.kind === 'grouped-aggregate';
    const groupBy = isGrouped ? this.#keys(node.groupBy, schema, pathOf(path, 'groupBy')) : [];
    const aggregates = this.#aggregates(node.aggregates, schema, pathOf(path, 'aggregates'));
    if (groupBy === undefined || aggregates === undefined) return undefined;
    if (stage?.kind === 'final') return bindFinalAggregate(input, { groupBy, aggregates }, this.#problems, path);
    const partial = stage?.kind === 'partial';
    const results = aggregates.map((call) => (partial ? partialField(call) : aggregateField(call, isGrouped)));
    const fields = [...groupBy.map(columnField), ...results];
    if (isGrouped) return { kind: 'grouped-aggregate', input, groupBy, aggregates, partial, schema: { fields } };
    return { kind: 'aggregate', input, aggregates, partial, schema: { fields } };
  }

  /** Columns that rows are grouped by. */
  #keys(columns: readonly NamedExpression[], schema: Schema, path: string): readonly TypedColumn[] | undefined {
    const keys = this.#columns(columns, schema, path);
    for (const [index, { expression }] of keys?.entries() ?? []) {
      if (isGroupable(expression.type)) continue;
      const name = typeName(expression.type);
      this.#problems.add(pathOf(path, index), `Rows cannot be grouped by ${name}. Cast it, or group by a part of it.`);
    }
    return keys;
  }

  #sort(input: BoundNode, node: NodeOf<'sort' | 'top-n'>, path: string): BoundNode | undefined {
    const keysPath = pathOf(path, 'keys');
    const bound = node.keys.map((key, index) => this.#sortKey(key, input.schema, pathOf(keysPath, index)));
    const keys = bound.filter((key) => key !== undefined);
    const { schema } = input;
    if (keys.length < bound.length) return { kind: 'empty-scan', schema };
    if (node.kind === 'sort') return { kind: 'sort', input, keys, schema };
    return { kind: 'top-n', input, keys, limit: node.limit, offset: node.offset ?? 0, schema };
  }

  #sortKey(key: SortKey, schema: Schema, path: string): BoundSortKey | undefined {
    const expression = bindExpression(key.expression, schema, this.#problems, pathOf(path, 'expression'));
    if (expression === undefined) return undefined;
    if (!isOrderable(expression.type)) {
      const name = typeName(expression.type);
      this.#problems.add(
        pathOf(path, 'expression'),
        `Rows cannot be sorted by ${name}. Cast it, or sort by a part of it.`,
      );
      return undefined;
    }
    const { descending = false } = key;
    return { expression: simplified(expression), descending, nullsFirst: key.nullsFirst ?? descending };
  }

  #write(input: BoundNode, node: NodeOf<'write'>, path: string): BoundNode | undefined {
    const { schema } = input;
    const positions = columnPositions(schema);
    const partitionPath = pathOf(path, 'partitionBy');
    const names = node.partitionBy ?? [];
    const partitionBy = names.map((name, index) => {
      const position = positions.get(name);
      const namePath = pathOf(partitionPath, index);
      if (position === undefined) addUnknownColumn(name, schema, this.#problems, namePath);
      if (RESULT_COLUMNS.some((column) => column.name === name)) {
        const taken = `The rows that a write passes on have a column ${quoted(name)} of their own.`;
        this.#problems.add(namePath, `${taken} Give the partition column another name.`);
      }
      return position ?? -1;
    });
    if (names.length > 0 && new Set(partitionBy).size === schema.fields.length && !partitionBy.includes(-1)) {
      this.#problems.add(partitionPath, 'All columns are partition columns, and none is left for the files.');
    }
    return {
      kind: 'write',
      input,
      format: node.format,
      partitionBy,
      compression: node.compression ?? 'snappy',
      targetFileBytes: node.targetFileBytes ?? DEFAULT_TARGET_FILE_BYTES,
      rowGroupRows: node.rowGroupRows ?? DEFAULT_ROW_GROUP_ROWS,
      schema: { fields: [...RESULT_COLUMNS, ...names.map((name) => field(name, utf8))] },
    };
  }

  #columns(columns: readonly NamedExpression[], schema: Schema, path: string): readonly TypedColumn[] | undefined {
    const bound: TypedColumn[] = [];
    for (const [index, { name, expression }] of columns.entries()) {
      const typed = bindExpression(expression, schema, this.#problems, `${path}[${index}].expression`);
      if (typed !== undefined) bound.push({ name, expression: simplified(typed) });
    }
    return bound.length < columns.length ? undefined : bound;
  }

  #aggregates(calls: readonly AggregateCall[], schema: Schema, path: string): readonly TypedAggregate[] | undefined {
    const bound = calls.map((call, index) => bindAggregate(call, schema, this.#problems, pathOf(path, index)));
    const known = bound.filter((call) => call !== undefined);
    return known.length < bound.length ? undefined : known;
  }
}

/** The row that a write passes on for each file, before its partition values as text: null is the null partition. */
const RESULT_COLUMNS: readonly Field[] = [
  field('path', utf8, false),
  field('rows', int64, false),
  field('bytes', int64, false),
];

const columnField = ({ name, expression }: TypedColumn): Field => field(name, expression.type, expression.nullable);

const limited = (input: BoundNode, { limit, offset = 0 }: NodeOf<'limit'>): BoundNode => ({
  kind: 'limit',
  input,
  limit,
  offset,
  schema: input.schema,
});

const shortened = (text: string): string => (text.length > 300 ? `${text.slice(0, 300)}…` : text);
