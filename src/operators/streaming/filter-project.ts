import type { Schema } from '../../columnar/schema.ts';
import type { TypedColumn, TypedExpression } from '../../expressions/expression.ts';
import { schemaOfColumns } from '../../expressions/typed-columns.ts';
import type { StreamingOperator } from '../operator.ts';
import { RowProgramRun } from './row-program-run.ts';

const NAME = 'Filter + Project';

export interface FilterProjectOptions {
  readonly input: Schema;
  readonly predicate: TypedExpression;
  /** Over `input`, as the predicate is. */
  readonly columns: readonly TypedColumn[];
}

/** A filter and the projection above it in one pass: columns are evaluated only for the rows that are kept. */
export function filterProject({ input, predicate, columns }: FilterProjectOptions): StreamingOperator {
  return {
    role: 'streaming',
    name: NAME,
    schema: schemaOfColumns(columns),
    open: (task) => new RowProgramRun({ input, filter: predicate, columns, operator: NAME }, task),
  };
}
