/** Places as people name them: uris, and paths of the file system. */

import { resolve } from 'node:path';
import process from 'node:process';
import { InvalidArgument, ObjectNotFound } from '../errors.ts';
import { noFileAt } from '../io/file-listing.ts';
import { escapeGlob, listGlob } from '../io/glob.ts';
import type { ObjectInfo, ObjectStore } from '../io/object-store.ts';
import { directoryPrefix, filePath, fileUri, parseUri, redactUri } from '../io/uri.ts';
import { shownValue } from './shown-value.ts';

/** The uri that a person means: a path is one of the file system, relative to the current directory. @throws InvalidArgument */
export function uriOf(pathOrUri: string): string {
  checkPlace(pathOrUri);
  return isUri(pathOrUri) ? pathOrUri : fileUri(resolve(pathOrUri));
}

function checkPlace(given: unknown): void {
  if (given instanceof URL) {
    const text = given.protocol === 'file:' ? `fileURLToPath('${redactUri(given.href)}')` : 'its href';
    throw new InvalidArgument(`A place is a text, and not a URL: take ${text}.`);
  }
  if (typeof given !== 'string' || given === '') {
    throw new InvalidArgument(`A place is a path, a uri or a glob, and not ${shownValue(given)}.`);
  }
}

export function isUri(pathOrUri: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(pathOrUri);
}

/** As `uriOf`, of a glob. The current directory has its name, whatever a glob would make of it. */
export function globUri(glob: string): string {
  checkPlace(glob);
  return isUri(glob) ? glob : uriOf(resolve(escapeGlob(process.cwd()), glob));
}

/** The objects that a glob matches; where it matches none, the one of that very name: `sales [2].csv` is rarely meant as a glob. */
export async function* objectsAt(store: ObjectStore, place: string, signal: AbortSignal): AsyncIterable<ObjectInfo> {
  const globs = new Set([globUri(place), escapeGlob(uriOf(place))]);
  for (const glob of globs) {
    let matches = 0;
    for await (const object of listGlob(store, glob, { signal })) {
      matches += 1;
      // Names that no uri has are no reason to leave files out silently.
      parseUri(object.uri);
      yield object;
    }
    if (matches > 0) return;
  }
}

/** Of a place without objects: where it is a directory, how its files are named. */
export async function nothingAt(store: ObjectStore, place: string, signal: AbortSignal): Promise<ObjectNotFound> {
  const uri = uriOf(place);
  const below = directoryPrefix(uri);
  for await (const _ of store.list(below, { signal })) {
    return new ObjectNotFound(uri, `it is a directory, of which ${below}**/* would be all files`);
  }
  return new ObjectNotFound(uri, uri.startsWith('file:') ? await noFileAt(filePath(uri)) : undefined);
}

/**
 * Whether it is the uri of a file on the web, where nothing is listed.
 * @throws InvalidArgument; ObjectNotFound where it was meant as a glob
 */
export async function isOnWeb(store: ObjectStore, place: string, signal: AbortSignal): Promise<boolean> {
  checkPlace(place);
  if (!/^https?:/.test(place)) return false;
  const [path = ''] = place.split('?');
  if (path.includes('*') && (await store.head(place, { signal })) === undefined) {
    throw new ObjectNotFound(redactUri(place), 'nothing is listed over http, so it is no glob. Name the files');
  }
  return true;
}
