/**
 * Clocks of time zones over whole columns, by kernels:
 *
 *     shown      timestamp with a zone → without      what the clock shows
 *     moments    timestamp without a zone → with      when the clock shows it
 *     date_trunc, and days added                      on what the clock shows, by a kernel of its own, and back
 *
 * The kernels search a table of the zone's offsets, which covers the moments that were met so far. What lies within a
 * clock's reach of the first or last tick that there is, they leave to others.
 */

import type { Column } from '../columnar/column.ts';
import { type DataType, timestamp } from '../columnar/data-type.ts';
import { floorDivide, type TimestampType } from '../expressions/clock.ts';
import type { TypedExpression } from '../expressions/expression.ts';
import { TICKS_PER_SECOND } from '../expressions/temporal-text.ts';
import { RULES_REPEAT, type TimeZone, timeZone } from '../expressions/time-zone.ts';
import { stepFromText } from '../expressions/truncation.ts';
import { hasPlainDays } from '../expressions/whole-conversion.ts';
import { MOMENTS, zoneKernels } from '../kernels/zone-kernels.ts';
import type { Holding } from '../memory/budget.ts';
import { isCompilable } from './compilable.ts';
import { ComputedColumn } from './computed-column.ts';
import type { KernelStep } from './kernel-step.ts';
import type { FunctionCall } from './lane-function.ts';
import { INT64 } from './machine.ts';
import { Scratch } from './scratch.ts';
import type { Compute } from './text-operands.ts';

/** Seconds that no clock is ahead of UTC, or behind it. */
const REACH = 16 * 3_600;
/** Seconds covered beside those that are needed, so that the next batch finds its own. */
const MARGIN = 2 ** 24;

/** A timestamp whose clock shows other days than its ticks count, else undefined. */
export const zoned = (type: DataType): TimestampType | undefined =>
  type.kind === 'timestamp' && !hasPlainDays(type) ? type : undefined;

/** The cast between timestamps of one unit of which one has a zone; undefined where no kernel is for it. */
export function zoneCastStep(from: TimestampType, to: TimestampType, holding: Holding): Compute | undefined {
  if (from.unit !== to.unit) return undefined;
  if (zoned(from) && to.timezone === null) return shownStep(from, holding);
  if (from.timezone !== null || !zoned(to)) return undefined;
  const moments = momentStep(to, MOMENTS.last, holding);
  return moments && ((shown, rowCount) => moments(shown, shown, rowCount));
}

/**
 * `date_trunc` of a column in a zone, or days added to it: computed on what its clock shows, and back. Undefined where that
 * does not compile.
 */
export function onZoneClockStep(call: FunctionCall, holding: Holding): KernelStep | undefined {
  const position = call.name === 'date_trunc' ? 1 : 0;
  const time = call.arguments[position];
  const type = time && zoned(time.type);
  if (time?.kind !== 'column' || type === undefined) return undefined;
  const plain = timestamp(type.unit);
  const read: number[] = [time.index];
  const given = call.arguments.map((e, n): TypedExpression => {
    if (n === position) return { ...e, kind: 'column', index: 0, name: '', type: plain };
    return e.kind === 'column' ? { ...e, index: read.push(e.index) - 1 } : e;
  });
  const onClock: TypedExpression = { ...call, arguments: given, type: plain };
  if (!isCompilable(onClock)) return undefined;
  const [show, back] = [shownStep(type, holding), momentStep(type, momentsOf(call), holding)];
  const compute = new ComputedColumn(onClock, holding);
  return {
    evaluate(columns, rowCount) {
      const [moments, ...others] = read.map((index) => columns[index]!) as [Column, ...Column[]];
      const shown = moments.dictionary === undefined ? show?.(moments, rowCount) : undefined;
      const result = shown && compute.evaluate([shown, ...others], rowCount);
      return result && back?.(result, moments, rowCount);
    },
  };
}

/** Which moment is meant where the clock shows the result twice: hours and less are counted on both sides of a change. */
function momentsOf({ name, arguments: [unit] }: FunctionCall): number {
  if (name !== 'date_trunc') return MOMENTS.nearOrLast;
  const step = unit?.kind === 'literal' ? stepFromText(String(unit.value)) : undefined;
  return step?.kind === 'clock' ? MOMENTS.nearOrFirst : MOMENTS.first;
}

