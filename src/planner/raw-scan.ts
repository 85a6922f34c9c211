import { bool } from '../columnar/data-type.ts';
import { field, type Schema } from '../columnar/schema.ts';
import { logic } from '../expressions/coerce.ts';
import type { TypedExpression } from '../expressions/expression.ts';
import type { BoundOf } from './bind-parts.ts';

/**
 * What a scan gives before its filter is applied, which the step above it does: its columns, and of a scan with runtime
 * filters behind them whether each row has keys that those let through, which then is a part of the filter.
 */
export function rawScan({ readSchema, filter, runtimeFilters }: BoundOf<'scan'>): {
  readonly schema: Schema;
  readonly filter: TypedExpression | undefined;
} {
  if (runtimeFilters === undefined) return { schema: readSchema, filter };
  const added = field('runtime filter', bool, false);
  const passes = { kind: 'column', index: readSchema.fields.length, ...added } as const;
  return {
    schema: { fields: [...readSchema.fields, added] },
    filter: filter === undefined ? passes : logic('and', filter, passes),
  };
}
