/**
 * Places in a text, counted in characters (Unicode code points), whereas JavaScript counts UTF-16 units: a character
 * beyond U+FFFF is two of them, a surrogate pair. Texts are well-formed, so a low surrogate always ends a pair.
 */

import { InvalidValue } from '../../errors.ts';

/**
 * The most UTF-16 units that a text may be made longer to by repeating, padding and replacing: what a plan asks for in a
 * few bytes must not need gigabytes.
 */
export const MAX_GROWN_LENGTH: number = 2 ** 24;

const isLowSurrogate = (unit: number): boolean => (unit & 0xfc00) === 0xdc00;
const isHighSurrogate = (unit: number): boolean => (unit & 0xfc00) === 0xd800;

/** The number of characters. */
export function characterCount(text: string): number {
  let count = text.length;
  for (let at = 0; at < text.length; at++) if (isLowSurrogate(text.charCodeAt(at))) count--;
  return count;
}

/** The offset, in UTF-16 units, of the character that `count` characters stand before; the end where there are fewer. */
export function offsetAfter(text: string, count: number): number {
  if (count >= text.length) return text.length;
  let at = 0;
  for (let left = count; left > 0 && at < text.length; left--) at += isHighSurrogate(text.charCodeAt(at)) ? 2 : 1;
  return at;
}

/** The offset of the character from which on there are `count` ones; 0 where there are fewer. */
export function offsetBeforeEnd(text: string, count: number): number {
  if (count >= text.length) return 0;
  let at = text.length;
  for (let left = count; left > 0 && at > 0; left--) at -= isLowSurrogate(text.charCodeAt(at - 1)) ? 2 : 1;
  return at;
}

/** The place of the character at the offset, from 0. */
export const placeOf = (text: string, offset: number): number => characterCount(text.slice(0, offset));

/** The bytes of the text in UTF-8. */
export const byteLength = (text: string): number => Buffer.byteLength(text);

/** A count that a plan gave as a number to calculate with: what lies far beyond every text stays there. */
export const clamped = (count: bigint): number =>
  count > 0xffff_ffffn ? 0xffff_ffff : count < -0xffff_ffffn ? -0xffff_ffff : Number(count);

/** @throws InvalidValue where a text would become longer than `MAX_GROWN_LENGTH` */
export function checkGrownLength(length: number): void {
  if (length <= MAX_GROWN_LENGTH) return;
  throw new InvalidValue(`the text would be ${length} characters long, and ${MAX_GROWN_LENGTH} are the most`);
}
