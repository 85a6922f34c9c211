/** The columns of rows that are made of others, where that takes more to say than a list of fields. */

import assert from 'node:assert/strict';
import { childTypes, type DataType, sameType, storageType, uint64, utf8 } from './data-type.ts';
import { type Field, field, type Schema } from './schema.ts';

/** The type of what a list holds: of a map its entries. Undefined for what cannot be taken apart. */
export function itemType(type: DataType): DataType | undefined {
  const { kind } = storageType(type);
  return kind === 'list' || kind === 'fixed-size-list' || kind === 'map' ? childTypes(type)[0] : undefined;
}

export interface Explosion {
  readonly input: Schema;
  /** Positions of lists, lists of fixed size or maps; at least one. Their lengths in a row are the same. */
  readonly columns: readonly number[];
  /** Whether a row whose lists are empty or null is left out: else it stays, with nulls. */
  readonly ignoreEmpty: boolean;
  /** Name of a last column with the position of the item in its list, from 0. */
  readonly indexColumn?: string | undefined;
}

/** Of the rows that items of lists become. */
export function explodedSchema({ input, columns, ignoreEmpty, indexColumn }: Explosion): Schema {
  const fields = input.fields.map((given, index): Field => {
    if (!columns.includes(index)) return given;
    const type = itemType(given.type);
    assert.ok(type !== undefined);
    return field(given.name, type, !(ignoreEmpty && given.type.kind === 'map'));
  });
  return { fields: indexColumn === undefined ? fields : [...fields, field(indexColumn, uint64, !ignoreEmpty)] };
}

export interface Unpivoting {
  readonly input: Schema;
  /** Positions of the columns that are repeated. */
  readonly ids: readonly number[];
  /** Positions of the columns that become rows; at least one, all of one type. */
  readonly values: readonly number[];
  /** Names of the columns that say which column a value is of, and the value. */
  readonly variableName: string;
  readonly valueName: string;
}

/** Of the rows that columns become. */
export function unpivotedSchema({ input, ids, values, variableName, valueName }: Unpivoting): Schema {
  const fields = (positions: readonly number[]): readonly Field[] =>
    positions.map((index) => input.fields[index] as Field);
  const [first, ...others] = fields(values);
  assert.ok(first !== undefined && others.every(({ type }) => sameType(type, first.type)));
  const nullable = first.nullable || others.some((other) => other.nullable);
  const made = [field(variableName, utf8, false), field(valueName, first.type, nullable)];
  return { fields: [...fields(ids), ...made] };
}

/** Of rows with an id before them. */
export const identifiedSchema = (name: string, { fields }: Schema): Schema => ({
  fields: [field(name, uint64, false), ...fields],
});
