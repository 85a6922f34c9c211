/**
 * Time zones: how far the clocks of a place are ahead of UTC, at any second.
 *
 * The rules come from the runtime's ICU through `Intl`, which only answers for one moment at a time, in about a
 * microsecond. So moments are asked for once, every three days of some 388, and where two answers differ the second of
 * the change is found by halving. No change of any zone has ever been undone in less (the shortest was 3.99 days, in
 * Freetown in 1939). What was found is kept per zone: asking again costs a search among a handful of changes.
 *
 *     chunks of 2 ** 25 s   │ n                   │ n + 1                        a summer:
 *     since, offset         │ 3600  ▲ 7200    ▲ 3600                             two changes a year
 *
 * Before 1800 no clock was anything but local; after 2087 every zone has a rule, which repeats with the calendar every
 * 400 years: later moments are those of the 400 years before 2500.
 *
 * From a clock's time back to UTC (as ICU, and DuckDB with it):
 *
 *     a time that comes twice, when clocks are set back         the second one
 *     a time that never comes, when they are set forward        as if they had not been: 02:30 is shown as 03:30
 */

import { didYouMean } from './suggestion.ts';

/** Seconds are since 1970-01-01T00:00:00, those of a clock being what UTC would be if it showed the same. */
export interface TimeZone {
  /** The seconds that clocks are ahead of UTC at this moment. */
  offsetAt(second: number): number;
  /** The moment at which clocks show this: of two the later. */
  momentOf(clock: number): number;
  /** The first moment at which clocks show this, or, where they pass over it, what comes behind it. */
  firstMomentOf(clock: number): number;
  /** What is in force from `first` to `last`, before the rules repeat: in order, no two alike, the first since `first` or before. */
  offsetsBetween(first: number, last: number): readonly OffsetSince[];
}

/** An offset, and the second from which on it is in force. */
export interface OffsetSince {
  readonly since: number;
  readonly offset: number;
}

const HOUR = 3_600;
const DAY = 24 * HOUR;
/** No offset has ever been greater, nor have two changes been that near to each other. */
const GREATEST_OFFSET = 16 * HOUR;
const CHUNK = 2 ** 25;
const STEP = 3 * DAY;
const YEARS_400 = 146_097 * DAY;
/** 1800-01-01. */
const LEAST = -5_364_662_400;
/** 2500-01-01. */
const GREATEST = 16_725_225_600;

/** From `from` on offsets are those of `period` seconds before. */
export const RULES_REPEAT: { readonly from: number; readonly period: number } = { from: GREATEST, period: YEARS_400 };

/** Zones kept at most, with what was found out about them. */
const MAX_ZONES = 100;
/** By name, in the order of their first use. */
const zones = new Map<string, TimeZone>();

/** The zone of a name: `Europe/Berlin`, `UTC`, `+05:30`. Undefined where there is none. */
export function timeZone(name: string): TimeZone | undefined {
  const known = zones.get(name);
  if (known !== undefined) return known;
  const fixed = fixedOffset(name);
  const made = fixed === undefined ? placeNamed(name) : fixedZone(fixed);
  if (made === undefined) return undefined;
  zones.set(name, made);
  const [oldest] = zones.keys();
  if (zones.size > MAX_ZONES && oldest !== undefined) zones.delete(oldest);
  return made;
}

/** What is wrong with the name of a zone, as a sentence; undefined where nothing is. */
export function timeZoneProblem(name: string): string | undefined {
  if (timeZone(name) !== undefined) return undefined;
  const suggestion = didYouMean(name, ['UTC', ...Intl.supportedValuesOf('timeZone')]);
  const expected = suggestion === '' ? " Write one such as 'Europe/Berlin', 'UTC' or '+05:30'." : suggestion;
  return `There is no time zone '${name.slice(0, 60)}'.${expected}`;
}

/** Whether clocks of the zone show UTC, always. */
export const isUtc = (name: string): boolean => fixedOffset(name) === 0;

const UTC_NAMES: ReadonlySet<string> = new Set(['utc', 'z', 'gmt', 'etc/utc', 'etc/gmt', 'zulu', 'etc/zulu', 'uct']);

/** Seconds of `+05:30`, `-0800`, `+01`, or one of UTC's names; undefined of others. */
function fixedOffset(name: string): number | undefined {
  if (UTC_NAMES.has(name.toLowerCase())) return 0;
  const [, sign, hours, minutes = '0'] = /^([+-])(\d\d)(?::?(\d\d))?$/.exec(name) ?? [];
  if (sign === undefined || Number(hours) > 23 || Number(minutes) > 59) return undefined;
  const seconds = Number(hours) * HOUR + Number(minutes) * 60;
  return sign === '-' && seconds > 0 ? -seconds : seconds;
}

