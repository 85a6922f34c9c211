/**
 * The door for operators: a filter and expressions over a batch give a batch.
 *
 *     batch ──▶ preparation: more columns ──▶ kernel ──▶ survivors, computed columns ──▶ batch
 *                                               │ a check failed (decimal-kernel.ts), or something does not compile
 *                                               └──▶ interpreter, for this batch ─────▶
 *
 * Columns that are only passed on are not touched without a filter, and compacted with one. Where expressions have steps
 * that no kernel computes, a program of its own computes them for the survivors alone.
 */

import assert from 'node:assert/strict';
import { Batch } from '../columnar/batch.ts';
import type { Column, Dictionary } from '../columnar/column.ts';
import { readValue } from '../columnar/column-values.ts';
import { fixedWidth } from '../columnar/data-type.ts';
import type { Schema } from '../columnar/schema.ts';
import type { Value } from '../columnar/value.ts';
import { collectColumns, operandsOf, withColumnsAt } from '../expressions/columns.ts';
import type { TypedColumn, TypedExpression } from '../expressions/expression.ts';
import { interpreter, type Row } from '../expressions/interpret.ts';
import { takeKernels } from '../kernels/take-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import { CollectedValues } from './collected-values.ts';
import { Compaction, type Selection } from './compaction.ts';
import { isHeld, isNodeCompilable } from './compilable.ts';
import { DecimalKernel } from './decimal-kernel.ts';
import { type EntryEvaluator, type EvaluatedEntries, entriesKey } from './dictionary-table.ts';
import type { Kernel, KernelOutput } from './kernel.ts';
import { Preparation, type Prepared, type Shape } from './preparation.ts';
import { bitmapBytes, Scratch } from './scratch.ts';
import { isRowError } from './vector-step.ts';

export interface RowProgramSpec {
  readonly input: Schema;
  /** Only rows for which it is true are kept. */
  readonly filter?: TypedExpression | undefined;
  readonly columns: readonly TypedColumn[];
  /** The name in errors. */
  readonly operator: string;
}

/** Memory of one output. */
interface OutputScratch {
  readonly values: Scratch;
  readonly validity: Scratch;
  readonly compaction: Compaction;
}

interface ProgramKernel {
  /** Undefined where there is nothing to select and nothing to compute. */
  readonly kernel: DecimalKernel | undefined;
  /** The outputs that it computes. */
  readonly computed: readonly number[];
}

/** What the kernel of a batch has given. */
interface Computed {
  /** Of the filter; undefined where there is none. */
  readonly selection: Selection | undefined;
  /** By output; undefined where the kernel does not compute it. */
  readonly columns: readonly (Column | undefined)[];
}

export class RowProgram implements Disposable {
  readonly schema: Schema;
  /** Of what this program gives, before what is computed behind its filter. */
  readonly #passedSchema: Schema;
  readonly #spec: RowProgramSpec;
  readonly #holding: Holding;
  /** What the interpreter gives lives here, until the next batch. */
  readonly #exact: Holding;
  readonly #preparation: Preparation;
  readonly #kernels = new WeakMap<Shape, ProgramKernel>();
  readonly #outputs: readonly OutputScratch[];
  readonly #selection: Scratch;
  readonly #arguments: Scratch;
  readonly #interpreters: readonly ((row: Row) => Value)[];
  readonly #filter: ((row: Row) => Value) | undefined;
  /** What is computed of the rows that the filter has left; this program then only selects them. */
  readonly #behindFilter: RowProgram | undefined;
  #rowsSeen = 0;
  /** Of a program behind a filter: the number of the row of the input that survivor `index` of the batch is. */
  #inputRow: (index: number) => number = (index) => this.#rowsSeen + index;

