import { type DataType, sameType, typeName } from '../../columnar/data-type.ts';
import { unpivotedSchema } from '../../columnar/reshaped-schema.ts';
import type { Field } from '../../columnar/schema.ts';
import { castTo } from '../../expressions/coerce.ts';
import { excessDigits, superType } from '../../expressions/common-type.ts';
import type { TypedColumn } from '../../expressions/expression.ts';
import { nameText } from '../../expressions/expression-text.ts';
import { type Problems, pathOf, quoted } from '../../expressions/problems.ts';
import { type BoundOf, bindNames, columnAt, columnField, type NodeOf } from '../bind-parts.ts';
import type { BoundNode } from '../bound-plan.ts';
import { namesText } from '../node-text.ts';
import { inOrder, type Prune, type Pruned } from '../pruning.ts';

/** Values of several types are cast below it. */
export function bindUnpivot(
  input: BoundNode,
  node: NodeOf<'unpivot'>,
  problems: Problems,
  path: string,
): BoundNode | undefined {
  const { variableName = 'variable', valueName = 'value' } = node;
  const ids = bindNames(node.ids, input.schema, problems, pathOf(path, 'ids'));
  const values = bindNames(node.values, input.schema, problems, pathOf(path, 'values'));
  if (ids === undefined || values === undefined) return undefined;
  const fields = values.map((index) => input.schema.fields[index] as Field);
  const type = commonTo(fields, problems, pathOf(path, 'values'));
  if (type === undefined) return undefined;
  const names = { kind: 'unpivot', variableName, valueName } as const;
  if (fields.every((column) => sameType(column.type, type))) return unpivoted({ ...names, input, ids, values });
  const cast = values.map((index): TypedColumn => {
    const { name, expression } = columnAt(input.schema, index);
    return { name, expression: castTo(expression, type) };
  });
  const columns = [...ids.map((index) => columnAt(input.schema, index)), ...cast];
  const project: BoundNode = { kind: 'project', input, columns, schema: { fields: columns.map(columnField) } };
  const positions = [...columns.keys()];
  return unpivoted({
    ...names,
    input: project,
    ids: positions.slice(0, ids.length),
    values: positions.slice(ids.length),
  });
}

/** All values are needed, which say how many rows there are. */
export function pruneUnpivot(node: BoundOf<'unpivot'>, needed: ReadonlySet<number>, prune: Prune): Pruned {
  const kept = inOrder(needed).filter((position) => position < node.ids.length);
  const ids = kept.map((position) => node.ids[position] as number);
  const { node: input, positionOf } = prune(node.input, new Set([...ids, ...node.values]));
  const unneeded = node.ids.length - kept.length;
  return {
    node: unpivoted({ ...node, input, ids: ids.map(positionOf), values: node.values.map(positionOf) }),
    positionOf: (position) => (position < node.ids.length ? kept.indexOf(position) : position - unneeded),
  };
}

export function unpivotText({ input, ids, values, variableName, valueName }: BoundOf<'unpivot'>): string {
  const names = (positions: readonly number[]): string =>
    namesText(positions.map((index) => input.schema.fields[index] as Field));
  const by = ids.length === 0 ? '' : ` by ${names(ids)}`;
  return `Unpivot ${names(values)}${by} as ${nameText(variableName)}, ${nameText(valueName)}`;
}

/** The type of all values. */
function commonTo(fields: readonly Field[], problems: Problems, path: string): DataType | undefined {
  let common = (fields[0] as Field).type;
  for (const [index, { name, type }] of fields.entries()) {
    const wider = superType(common, type);
    if (wider === undefined || excessDigits(wider) !== undefined) {
      const types = `${quoted(name)} is ${typeName(type)}, and those before it ${typeName(common)}`;
      problems.add(pathOf(path, index), `No type holds the values of all: ${types}. Cast them in a project below.`);
      return undefined;
    }
    common = wider;
  }
  return common;
}

const unpivoted = (node: Omit<BoundOf<'unpivot'>, 'schema'>): BoundNode => ({
  ...node,
  schema: unpivotedSchema({ ...node, input: node.input.schema }),
});
