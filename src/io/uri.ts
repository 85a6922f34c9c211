/**
 * Uris, the only names of objects.
 *
 *     scheme :// bucket / key                  memory://tests/a/b.parquet    s3://lake/sales/2026 Q1.parquet
 *     file   ://        / path without its /   file:///data/100%.parquet
 *
 * Nothing in a uri is ever decoded: a key stands in it as it is, blanks, `%`, `#` and `?` included, as the tools of
 * object stores write them. So two uris are one object exactly when they are equal, the order of uris is the order of
 * keys, and no encoded `../` can turn up behind a check. (Of `http` uris the query is a query.)
 */

import { isAbsolute, normalize } from 'node:path';
import { InvalidArgument } from '../errors.ts';

export interface ParsedUri {
  /** In lower case: `file`, `memory`, `s3`. */
  readonly scheme: string;
  /** Empty for `file`. */
  readonly bucket: string;
  /** Without a leading slash; empty for the root. */
  readonly key: string;
}

/** What Hive-style readers take for null. */
const HIVE_NULL = '__HIVE_DEFAULT_PARTITION__';

const SCHEME_BUCKET_KEY = /^([a-z][a-z0-9+.-]*):\/\/([^/]*)(?:\/(.*))?$/s;
const BUCKET = /^[A-Za-z0-9][A-Za-z0-9._:-]*$/;
const DOT_SEGMENT = /^(?:\.|%2e){1,2}$/i;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for.
const CONTROL_CHARACTER = /[\u0000-\u001f\u007f-\u009f]/;

/** @throws InvalidArgument for what is no uri, holds credentials, or has a key that a store could take for another. */
export function parseUri(uri: string): ParsedUri {
  const [, scheme, bucket, key = ''] = SCHEME_BUCKET_KEY.exec(uri) ?? [];
  if (scheme === undefined || bucket === undefined) {
    throw invalid(uri, 'it does not have the form scheme://bucket/key or file:///path');
  }
  if (scheme === 'file' ? bucket !== '' : !BUCKET.test(bucket)) {
    throw invalid(uri, bucket.includes('@') ? 'it holds credentials' : 'there is no valid bucket between // and /');
  }
  const problem = keyProblem(key);
  if (problem !== undefined) throw invalid(uri, problem);
  if (scheme === 'file' && key.replace(/\/$/, '').split('/').includes('') && key !== '') {
    throw invalid(uri, 'it has an empty segment');
  }
  return { scheme, bucket, key };
}

export function formatUri({ scheme, bucket, key }: ParsedUri): string {
  return `${scheme}://${bucket}/${key}`;
}

/**
 * The uri of `relative` below `base`; it starts with `base` and a slash, whatever `relative` is.
 * @throws InvalidArgument where `relative` is absolute, climbs (`..`, also encoded), or has empty segments, control
 * characters or backslashes.
 */
export function joinUri(base: string, relative: string): string {
  const { scheme, bucket, key } = parseUri(base);
  const problem = relativePathProblem(relative);
  if (problem !== undefined) throw new InvalidArgument(`${JSON.stringify(relative)} is not a safe path: ${problem}.`);
  const parent = key === '' || key.endsWith('/') ? key : `${key}/`;
  return formatUri({ scheme, bucket, key: parent + relative });
}

/** The uri without trailing slash, followed by one: the prefix of everything below it. */
export function directoryPrefix(uri: string): string {
  const { scheme, bucket, key } = parseUri(uri);
  const path = key.replace(/\/+$/, '');
  return formatUri({ scheme, bucket, key: path === '' ? '' : `${path}/` });
}

/** Why `relative` cannot be joined to a base; undefined when it can. */
export function relativePathProblem(relative: string): string | undefined {
  if (relative.startsWith('/')) return 'it is absolute';
  if (relative.includes('\\')) return 'it has a backslash';
  if (relative.split('/').includes('')) return 'it has an empty segment';
  return keyProblem(relative);
}

