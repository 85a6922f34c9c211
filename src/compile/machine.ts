/**
 * How values of each type are held in WebAssembly locals. A decimal is short, in one i64, or long, in two: which of both
 * depends on the expression, and `Bounds.machine` decides it. Only loops over single rows have long ones.
 */

import type { DataType } from '../columnar/data-type.ts';
import type { Range } from './ranges.ts';

/** Bool has none, it lives in words; nor has what has no fixed width, which is for static kernels and JavaScript. */
export type MachineType = 'i32' | 'i64' | 'f32' | 'f64';

export interface Machine {
  readonly type: MachineType;
  /** Of the type's value range; 0 for floats; 128 for two locals, the low half and the high one. */
  readonly bits: number;
  readonly signed: boolean;
}

const MACHINES: Readonly<Partial<Record<DataType['kind'], Machine>>> = {
  int8: { type: 'i32', bits: 8, signed: true },
  int16: { type: 'i32', bits: 16, signed: true },
  int32: { type: 'i32', bits: 32, signed: true },
  int64: { type: 'i64', bits: 64, signed: true },
  uint8: { type: 'i32', bits: 8, signed: false },
  uint16: { type: 'i32', bits: 16, signed: false },
  uint32: { type: 'i32', bits: 32, signed: false },
  uint64: { type: 'i64', bits: 64, signed: false },
  float32: { type: 'f32', bits: 0, signed: true },
  float64: { type: 'f64', bits: 0, signed: true },
  decimal: { type: 'i64', bits: 64, signed: true },
  date: { type: 'i32', bits: 32, signed: true },
  time: { type: 'i64', bits: 64, signed: true },
  timestamp: { type: 'i64', bits: 64, signed: true },
  duration: { type: 'i64', bits: 64, signed: true },
};

/** A decimal in two halves. */
export const LONG: Machine = { type: 'i64', bits: 128, signed: true };
export const isLong = (machine: Machine | undefined): boolean => machine?.bits === 128;

/** Undefined for types whose values are in no local. Of decimals the short one. */
export const machineOf = (type: DataType): Machine | undefined => MACHINES[type.kind];

/** Bytes of one value in memory; 0 for what is in no local. */
export function widthOf(machine: Machine | undefined): number {
  if (machine === undefined) return 0;
  if (machine.bits === 0) return machine.type === 'f32' ? 4 : 8;
  return machine.bits / 8;
}

/** Whether values are whole numbers: integers, dates, times, decimals. */
export const isWhole = (type: DataType): boolean => (MACHINES[type.kind]?.bits ?? 0) > 0;

/** The greatest and the least value that fit the machine word of the type, as narrow as the type itself. */
export function rangeOf({ bits, signed }: Machine): Range {
  const size = 1n << BigInt(bits);
  return signed ? { least: -size / 2n, greatest: size / 2n - 1n } : { least: 0n, greatest: size - 1n };
}

/** Of signed words. */
export const INT32: Range = { least: -(2n ** 31n), greatest: 2n ** 31n - 1n };
export const INT64: Range = { least: -(2n ** 63n), greatest: 2n ** 63n - 1n };
/** Of a decimal in two halves, before it is held against its digits. */
export const INT128: Range = { least: -(2n ** 127n), greatest: 2n ** 127n - 1n };
