/** Dropping uploads that will never be completed. */

import { StorageUnavailable } from '../errors.ts';
import { inParallel, REQUESTS_AT_ONCE } from '../io/in-parallel.ts';
import type { ObjectStore, RequestOptions } from '../io/object-store.ts';
import type { PendingFile } from '../io/output-files.ts';
import { joinUri } from '../io/uri.ts';

/**
 * Aborts the uploads of `files` which `kept` does not name. A store that does not answer is not insisted on: the
 * uploads are invisible, and cleaning finds them.
 */
export async function abortUploads(
  store: ObjectStore,
  destination: string,
  files: readonly PendingFile[],
  kept: readonly PendingFile[] = [],
  options?: RequestOptions,
): Promise<void> {
  const keptIds = new Set(kept.map(({ path, uploadId }) => `${path}\n${uploadId}`));
  const dropped = files.filter(({ path, uploadId }) => !keptIds.has(`${path}\n${uploadId}`));
  await inParallel(dropped, REQUESTS_AT_ONCE, async ({ path, uploadId }) => {
    try {
      await store.abortUpload(joinUri(destination, path), uploadId, options);
    } catch (error) {
      if (!(error instanceof StorageUnavailable)) throw error;
    }
  });
}