  /** Scratch memory comes from `holding`, which the owner disposes after this. */
  constructor(given: RowProgramSpec, holding: Holding) {
    const { spec, behind } = splitAtFilter(given);
    const { columns, filter, operator } = spec;
    this.#spec = spec;
    this.#behindFilter = behind && new RowProgram(behind, holding);
    this.#holding = holding;
    this.schema = schemaOf(given.columns);
    this.#passedSchema = schemaOf(columns);
    this.#exact = holding.budget.reserve(holding.owner);
    const roots = columns.map(({ expression }) => expression);
    if (filter !== undefined) roots.push(filter);
    this.#preparation = new Preparation(roots, holding, evaluateEntries(operator, holding));
    this.#outputs = columns.map(() => ({
      values: new Scratch(holding),
      validity: new Scratch(holding),
      compaction: new Compaction(holding),
    }));
    this.#selection = new Scratch(holding);
    this.#arguments = new Scratch(holding);
    this.#interpreters = columns.map(({ expression }) => interpreter(expression));
    this.#filter = filter && interpreter(filter);
  }

  /**
   * The rows of `batch` for which the filter is true, with the columns of `schema`. The result is lent: valid until the
   * next call, and as long as `batch` is.
   * @throws ArithmeticOverflow, InvalidCast for a row that survives, MemoryBudgetExceeded
   */
  apply(batch: Batch): Batch {
    const result = this.#apply(batch, true);
    assert.ok(result !== undefined);
    return this.#behindFilter === undefined ? result : this.#behindFilter.apply(result);
  }

  /** How many rows have come before the next batch: their numbers, in errors, begin with this. */
  get rowsSeen(): number {
    return this.#rowsSeen;
  }

  /** Counts rows that were worked on by other means. */
  skip(rowCount: number): void {
    this.#rowsSeen += rowCount;
  }

  /** As `apply`; undefined where compiled code finds that some check may fail. */
  tryApply(batch: Batch): Batch | undefined {
    const result = this.#apply(batch, false);
    return result === undefined || this.#behindFilter === undefined ? result : this.#behindFilter.tryApply(result);
  }

  /** Which rows the filter keeps, lent as batches are; undefined where compiled code finds that some check may fail. */
  trySelect(batch: Batch): Selection | undefined {
    const selection = this.#tryCompute(batch).computed?.selection;
    this.#rowsSeen += batch.rowCount;
    return selection;
  }

  [Symbol.dispose](): void {
    this.#behindFilter?.[Symbol.dispose]();
    this.#preparation[Symbol.dispose]();
    this.#exact[Symbol.dispose]();
  }

  #apply(batch: Batch, exactly: boolean): Batch | undefined {
    this.#exact.release();
    const { prepared, computed } = this.#tryCompute(batch);
    if (computed === undefined && !exactly) return undefined;
    const { selection: all, columns } = computed ?? { selection: this.#selectExactly(batch), columns: [] };
    const selection = all?.survivors === batch.rowCount ? undefined : all;
    if (this.#behindFilter !== undefined) this.#behindFilter.#inputRow = this.#survivor(this.#rowsSeen, selection);
    const outputs = this.#spec.columns.map((_, index) => {
      const given = columns[index];
      if (given !== undefined) return given;
      const passed = this.#passedColumn(index, prepared);
      if (passed === undefined) return this.#interpret(index, batch, selection);
      return selection === undefined ? passed : this.#outputs[index]!.compaction.compact(passed, selection);
    });
    this.#rowsSeen += batch.rowCount;
    return new Batch(this.#passedSchema, selection?.survivors ?? batch.rowCount, outputs);
  }

  /** By the kernel, with bounds assumed where it can be: undefined where the filter does not compile or a check may fail. */
  #tryCompute(batch: Batch): { readonly prepared: Prepared; readonly computed: Computed | undefined } {
    const prepared = this.#preparation.prepare(batch, this.#rowsSeen, true);
    const computed = this.#compute(batch, prepared);
    if (computed !== undefined || !prepared.isAssumed) return { prepared, computed };
    const measured = this.#preparation.prepare(batch, this.#rowsSeen, false);
    return { prepared: measured, computed: this.#compute(batch, measured) };
  }

  /** The column that output `index` only passes on: one of the batch, or one with another dictionary. */
  #passedColumn(index: number, { columns, positions }: Prepared): Column | undefined {
    const { expression } = this.#spec.columns[index]!;
    if (expression.kind === 'column') return columns[expression.index];
    const position = positions[index];
    // A table of bytes is for kernels only, and what is null in a bitmap of a predicate is not zero.
    return position === undefined || expression.type.kind === 'bool' ? undefined : columns[position];
  }

  /** Runs the kernel; undefined where the filter does not compile or a check may fail. */
  #compute(batch: Batch, prepared: Prepared): Computed | undefined {
    const filter = this.#spec.filter && prepared.roots[this.#spec.columns.length];
    if (filter === undefined && this.#spec.filter !== undefined) return undefined;
    const { kernel, computed } = this.#kernelOf(prepared, filter);
    if (kernel === undefined) return { selection: undefined, columns: [] };
    return kernel.run((each) => this.#call(each, computed, prepared.columns, batch.rowCount));
  }

  /** Undefined where a check failed. */
  #call(
    kernel: Kernel,
    computed: readonly number[],
    columns: readonly Column[],
    rowCount: number,
  ): Computed | undefined {
    const isFiltered = this.#spec.filter !== undefined;
    const outputs = computed.map((index, n) => this.#place(index, rowCount, kernel.outputs[n]!));
    const bitmap = isFiltered ? this.#selection.ensure(bitmapBytes(rowCount)) : 0;
    const at = this.#arguments.ensure(kernel.argumentBytes);
    const survivors = kernel.call(this.#holding.linear, at, { rowCount, columns, outputs, selection: bitmap });
    if (survivors < 0) return undefined;

    const results: (Column | undefined)[] = [];
    for (const [n, index] of computed.entries()) {
      const { bits, width } = kernel.outputs[n]!;
      const { type, nullable } = this.#spec.columns[index]!.expression;
      const place = outputs[n]!;
      // What the kernel sees may be null where the whole is not: it has `coalesce` as branches.
      const validity = nullable ? place.validity : 0;
      results[index] = { ...place, validity, type, bytes: 0, dictionary: undefined, width, bits };
    }
    return { selection: isFiltered ? { bitmap, rowCount, survivors } : undefined, columns: results };
  }

  #kernelOf(prepared: Prepared, filter: TypedExpression | undefined): ProgramKernel {
    const known = this.#kernels.get(prepared.shape);
    if (known !== undefined) return known;
    const { layouts, roots } = prepared;
    const computed = this.#spec.columns
      .map((_, index) => index)
      .filter((index) => roots[index] !== undefined && this.#passedColumn(index, prepared) === undefined);
    const isNeeded = filter !== undefined || computed.length > 0;
    const project = computed.map((index) => roots[index]!);
    const kernel = isNeeded ? new DecimalKernel({ columns: layouts, filter, project }) : undefined;
    const made = { computed, kernel };
    this.#kernels.set(prepared.shape, made);
    return made;
  }

  #place(index: number, rowCount: number, { nullable, width }: KernelOutput): { values: number; validity: number } {
    const { type } = this.#spec.columns[index]!.expression;
    const { values, validity } = this.#outputs[index]!;
    return {
      values: values.ensure(type.kind === 'bool' ? bitmapBytes(rowCount) : rowCount * width),
      validity: nullable ? validity.ensure(bitmapBytes(rowCount)) : 0,
    };
  }

  /** The number of the row that survives as the `index`-th: looked up bit by bit, for an error. */
  #survivor(firstRow: number, selection: Selection | undefined): (index: number) => number {
    if (selection === undefined) return (index) => firstRow + index;
    const { u8 } = this.#holding.linear;
    return (index) => {
      let row = -1;
      for (let left = index; left >= 0; ) {
        row += 1;
        if (((u8[selection.bitmap + (row >>> 3)]! >>> (row & 7)) & 1) === 1) left -= 1;
      }
      return firstRow + row;
    };
  }

  #row(batch: Batch): Row & { index: number } {
    const { linear } = this.#holding;
    const first = this.#rowsSeen;
    const row = {
      index: 0,
      value: (column: number): Value => readValue(linear, batch.columns[column]!, row.index),
      get number(): number {
        return first + row.index;
      },
      where: (): string => `${this.#spec.operator}, row ${this.#inputRow(row.index)}`,
    };
    return row;
  }

  /** The filter by the interpreter; undefined where there is none. */
  #selectExactly(batch: Batch): Selection | undefined {
    if (this.#filter === undefined) return undefined;
    const { rowCount } = batch;
    const bitmap = this.#selection.ensure(bitmapBytes(rowCount));
    this.#holding.linear.zero(bitmap, bitmap + bitmapBytes(rowCount));
    const row = this.#row(batch);
    let survivors = 0;
    for (; row.index < rowCount; row.index++) {
      if (this.#filter(row) !== true) continue;
      this.#holding.linear.u8[bitmap + (row.index >>> 3)]! |= 1 << (row.index & 7);
      survivors++;
    }
    return { bitmap, rowCount, survivors };
  }

  #interpret(index: number, batch: Batch, selection: Selection | undefined): Column {
    const { type } = this.#spec.columns[index]!.expression;
    const { u8 } = this.#holding.linear;
    const row = this.#row(batch);
    using results = new CollectedValues(type, this.#exact);
    for (; row.index < batch.rowCount; row.index++) {
      const bit = selection === undefined ? 1 : (u8[selection.bitmap + (row.index >>> 3)]! >>> (row.index & 7)) & 1;
      if (bit === 1) results.push(this.#interpreters[index]!(row));
    }
    return results.column();
  }
}

const schemaOf = (columns: readonly TypedColumn[]): Schema => ({
  fields: columns.map(({ name, expression: { type, nullable } }) => ({ name, type, nullable })),
});

/** The filter with the columns that are read behind it, and what is computed there: where that is more than kernels do. */
function splitAtFilter(spec: RowProgramSpec): { readonly spec: RowProgramSpec; readonly behind?: RowProgramSpec } {
  const { input, filter, columns, operator } = spec;
  if (filter === undefined || !columns.some(({ expression }) => hasStep(expression))) return { spec };
  const read = new Set<number>();
  for (const { expression } of columns) collectColumns(expression, read);
  const positions = [...read].sort((a, b) => a - b);
  const passed = positions.map((index): TypedColumn => {
    const { name, type, nullable } = input.fields[index]!;
    return { name, expression: { kind: 'column', index, name, type, nullable } };
  });
  const behind = columns.map(({ name, expression }) => ({
    name,
    expression: withColumnsAt(expression, (index) => positions.indexOf(index)),
  }));
  return {
    spec: { input, filter, columns: passed, operator },
    behind: { input: schemaOf(passed), columns: behind, operator },
  };
}

/** Whether something in `e` is more than a kernel computes. */
const hasStep = (e: TypedExpression): boolean =>
  (e.kind !== 'column' && e.kind !== 'literal' && !isNodeCompilable(e)) || operandsOf(e).some(hasStep);

/**
 * Evaluates over entries of dictionaries, with a program for each expression, whose results are copied: there is one for each row group.
 * Where results are more than values of one width, each dictionary has a program that keeps them.
 */
class EntryPrograms implements EntryEvaluator {
  readonly #operator: string;
  readonly #holding: Holding;
  /** By expression and type of the entries. */
  readonly #programs = new Map<string, RowProgram>();

  constructor(operator: string, holding: Holding) {
    this.#operator = operator;
    this.#holding = holding;
  }

  evaluate(expression: TypedExpression, entries: Dictionary): EvaluatedEntries | undefined {
    const input: Schema = { fields: [{ name: '', type: entries.values.type, nullable: false }] };
    const spec = { input, columns: [{ name: '', expression }], operator: this.#operator };
    const isFixed = (fixedWidth(expression.type) ?? 0) > 0;
    if (isFixed || onlyCompares(expression)) {
      const key = entriesKey(expression, entries.values.type);
      const program = this.#programs.get(key) ?? new RowProgram(spec, this.#holding);
      this.#programs.set(key, program);
      const column = entriesBy(program, input, entries);
      if (column === undefined) return undefined;
      if (!isFixed) return { column, [Symbol.dispose]: () => {} };
      if (column.dictionary === undefined) return this.#copyOf(column, entries.size);
    }
    const own = this.#holding.budget.reserve(this.#holding.owner);
    using unused = new DisposableStack();
    unused.use(own);
    const program = unused.use(new RowProgram(spec, own));
    const column = entriesBy(program, input, entries);
    if (column === undefined) return undefined;
    const used = unused.move();
    return { column, [Symbol.dispose]: () => used.dispose() };
  }

  /** Of its values; which of them are null is known until the program is asked again. */
  #copyOf(column: Column, size: number): EvaluatedEntries {
    const bytes = size * column.width;
    const region = this.#holding.allocate(bytes);
    takeKernels(this.#holding.linear).copyBytes(column.values, region.address, bytes);
    const free = (): void => this.#holding.free(region);
    return { column: { ...column, values: region.address }, [Symbol.dispose]: free };
  }

  [Symbol.dispose](): void {
    for (const program of this.#programs.values()) program[Symbol.dispose]();
  }
}

/** What a preparation evaluates over entries with; scratch memory comes from `holding`, which the owner disposes after it. */
export const evaluateEntries = (operator: string, holding: Holding): EntryEvaluator =>
  new EntryPrograms(operator, holding);

/** Undefined where a check may fail for some entry. */
function entriesBy(program: RowProgram, input: Schema, { size, values }: Dictionary): Column | undefined {
  try {
    return program.tryApply(new Batch(input, size, [values]))?.columns[0];
  } catch (error) {
    // An entry that no row has must not fail: the rows decide.
    if (isRowError(error)) return undefined;
    throw error;
  }
}

/** Whether `e` is a condition that kernels find out by comparing values as they are. */
const onlyCompares = (e: TypedExpression): boolean =>
  e.kind === 'column' || e.kind === 'literal'
    ? isHeld(e.type)
    : (e.kind === 'compare' || e.kind === 'logic' || e.kind === 'not') && operandsOf(e).every(onlyCompares);