function keyProblem(key: string): string | undefined {
  if (!key.isWellFormed()) return 'it is not valid Unicode';
  if (CONTROL_CHARACTER.test(key)) return 'it has a control character';
  if (key.split('/').some((segment) => DOT_SEGMENT.test(segment))) return 'it has a segment . or ..';
  return undefined;
}

/** The uri of an absolute path of the local file system; `.` and `..` in it are resolved. */
export function fileUri(path: string): string {
  if (!isAbsolute(path)) throw new InvalidArgument(`${JSON.stringify(path)} is not an absolute path.`);
  const uri = `file://${normalize(path)}`;
  parseUri(uri);
  return uri;
}

/** The path that a `file` uri names. */
export function filePath(uri: string): string {
  const { scheme, key } = parseUri(uri);
  if (scheme !== 'file') throw invalid(uri, 'it does not name a local file');
  return `/${key}`;
}

/** The directory `name=value` of a partition; null has a name of its own, which no text collides with. */
export function hiveSegment(name: string, value: string | null): string {
  if (name === '') throw new InvalidArgument('A partition column needs a name.');
  if (!name.isWellFormed() || value?.isWellFormed() === false) {
    throw new InvalidArgument(`The value of partition column ${JSON.stringify(name)} is not valid Unicode.`);
  }
  return `${encodeURIComponent(name)}=${encodeHiveValue(value)}`;
}

function encodeHiveValue(value: string | null): string {
  if (value === null) return HIVE_NULL;
  const encoded = encodeURIComponent(value);
  return encoded === HIVE_NULL ? `%5F${encoded.slice(1)}` : encoded;
}

/** The column and value that a directory `name=value` stands for; undefined for any other directory. */
export function parseHiveSegment(segment: string): { name: string; value: string | null } | undefined {
  const equals = segment.indexOf('=');
  if (equals < 1) return undefined;
  const value = segment.slice(equals + 1);
  const name = decodeLeniently(segment.slice(0, equals));
  return { name, value: value === HIVE_NULL ? null : decodeLeniently(value) };
}

/** Other writers leave a lone `%` as it is. */
function decodeLeniently(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The uri as it may stand in messages and logs: without user, password and, for http, query. */
export function redactUri(uri: string): string {
  const withoutUser = uri.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/]*@/i, '$1');
  return /^https?:/i.test(withoutUser) ? withoutUser.replace(/[?#].*$/s, '') : withoutUser;
}

/**
 * A text out of data, which should be a uri, as it may stand in messages: a uri without what follows a `?` or `#`; of any
 * other text, which may be anything, only how long it is.
 */
export function shownUri(text: string): string {
  if (!isUri(text)) return `a text of ${text.length} characters that is no uri`;
  const shown = text.replace(/[?#].*$/s, '');
  return shown.length > SHOWN_CHARACTERS ? `${shown.slice(0, SHOWN_CHARACTERS)}…` : shown;
}
const SHOWN_CHARACTERS = 300;

/** Whether `parseUri` takes it. */
export function isUri(text: string): boolean {
  try {
    parseUri(text);
    return true;
  } catch (error) {
    if (error instanceof InvalidArgument) return false;
    throw error;
  }
}

/** Orders uris by their UTF-8 bytes, as every store lists them. */
export function compareUris(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    // A surrogate (0xd800–0xdfff) begins a character above all others, though its code unit is smaller than 0xe000.
    if (x !== y) return Number(isSurrogate(x)) - Number(isSurrogate(y)) || x - y;
  }
  return a.length - b.length;
}

function isSurrogate(codeUnit: number): boolean {
  return codeUnit >= 0xd800 && codeUnit <= 0xdfff;
}

function invalid(uri: string, problem: string): InvalidArgument {
  return new InvalidArgument(`${redactUri(uri)} is not a valid uri: ${problem}.`);
}
