import { type DataType, sameType, typeName } from './data-type.ts';

export interface Field {
  readonly name: string;
  readonly type: DataType;
  /** False promises that no value is null. */
  readonly nullable: boolean;
}

/** The columns of a batch, a file or a plan node, in order. Names are unique. */
export interface Schema {
  readonly fields: readonly Field[];
}

export const field = <const N extends string, D extends DataType>(
  name: N,
  type: D,
  nullable: boolean = true,
): Field & { readonly name: N; readonly type: D } => ({ name, type, nullable });
export const schema = (...fields: readonly Field[]): Schema => ({ fields });

/** The position of a column, or -1. */
export const fieldIndex = ({ fields }: Schema, name: string): number => fields.findIndex((f) => f.name === name);

/** Once per list of fields: a plan may have many expressions over a wide one. */
const positionsOfFields = new WeakMap<readonly Field[], ReadonlyMap<string, number>>();

/** The position of each column of the schema, by name. */
export function columnPositions({ fields }: Schema): ReadonlyMap<string, number> {
  const known = positionsOfFields.get(fields);
  if (known !== undefined) return known;
  const positions = new Map(fields.map(({ name }, index) => [name, index]));
  positionsOfFields.set(fields, positions);
  return positions;
}

/** Same names and types in the same order; nullability may differ. */
export const sameSchema = (a: Schema, b: Schema): boolean =>
  a.fields.length === b.fields.length &&
  a.fields.every((f, index) => f.name === b.fields[index]?.name && sameType(f.type, b.fields[index].type));

/** The schema on one line, for explain and errors: `origin utf8, delay int64?`. */
export const schemaText = ({ fields }: Schema): string =>
  fields.map(({ name, type, nullable }) => `${name} ${typeName(type)}${nullable ? '?' : ''}`).join(', ');
