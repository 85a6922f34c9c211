/** Which results can be null over columns with given layouts, decided before code is emitted. */

import { isInteger } from '../columnar/data-type.ts';
import { operandsOf } from '../expressions/columns.ts';
import type { TypedExpression } from '../expressions/expression.ts';
import type { ColumnLayout } from './layout.ts';

export class Nullability {
  readonly #columns: readonly ColumnLayout[];

  constructor(columns: readonly ColumnLayout[]) {
    this.#columns = columns;
  }

  /** Whether some row of `e` may be null. */
  of(e: TypedExpression): boolean {
    switch (e.kind) {
      case 'column':
        return this.#columns[e.index]?.nullable ?? true;
      case 'literal':
        return e.value === null;
      case 'is-null':
        return false;
      default:
        return this.divides(e) || operandsOf(e).some((part) => this.of(part));
    }
  }

  /** Whether `e` is an integer division or remainder whose divisor may be zero, which makes it null. */
  divides(e: TypedExpression): e is TypedExpression & { kind: 'arithmetic' } {
    if (e.kind !== 'arithmetic' || (e.operator !== '//' && e.operator !== '%') || !isInteger(e.type)) return false;
    return !(e.right.kind === 'literal' && e.right.value !== null && BigInt(e.right.value) !== 0n);
  }
}
