/** Which results can be null over columns with given layouts, decided before code is emitted. */

import { operandsOf } from '../expressions/columns.ts';
import { isNullByZero } from '../expressions/exact-arithmetic.ts';
import type { TypedExpression } from '../expressions/expression.ts';
import type { NullRule } from '../expressions/functions/function-definition.ts';
import { functionNamed } from '../expressions/functions/registry.ts';
import type { FunctionCall } from './lane-function.ts';
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
      case 'function': {
        const rule = nullRuleOf(e);
        if (rule === 'first') return this.of(e.arguments[0]!);
        if (rule === 'all') return e.arguments.every((argument) => this.of(argument));
        return this.divisorOf(e) !== undefined || e.arguments.some((argument) => this.of(argument));
      }
      default:
        return this.divisorOf(e) !== undefined || this.tries(e) || operandsOf(e).some((part) => this.of(part));
    }
  }

  /** Whether `e` is a cast that is null where the value does not fit. */
  tries(e: TypedExpression): e is TypedExpression & { kind: 'cast' } {
    return e.kind === 'cast' && e.try === true && e.type.kind !== 'bool';
  }

  /** What makes `e` null where it is zero: a divisor that is not known to be another number. */
  divisorOf(e: TypedExpression): TypedExpression | undefined {
    const isCall = e.kind === 'function' && nullRuleOf(e) === 'divisor';
    const divisor = isNullByZero(e) ? e.right : isCall ? e.arguments[1] : undefined;
    const isKnown = divisor?.kind === 'literal' && divisor.value !== null && Number(divisor.value) !== 0;
    return isKnown ? undefined : divisor;
  }
}

/** Where a call that compiles is null. */
export const nullRuleOf = (call: FunctionCall): NullRule =>
  functionNamed(call.name).nullWhere(call.arguments.map(({ type }) => type));