function shownStep(type: TimestampType, holding: Holding): Compute | undefined {
  const table = tableOf(type, holding);
  const result = new Scratch(holding);
  return (
    table &&
    (({ values, validity }, rowCount) => {
      const to = result.ensure(rowCount * 8);
      const address = table.covering([values], validity, rowCount);
      const isDone = zoneKernels(holding.linear).shownTicks(values, validity, rowCount, address, to);
      return isDone === 1 ? timestamps({ ...type, timezone: null }, validity, to) : undefined;
    })
  );
}

/** Of what the clock shows, and moments beside it. */
type ComputeMoments = (shown: Column, moments: Column, rowCount: number) => Column | undefined;

function momentStep(type: TimestampType, which: number, holding: Holding): ComputeMoments | undefined {
  const table = tableOf(type, holding);
  const result = new Scratch(holding);
  return (
    table &&
    (({ values, validity }, moments, rowCount) => {
      const to = result.ensure(rowCount * 8);
      const address = table.covering([values, moments.values], validity, rowCount);
      const { momentTicks } = zoneKernels(holding.linear);
      const isDone = momentTicks(values, validity, rowCount, address, which, moments.values, to);
      return isDone === 1 ? timestamps(type, validity, to) : undefined;
    })
  );
}

const timestamps = (type: TimestampType, validity: number, values: number): Column => ({
  type,
  validity,
  values,
  bytes: 0,
  dictionary: undefined,
  width: 8,
  bits: undefined,
});

function tableOf({ unit, timezone }: TimestampType, holding: Holding): ZoneTable | undefined {
  const zone = timezone === null ? undefined : timeZone(timezone);
  return zone && new ZoneTable(zone, TICKS_PER_SECOND[unit], holding);
}

/** The offsets of a zone in linear memory, for the moments that were met so far. */
class ZoneTable {
  readonly #zone: TimeZone;
  readonly #perSecond: bigint;
  readonly #holding: Holding;
  readonly #table: Scratch;
  readonly #range: Scratch;
  #address = 0;
  /** Seconds; nothing is covered yet. */
  #first = Number.POSITIVE_INFINITY;
  #last = Number.NEGATIVE_INFINITY;

  constructor(zone: TimeZone, perSecond: bigint, holding: Holding) {
    this.#zone = zone;
    this.#perSecond = perSecond;
    this.#holding = holding;
    this.#table = new Scratch(holding);
    this.#range = new Scratch(holding);
  }

  /** The address of a table of the offsets around all ticks of the columns. @throws MemoryBudgetExceeded */
  covering(columns: readonly number[], validity: number, rowCount: number): number {
    for (const values of columns) {
      const range = this.#range.ensure(16);
      const { linear } = this.#holding;
      if (zoneKernels(linear).ticksRange(values, validity, rowCount, range) === 1) {
        this.#cover(this.#secondOf(linear.i64[range / 8]!), this.#secondOf(linear.i64[range / 8 + 1]!));
      }
    }
    if (this.#address === 0) this.#cover(0, 0);
    return this.#address;
  }

  #secondOf(ticks: bigint): number {
    return Number(floorDivide(ticks, this.#perSecond));
  }

  #cover(least: number, greatest: number): void {
    const { from: repeats, period } = RULES_REPEAT;
    let [first, last] = [least - 3 * REACH, greatest + 3 * REACH];
    if (last >= repeats) {
      last = repeats - 1;
      first = Math.min(first, repeats - period);
    }
    if (first >= this.#first && last <= this.#last) return;
    this.#first = Math.min(first - MARGIN, this.#first);
    this.#last = Math.max(Math.min(last + MARGIN, repeats - 1), this.#last);
    this.#write();
  }

  #write(): void {
    const { from: repeats, period } = RULES_REPEAT;
    const all = this.#zone.offsetsBetween(this.#first, this.#last);
    // What begins behind the last tick never does.
    const offsets = all.filter(({ since }) => BigInt(since) * this.#perSecond <= INT64.greatest);
    const table = this.#table.ensure((HEADER + offsets.length * 2 + 1) * 8);
    const ticks = (seconds: number): bigint => clamped(BigInt(seconds) * this.#perSecond);
    const words = [BigInt(offsets.length), ticks(repeats), ticks(period), this.#perSecond, ticks(REACH)];
    for (const [n, { since, offset }] of offsets.entries()) {
      words.push(n === 0 ? INT64.least : ticks(since), ticks(offset));
    }
    words.push(INT64.greatest);
    this.#holding.linear.i64.set(words, table / 8);
    this.#address = table;
  }
}

/** Words before the entries. */
const HEADER = 5;

function clamped(ticks: bigint): bigint {
  return ticks > INT64.greatest ? INT64.greatest : ticks < INT64.least ? INT64.least : ticks;
}
