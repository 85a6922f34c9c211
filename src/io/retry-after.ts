import { StorageUnavailable } from '../errors.ts';

/**
 * The error, with how long the answer asks whoever tries again to wait: in seconds, or until a time (RFC 9110, 10.2.3).
 * `header` is that of `Retry-After`.
 */
export function askedToWait<Failure>(error: Failure, header: string | undefined): Failure {
  if (!(error instanceof StorageUnavailable) || header === undefined) return error;
  const ms = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - Date.now();
  if (ms > 0) error.retryAfterMs = ms;
  return error;
}
