import assert from 'node:assert/strict';
import type { Batch } from '../columnar/batch.ts';
import type { Column } from '../columnar/column.ts';
import type { Schema } from '../columnar/schema.ts';
import type { GroupSpec } from '../compile/kernel-spec.ts';
import { type ColumnLayout, layoutOf } from '../compile/layout.ts';
import { Preparation, type Prepared, type Shape } from '../compile/preparation.ts';
import { evaluateEntries, RowProgram } from '../compile/row-program.ts';
import type { TypedColumn, TypedExpression } from '../expressions/expression.ts';
import type { Holding } from '../memory/budget.ts';
import type { AccumulatorPlan } from './accumulators.ts';

/** An aggregation: which rows, by which keys, into which accumulators. */
export interface AggregationSpec {
  /** Used in errors. */
  readonly operator: string;
  /** Of the batches that come in. */
  readonly input: Schema;
  readonly filter: TypedExpression | undefined;
  /** Empty: one group, which is there even without a row. */
  readonly groupBy: readonly TypedColumn[];
  readonly plan: AccumulatorPlan;
}

/** What passes the filter: keys and inputs of accumulators, in columns valid until the next call. */
interface InputRows {
  readonly keys: readonly Column[];
  readonly inputs: readonly Column[];
  readonly rowCount: number;
}

/** How batches of one shape are added by one compiled loop: filter and inputs over their columns. */
interface FusedForm {
  readonly layouts: readonly ColumnLayout[];
  readonly filter: TypedExpression | undefined;
  /** Undefined where only a count of it is wanted, and the plan's own expression says enough for that. */
  readonly inputs: readonly (TypedExpression | undefined)[];
  readonly group: GroupSpec;
}

/** A batch that one compiled loop can add. */
export interface FusedBatch extends FusedForm {
  /** The same for batches that the same loop adds; undefined where that is to be found out. */
  readonly shape: Shape | undefined;
  readonly columns: readonly Column[];
  /** Dictionary columns, or bools. */
  readonly keys: readonly Column[];
  /** Whether bounds in the layouts are assumed: where the loop fails, another may not. */
  readonly isAssumed: boolean;
}

/** The input side of an aggregation: its filter, keys and inputs over a batch. */
export class AggregateInput implements Disposable {
  readonly #spec: AggregationSpec;
  readonly #program: RowProgram;
  /** Undefined where no batch can be added by a compiled loop. */
  readonly #preparation: Preparation | undefined;
  /** Undefined of shapes that no loop can add. */
  readonly #forms = new WeakMap<Shape, { readonly form: FusedForm; readonly keys: readonly number[] } | undefined>();

  /** Scratch memory comes from `holding`, which the owner disposes after this. */
  constructor(spec: AggregationSpec, holding: Holding) {
    const { operator, input, filter, groupBy, plan } = spec;
    this.#spec = spec;
    const inputs = plan.inputs.map((expression, index) => ({ name: `input ${index}`, expression }));
    this.#program = new RowProgram({ input, filter, columns: [...groupBy, ...inputs], operator }, holding);
    if (!isCompiledAsWhole(plan)) return;
    const roots = [...groupBy.map(({ expression }) => expression), ...plan.inputs];
    if (filter !== undefined) roots.push(filter);
    this.#preparation = new Preparation(roots, holding, evaluateEntries(operator, holding));
  }

  /** @throws ArithmeticOverflow, InvalidCast for a row that passes the filter, MemoryBudgetExceeded */
  rows(batch: Batch): InputRows {
    const { columns, rowCount } = this.#program.apply(batch);
    const keyCount = this.#spec.groupBy.length;
    return { keys: columns.slice(0, keyCount), inputs: columns.slice(keyCount), rowCount };
  }

  /** Counts a batch that a compiled loop has added. */
  skip({ rowCount }: Batch): void {
    this.#program.skip(rowCount);
  }

  /** A cheap look at whether `fuse` may be able to, where columns that `becomesCodes` says come as codes. */
  mayFuse({ columns }: Batch, becomesCodes: (column: number) => boolean): boolean {
    if (this.#preparation === undefined) return false;
    return this.#spec.groupBy.every(
      ({ expression }) =>
        mayBeCodes(expression, columns) || (expression.kind === 'column' && becomesCodes(expression.index)),
    );
  }

