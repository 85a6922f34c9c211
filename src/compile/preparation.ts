/**
 * What is done before a kernel runs over a batch: what the kernel cannot do itself becomes further columns.
 *
 *     columns   │ c0 │ c1 │ … │ t0 │ t1 │ …
 *     of the batch ──────────┘   └── dictionary tables (dictionary-table.ts), predicates over text (text-predicate.ts)
 *
 * How expressions are rewritten depends on the layouts of the batch, and is kept per combination of layouts.
 */

import type { Batch } from '../columnar/batch.ts';
import type { Column } from '../columnar/column.ts';
import { collectColumns, withColumnsAt, withOperands } from '../expressions/columns.ts';
import type { TypedExpression } from '../expressions/expression.ts';
import type { Holding } from '../memory/budget.ts';
import { isCompilable } from './compilable.ts';
import { DictionaryTables, type EvaluateEntries, isNullOnNull } from './dictionary-table.ts';
import { expressionKey } from './expression-key.ts';
import { type ColumnLayout, layoutKey, layoutOf } from './layout.ts';
import { runsOver, TextTest, textPredicateOf } from './text-predicate.ts';

/** A column that is made for a batch. */
type Made =
  | { readonly kind: 'table'; readonly source: number; readonly e: TypedExpression; readonly key: string }
  | { readonly kind: 'text'; readonly test: TextTest };

interface Rewriting {
  readonly roots: readonly TypedExpression[];
  readonly made: readonly Made[];
  /** By the layouts of the made columns. */
  readonly shapes: Map<string, Shape>;
}

/** The same object for batches that are laid out alike: what follows from it may be kept under it. */
export interface Shape {
  /** Of the columns of `Prepared`; of those that no root reads, as some batch had them. */
  readonly layouts: readonly ColumnLayout[];
  /** In the order of the roots; undefined where the expression does not compile over this batch. */
  readonly roots: readonly (TypedExpression | undefined)[];
}

export interface Prepared extends Shape {
  readonly shape: Shape;
  /** Those of the batch, then the made ones. */
  readonly columns: readonly Column[];
}

export class Preparation implements Disposable {
  readonly #roots: readonly TypedExpression[];
  readonly #read: readonly number[];
  readonly #holding: Holding;
  readonly #tables: DictionaryTables;
  readonly #rewritings = new Map<string, Rewriting>();
  readonly #texts = new Map<string, TextTest>();

  constructor(roots: readonly TypedExpression[], holding: Holding, evaluate: EvaluateEntries) {
    this.#roots = roots;
    const read = new Set<number>();
    for (const root of roots) collectColumns(root, read);
    this.#read = [...read];
    this.#holding = holding;
    this.#tables = new DictionaryTables(holding, evaluate);
  }

  /** Made columns are valid until the next call. @throws MemoryBudgetExceeded */
  prepare(batch: Batch): Prepared {
    this.#tables.forgetOld();
    const refused = new Set<string>();
    for (;;) {
      const rewriting = this.#rewritingFor(batch, refused);
      const columns = [...batch.columns];
      const failed = rewriting.made.find((one) => !this.#make(one, batch, columns));
      if (failed === undefined) {
        const shape = shapeOf(rewriting, columns, batch.columns.length);
        return { ...shape, shape, columns };
      }
      if (failed.kind === 'table') refused.add(failed.key);
    }
  }

  [Symbol.dispose](): void {
    this.#tables[Symbol.dispose]();
  }

  #make(one: Made, { columns: given, rowCount }: Batch, columns: Column[]): boolean {
    const column =
      one.kind === 'table' ? this.#tables.apply(one.e, given[one.source]!) : one.test.evaluate(given, rowCount);
    if (column === undefined) return false;
    columns.push(column);
    return true;
  }

  #rewritingFor(batch: Batch, refused: ReadonlySet<string>): Rewriting {
    const layouts = this.#read.map((index) => layoutKey(layoutOf(batch.columns[index]!)));
    const key = [...layouts, ...refused].join();
    const known = this.#rewritings.get(key);
    if (known !== undefined) return known;
    const made: Made[] = [];
    const rewriter = new Rewriter(batch, refused, made, (e) => this.#textTest(e, batch));
    const rewriting: Rewriting = { roots: this.#roots.map((root) => rewriter.rewrite(root)), made, shapes: new Map() };
    this.#rewritings.set(key, rewriting);
    return rewriting;
  }

  #textTest(e: TypedExpression, batch: Batch): TextTest | undefined {
    const predicate = textPredicateOf(e);
    if (predicate === undefined || !runsOver(predicate, batch.columns)) return undefined;
    const key = expressionKey(e);
    const test = this.#texts.get(key) ?? new TextTest(predicate, this.#holding);
    this.#texts.set(key, test);
    return test;
  }
}

function shapeOf({ roots, shapes }: Rewriting, columns: readonly Column[], given: number): Shape {
  const key = columns
    .slice(given)
    .map((column) => layoutKey(layoutOf(column)))
    .join();
  const known = shapes.get(key);
  if (known !== undefined) return known;
  const layouts = columns.map(layoutOf);
  const shape = { layouts, roots: roots.map((root) => (isCompilable(root, layouts) ? root : undefined)) };
  shapes.set(key, shape);
  return shape;
}

class Rewriter {
  readonly #batch: Batch;
  readonly #refused: ReadonlySet<string>;
  readonly #made: Made[];
  readonly #textTest: (e: TypedExpression) => TextTest | undefined;
  readonly #known = new Map<string, TypedExpression>();

  constructor(
    batch: Batch,
    refused: ReadonlySet<string>,
    made: Made[],
    textTest: (e: TypedExpression) => TextTest | undefined,
  ) {
    this.#batch = batch;
    this.#refused = refused;
    this.#made = made;
    this.#textTest = textTest;
  }

  rewrite(e: TypedExpression): TypedExpression {
    const key = expressionKey(e);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const rewritten = this.#table(e, key) ?? this.#text(e) ?? this.#operands(e);
    this.#known.set(key, rewritten);
    return rewritten;
  }

  #operands(e: TypedExpression): TypedExpression {
    // Whether a column is null its bitmap says, whatever stands in it.
    if (e.kind === 'is-null' && e.input.kind === 'column') return e;
    return withOperands(e, (operand) => this.rewrite(operand));
  }

  #table(e: TypedExpression, key: string): TypedExpression | undefined {
    if (this.#refused.has(key) || e.kind === 'literal' || (e.kind === 'column' && e.type.kind !== 'bool'))
      return undefined;
    const found = new Set<number>();
    collectColumns(e, found);
    const [source] = found;
    if (source === undefined || found.size > 1) return undefined;
    const { dictionary } = this.#batch.columns[source]!;
    if (dictionary === undefined || !isNullOnNull(e)) return undefined;
    return this.#column({ kind: 'table', source, e: withColumnsAt(e, () => 0), key }, e);
  }

  #text(e: TypedExpression): TypedExpression | undefined {
    const test = this.#textTest(e);
    return test && this.#column({ kind: 'text', test }, e);
  }

  #column(made: Made, { type, nullable }: TypedExpression): TypedExpression {
    const index = this.#batch.columns.length + this.#made.push(made) - 1;
    return { kind: 'column', index, name: '', type, nullable };
  }
}
