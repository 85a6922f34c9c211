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
import type { SortedLog, ValueLog } from './value-log.ts';

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

/** The texts of each group, joined. @throws MemoryBudgetExceeded, ColumnTooLarge */
export function textsColumn(
  { delimiter, nullable }: AnswerOf<'texts'>,
  log: ValueLog,
  { linear, states, from, rows: groups }: StateReader,
  to: AnswerRegions,
  holding: Holding,
): Column {
  const { values, rows, starts } = log.sorted('arrival', states.groupCount);
  const { values: offsets, bytes } = values.dictionary?.values ?? values;
  const codes = values.dictionary === undefined ? 0 : values.values;
  const between = Buffer.from(delimiter);
  using scratch = holding.budget.reserve(holding.owner);
  const delimiterAt = scratch.allocate(between.byteLength).address;
  linear.u8.set(between, delimiterAt);
  const outOffsets = makeRoom(to, utf8, groups);
  const first = starts + from * 4;
  const kernels = valueLogKernels(linear);
  const join = (out: number): number => {
    const length = between.byteLength;
    return kernels.joinTexts(offsets, bytes, codes, rows, first, groups, delimiterAt, length, outOffsets, out);
  };
  const byteLength = join(0);
  if (byteLength > MOST_COLUMN_BYTES) throw new ColumnTooLarge(holding.owner, byteLength);
  to.text.ensure(byteLength, 0);
  join(to.text.address);
  const validity = nullable ? withRows(linear, first, groups, to) : 0;
  return { ...answerColumn(holding, utf8, outOffsets, validity, groups), bytes: to.text.address };
}

/**
 * The values of each group as a list. Where all rows came by group the list is over the log itself; else its rows are
 * gathered. @throws MemoryBudgetExceeded, ColumnTooLarge
 */
export function listColumn(
  { aggregate: { type }, flat, nullable }: AnswerOf<'list'>,
  log: ValueLog,
  { linear, states, from, rows: groups }: StateReader,
  to: AnswerRegions,
  holding: Holding,
): Column {
  const sorted = log.sorted('arrival', states.groupCount);
  const first = sorted.starts + from * 4;
  const kernels = valueLogKernels(linear);
  const start = linear.u32[first >>> 2] ?? 0;
  const values = sorted.rows === 0 ? sorted.values : gathered(sorted, start, first, groups, to, holding);
  if (!flat) {
    if (sorted.rows === 0) return nestedColumn(type, 0, first, values);
    const offsets = makeRoom(to, type, groups);
    kernels.listOffsets(first, groups, offsets);
    return nestedColumn(type, 0, offsets, values);
  }
  const offsets = makeRoom(to, type, groups);
  const [items] = values.children ?? [];
  assert.ok(items !== undefined);
  kernels.joinedOffsets(first, groups, values.values + (sorted.rows === 0 ? start * 4 : 0), offsets);
  return nestedColumn(type, nullable ? withRows(linear, first, groups, to) : 0, offsets, items);
}

function gathered(
  { values, rows }: SortedLog,
  start: number,
  first: number,
  groups: number,
  { items }: AnswerRegions,
  { linear }: Holding,
): Column {
  assert.ok(items !== undefined);
  const count = (linear.u32[(first >>> 2) + groups] ?? 0) - start;
  items.append(values, rows + start * 4, count, 0);
  return items.column(count);
}

/** A bitmap of the groups that have rows; 0 where all have. */
function withRows(linear: Holding['linear'], first: number, groups: number, to: AnswerRegions): number {
  const bitmap = makeBitmap(to, groups);
  return valueLogKernels(linear).groupsWithRows(first, groups, bitmap) === groups ? 0 : bitmap;
}
