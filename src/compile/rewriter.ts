/**
 * Rewrites expressions over the columns of a batch into expressions that kernels compute, over these columns and others
 * that are made for them, in an order in which each can be made out of those before it.
 */

import type { Batch } from '../columnar/batch.ts';
import { bool } from '../columnar/data-type.ts';
import { collectColumns, withColumnsAt, withOperands } from '../expressions/columns.ts';
import type { TypedExpression } from '../expressions/expression.ts';
import { expressionKey } from '../expressions/expression-key.ts';
import { functionNamed } from '../expressions/functions/registry.ts';
import { isVolatile } from '../expressions/volatile.ts';
import { computedOperands, isHeld, isNodeCompilable } from './compilable.ts';
import type { ComputedColumn } from './computed-column.ts';
import { isNullOnNull } from './dictionary-table.ts';
import { isLookedUp } from './kernel-step.ts';
import { simplerNumber } from './simpler-numbers.ts';
import { simplerTime } from './simpler-times.ts';
import type { TextTest } from './text-predicate.ts';
import type { VectorStep } from './vector-step.ts';

type Literal = Extract<TypedExpression, { kind: 'literal' }>;

/** A column that is made for a batch, and the expression over the columns before it that it holds. */
export type Made =
  | { readonly kind: 'table'; readonly source: number; readonly e: TypedExpression; readonly key: string }
  | { readonly kind: 'text'; readonly e: TypedExpression; readonly test: TextTest }
  | { readonly kind: 'constant'; readonly e: Literal }
  | { readonly kind: 'computed'; readonly e: TypedExpression; readonly column: ComputedColumn }
  | { readonly kind: 'vector'; readonly e: TypedExpression; readonly step: VectorStep };

/** Makes what columns are made by; the makers outlive the batch. */
export interface Makers {
  /** Undefined where it is no predicate over text that kernels take. */
  textTest(e: TypedExpression, isPlain: (column: number) => boolean): TextTest | undefined;
  vectorStep(e: TypedExpression): VectorStep;
  computedColumn(e: TypedExpression): ComputedColumn;
}

export class Rewriter {
  readonly made: Made[] = [];
  readonly #batch: Batch;
  readonly #refused: ReadonlySet<string>;
  readonly #makers: Makers;
  readonly #known = new Map<string, TypedExpression>();

  constructor(batch: Batch, refused: ReadonlySet<string>, makers: Makers) {
    this.#batch = batch;
    this.#refused = refused;
    this.#makers = makers;
  }

  /** As `rewrite`, of an expression whose result becomes a column. */
  rewriteRoot(e: TypedExpression): TypedExpression {
    const rewritten = this.#rewrite(e);
    return rewritten.kind === 'literal' && !isNodeCompilable(rewritten)
      ? this.#column({ kind: 'constant', e: rewritten }, rewritten)
      : rewritten;
  }

  /** What is volatile is made for each place in which it stands. */
  #rewrite(e: TypedExpression): TypedExpression {
    if (e.kind === 'function' && functionNamed(e.name).isVolatile) return this.#make(e);
    const key = expressionKey(e);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const rewritten = this.#table(e, key) ?? this.#make(e);
    this.#known.set(key, rewritten);
    return rewritten;
  }

  #make(e: TypedExpression): TypedExpression {
    if (e.kind === 'literal' || e.kind === 'column') return e;
    // Whether a column is null its bitmap says, whatever stands in it.
    if (e.kind === 'is-null' && e.input.kind === 'column') return e;
    if (e.kind === 'coalesce' && isHeld(e.type)) return this.#rewrite(asBranches(e));
    if (e.kind === 'is-in' && isHeld(e.input.type) && e.list.length <= mostAlternatives(e)) {
      return this.#rewrite(asAlternatives(e));
    }
    const simpler = simplerTime(e) ?? simplerNumber(e);
    if (simpler !== undefined) return this.#rewrite(simpler);
    const over = withOperands(e, (operand) => (operand.kind === 'lambda' ? operand : this.#rewrite(operand)));
    const test = this.#makers.textTest(over, (column) => this.#isPlain(column));
    if (test !== undefined) return this.#column({ kind: 'text', e: over, test }, e);
    if (isNodeCompilable(over) && computedOperands(over).every(isNodeCompilable)) return over;
    const step = withOperands(over, (operand) => this.#operand(operand));
    return this.#column({ kind: 'vector', e: step, step: this.#makers.vectorStep(step) }, e);
  }

  /** Whether the column will have values, and not codes. */
  #isPlain(column: number): boolean {
    const given = this.#batch.columns[column];
    if (given !== undefined) return given.dictionary === undefined;
    const made = this.made[column - this.#batch.columns.length];
    return made?.kind !== 'table' && made?.kind !== 'constant';
  }

  /** An operand of a step: a column or a literal. A table of bools has bytes that only kernels read. */
  #operand(e: TypedExpression): TypedExpression {
    const isColumn = e.kind === 'column' && (e.type.kind !== 'bool' || this.#isPlain(e.index));
    if (isColumn || e.kind === 'literal' || e.kind === 'lambda') return e;
    const key = `column ${expressionKey(e)}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const made = this.#column({ kind: 'computed', e, column: this.#makers.computedColumn(e) }, e);
    this.#known.set(key, made);
    return made;
  }

  #table(e: TypedExpression, key: string): TypedExpression | undefined {
    if (this.#refused.has(key) || e.kind === 'literal' || (e.kind === 'column' && e.type.kind !== 'bool'))
      return undefined;
    const found = new Set<number>();
    collectColumns(e, found);
    const [source] = found;
    if (source === undefined || found.size > 1) return undefined;
    const { dictionary } = this.#batch.columns[source]!;
    if (dictionary === undefined || isVolatile(e) || !isNullOnNull(e)) return undefined;
    return this.#column({ kind: 'table', source, e: withColumnsAt(e, () => 0), key }, e);
  }

  #column(made: Made, { type, nullable }: TypedExpression): TypedExpression {
    const index = this.#batch.columns.length + this.made.push(made) - 1;
    return { kind: 'column', index, name: '', type, nullable };
  }
}

type Kind<K extends TypedExpression['kind']> = Extract<TypedExpression, { kind: K }>;

/** Longer lists are looked up, or searched, and not compared one by one. */
const mostAlternatives = (e: Kind<'is-in'>): number => (isLookedUp(e) ? 4 : 64);

/** Each input where it is not null, else the next. */
function asBranches({ inputs, type }: Kind<'coalesce'>): TypedExpression {
  return inputs.reduceRight((otherwise, input): TypedExpression => {
    const isNull: TypedExpression = { kind: 'is-null', input, type: bool, nullable: false };
    // biome-ignore lint/suspicious/noThenProperty: a word of the plan language; expressions are never awaited.
    return { kind: 'if-else', condition: isNull, then: otherwise, otherwise: input, type, nullable: true };
  });
}

/** Equal to one of the list, or to another: null where no one is and something is null. */
function asAlternatives({ input, list, nullable }: Kind<'is-in'>): TypedExpression {
  return list
    .map((right): TypedExpression => ({ kind: 'compare', operator: '=', left: input, right, type: bool, nullable }))
    .reduce((left, right) => ({ kind: 'logic', operator: 'or', left, right, type: bool, nullable }));
}
