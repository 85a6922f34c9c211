/** Which results can be null over columns with given layouts, decided before code is emitted. */

import { wholeOf } from '../columnar/value.ts';
import { operandsOf } from '../expressions/columns.ts';
import { isNullByZero } from '../expressions/exact-arithmetic.ts';
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
        return this.divides(e) || this.tries(e) || operandsOf(e).some((part) => this.of(part));
    }
  }

  /** Whether `e` is a cast that is null where the value does not fit. */
  tries(e: TypedExpression): e is TypedExpression & { kind: 'cast' } {
    return e.kind === 'cast' && e.try === true && e.type.kind !== 'bool';
  }

  /** Whether `e` is a division or remainder of whole numbers whose divisor may be zero, which makes it null. */
  divides(e: TypedExpression): e is TypedExpression & { kind: 'arithmetic' } {
    return isNullByZero(e) && !(e.right.kind === 'literal' && e.right.value !== null && wholeOf(e.right.value) !== 0n);
  }
}
