// Between the ticks of timestamps and what the clocks of a time zone show: what `expressions/clock.ts` does, over columns.
//
//     table   │ entries │ repeats │ period │ second │ reach │ since, ahead │ since, ahead │ … │ MAX │
//
// All in ticks, of 64 bits each: clocks are `ahead` of UTC from `since` on, the first entry being since ever. From `repeats`
// on, where that is not MAX, they are what they were `period` before. `second` are the ticks of one; `reach` is further than
// any clock is ahead.
// The period that was found last is kept: moments of a batch mostly lie in one or two.

import { isValid } from './numbers';

const REPEATS: usize = 8;
const PERIOD: usize = 16;
const SECOND: usize = 24;
const REACH: usize = 32;
const ENTRIES: usize = 40;

// What was found last: `ahead` holds from `low` to before `high`.
let low: i64 = 0;
let high: i64 = 0;
let ahead: i64 = 0;

function find(table: usize, ticks: i64): void {
  const repeats = load<i64>(table, REPEATS);
  let at = ticks, least = i64.MIN_VALUE;
  if (ticks >= repeats && repeats != i64.MAX_VALUE) {
    const period = load<i64>(table, PERIOD);
    least = repeats - period;
    at = least + (ticks - repeats) % period;
  }
  let first: usize = 0, behind = <usize>load<i64>(table);
  while (behind - first > 1) {
    const middle = (first + behind) >> 1;
    if (load<i64>(table + ENTRIES + (middle << 4)) <= at) first = middle;
    else behind = middle;
  }
  const entry = table + ENTRIES + (first << 4), moved = ticks - at;
  low = max(load<i64>(entry), least) + moved;
  const next = min(load<i64>(entry, 16), repeats);
  high = next > i64.MAX_VALUE - moved ? i64.MAX_VALUE : next + moved;
  ahead = load<i64>(entry, 8);
}

// @ts-ignore: decorator
@inline
function aheadAt(table: usize, ticks: i64): i64 {
  if (ticks < low || ticks >= high) find(table, ticks);
  return ahead;
}

/** The moment at which clocks show this: of two the later. */
// @ts-ignore: decorator
@inline
function lastMoment(table: usize, shown: i64, reach: i64): i64 {
  if (shown - reach >= low && shown + reach < high) return shown - ahead;
  const before = aheadAt(table, shown - reach), after = aheadAt(table, shown + reach);
  const same = shown - after;
  return aheadAt(table, same) == after ? same : shown - before;
}

/** The first moment at which clocks show this, or, where they pass over it, what comes behind it. */
// @ts-ignore: decorator
@inline
function firstMoment(table: usize, shown: i64, reach: i64): i64 {
  if (shown - reach >= low && shown + reach < high) return shown - ahead;
  const before = aheadAt(table, shown - reach), after = aheadAt(table, shown + reach);
  let same = shown - before;
  if (aheadAt(table, same) == before) return same;
  same = shown - after;
  if (aheadAt(table, same) == after) return same;
  // It is before the change, which ends what was found.
  const second = load<i64>(table, SECOND), rest = shown % second;
  return high + rest + (rest < 0 ? second : 0);
}

/** What clocks show at each moment; 0 where that is more than 64 bits hold, else 1. */
export function shownTicks(values: usize, validity: usize, rows: i32, table: usize, to: usize): i32 {
  low = high = 0;
  for (let row = 0; row < rows; row++) {
    const ticks = load<i64>(values + (<usize>row << 3));
    let shown: i64 = 0;
    if (isValid(validity, row)) {
      const offset = aheadAt(table, ticks);
      shown = ticks + offset;
      if (((ticks ^ shown) & (offset ^ shown)) < 0) return 0;
    }
    store<i64>(to + (<usize>row << 3), shown);
  }
  return 1;
}

const LAST = 0;
const FIRST = 1;
const NEAR_OR_FIRST = 2;

/**
 * The moments at which clocks show something: of two the last, or the first; or the one with the offset of the moment at
 * `moments`, if there is one, else the first (2) or the last (3). 0 where one may be more than 64 bits hold, else 1.
 */
export function momentTicks(
  values: usize, validity: usize, rows: i32, table: usize, which: i32, moments: usize, to: usize,
): i32 {
  low = high = 0;
  const reach = load<i64>(table, REACH);
  for (let row = 0; row < rows; row++) {
    const at = <usize>row << 3, shown = load<i64>(values + at);
    let moment: i64 = 0;
    if (isValid(validity, row)) {
      if (shown < i64.MIN_VALUE + reach || shown > i64.MAX_VALUE - reach) return 0;
      if (which == LAST) moment = lastMoment(table, shown, reach);
      else if (which == FIRST) moment = firstMoment(table, shown, reach);
      else {
        const offset = aheadAt(table, load<i64>(moments + at));
        moment = shown - offset;
        if (aheadAt(table, moment) != offset) {
          moment = which == NEAR_OR_FIRST ? firstMoment(table, shown, reach) : lastMoment(table, shown, reach);
        }
      }
    }
    store<i64>(to + at, moment);
  }
  return 1;
}

/** The least and the greatest value, of 8 bytes each, at `out`; 0 where all are null, else 1. */
export function ticksRange(values: usize, validity: usize, rows: i32, out: usize): i32 {
  let least = i64.MAX_VALUE, greatest = i64.MIN_VALUE;
  for (let row = 0; row < rows; row++) {
    if (!isValid(validity, row)) continue;
    const ticks = load<i64>(values + (<usize>row << 3));
    least = min(least, ticks);
    greatest = max(greatest, ticks);
  }
  store<i64>(out, least);
  store<i64>(out, greatest, 8);
  return <i32>(least <= greatest);
}
