/** Places as people name them: uris, and paths of the file system. */

import { resolve } from 'node:path';
import process from 'node:process';
import { InvalidArgument } from '../errors.ts';
import { escapeGlob } from '../io/glob.ts';
import { fileUri } from '../io/uri.ts';
import { shownValue } from './shown-value.ts';

/** The uri that a person means: a path is one of the file system, relative to the current directory. @throws InvalidArgument */
export function uriOf(pathOrUri: string): string {
  checkPlace(pathOrUri);
  return isUri(pathOrUri) ? pathOrUri : fileUri(resolve(pathOrUri));
}

function checkPlace(given: unknown): void {
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
