/** Kernels over chosen values, held against the interpreter: few rows of equal values, or many rows that all have to fit. */

import { type ColumnForm, columnFromValues, writeFixed } from '../../src/columnar/column-from-values.ts';
import { readColumn, readValue } from '../../src/columnar/column-values.ts';
import { type DataType, isFloat } from '../../src/columnar/data-type.ts';
import type { Value } from '../../src/columnar/value.ts';
import { compileKernel, type Kernel } from '../../src/compile/kernel.ts';
import { layoutOf } from '../../src/compile/layout.ts';
import { ArithmeticOverflow, InvalidCast } from '../../src/errors.ts';
import type { TypedExpression } from '../../src/expressions/expression.ts';
import { interpreter } from '../../src/expressions/interpret.ts';
import type { Holding } from '../../src/memory/budget.ts';
import { MemoryBudget } from '../../src/memory/budget.ts';

const ROWS = 4;
const BATCH = 1 << 14;
const budget = new MemoryBudget(64 << 20);
const { linear } = budget;

const isBig = ({ kind }: DataType): boolean => ['int64', 'uint64', 'decimal', 'timestamp'].includes(kind);
export const cellOf = (exact: bigint, type: DataType): NonNullable<Value> => (isBig(type) ? exact : Number(exact));
const zeroOf = (type: DataType): NonNullable<Value> => (isFloat(type) ? 0 : cellOf(0n, type));

export const column = (index: number, type: DataType): TypedExpression => ({
  kind: 'column',
  index,
  name: `c${index}`,
  type,
  nullable: false,
});

export interface ProbeForm extends ColumnForm {
  /** As in `KernelSpec`. */
  readonly longDecimals?: boolean;
}

type Inputs = readonly ReturnType<typeof columnFromValues>[];

/** A kernel and room for its output. */
function kernelOver(inputs: Inputs, e: TypedExpression, rows: number, { longDecimals }: ProbeForm, holding: Holding) {
  const kernel = compileKernel({ columns: inputs.map(layoutOf), project: [e], longDecimals });
  const width = kernel.outputs[0]?.width === 16 ? 16 : 8;
  const room = columnFromValues(holding, e.type, new Array(rows).fill(zeroOf(e.type)), { nullable: true, width });
  const output = kernel.outputs[0]?.nullable === true ? room : { ...room, validity: 0 };
  return { kernel, room, output, at: holding.allocate(kernel.argumentBytes).address };
}

/** A kernel over columns of four equal values. Dictionary columns are computed row by row, plain ones four at a time. */
export class Probe {
  readonly #inputs: Inputs;
  readonly #made: ReturnType<typeof kernelOver>;
  readonly #evaluate: (row: { value(column: number): Value; where(): string }) => Value;

  constructor(e: TypedExpression, types: readonly DataType[], form: ProbeForm = {}) {
    const holding = budget.reserve('probe');
    this.#inputs = types.map((type) => columnFromValues(holding, type, new Array(ROWS).fill(zeroOf(type)), form));
    this.#made = kernelOver(this.#inputs, e, ROWS, form, holding);
    this.#evaluate = interpreter(e);
  }

  get kernel(): Kernel {
    return this.#made.kernel;
  }

  /** Compiled: undefined where the flag was raised. Exact: undefined where it does not fit. */
  run(values: readonly NonNullable<Value>[]): { compiled: Value | undefined; exact: Value | undefined } {
    for (const [n, value] of values.entries()) {
      const { type, width, dictionary } = this.#inputs[n]!;
      const at = dictionary?.values.values ?? this.#inputs[n]!.values;
      for (let row = 0; row < (dictionary ? 1 : ROWS); row++) writeFixed(linear, type, width, at + row * width, value);
    }
    const { kernel, room, output, at } = this.#made;
    const written = kernel.call(linear, at, { rowCount: ROWS, columns: this.#inputs, outputs: [room] });
    let exact: Value | undefined;
    try {
      exact = this.#evaluate({ value: (n) => values[n] ?? null, where: () => '' });
      // What only 16 bytes hold, a kernel with 8 has to leave to others.
      if (output.width === 8 && typeof exact === 'bigint' && needsSixteen(exact, output.type)) exact = undefined;
    } catch (error) {
      if (!(error instanceof ArithmeticOverflow || error instanceof InvalidCast)) throw error;
    }
    return { compiled: written < 0 ? undefined : readValue(linear, output, ROWS - 1), exact };
  }
}

const needsSixteen = (value: bigint, type: DataType): boolean =>
  type.kind === 'decimal' && BigInt.asIntN(64, value) !== value;

export interface Outcome {
  cases: number;
  missed: string[];
  wrong: string[];
  falseAlarms: number;
}

export function probeAll(probe: Probe, tuples: Iterable<readonly NonNullable<Value>[]>): Outcome {
  const outcome: Outcome = { cases: 0, missed: [], wrong: [], falseAlarms: 0 };
  for (const values of tuples) {
    const { compiled, exact } = probe.run(values);
    outcome.cases++;
    if (compiled === undefined && exact !== undefined) outcome.falseAlarms++;
    else if (compiled !== undefined && exact === undefined) outcome.missed.push(values.join(' and '));
    else if (!Object.is(compiled, exact)) outcome.wrong.push(`${values.join(' and ')}: ${compiled}, not ${exact}`);
  }
  return outcome;
}

/** What a kernel gives for many rows at once; undefined where the flag was raised. */
export function valuesOf(
  e: TypedExpression,
  types: readonly DataType[],
  tuples: readonly (readonly Value[])[],
  form: ProbeForm = {},
): Value[] | undefined {
  const results: Value[] = [];
  for (let from = 0; from < tuples.length; from += BATCH) {
    const rows = tuples.slice(from, from + BATCH);
    using holding = budget.reserve('values');
    const inputs = types.map((type, n) =>
      columnFromValues(
        holding,
        type,
        rows.map((row) => row[n] ?? null),
        form,
      ),
    );
    const { kernel, room, output, at } = kernelOver(inputs, e, rows.length, form, holding);
    const written = kernel.call(linear, at, { rowCount: rows.length, columns: inputs, outputs: [room] });
    if (written < 0) return undefined;
    for (const value of readColumn(linear, output, rows.length)) results.push(value);
  }
  return results;
}
