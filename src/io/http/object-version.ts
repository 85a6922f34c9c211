/**
 * What tells the versions of an object apart: the etag, else when it was modified and how large it is, else the size.
 * Each answer has to be of the version that was found first, whether it is a range or the whole.
 */

import type { IncomingHttpHeaders } from 'node:http';
import { ObjectChanged } from '../../errors.ts';
import { plainEtag, quotedEtag } from '../etag.ts';
import { redactUri } from '../uri.ts';

/** Of an object of `size` bytes. An etag that is weak keeps its `W/`. */
export function versionOf({ etag, 'last-modified': modified }: IncomingHttpHeaders, size: number): string {
  if (etag !== undefined && etag !== '') return plainEtag(etag);
  return modified === undefined ? `${size} bytes` : `modified ${modified}, ${size} bytes`;
}

/** The header that asks for a range of this version or the whole of another: only etags promise bytes, and weak ones do not. */
export function ifRange(version: string | undefined): Readonly<Record<string, string>> {
  return version === undefined || !isStrong(version) ? {} : { 'if-range': quotedEtag(version) };
}

/** @param total the size of the whole object. @throws ObjectChanged */
export function assertVersion(
  uri: string,
  pinned: string | undefined,
  answer: { readonly headers: IncomingHttpHeaders; readonly statusCode?: number | undefined },
  total: number,
): void {
  if (pinned === undefined) return;
  const found = versionOf(answer.headers, total);
  // A range that came on the condition of an etag need not repeat it.
  const isPromised = answer.statusCode === 206 && answer.headers.etag === undefined && isStrong(pinned);
  if (found !== pinned && !isPromised) throw new ObjectChanged(redactUri(uri), pinned, found);
}

const isStrong = (version: string): boolean => !/^W\/|^(?:modified .*, )?\d+ bytes$/s.test(version);
