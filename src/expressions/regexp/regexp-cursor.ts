import { InvalidValue } from '../../errors.ts';

/** The error that a pattern is none. */
export const syntaxProblem = (what: string): InvalidValue =>
  new InvalidValue(`the pattern is no regular expression: ${what}`);

/** A place in a pattern, which moves. */
export interface Cursor {
  readonly pattern: string;
  at: number;
}

export const isNext = ({ pattern, at }: Cursor, text: string): boolean => pattern.startsWith(text, at);

/** Moves behind `text`, if it comes next. */
export function takes(cursor: Cursor, text: string): boolean {
  if (!isNext(cursor, text)) return false;
  cursor.at += text.length;
  return true;
}

/** Moves behind what the sticky expression matches, if it does. */
export function takesMatch(cursor: Cursor, sticky: RegExp): RegExpExecArray | null {
  sticky.lastIndex = cursor.at;
  const found = sticky.exec(cursor.pattern);
  if (found !== null) cursor.at += found[0].length;
  return found;
}

/** The next character. @throws InvalidValue at the end */
export function takeCharacter(cursor: Cursor): number {
  const code = cursor.pattern.codePointAt(cursor.at);
  if (code === undefined) throw syntaxProblem('it ends too early');
  cursor.at += code > 0xffff ? 2 : 1;
  return code;
}
