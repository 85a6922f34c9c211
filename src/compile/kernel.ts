/**
 * Compiles filter, projections or accumulators over known layouts into one kernel.
 *
 *     for each 64 rows                                       words.ts: booleans and validity, one i64 per 64 rows
 *       word   = loop over the rows, 4 at a time: compare    lanes.ts: values, in SIMD or scalar locals
 *       chosen = word & validity words
 *       for each set bit of chosen: write the row densely, or accumulate it
 *
 * Nothing in a loop branches on data. Overflow is gathered and looked at once: the result is then -1 and the caller
 * repeats the batch exactly. It may be a false alarm, never a miss. Columns end with padding for a whole block.
 */

import assert from 'node:assert/strict';
import type { Column } from '../columnar/column.ts';
import { staticKernels } from '../kernels/static-kernels.ts';
import type { LinearMemory } from '../memory/linear-memory.ts';
import { Accumulate, MAX_CALL_ROWS_BITS } from './accumulate.ts';
import { Bounds } from './bounds.ts';
import { encodeModule, func, type Import } from './emit.ts';
import { KernelFrame } from './kernel-frame.ts';
import { ArgumentSlots, type KernelSpec, usedColumns } from './kernel-spec.ts';
import { widthOf } from './machine.ts';
import { emitProjection } from './projection.ts';
import { emitChosen } from './selection.ts';
import { Words } from './words.ts';

/** Addresses of one call. */
interface KernelCall {
  readonly rowCount: number;
  /** By position in the spec's columns; only those that are read need to be there. */
  readonly columns: readonly (Column | undefined)[];
  /** Room for all rows: values or bits, and a validity bitmap (0 where the output is not nullable). */
  readonly outputs?: readonly { readonly values: number; readonly validity: number }[] | undefined;
  /** Where the bitmap of survivors goes. */
  readonly selection?: number | undefined;
  readonly states?: number | undefined;
  readonly map?: number | undefined;
  readonly ids?: number | undefined;
  /** Of each key of the group. */
  readonly keys?: readonly { readonly stride: number; readonly nullCode: number }[] | undefined;
}

export interface Kernel {
  /** Whether some row may make a check fail; else a call never returns -1. */
  readonly canOverflow: boolean;
  /** Whether some of these checks are that a decimal fits 8 bytes: the kernel of the spec with `longDecimals` has none. */
  readonly assumesShort: boolean;
  /** Of the area for arguments that a call needs. */
  readonly argumentBytes: number;
  readonly outputs: readonly KernelOutput[];
  /** Whole-number inputs of accumulators: their magnitudes are below 2 ** bits; 64 where nothing is known. */
  readonly inputBits: readonly number[];
  /**
   * Rows written or selected, or -1 where a check failed: then outputs are without meaning, the state of a single group is
   * as it was, and states of several must not have been given. `argumentsAddress` is a multiple of 8.
   */
  call(linear: LinearMemory, argumentsAddress: number, call: KernelCall): number;
}

/** What is written of one projection. */
export interface KernelOutput {
  /** Whether there is a validity bitmap. */
  readonly nullable: boolean;
  /** As those of a column. */
  readonly bits: number | undefined;
  readonly width: number;
}

type Run = (rowCount: number, argumentsAddress: number) => number;

/** Compiled code of one spec, for every linear memory. Compiling takes some tenths of a millisecond: see the cache. */
export function compileKernel(spec: KernelSpec): Kernel {
  const slots = new ArgumentSlots(spec);
  const bounds = new Bounds(spec.columns, spec.longDecimals === true);
  const { bytes, imports, canOverflow, outputs } = encode(spec, slots, bounds);
  const module = new WebAssembly.Module(bytes);
  const instances = new WeakMap<WebAssembly.Memory, Run>();
  const used = usedColumns(spec);
  const runOn = (linear: LinearMemory): Run => {
    const known = instances.get(linear.memory);
    if (known !== undefined) return known;
    const functions = imports.length === 0 ? {} : staticKernels(linear);
    const { exports } = new WebAssembly.Instance(module, { env: { memory: linear.memory, ...functions } });
    const run = exports['kernel'] as Run;
    instances.set(linear.memory, run);
    return run;
  };
  return {
    canOverflow,
    assumesShort: bounds.assumesShort,
    argumentBytes: slots.byteLength,
    outputs,
    inputBits: (spec.aggregate?.accumulators ?? []).map(({ input }) => (input && bounds.bits(input)) ?? 64),
    call(linear, argumentsAddress, call) {
      assert.ok(spec.aggregate === undefined || call.rowCount <= 1 << MAX_CALL_ROWS_BITS, 'too many rows for one call');
      const run = runOn(linear);
      writeArguments(linear, argumentsAddress, slots, used, call);
      return run(call.rowCount, argumentsAddress);
    },
  };
}

function encode(spec: KernelSpec, slots: ArgumentSlots, bounds: Bounds) {
  assert.ok(spec.project === undefined || spec.aggregate === undefined);
  let frame: KernelFrame | undefined;
  let outputs: Kernel['outputs'] = [];
  const kernel = func('kernel', ['i32', 'i32'], ['i32'], (local, rowCount, argumentsAddress) => {
    frame = new KernelFrame(local, rowCount, argumentsAddress, slots.scratch * 4);
    const words = new Words(frame, spec.columns, bounds);
    const chosen = emitChosen(words, slots, spec);
    if (spec.aggregate === undefined) emitProjection(words, slots, spec, chosen);
    else new Accumulate(words, slots, spec.aggregate, chosen).emit(spec.filter !== undefined);
    outputs = (spec.project ?? []).map((e) => ({
      nullable: words.nullability.of(e),
      bits: bounds.bits(e),
      width: widthOf(bounds.machine(e)),
    }));
    return frame.finish();
  });
  assert.ok(frame !== undefined);
  const imports: readonly Import[] = frame.imports;
  return { bytes: encodeModule([kernel], imports), imports, canOverflow: frame.flags.length > 0, outputs };
}

function writeArguments(
  linear: LinearMemory,
  address: number,
  slots: ArgumentSlots,
  used: readonly number[],
  call: KernelCall,
): void {
  const { u32 } = linear;
  const base = address / 4;
  for (const index of used) {
    const column = call.columns[index]!;
    u32[base + slots.column(index)] = column.values;
    u32[base + slots.column(index) + 1] = column.validity;
    u32[base + slots.column(index) + 2] = column.dictionary?.values.values ?? 0;
  }
  for (const [index, { values, validity }] of (call.outputs ?? []).entries()) {
    u32[base + slots.output(index)] = values;
    u32[base + slots.output(index) + 1] = validity;
  }
  u32[base + slots.selection] = call.selection ?? 0;
  u32[base + slots.states] = call.states ?? 0;
  u32[base + slots.map] = call.map ?? 0;
  u32[base + slots.ids] = call.ids ?? 0;
  for (const [index, { stride, nullCode }] of (call.keys ?? []).entries()) {
    u32[base + slots.key(index)] = stride;
    u32[base + slots.key(index) + 1] = nullCode;
  }
}
