import type { Column } from '../columnar/column.ts';
import { type DataType, float64 } from '../columnar/data-type.ts';
import { takeKernels } from '../kernels/take-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import { type AnswerRegions, answerColumn, makeBitmap, makeRoom, nestedColumn } from './answer-columns.ts';

/** Writes the percentile `p` of groups, `outStride` bytes apart, and which are not null; returns how many that are. */
export type WritePercentile = (p: number, out: number, outStride: number, bitmap: number) => number;

/** One percentile of each of `groups` groups, or, where `type` is a list of fixed size, all of them. @throws MemoryBudgetExceeded */
export function percentilesColumn(
  type: DataType,
  percentiles: readonly number[],
  groups: number,
  to: AnswerRegions,
  holding: Holding,
  write: WritePercentile,
): Column {
  const each = percentiles.length;
  const out = makeRoom(to, float64, groups * each);
  const bitmap = makeBitmap(to, groups);
  let present = groups;
  for (const [index, p] of percentiles.entries()) present = write(p, out + index * 8, each * 8, bitmap);
  const validity = present === groups ? 0 : bitmap;
  if (type.kind !== 'fixed-size-list') return answerColumn(holding, type, out, validity, groups);
  let itemValidity = 0;
  if (validity !== 0) {
    to.text.ensure(Math.ceil((groups * each) / 64) * 8, 0);
    itemValidity = to.text.address;
    takeKernels(holding.linear).repeatBits(bitmap, groups, each, itemValidity);
  }
  const items = answerColumn(holding, float64, out, 0, groups * each);
  return nestedColumn(type, validity, 0, { ...items, validity: itemValidity });
}
