/** The rules for objects that are held whole in JavaScript memory: plans, manifests. */

import { InvalidArgument } from '../errors.ts';
import { redactUri } from './uri.ts';

export const MAX_SMALL_BYTES: number = 64 * 1024 * 1024;

/** @throws InvalidArgument where an object is too large to be taken for a small one. */
export function assertSmall(uri: string, size: number, maxBytes: number = MAX_SMALL_BYTES): void {
  if (size > maxBytes) {
    throw new InvalidArgument(`${redactUri(uri)} has ${size} bytes; at most ${maxBytes} are accepted here.`);
  }
}
