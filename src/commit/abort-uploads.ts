/** Dropping uploads that will never be completed. */

import { StorageUnavailable } from '../errors.ts';
import type { ObjectStore } from '../io/object-store.ts';
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
): Promise<void> {
  const keptIds = new Set(kept.map(({ path, uploadId }) => `${path}\n${uploadId}`));
  for (const { path, uploadId } of files) {
    if (keptIds.has(`${path}\n${uploadId}`)) continue;
    try {
      await store.abortUpload(joinUri(destination, path), uploadId);
    } catch (error) {
      if (!(error instanceof StorageUnavailable)) throw error;
    }
  }
}
