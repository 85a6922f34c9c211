/** What a kernel does, and where its arguments are: the contract between compiled code and those who call it. */

import { typeName } from '../columnar/data-type.ts';
import { collectColumns } from '../expressions/columns.ts';
import type { TypedExpression } from '../expressions/expression.ts';
import { expressionKey } from '../expressions/expression-key.ts';
import { type ColumnLayout, layoutKey } from './layout.ts';

/**
 * One running figure of a group, at `offset` bytes in its state, which the caller has set up before the first row.
 *
 *     count     8 bytes, + 1 for each row, or each valid one where there is an input
 *     sum       of whole numbers 16 bytes, little-endian two's complement. `narrow` touches the low 8 only: the caller
 *               knows that the sum fits 63 bits. `wide` updates all of them. Of floats 16 bytes: the sum, float64, and what
 *               was rounded away on the way to it.
 *     squares   of whole numbers 24 bytes: the sum of their squares, without sign
 *     product   of integers 16 bytes: the magnitude of the product of those that are not zero, then flags (1 some was zero, 2
 *               that magnitude is beyond 64 bits, 4 it is negative). Of floats 8 bytes.
 *     min, max  8 bytes: int64, uint64 for unsigned integers, float64 for floats. NaN is the greatest. A bool counts as 0 and 1.
 *
 * Null inputs change nothing. Not for utf8.
 */
export type Accumulator =
  | { readonly function: 'count'; readonly input?: TypedExpression | undefined; readonly offset: number }
  | {
      readonly function: 'sum';
      readonly input: TypedExpression;
      readonly offset: number;
      readonly mode: 'narrow' | 'wide';
    }
  | {
      readonly function: 'min' | 'max' | 'squares' | 'product';
      readonly input: TypedExpression;
      readonly offset: number;
    };

/**
 * How a row finds its group. The state of group g is at `states + g × stateBytes`.
 *
 *     single   there is one group: accumulators are kept in registers over the call
 *     codes    each key is a dictionary column or a bool. Its code, or the key's `nullCode` where it is null, times the
 *              key's `stride`, summed, is a slot; the group number is the u32 at `map + 4 × slot`
 *     ids      the group number is the u32 at `ids + 4 × row`
 */
export type GroupSpec =
  | { readonly kind: 'single' }
  | { readonly kind: 'codes'; readonly keys: readonly { readonly column: number }[] }
  | { readonly kind: 'ids' };

export interface AggregateSpec {
  readonly group: GroupSpec;
  readonly stateBytes: number;
  readonly accumulators: readonly Accumulator[];
}

/** Column positions in expressions are positions in `columns`. Exactly one of `project` and `aggregate` may be given. */
export interface KernelSpec {
  readonly columns: readonly ColumnLayout[];
  readonly filter?: TypedExpression | undefined;
  /** With a filter survivors are written densely, without one straight. May be empty: then only rows are selected. */
  readonly project?: readonly TypedExpression[] | undefined;
  readonly aggregate?: AggregateSpec | undefined;
  /** Decimals that are not known to fit 8 bytes take 16, instead of raising the flag where they do not. */
  readonly longDecimals?: boolean | undefined;
}

/** Equal for specs that lead to the same code. Layouts of columns that are not read do not matter. */
export function kernelKey({ columns, filter, project, aggregate, longDecimals }: KernelSpec): string {
  const read = [...usedColumns({ columns, filter, project, aggregate })];
  const layouts = read.map((index) => `$${index} ${layoutKey(columns[index]!)}`).join();
  const parts = [
    longDecimals === true ? `long ${layouts}` : layouts,
    filter === undefined ? '' : expressionKey(filter),
  ];
  if (project !== undefined) parts.push('project', ...project.map(expressionKey));
  if (aggregate !== undefined) {
    const { group, stateBytes, accumulators } = aggregate;
    parts.push(`${group.kind}/${stateBytes}`);
    if (group.kind === 'codes') parts.push(group.keys.map((k) => k.column).join());
    for (const a of accumulators) {
      const input = a.input === undefined ? '' : `${expressionKey(a.input)}:${typeName(a.input.type)}`;
      parts.push(`${a.function}${a.function === 'sum' ? a.mode : ''}@${a.offset}(${input})`);
    }
  }
  return parts.join('\n');
}

/** The columns whose addresses the kernel needs, in ascending order. */
export function usedColumns({ filter, project, aggregate }: KernelSpec): readonly number[] {
  const found = new Set<number>();
  if (filter !== undefined) collectColumns(filter, found);
  for (const e of project ?? []) collectColumns(e, found);
  for (const { input } of aggregate?.accumulators ?? []) if (input !== undefined) collectColumns(input, found);
  if (aggregate?.group.kind === 'codes') for (const { column } of aggregate.group.keys) found.add(column);
  return [...found].sort((a, b) => a - b);
}

/**
 * Positions of the arguments, 32 bits each:
 *
 *     3 per column   values or codes, validity, dictionary values (one byte per entry where the type is bool)
 *     2 per output   values or bits, validity
 *     selection      a bitmap of the surviving rows is written there, where there is a filter and no aggregate
 *     states, map, ids
 *     2 per key      stride, null code
 *     scratch        8 bytes for the kernel's own use
 */
export class ArgumentSlots {
  readonly #columns: number;
  readonly #outputs: number;
  readonly #keys: number;

  constructor({ columns, project, aggregate }: KernelSpec) {
    this.#columns = columns.length;
    this.#outputs = project?.length ?? 0;
    this.#keys = aggregate?.group.kind === 'codes' ? aggregate.group.keys.length : 0;
  }

  column(index: number): number {
    return index * 3;
  }
  output(index: number): number {
    return this.#columns * 3 + index * 2;
  }
  get selection(): number {
    return this.#columns * 3 + this.#outputs * 2;
  }
  get states(): number {
    return this.selection + 1;
  }
  get map(): number {
    return this.selection + 2;
  }
  get ids(): number {
    return this.selection + 3;
  }
  key(index: number): number {
    return this.selection + 4 + index * 2;
  }
  /** Even, so that it is aligned to 8 bytes. */
  get scratch(): number {
    return Math.ceil(this.key(this.#keys) / 2) * 2;
  }
  get byteLength(): number {
    return (this.scratch + 2) * 4;
  }
}
