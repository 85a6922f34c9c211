/**
 * What is done before a kernel runs over a batch: what the kernel cannot do itself becomes further columns.
 *
 *     columns   │ c0 │ c1 │ … │ t0 │ t1 │ …
 *     of the batch ──────────┘   └── in the order in which they need each other:
 *                                    table      results per entry of a dictionary     dictionary-table.ts
 *                                    text       predicates over text                  text-predicate.ts
 *                                    constant   literals that no kernel holds
 *                                    computed   operands of the next                  a kernel of their own
 *                                    vector     everything else                       vector-step.ts
 *
 * Columns without a bound are given one where that spares checks: measured-bounds.ts.
 *
 * How expressions are rewritten depends on the layouts of the batch, and is kept per combination of layouts.
 */

import type { Batch } from '../columnar/batch.ts';
import type { Column } from '../columnar/column.ts';
import { collectColumns } from '../expressions/columns.ts';
import type { TypedExpression } from '../expressions/expression.ts';
import { expressionKey } from '../expressions/expression-key.ts';
import type { Holding } from '../memory/budget.ts';
import { isCompilable } from './compilable.ts';
import { ComputedColumn } from './computed-column.ts';
import { ConstantColumns } from './constant-columns.ts';
import { DictionaryTables, type EntryEvaluator } from './dictionary-table.ts';
import { type ColumnLayout, isLaidOut, layoutKey, layoutOf } from './layout.ts';
import { MeasuredBounds } from './measured-bounds.ts';
import { type Made, Rewriter } from './rewriter.ts';
import { runsOver, TextTest, textPredicateOf } from './text-predicate.ts';
import { VectorStep } from './vector-step.ts';

interface Rewriting {
  readonly roots: readonly TypedExpression[];
  readonly made: readonly Made[];
  /** Of the columns that were read. */
  readonly layouts: readonly ColumnLayout[];
  /** By the layouts of the made columns. */
  readonly shapes: Map<string, Shape>;
  /** Of the last batch without assumed bounds. */
  last: Shape | undefined;
}

/** The same object for batches that are laid out alike: what follows from it may be kept under it. */
export interface Shape {
  /** Of the columns of `Prepared`; of those that no root reads, as some batch had them. */
  readonly layouts: readonly ColumnLayout[];
  /** In the order of the roots; undefined where kernels cannot compute it. */
  readonly roots: readonly (TypedExpression | undefined)[];
  /** Of each root: the position of the column that it is, or has become. */
  readonly positions: readonly (number | undefined)[];
}

export interface Prepared extends Shape {
  readonly shape: Shape;
  /** Those of the batch, then the made ones. */
  readonly columns: readonly Column[];
  /** Whether bounds in the layouts are assumed: where a kernel fails, the batch is to be prepared again without. */
  readonly isAssumed: boolean;
}

export class Preparation implements Disposable {
  readonly #roots: readonly TypedExpression[];
  readonly #read: readonly number[];
  readonly #holding: Holding;
  readonly #tables: DictionaryTables;
  readonly #constants: ConstantColumns;
  readonly #bounds: MeasuredBounds;
  readonly #rewritings = new Map<string, Rewriting>();
  /** Of the last batch, where no table was refused: most batches are laid out like the one before. */
  #last: Rewriting | undefined;
  readonly #texts = new Map<string, TextTest>();
  readonly #steps = new DisposableStack();
  #firstRow = 0;

  constructor(roots: readonly TypedExpression[], holding: Holding, evaluator: EntryEvaluator) {
    this.#roots = roots;
    const read = new Set<number>();
    for (const root of roots) collectColumns(root, read);
    this.#read = [...read];
    this.#holding = holding;
    this.#tables = new DictionaryTables(holding, evaluator);
    this.#constants = new ConstantColumns(holding);
    this.#bounds = new MeasuredBounds(roots, holding.linear);
  }

  /**
   * Made columns are valid until the next call. `firstRow` is the number of the first row. Bounds that columns lack may be
   * those of batches before, where `mayAssume` says so. @throws MemoryBudgetExceeded
   */
  prepare(given: Batch, firstRow: number, mayAssume: boolean): Prepared {
    const assumed = mayAssume ? this.#bounds.assumed(given) : undefined;
    const batch = assumed === undefined ? this.#bounds.measure(given) : given;
    this.#firstRow = firstRow;
    this.#tables.forgetOld();
    const refused = new Set<string>();
    for (;;) {
      const rewriting = this.#rewritingFor(batch, refused);
      const columns = [...batch.columns];
      const failed = new Set<number>();
      let refusedTable: string | undefined;
      for (const one of rewriting.made) {
        const column = dependsOn(one, failed) ? undefined : this.#make(one, batch, columns);
        if (column === undefined && one.kind === 'table') refusedTable = one.key;
        if (refusedTable !== undefined) break;
        if (column === undefined) failed.add(columns.length);
        columns.push(column ?? NOTHING);
      }
      if (refusedTable === undefined) {
        const shape = shapeOf(rewriting, columns, { given: batch.columns.length, failed, assumed });
        return { ...shape, shape, columns, isAssumed: assumed !== undefined };
      }
      refused.add(refusedTable);
    }
  }

