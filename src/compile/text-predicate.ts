/**
 * Predicates over text: static kernels make a bitmap of them, which compiled code then reads like a bool column.
 *
 *     starts_with(name, 'PROMO')  ──▶  │ bit per row │  ──▶  a bool column with the validity of `name`
 */

import type { Column } from '../columnar/column.ts';
import { bool } from '../columnar/data-type.ts';
import type { ComparisonOperator, TypedExpression } from '../expressions/expression.ts';
import { ORDER_TEST, PAIR_TEST, stringKernels } from '../kernels/string-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import { bitmapBytes, Scratch } from './scratch.ts';
import { commonValidity, keptNeedle, type Needle, textAddresses } from './text-operands.ts';

type Search = 'starts_with' | 'ends_with' | 'contains';

/** A predicate over one column and a text, or over two columns. */
export type TextPredicate =
  | { readonly kind: 'order'; readonly column: number; readonly test: number; readonly text: string }
  | { readonly kind: 'search'; readonly column: number; readonly search: Search; readonly text: string }
  | { readonly kind: 'pair'; readonly left: number; readonly right: number; readonly what: number };

const { less, equal, greater } = ORDER_TEST;
const TESTS: Readonly<Record<ComparisonOperator, number>> = {
  '=': equal,
  '!=': less | greater,
  '<': less,
  '<=': less | equal,
  '>': greater,
  '>=': greater | equal,
};
/** The test that holds with the sides exchanged. */
const mirrored = (test: number): number => (test & equal) | (test & less ? greater : 0) | (test & greater ? less : 0);

const SEARCHES: Readonly<Record<Search, number>> = {
  starts_with: PAIR_TEST.startsWith,
  ends_with: PAIR_TEST.endsWith,
  contains: PAIR_TEST.contains,
};
const isSearch = (name: string): name is Search => name in SEARCHES;

/** `e` as a predicate that the kernels take, or undefined. */
export function textPredicateOf(e: TypedExpression): TextPredicate | undefined {
  if (e.kind === 'compare' && e.left.type.kind === 'utf8') {
    const test = TESTS[e.operator];
    if (e.left.kind === 'column' && e.right.kind === 'column') {
      return { kind: 'pair', left: e.left.index, right: e.right.index, what: test };
    }
    if (e.left.kind === 'column' && isText(e.right)) {
      return { kind: 'order', column: e.left.index, test, text: e.right.value };
    }
    if (e.right.kind === 'column' && isText(e.left)) {
      return { kind: 'order', column: e.right.index, test: mirrored(test), text: e.left.value };
    }
  }
  if (e.kind === 'function' && isSearch(e.name)) {
    const [text, part] = e.arguments;
    if (text?.kind !== 'column' || part === undefined) return undefined;
    if (part.kind === 'column') {
      return { kind: 'pair', left: text.index, right: part.index, what: SEARCHES[e.name] };
    }
    if (isText(part)) return { kind: 'search', column: text.index, search: e.name, text: part.value };
  }
  return undefined;
}

const isText = (e: TypedExpression): e is TypedExpression & { kind: 'literal'; value: string } =>
  e.kind === 'literal' && typeof e.value === 'string';

/** Whether the predicate runs over these columns: a text is sought in plain columns only. */
export const runsOver = (predicate: TextPredicate, isPlain: (column: number) => boolean): boolean =>
  predicate.kind === 'pair' || isPlain(predicate.column);

/** One predicate of a run, with its needle and its bitmap in linear memory. */
export class TextTest {
  readonly #predicate: TextPredicate;
  readonly #holding: Holding;
  readonly #bitmap: Scratch;
  readonly #validity: Scratch;
  readonly #needle: Needle;

  /** @throws MemoryBudgetExceeded */
  constructor(predicate: TextPredicate, holding: Holding) {
    this.#predicate = predicate;
    this.#holding = holding;
    this.#bitmap = new Scratch(holding);
    this.#validity = new Scratch(holding);
    this.#needle = keptNeedle(predicate.kind === 'pair' ? '' : predicate.text, holding);
  }

  /** The predicate as a bool column; its memory is used again by the next call. @throws MemoryBudgetExceeded */
  evaluate(columns: readonly Column[], rowCount: number): Column {
    const values = this.#bitmap.ensure(bitmapBytes(rowCount));
    const predicate = this.#predicate;
    let validity: number;
    if (predicate.kind === 'pair') {
      const [left, right] = [columns[predicate.left]!, columns[predicate.right]!];
      this.#pairs(left, right, predicate.what, rowCount, values);
      validity = commonValidity([left, right], rowCount, this.#validity, this.#holding);
    } else {
      const column = columns[predicate.column]!;
      this.#withNeedle(column, rowCount, values);
      validity = column.validity;
    }
    return { type: bool, validity, values, bytes: 0, dictionary: undefined, width: 0, bits: undefined };
  }

  #withNeedle({ values: offsets, bytes }: Column, rows: number, out: number): void {
    const kernels = stringKernels(this.#holding.linear);
    const { address, length, rare } = this.#needle;
    const predicate = this.#predicate;
    if (predicate.kind === 'order' && predicate.test === equal) {
      kernels.textEquals(offsets, bytes, rows, address, length, out);
    } else if (predicate.kind === 'order') {
      kernels.textCompares(offsets, bytes, rows, address, length, predicate.test, out);
    } else if (predicate.kind === 'search' && predicate.search === 'contains' && length > 0) {
      kernels.textContains(offsets, bytes, rows, address, length, rare, out);
    } else {
      const atEnd = predicate.kind === 'search' && predicate.search === 'ends_with' ? 1 : 0;
      kernels.textBeginsOrEnds(offsets, bytes, rows, address, length, atEnd, out);
    }
  }

  #pairs(left: Column, right: Column, what: number, rows: number, out: number): void {
    stringKernels(this.#holding.linear).textPairs(...textAddresses(left), ...textAddresses(right), rows, what, out);
  }
}
