/**
 * Paths to a value in JSON, as DuckDB and SQL write them:
 *
 *     $.a.b[0]     keys and indexes, which count from 0; [-1] or [#-1] from the end
 *     $."a b"      a key with any characters
 *     /a/b/0       a JSON pointer (RFC 6901)
 *     a            the key itself; an empty path is that of the whole
 *
 * There are no wildcards: for several values there is jq.
 */

import { InvalidValue } from '../../errors.ts';
import { isArray, isObject, type Json } from './json-value.ts';

/** A key, an index, or of a pointer a text that may be either. */
type PathPart = { readonly key: string } | { readonly index: number } | { readonly keyOrIndex: string };
export type JsonPath = readonly PathPart[];

const MAX_LENGTH = 1_000;
const PART = /\.("(?:[^"\\]|\\.)*"|[^."[\]\s*]+)|\[(#?-?[0-9]{1,9})\]/y;

/** @throws InvalidValue where the text is no path */
export function parsePath(text: string): JsonPath {
  if (text.length > MAX_LENGTH) throw new InvalidValue(`A path has at most ${MAX_LENGTH} characters.`);
  if (text === '') return [];
  if (text.startsWith('/')) return pointer(text);
  if (!text.startsWith('$')) return [{ key: text }];
  const parts: PathPart[] = [];
  PART.lastIndex = 1;
  for (let at = 1; at < text.length; at = PART.lastIndex) {
    PART.lastIndex = at;
    const found = PART.exec(text);
    if (found === null) throw new InvalidValue(`${JSON.stringify(text)} is no path: see character ${at + 1}.`);
    const [, key, index] = found;
    parts.push(key === undefined ? { index: Number(index?.replace('#', '')) } : { key: unquoted(key, text) });
  }
  return parts;
}

function unquoted(key: string, path: string): string {
  if (!key.startsWith('"')) return key;
  try {
    return JSON.parse(key) as string;
  } catch {
    throw new InvalidValue(`${JSON.stringify(path)} is no path: ${key} is not quoted as JSON quotes.`);
  }
}

const pointer = (text: string): JsonPath =>
  text
    .slice(1)
    .split('/')
    .map((part) => ({ keyOrIndex: part.replaceAll('~1', '/').replaceAll('~0', '~') }));

/** Undefined where there is none. */
export function valueAt(value: Json, path: JsonPath): Json | undefined {
  let found: Json | undefined = value;
  for (const part of path) {
    if (found === undefined) return undefined;
    found = partOf(found, part);
  }
  return found;
}

function partOf(value: Json, part: PathPart): Json | undefined {
  if ('index' in part) return isArray(value) ? value.at(part.index) : undefined;
  const key = 'key' in part ? part.key : part.keyOrIndex;
  if (isObject(value)) return value.get(key);
  return isArray(value) && 'keyOrIndex' in part && /^(0|[1-9][0-9]{0,8})$/.test(key) ? value[Number(key)] : undefined;
}
