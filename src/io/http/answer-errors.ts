/** What servers answer and sockets throw, as errors of ours. No message has the query of a uri, which may be a signature. */

import {
  AccessDenied,
  InvalidArgument,
  MalformedFile,
  MillraceError,
  ObjectNotFound,
  StorageUnavailable,
} from '../../errors.ts';
import { redactUri } from '../uri.ts';

/** Whether the server asks for fewer requests. */
export const isThrottle = (status: number): boolean => status === 429 || status === 503;

/** The error of an answer that is none that was asked for. */
export function answerError(uri: string, status: number): MillraceError {
  const shown = redactUri(uri);
  if (status === 404 || status === 410) return new ObjectNotFound(shown);
  if (status === 401 || status === 402 || status === 403 || status === 407 || status === 451) {
    return new AccessDenied(shown, 'read', `the server says ${status}; no credentials are ever sent over http`);
  }
  if (status === 416) return new MalformedFile(shown, 'it ends before the range that was asked for');
  if (status >= 500 || status < 400 || status === 408 || status === 425 || status === 429) {
    return new StorageUnavailable(`${shown}: the read request has failed (the server says ${status}).`);
  }
  return new InvalidArgument(`${shown}: the server refuses the read request (${status}).`);
}

/** The error of a request that was not answered to its end. */
export function transportError(uri: string, error: unknown): MillraceError {
  if (error instanceof MillraceError) return error;
  const { code = '', message } = error as NodeJS.ErrnoException;
  const shown = redactUri(uri);
  if (code === 'ENOTFOUND') return new ObjectNotFound(shown, 'no host has this name');
  if (/CERT|^UNABLE_TO_|^ERR_TLS_/.test(code)) {
    return new AccessDenied(shown, 'trust', `the certificate of its server is not valid here (${code})`);
  }
  return new StorageUnavailable(`${shown}: the read request was not answered (${code === '' ? message : code}).`);
}