const fixedZone = (offset: number): TimeZone => ({
  offsetAt: () => offset,
  momentOf: (clock) => clock - offset,
  firstMomentOf: (clock) => clock - offset,
  offsetsBetween: (since) => [{ since, offset }],
});

function placeNamed(name: string): TimeZone | undefined {
  try {
    return new Place(new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset', year: 'numeric' }));
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The offsets in force during a chunk: `offsets[n]` from `since[n]` on, the first of which is its beginning. */
interface Offsets {
  readonly since: readonly number[];
  readonly offsets: readonly number[];
}

class Place implements TimeZone {
  readonly #format: Intl.DateTimeFormat;
  readonly #chunks = new Map<number, Offsets>();

  constructor(format: Intl.DateTimeFormat) {
    this.#format = format;
  }

  offsetAt(second: number): number {
    const at = withinRules(Math.floor(second));
    const found = this.#chunk(Math.floor(at / CHUNK));
    let n = found.since.length - 1;
    while (n > 0 && (found.since[n] ?? 0) > at) n -= 1;
    return found.offsets[n] ?? 0;
  }

  momentOf(clock: number): number {
    const { before, after } = this.#around(clock);
    return this.offsetAt(clock - after) === after ? clock - after : clock - before;
  }

  firstMomentOf(clock: number): number {
    const { before, after } = this.#around(clock);
    if (this.offsetAt(clock - before) === before) return clock - before;
    if (this.offsetAt(clock - after) === after) return clock - after;
    return this.#change(clock - after, clock - before, before, (second) => this.offsetAt(second));
  }

  offsetsBetween(first: number, last: number): readonly OffsetSince[] {
    const found: OffsetSince[] = [];
    const chunkOf = (second: number): number => Math.floor(Math.max(second, LEAST) / CHUNK);
    for (let chunk = chunkOf(first); chunk <= chunkOf(last); chunk += 1) {
      const { since, offsets } = this.#chunk(chunk);
      for (const [n, offset] of offsets.entries()) {
        if (found.at(-1)?.offset !== offset) found.push({ since: since[n] ?? 0, offset });
      }
    }
    return found;
  }

  /** The offsets before and behind a change that is so near that the clock may show this on either side. */
  #around(clock: number): { readonly before: number; readonly after: number } {
    return { before: this.offsetAt(clock - GREATEST_OFFSET), after: this.offsetAt(clock + GREATEST_OFFSET) };
  }

  #chunk(chunk: number): Offsets {
    const known = this.#chunks.get(chunk);
    if (known !== undefined) return known;
    const found = this.#search(chunk * CHUNK);
    this.#chunks.set(chunk, found);
    return found;
  }

  #search(start: number): Offsets {
    const found = { since: [start], offsets: [this.#ask(start)] };
    let [second, offset] = [start, this.#ask(start)];
    while (second < start + CHUNK) {
      const next = Math.min(second + STEP, start + CHUNK);
      const nextOffset = this.#ask(next);
      if (nextOffset !== offset) {
        found.since.push(this.#change(second, next, offset, (at) => this.#ask(at)));
        found.offsets.push(nextOffset);
      }
      [second, offset] = [next, nextOffset];
    }
    return found;
  }

  /** The second at which the offset changes, between two where it is and is not `offset`. */
  #change(low: number, high: number, offset: number, ask: (second: number) => number): number {
    let [is, isNot] = [low, high];
    while (isNot - is > 1) {
      const middle = Math.floor((is + isNot) / 2);
      if (ask(middle) === offset) is = middle;
      else isNot = middle;
    }
    return isNot;
  }

  /** `1874, GMT+00:53:28`, or `GMT` alone. */
  #ask(second: number): number {
    const text = this.#format.format(second * 1_000);
    const [, sign, hours, minutes, seconds = '0'] = /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(text) ?? [];
    if (sign === undefined) return 0;
    const offset = Number(hours) * HOUR + Number(minutes) * 60 + Number(seconds);
    return sign === '-' ? -offset : offset;
  }
}

/** The second with the same offset in the years whose rules are known. */
function withinRules(second: number): number {
  if (second < GREATEST) return Math.max(second, LEAST);
  return GREATEST - YEARS_400 + ((second - GREATEST) % YEARS_400);
}
