/**
 * Squares and products of whole numbers, added and multiplied up in the state of a group, whose words are in memory or in
 * locals.
 *
 *     squares    │ low │ middle │ high │     the square of a magnitude of 64 bits has 128, and carries go up
 *     product    │ magnitude │ flags │       of what is not zero; once beyond 64 bits it stays there
 */

import { type Code, get, type Local, type MakeLocal, select, set } from './emit.ts';
import { i32, i64 } from './instructions.ts';
import { highProduct } from './long-numbers.ts';

/** A word of a state. */
export interface Word {
  readonly read: Code<'i64'>;
  write(value: Code<'i64'>): Code<'void'>;
}

/** Code that grows, with locals for what is used more than once. */
class Held {
  readonly code: Code<'void'>[] = [];
  readonly #local: MakeLocal;

  constructor(local: MakeLocal) {
    this.#local = local;
  }

  hold = (value: Code<'i64'>): Local<'i64'> => {
    const local = this.#local('i64');
    this.code.push(set(local, value));
    return local;
  };

  magnitude(x: Local<'i64'>, isSigned: boolean): Local<'i64'> {
    if (!isSigned) return x;
    const sign = this.hold(i64.shr(get(x), i64.const(63n)));
    return this.hold(i64.sub(i64.xor(get(x), get(sign)), get(sign)));
  }
}

/** Adds `low`, and 2 ** 64 times `high`, to three words. */
export function addToThree(
  local: MakeLocal,
  [first, second, third]: readonly [Word, Word, Word],
  low: Local<'i64'>,
  high: Code<'i64'>,
): readonly Code<'void'>[] {
  const held = new Held(local);
  const sum = held.hold(i64.add(first.read, get(low)));
  // The high half of a square is less than all ones: a carry fits.
  const carried = held.hold(i64.add(high, i64.extendU(i64.ltU(get(sum), get(low)))));
  const middle = held.hold(i64.add(second.read, get(carried)));
  return [
    ...held.code,
    first.write(get(sum)),
    second.write(get(middle)),
    third.write(i64.add(third.read, i64.extendU(i64.ltU(get(middle), get(carried))))),
  ];
}

/** Adds the square of `x`, of whose magnitude at most so many bits are set. */
export function addSquare(
  local: MakeLocal,
  words: readonly [Word, Word, Word],
  x: Local<'i64'>,
  { isSigned, bits }: { readonly isSigned: boolean; readonly bits: number },
): readonly Code<'void'>[] {
  const held = new Held(local);
  const magnitude = held.magnitude(x, isSigned);
  const low = held.hold(i64.mul(get(magnitude), get(magnitude)));
  const high = bits <= 32 ? i64.const(0n) : highProduct(held.hold, magnitude, magnitude);
  return [...held.code, ...addToThree(local, words, low, high)];
}

const ZERO = 1n;
const BEYOND = 2n;
const NEGATIVE = 4n;

/** Multiplies by `x`. */
export function multiply(
  local: MakeLocal,
  [magnitudeWord, flags]: readonly [Word, Word],
  x: Local<'i64'>,
  isSigned: boolean,
): readonly Code<'void'>[] {
  const held = new Held(local);
  const isZero = i64.eqz(get(x));
  const factor = held.hold(select(i64.const(1n), get(held.magnitude(x, isSigned)), isZero));
  const old = held.hold(magnitudeWord.read);
  const beyond = held.hold(i64.extendU(i64.ne(highProduct(held.hold, old, factor), i64.const(0n))));
  const flag = (bit: bigint, isSet: Code<'i64'>): Code<'i64'> => i64.mul(isSet, i64.const(bit));
  const turned = isSigned ? i64.xor(flags.read, flag(NEGATIVE, i64.shrU(get(x), i64.const(63n)))) : flags.read;
  const raised = i64.or(flag(ZERO, i64.extendU(isZero)), flag(BEYOND, get(beyond)));
  return [
    ...held.code,
    magnitudeWord.write(select(get(old), i64.mul(get(old), get(factor)), i32.wrap(get(beyond)))),
    flags.write(i64.or(turned, raised)),
  ];
}
