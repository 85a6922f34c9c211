import type { Schema } from '../columnar/schema.ts';
import type { TypedColumn } from './expression.ts';

/** The columns of a schema as they are. */
export function passedOn({ fields }: Schema): readonly TypedColumn[] {
  return fields.map(({ name, type, nullable }, index) => ({
    name,
    expression: { kind: 'column', index, name, type, nullable },
  }));
}

/** Whether `columns` are those of `schema` as they are. */
export function areAllPassedOn(columns: readonly TypedColumn[], { fields }: Schema): boolean {
  return (
    columns.length === fields.length &&
    columns.every(({ name, expression }, index) => {
      return expression.kind === 'column' && expression.index === index && name === fields[index]?.name;
    })
  );
}

export function schemaOfColumns(columns: readonly TypedColumn[]): Schema {
  return { fields: columns.map(({ name, expression: { type, nullable } }) => ({ name, type, nullable })) };
}
