import { columnPositions, type Field, field, type Schema } from '../../columnar/schema.ts';
import { addUnknownColumn, bindExpression } from '../../expressions/bind.ts';
import type { TypedColumn, TypedExpression } from '../../expressions/expression.ts';
import { nameText } from '../../expressions/expression-text.ts';
import { type Problems, pathOf, quoted } from '../../expressions/problems.ts';
import { simplified } from '../../expressions/simplify.ts';
import { passedOn, schemaOfColumns } from '../../expressions/typed-columns.ts';
import type { BoundOf, NodeOf } from '../bind-parts.ts';
import type { BoundNode } from '../bound-plan.ts';
import { namesText } from '../node-text.ts';
import { inOrder, type Prune, type Pruned } from '../pruning.ts';

/** Over a projection that computes those arguments which are no columns yet. */
export function bindUdfProject(
  input: BoundNode,
  node: NodeOf<'udf-project'>,
  problems: Problems,
  path: string,
): BoundNode | undefined {
  const { schema } = input;
  const passthrough = bindPassthrough(node, schema, problems, path);
  const args = node.arguments.map((e, index) =>
    bindExpression(e, schema, problems, pathOf(pathOf(path, 'arguments'), index)),
  );
  const known = args.filter((e) => e !== undefined).map(simplified);
  if (passthrough === undefined || known.length < args.length) return undefined;
  const { node: below, positions } = withColumns(input, known);
  const { udf, name, returns } = node;
  const fields = [...passthrough.flatMap((index) => schema.fields[index] ?? []), field(name, returns)];
  return {
    kind: 'udf-project',
    input: below,
    udf,
    arguments: positions,
    passthrough,
    name,
    returns,
    schema: { fields },
  };
}

function bindPassthrough(
  { passthrough, name }: NodeOf<'udf-project'>,
  schema: Schema,
  problems: Problems,
  path: string,
): readonly number[] | undefined {
  const names = passthrough ?? schema.fields.map((column) => column.name);
  if (names.includes(name)) {
    problems.add(
      pathOf(path, 'name'),
      `There is a column ${quoted(name)} already. Give the result another name, or leave that column out of passthrough.`,
    );
    return undefined;
  }
  const positions = columnPositions(schema);
  const found = names.map((column, index) => {
    const position = positions.get(column);
    if (position === undefined) addUnknownColumn(column, schema, problems, pathOf(pathOf(path, 'passthrough'), index));
    return position;
  });
  const bound = found.filter((position) => position !== undefined);
  return bound.length < found.length ? undefined : bound;
}

/** `input` with a column for each of `expressions`, and where they stand. */
function withColumns(
  input: BoundNode,
  expressions: readonly TypedExpression[],
): { readonly node: BoundNode; readonly positions: readonly number[] } {
  const { schema } = input;
  const taken = new Set(schema.fields.map(({ name }) => name));
  const added: TypedColumn[] = [];
  const positions = expressions.map((expression) => {
    if (expression.kind === 'column') return expression.index;
    let name = `argument ${added.length + 1}`;
    while (taken.has(name)) name += "'";
    added.push({ name, expression });
    return schema.fields.length + added.length - 1;
  });
  if (added.length === 0) return { node: input, positions };
  const columns = [...passedOn(schema), ...added];
  return { node: { kind: 'project', input, columns, schema: schemaOfColumns(columns) }, positions };
}

/** A function whose result nobody needs is not called. */
export function pruneUdfProject(node: BoundOf<'udf-project'>, needed: ReadonlySet<number>, prune: Prune): Pruned {
  const last = node.passthrough.length;
  const kept = inOrder(needed).filter((index) => index !== last);
  const passed = kept.map((index) => node.passthrough[index] as number);
  if (!needed.has(last)) {
    const { node: input, positionOf } = prune(node.input, new Set(passed));
    return { node: input, positionOf: (index) => positionOf(node.passthrough[index] as number) };
  }
  const { node: input, positionOf } = prune(node.input, new Set([...passed, ...node.arguments]));
  const passthrough = passed.map(positionOf);
  const fields: Field[] = [
    ...passthrough.flatMap((index) => input.schema.fields[index] ?? []),
    field(node.name, node.returns),
  ];
  return {
    node: { ...node, input, arguments: node.arguments.map(positionOf), passthrough, schema: { fields } },
    positionOf: (index) => (index === last ? kept.length : kept.indexOf(index)),
  };
}

/** The name of the operator is known only where the function is. */
export function udfProjectText({ udf, input, arguments: given, name }: BoundOf<'udf-project'>): string {
  const args = given.flatMap((index) => input.schema.fields[index] ?? []);
  return `UdfProject ${nameText(udf.module)}.${nameText(udf.export)}(${namesText(args)}) as ${nameText(name)}`;
}
