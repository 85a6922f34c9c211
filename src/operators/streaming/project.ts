import type { Schema } from '../../columnar/schema.ts';
import type { TypedColumn } from '../../expressions/expression.ts';
import { schemaOfColumns } from '../../expressions/typed-columns.ts';
import type { StreamingOperator } from '../operator.ts';
import { RowProgramRun } from './row-program-run.ts';

const NAME = 'Project';

export interface ProjectOptions {
  readonly input: Schema;
  readonly columns: readonly TypedColumn[];
}

/** Replaces the columns of each row by expressions over them. */
export function project({ input, columns }: ProjectOptions): StreamingOperator {
  return {
    role: 'streaming',
    name: NAME,
    schema: schemaOfColumns(columns),
    open: (task) => new RowProgramRun({ input, columns, operator: NAME }, task),
  };
}
