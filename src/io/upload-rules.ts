/** The rules of multi-part uploads that every store keeps, so that what works at a desk works in the cloud. */

import { InvalidArgument } from '../errors.ts';
import type { UploadedPart } from './object-store.ts';

const MAX_PARTS = 10_000;

/** @throws InvalidArgument unless the parts are numbered upwards and all but the last are large enough. */
export function assertPartsInOrder(uri: string, parts: readonly UploadedPart[], minPartBytes: number): void {
  if (parts.length === 0 || parts.length > MAX_PARTS) {
    throw new InvalidArgument(`An upload of ${uri} cannot be completed with ${parts.length} parts.`);
  }
  for (const [index, { number, size }] of parts.entries()) {
    if (number !== index + 1) {
      throw new InvalidArgument(`The parts of ${uri} are not numbered from 1 on: number ${index + 1} is ${number}.`);
    }
    if (size < minPartBytes && index < parts.length - 1) {
      throw new InvalidArgument(
        `Part ${number} of ${uri} has ${size} bytes; all but the last need at least ${minPartBytes}.`,
      );
    }
  }
}
