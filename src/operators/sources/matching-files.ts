import { InvalidArgument } from '../../errors.ts';
import { listGlobs } from '../../io/glob.ts';
import type { ObjectStore } from '../../io/object-store.ts';
import { redactUri } from '../../io/uri.ts';
import type { ScanFile } from './scan-rows.ts';

/**
 * What the globs match, in order of their uris, each once, in the versions that are listed.
 * @throws InvalidArgument where nothing does: that is a slip more often than what was meant
 */
export async function* matchingFiles(
  store: ObjectStore,
  globs: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<ScanFile, void, undefined> {
  let isEmpty = true;
  for await (const info of listGlobs(store, globs, { signal })) {
    isEmpty = false;
    yield { uri: info.uri, etag: info.etag, info };
  }
  if (!isEmpty) return;
  const shown = globs.slice(0, 5).map(redactUri).join(', ');
  throw new InvalidArgument(`${shown} matches no object. Names that begin with _ or . are not matched.`);
}
