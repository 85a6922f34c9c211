/** What the errors of a file system mean to an object store. */

import { AccessDenied, InvalidArgument, ObjectNotFound, StorageFull, StorageUnavailable } from '../errors.ts';

const PASSING = new Set(['EAGAIN', 'EBUSY', 'EIO', 'EMFILE', 'ENFILE', 'ESTALE', 'ETIMEDOUT']);
const UNUSABLE_NAME = new Set(['EINVAL', 'EISDIR', 'ELOOP', 'ENAMETOOLONG', 'ENOTEMPTY']);

export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Runs `action`; its file-system errors become those of `errors.ts`, others pass. */
export async function asStorageErrors<Result>(
  uri: string,
  verb: string,
  action: () => Promise<Result>,
): Promise<Result> {
  try {
    return await action();
  } catch (error) {
    throw storageError(error, uri, verb);
  }
}

function storageError(error: unknown, uri: string, verb: string): unknown {
  const code = errorCode(error);
  if (code === undefined) return error;
  if (code === 'ENOENT') return new ObjectNotFound(uri);
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return new AccessDenied(uri, verb);
  if (code === 'ENOSPC' || code === 'EDQUOT') return new StorageFull(uri);
  if (code === 'ENOTDIR') {
    return new InvalidArgument(`Cannot ${verb} ${uri}: what should be a directory above it is a file.`);
  }
  if (UNUSABLE_NAME.has(code)) return new InvalidArgument(`Cannot ${verb} ${uri}: not a usable file name (${code}).`);
  if (PASSING.has(code)) return new StorageUnavailable(`Cannot ${verb} ${uri}: the file system answers ${code}.`);
  return error;
}
