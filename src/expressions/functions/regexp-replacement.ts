import { InvalidValue } from '../../errors.ts';
import type { Match, RegularExpression } from '../regexp/regular-expression.ts';
import { checkGrownLength } from './characters.ts';

/** What replaces a match: texts, and the numbers of groups between them. */
type Replacement = readonly (string | number)[];

/** Reads `\1` as what the first group holds, `\0` as the whole match, and `\\` as a backslash. @throws InvalidValue */
export function replacementOf(text: string): Replacement {
  return Array.from(text.matchAll(/\\([\s\S]?)|[^\\]+/gu), ([part, escaped]) => {
    if (escaped === undefined) return part;
    if (escaped === '\\') return '\\';
    if (/^\d$/.test(escaped)) return Number(escaped);
    throw new InvalidValue('in a replacement a backslash stands before a digit or another one');
  });
}

/** @throws InvalidValue where the replacement has a group that the pattern has not */
export function checkReplacement(replacement: Replacement, { groupCount }: RegularExpression): void {
  for (const part of replacement) {
    if (typeof part === 'number' && part > groupCount) {
      throw new InvalidValue(`the pattern has no group ${part}: it has ${groupCount}`);
    }
  }
}

/** The text with the first match replaced, or all of them. */
export function replaced(
  text: string,
  pattern: RegularExpression,
  replacement: Replacement,
  isGlobal: boolean,
): string {
  let result = '';
  let end = 0;
  const replace = (match: Match): void => {
    result += text.slice(end, match.start);
    for (const part of replacement) result += typeof part === 'number' ? (match.group(part) ?? '') : part;
    end = match.end;
    if (result.length > text.length) checkGrownLength(result.length);
  };
  if (isGlobal) pattern.forEach(text, replace);
  else {
    const match = pattern.first(text);
    if (match !== undefined) replace(match);
  }
  return end === 0 && result === '' ? text : result + text.slice(end);
}
