/**
 * How sums in memory and in registers are added to.
 *
 *     narrow     the low 64 bits alone, which the caller knows to be enough
 *     wide       128 bits, the carry by comparison
 *     halves     values of 64 bits, many of them, as the sum of their upper 32 bits and that of their lower
 *     floats     the sum, and what was rounded away on the way to it, by Knuth's TwoSum: without branches, and the
 *                additions to the sum alone wait for each other
 */

import { type Code, get, type Local, type MakeLocal, set } from './emit.ts';
import { f64, i64 } from './instructions.ts';

/** Where a sum is: `offset` bytes behind the address in `state`. */
interface Place {
  readonly local: MakeLocal;
  readonly state: Local<'i32'>;
  readonly offset: number;
}

/** What an addition of `x` to the low half, which gave `sum`, adds to the high half. */
export function carry(x: Local<'i64'>, sum: Local<'i64'>, signed: boolean): Code<'i64'> {
  const out = i64.extendU(i64.ltU(get(sum), get(x)));
  return signed ? i64.add(i64.shr(get(x), i64.const(63n)), out) : out;
}

/** Adds a signed `x` to the sum in memory. */
export function addWhole(
  { local, state, offset }: Place,
  x: Local<'i64'>,
  mode: 'narrow' | 'wide',
): readonly Code<'void'>[] {
  const sum = local('i64');
  const codes = [set(sum, i64.add(i64.load(get(state), offset), get(x))), i64.store(get(state), get(sum), offset)];
  if (mode === 'narrow') return codes;
  const high = i64.add(i64.load(get(state), offset + 8), carry(x, sum, true));
  return [...codes, i64.store(get(state), high, offset + 8)];
}

/** Adds `high` times 2 ** 32 and `low`, both of which it uses up, to the sum in memory. `low` is not negative. */
export function addHalves(
  { local, state, offset }: Place,
  low: Local<'i64'>,
  high: Local<'i64'>,
  signed: boolean,
): readonly Code<'void'>[] {
  const whole = local('i64');
  const above = (signed ? i64.shr : i64.shrU)(get(high), i64.const(32n));
  const sum = low;
  return [
    set(whole, i64.add(i64.shl(get(high), i64.const(32n)), get(low))),
    set(high, i64.add(above, i64.extendU(i64.ltU(get(whole), get(low))))),
    set(high, i64.add(get(high), i64.load(get(state), offset + 8))),
    set(sum, i64.add(i64.load(get(state), offset), get(whole))),
    i64.store(get(state), get(sum), offset),
    i64.store(get(state), i64.add(get(high), i64.extendU(i64.ltU(get(sum), get(whole)))), offset + 8),
  ];
}

/** Instructions of floats, scalar or of vectors. */
interface Floats<T extends 'f64' | 'v128'> {
  readonly add: (a: Code<T>, b: Code<T>) => Code<T>;
  readonly sub: (a: Code<T>, b: Code<T>) => Code<T>;
}

/** `sum + x`, and the exact error of that. */
export function twoSum<T extends 'f64' | 'v128'>(
  { add, sub }: Floats<T>,
  local: () => Local<T>,
  sum: Code<T>,
  x: Local<T>,
): { readonly code: readonly Code<'void'>[]; readonly sum: Code<T>; readonly error: Code<T> } {
  const [before, after, added] = [local(), local(), local()];
  return {
    code: [set(before, sum), set(after, add(get(before), get(x))), set(added, sub(get(after), get(before)))],
    sum: get(after),
    error: add(sub(get(before), sub(get(after), get(added))), sub(get(x), get(added))),
  };
}

/** Adds a float, and what was lost on the way to it, to the sum in memory. */
export function addFloat({ local, state, offset }: Place, x: Local<'f64'>, lost: Code<'f64'>): readonly Code<'void'>[] {
  const { code, sum, error } = twoSum(f64, () => local('f64'), f64.load(get(state), offset), x);
  const lostBefore = f64.load(get(state), offset + 8);
  return [
    ...code,
    f64.store(get(state), f64.add(f64.add(lostBefore, lost), error), offset + 8),
    f64.store(get(state), sum, offset),
  ];
}
