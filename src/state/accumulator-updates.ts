/** How batches of values, and states of other groups, are added to those accumulators whose states hold all of them. */

import assert from 'node:assert/strict';
import type { Column } from '../columnar/column.ts';
import { isBytes, isFloat, isUnsigned } from '../columnar/data-type.ts';
import { ArithmeticOverflow } from '../errors.ts';
import { accumulateKernels, kindOf, numberKind } from '../kernels/accumulate-kernels.ts';
import { groupKernels } from '../kernels/group-kernels.ts';
import { momentKernels } from '../kernels/moment-kernels.ts';
import type { LinearMemory } from '../memory/linear-memory.ts';
import { type Accumulator, extremeType, isWideExtreme } from './accumulators.ts';

/** Which group each row is added to: `ids` is the address of their numbers, uint32. */
export interface GroupRows {
  readonly ids: number;
  readonly rowCount: number;
  /** Of the accumulator in the state of group 0, and bytes from group to group. */
  readonly states: number;
  readonly stride: number;
}

/** Writes the state of a group without rows, into memory that is zero. */
export function writeInitialState({ data }: LinearMemory, { kind, type }: Accumulator, at: number): void {
  if (kind === 'product') data.setBigUint64(at, 1n, true);
  if (kind === 'float-product') data.setFloat64(at, 1, true);
  if ((kind !== 'least' && kind !== 'greatest') || type === undefined || isBytes(type)) return;
  const least = kind === 'least';
  if (isFloat(type)) data.setFloat64(at, least ? Number.NaN : Number.NEGATIVE_INFINITY, true);
  else if (isWideExtreme(type)) {
    data.setBigInt64(at, least ? -1n : 0n, true);
    data.setBigInt64(at + 8, least ? 2n ** 63n - 1n : -(2n ** 63n), true);
  } else if (isUnsigned(type)) data.setBigUint64(at, least ? 2n ** 64n - 1n : 0n, true);
  else data.setBigInt64(at, least ? 2n ** 63n - 1n : -(2n ** 63n), true);
}

/** Adds plain values. @throws ArithmeticOverflow */
export function addValues(linear: LinearMemory, { kind, type }: Accumulator, column: Column, to: GroupRows): void {
  const { ids, rowCount, states, stride } = to;
  const { width, values, validity } = column;
  const kernels = accumulateKernels(linear);
  const moments = momentKernels(linear);
  switch (kind) {
    case 'values':
      if (validity === 0) kernels.countRows(ids, rowCount, states, stride);
      else kernels.countValid(validity, ids, rowCount, states, stride);
      break;
    case 'float-sum':
      kernels.sumFloats(width, values, ids, rowCount, states, stride);
      break;
    case 'sum':
      if (width < 16) kernels.sumIntegers(kindOf(column.type, width, false), values, ids, rowCount, states, stride);
      else checkSum(kernels.sumWide(values, ids, rowCount, states, stride));
      break;
    case 'squares':
      moments.addSquares(numberKind(column.type, width), values, validity, ids, rowCount, states, stride);
      break;
    case 'product':
      moments.multiplyIntegers(numberKind(column.type, width), values, validity, ids, rowCount, states, stride);
      break;
    case 'float-product':
      moments.multiplyFloats(width, values, validity, ids, rowCount, states, stride);
      break;
    case 'moments':
    case 'skew-moments': {
      const third = kind === 'skew-moments' ? 1 : 0;
      moments.addMoments(third, numberKind(column.type, width), values, validity, ids, rowCount, states, stride);
      break;
    }
    case 'least':
    case 'greatest': {
      assert.ok(type !== undefined);
      const kernel = kind === 'least' ? kernels.leastValues : kernels.greatestValues;
      kernel(kindOf(column.type, width, isWideExtreme(type)), values, validity, ids, rowCount, states, stride);
      break;
    }
    default:
      assert.fail(`${kind} is not added to by values`);
  }
}

/**
 * Adds states that lie `fromStride` bytes apart from `theirs` on. `scratch` is the address of room for 16 bytes a row.
 * @throws ArithmeticOverflow
 */
export function joinStates(
  linear: LinearMemory,
  accumulator: Accumulator,
  theirs: number,
  fromStride: number,
  to: GroupRows,
  scratch: number,
): void {
  const { kind, type } = accumulator;
  const { ids, rowCount, states, stride } = to;
  const moments = momentKernels(linear);
  if (kind === 'float-sum') accumulateKernels(linear).joinFloatSums(theirs, fromStride, ids, rowCount, states, stride);
  else if (kind === 'squares') moments.joinSquares(theirs, fromStride, ids, rowCount, states, stride);
  else if (kind === 'product') moments.joinProducts(theirs, fromStride, ids, rowCount, states, stride);
  else if (kind === 'moments' || kind === 'skew-moments') {
    moments.joinMoments(kind === 'skew-moments' ? 1 : 0, theirs, fromStride, ids, rowCount, states, stride);
  } else {
    // These states are values themselves: a column is made of them, and added as rows are.
    const isWide = kind === 'sum' || ((kind === 'least' || kind === 'greatest') && type && isWideExtreme(type));
    const width = isWide === true ? 16 : 8;
    groupKernels(linear).unpackFields(theirs, fromStride, width, rowCount, scratch);
    joinColumn(linear, accumulator, scratch, width, to);
  }
}

function joinColumn(
  linear: LinearMemory,
  accumulator: Accumulator,
  values: number,
  width: number,
  to: GroupRows,
): void {
  const { kind, type } = accumulator;
  const { ids, rowCount, states, stride } = to;
  const kernels = accumulateKernels(linear);
  if (kind === 'rows' || kind === 'values') kernels.addCounts(values, ids, rowCount, states, stride);
  else if (kind === 'sum') checkSum(kernels.sumWide(values, ids, rowCount, states, stride));
  else {
    assert.ok(type !== undefined);
    const column = { validity: 0, values, bytes: 0, dictionary: undefined, width, bits: undefined };
    addValues(linear, accumulator, { ...column, type: extremeType(type) }, to);
  }
}

function checkSum(leftRange: number): void {
  if (leftRange !== 0) throw new ArithmeticOverflow('A sum of decimals has more than 38 digits.');
}
