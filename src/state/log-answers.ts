/** Percentiles, joined texts and lists, read from the values of groups once these lie together. */

import assert from 'node:assert/strict';
import type { Column } from '../columnar/column.ts';
import { utf8 } from '../columnar/data-type.ts';
import { ColumnTooLarge } from '../errors.ts';
import { numberKind } from '../kernels/accumulate-kernels.ts';
import { valueLogKernels } from '../kernels/value-log-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import type { Answer } from './accumulators.ts';
import { type AnswerRegions, answerColumn, makeBitmap, makeRoom, nestedColumn } from './answer-columns.ts';
import { scaleOf } from './numeric-answers.ts';
import { percentilesColumn } from './percentile-columns.ts';
import type { StateReader } from './state-reader.ts';
import type { ValueLog } from './value-log.ts';

/** Offsets of a column are int32. */
const MOST_COLUMN_BYTES = 2 ** 31 - 1;

type AnswerOf<Kind extends Answer['kind']> = Extract<Answer, { kind: Kind }>;

/** @throws MemoryBudgetExceeded */
export function exactPercentilesColumn(
  { aggregate: { type }, percentiles }: AnswerOf<'percentiles'>,
  log: ValueLog,
  { linear, states, from, rows: groups }: StateReader,
  to: AnswerRegions,
  holding: Holding,
): Column {
  const { values, rows, starts } = log.sorted('value', states.groupCount);
  const kernels = valueLogKernels(linear);
  const [kind, scale, first] = [numberKind(values.type, values.width), scaleOf(values.type, 1), starts + from * 4];
  return percentilesColumn(type, percentiles, groups, to, holding, (p, out, outStride, bitmap) =>
    kernels.percentiles(kind, values.values, rows, first, groups, p, scale, out, outStride, bitmap),
  );
}

/** Values of some groups, those of one group together. */
export interface GroupedValues {
  readonly values: Column;
  /** Address of the numbers of their rows by group, uint32; 0 where they are in order as they are. */
  readonly rows: number;
  /** Address of where each group begins among these, uint32, and where the last ends. */
  readonly starts: number;
  readonly groups: number;
  /** The same of all rows that take part, where some of these have nothing to add; 0: all have. */
  readonly taking: number;
}

/** The texts of each group, joined. @throws MemoryBudgetExceeded, ColumnTooLarge */
export function textsColumn(
  { delimiter, nullable }: AnswerOf<'texts'>,
  grouped: GroupedValues,
  to: AnswerRegions,
  holding: Holding,
): Column {
  const { values, rows, starts, groups } = grouped;
  const { linear } = holding;
  const { values: offsets, bytes } = values.dictionary?.values ?? values;
  const codes = values.dictionary === undefined ? 0 : values.values;
  const between = Buffer.from(delimiter);
  using scratch = holding.budget.reserve(holding.owner);
  const delimiterAt = scratch.allocate(between.byteLength).address;
  linear.u8.set(between, delimiterAt);
  const outOffsets = makeRoom(to, utf8, groups);
  const kernels = valueLogKernels(linear);
  const join = (out: number): number => {
    const length = between.byteLength;
    return kernels.joinTexts(offsets, bytes, codes, rows, starts, groups, delimiterAt, length, outOffsets, out);
  };
  const byteLength = join(0);
  if (byteLength > MOST_COLUMN_BYTES) throw new ColumnTooLarge(holding.owner, byteLength);
  to.text.ensure(byteLength, 0);
  join(to.text.address);
  const validity = nullable ? withRows(grouped, to, holding) : 0;
  return { ...answerColumn(holding, utf8, outOffsets, validity, groups), bytes: to.text.address };
}

/**
 * The values of each group as a list. Where all rows came by group the list is over them as they are; else they are
 * gathered. @throws MemoryBudgetExceeded, ColumnTooLarge
 */
export function listColumn(
  { aggregate: { type }, flat, nullable }: AnswerOf<'list'>,
  grouped: GroupedValues,
  to: AnswerRegions,
  holding: Holding,
): Column {
  const { rows, starts, groups } = grouped;
  const { linear } = holding;
  const kernels = valueLogKernels(linear);
  const start = linear.u32[starts >>> 2] ?? 0;
  const values = rows === 0 ? grouped.values : gathered(grouped, start, to, holding);
  if (!flat) {
    if (rows === 0) return nestedColumn(type, 0, starts, values);
    const offsets = makeRoom(to, type, groups);
    kernels.listOffsets(starts, groups, offsets);
    return nestedColumn(type, 0, offsets, values);
  }
  const offsets = makeRoom(to, type, groups);
  const [items] = values.children ?? [];
  assert.ok(items !== undefined);
  kernels.joinedOffsets(starts, groups, values.values + (rows === 0 ? start * 4 : 0), offsets);
  return nestedColumn(type, nullable ? withRows(grouped, to, holding) : 0, offsets, items);
}

function gathered(
  { values, rows, starts, groups }: GroupedValues,
  start: number,
  { items }: AnswerRegions,
  { linear }: Holding,
): Column {
  assert.ok(items !== undefined);
  const count = (linear.u32[(starts >>> 2) + groups] ?? 0) - start;
  items.append(values, rows + start * 4, count, 0);
  return items.column(count);
}

/** A bitmap of the groups that have rows; 0 where all have. */
function withRows({ starts, taking, groups }: GroupedValues, to: AnswerRegions, { linear }: Holding): number {
  const bitmap = makeBitmap(to, groups);
  const counted = taking === 0 ? starts : taking;
  return valueLogKernels(linear).groupsWithRows(counted, groups, bitmap) === groups ? 0 : bitmap;
}
