import type { Schema } from '../../columnar/schema.ts';
import type { TypedExpression } from '../../expressions/expression.ts';
import { passedOn } from '../../expressions/typed-columns.ts';
import type { StreamingOperator } from '../operator.ts';
import { RowProgramRun } from './row-program-run.ts';

const NAME = 'Filter';

export interface FilterOptions {
  readonly input: Schema;
  readonly predicate: TypedExpression;
}

/** Keeps the rows for which the predicate is true: not those for which it is null. */
export function filter({ input, predicate }: FilterOptions): StreamingOperator {
  const columns = passedOn(input);
  return {
    role: 'streaming',
    name: NAME,
    schema: input,
    open: (task) => new RowProgramRun({ input, filter: predicate, columns, operator: NAME }, task),
  };
}