  [Symbol.dispose](): void {
    this.#tables[Symbol.dispose]();
    this.#steps[Symbol.dispose]();
  }

  #make(one: Made, { columns: given, rowCount }: Batch, columns: readonly Column[]): Column | undefined {
    switch (one.kind) {
      case 'table':
        return this.#tables.apply(one.e, given[one.source]!);
      case 'text':
        return one.test.evaluate(columns, rowCount);
      case 'constant':
        return this.#constants.of(one.e, rowCount);
      case 'computed':
        return one.column.evaluate(columns, rowCount);
      case 'vector':
        return one.step.evaluate(columns, rowCount, this.#firstRow);
    }
  }

  #rewritingFor(batch: Batch, refused: ReadonlySet<string>): Rewriting {
    if (refused.size > 0) return this.#rewritingByLayouts(batch, refused);
    const last = this.#last;
    const isAlike = last?.layouts.every((layout, at) => isLaidOut(batch.columns[this.#read[at]!]!, layout));
    if (last === undefined || isAlike === false) this.#last = this.#rewritingByLayouts(batch, refused);
    return this.#last!;
  }

  #rewritingByLayouts(batch: Batch, refused: ReadonlySet<string>): Rewriting {
    const layouts = this.#read.map((index) => layoutOf(batch.columns[index]!));
    const key = [...layouts.map(layoutKey), ...refused].join();
    const known = this.#rewritings.get(key);
    if (known !== undefined) return known;
    const rewriter = new Rewriter(batch, refused, {
      textTest: (e, isPlain) => this.#textTest(e, isPlain),
      vectorStep: (e) => this.#steps.use(new VectorStep(e, this.#holding)),
      computedColumn: (e) => new ComputedColumn(e, this.#holding),
    });
    const roots = this.#roots.map((root) => rewriter.rewriteRoot(root));
    const rewriting: Rewriting = { roots, made: rewriter.made, layouts, shapes: new Map(), last: undefined };
    this.#rewritings.set(key, rewriting);
    return rewriting;
  }

  #textTest(e: TypedExpression, isPlain: (column: number) => boolean): TextTest | undefined {
    const predicate = textPredicateOf(e);
    if (predicate === undefined || !runsOver(predicate, isPlain)) return undefined;
    const key = expressionKey(e);
    const test = this.#texts.get(key) ?? new TextTest(predicate, this.#holding);
    this.#texts.set(key, test);
    return test;
  }
}

/** In the place of a column that could not be made. */
const NOTHING: Column = {
  type: { kind: 'null' },
  validity: 0,
  values: 0,
  bytes: 0,
  dictionary: undefined,
  width: 0,
  bits: undefined,
};

/** Whether what is to be made reads a column that could not be made. */
function dependsOn(one: Made, failed: ReadonlySet<number>): boolean {
  return failed.size > 0 && one.kind !== 'table' && readsAny(one.e, failed);
}

function readsAny(e: TypedExpression, columns: ReadonlySet<number>): boolean {
  const read = new Set<number>();
  collectColumns(e, read);
  return [...read].some((index) => columns.has(index));
}

/** How the columns of a batch were made. */
interface Making {
  /** How many the batch has. */
  readonly given: number;
  readonly failed: ReadonlySet<number>;
  readonly assumed: ReadonlyMap<number, number> | undefined;
}

function shapeOf(rewriting: Rewriting, columns: readonly Column[], making: Making): Shape {
  const { last } = rewriting;
  const { given, assumed } = making;
  const isAlike = (): boolean | undefined =>
    last?.layouts.every((layout, index) => index < given || isLaidOut(columns[index]!, layout));
  if (last !== undefined && assumed === undefined && isAlike() === true) return last;
  const shape = shapeByLayouts(rewriting, columns, making);
  if (assumed === undefined) rewriting.last = shape;
  return shape;
}

function shapeByLayouts(
  { roots, shapes }: Rewriting,
  columns: readonly Column[],
  { given, failed, assumed }: Making,
): Shape {
  const made = columns.slice(given).map((column) => layoutKey(layoutOf(column)));
  const key = [...made, ...(assumed ?? [])].join();
  const known = shapes.get(key);
  if (known !== undefined) return known;
  const layouts = columns.map((column, index): ColumnLayout => {
    const bits = assumed?.get(index);
    return bits === undefined ? layoutOf(column) : { ...layoutOf(column), bits, isAssumed: true };
  });
  const makable = roots.map((root) => (readsAny(root, failed) ? undefined : root));
  const shape = {
    layouts,
    roots: makable.map((root) => (root !== undefined && isCompilable(root) ? root : undefined)),
    positions: makable.map((root) => (root?.kind === 'column' ? root.index : undefined)),
  };
  shapes.set(key, shape);
  return shape;
}