  /**
   * The batch for a compiled loop, undefined where something does not compile or a key is neither codes nor a bool.
   * Bounds may be assumed where `mayAssume` says so. @throws MemoryBudgetExceeded
   */
  fuse(batch: Batch, mayAssume: boolean): FusedBatch | undefined {
    const { groupBy } = this.#spec;
    if (this.#preparation === undefined) return undefined;
    if (!groupBy.every(({ expression }) => mayBeCodes(expression, batch.columns))) return undefined;
    const prepared = this.#preparation.prepare(batch, this.#program.rowsSeen, mayAssume);
    const { columns, shape, isAssumed } = prepared;
    if (!this.#forms.has(shape)) this.#forms.set(shape, this.#formOf(prepared));
    const known = this.#forms.get(shape);
    if (known === undefined) return undefined;
    const keys = known.keys.map((key) => columnAt(columns, key));
    return { ...known.form, shape, columns, keys, isAssumed };
  }

  #formOf(prepared: Prepared): { form: FusedForm; keys: readonly number[] } | undefined {
    const { filter, groupBy, plan } = this.#spec;
    const { layouts, roots } = prepared;
    const keys = groupBy.map(({ expression }, index) => keyPosition(expression, index, prepared));
    const inputs = roots.slice(keys.length, keys.length + plan.inputs.length);
    const compiledFilter = filter && roots[keys.length + inputs.length];
    if (filter !== undefined && compiledFilter === undefined) return undefined;
    if (keys.includes(-1) || !inputs.every((root, input) => root !== undefined || isOnlyCounted(plan, input))) {
      return undefined;
    }
    const group: GroupSpec =
      keys.length === 0 ? { kind: 'single' } : { kind: 'codes', keys: keys.map((column) => ({ column })) };
    return { form: { layouts, filter: compiledFilter, inputs, group }, keys };
  }

  [Symbol.dispose](): void {
    this.#program[Symbol.dispose]();
    this.#preparation?.[Symbol.dispose]();
  }
}

/**
 * Inputs of rows that `rows` gave, for a compiled loop that updates all of a group's state at once instead of one accumulator after
 * the other, which counts where states are not in the cache. Undefined where it cannot read an input.
 */
export function fuseRows(inputs: readonly Column[], plan: AccumulatorPlan, grouped: boolean): FusedBatch | undefined {
  if (plan.compiled.length === 0) return undefined;
  const isReadable = inputs.every(
    ({ type, width, dictionary }, input) =>
      isOnlyCounted(plan, input, true) || (width !== 16 && (type.kind !== 'bool' || dictionary === undefined)),
  );
  if (!isReadable) return undefined;
  return {
    shape: undefined,
    columns: inputs,
    layouts: inputs.map(layoutOf),
    filter: undefined,
    inputs: plan.inputs.map(({ type, nullable }, index) => ({ kind: 'column', index, name: '', type, nullable })),
    group: grouped ? { kind: 'ids' } : { kind: 'single' },
    keys: [],
    isAssumed: false,
  };
}

/** Whether a compiled loop does all there is to do; values that are remembered are remembered by rows. */
const isCompiledAsWhole = ({ uncompiled, logs, distinct }: AccumulatorPlan): boolean =>
  uncompiled.length === 0 && logs.length === 0 && distinct.length === 0;

/** A cheap look at the batch, before anything is prepared. */
function mayBeCodes(key: TypedExpression, columns: readonly Column[]): boolean {
  return key.kind !== 'column' || key.type.kind === 'bool' || columns[key.index]?.dictionary !== undefined;
}

/** Where the key's codes or bits are, or -1. */
function keyPosition(key: TypedExpression, root: number, { columns, positions }: Prepared): number {
  if (key.kind === 'column') return key.index;
  const position = positions[root];
  // A table of bools is for kernels only: its entries are not a column.
  if (position === undefined || key.type.kind === 'bool') return -1;
  return columns[position]?.dictionary === undefined ? -1 : position;
}

/** Whether an input is a column, or has become one, of which loops need nothing but the validity. */
function isOnlyCounted({ compiled, inputs }: AccumulatorPlan, input: number, isColumn: boolean = false): boolean {
  if (!isColumn && inputs[input]?.kind !== 'column') return false;
  return compiled.every((a) => a.input !== input || a.kind === 'values');
}

function columnAt(columns: readonly Column[], index: number): Column {
  const column = columns[index];
  assert.ok(column !== undefined);
  return column;
}
