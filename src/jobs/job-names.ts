/**
 * Names that the same cause always gives, and that hold as the id of a job and as the name of an execution.
 *
 *     sales-trips_2026_01-5b0f9c…        readable beginning, 128 bits of a hash of the whole
 */

import { createHash } from 'node:crypto';
import { directoryPrefix } from '../io/uri.ts';
import type { JobPlace } from './job-paths.ts';

/** An execution's name has at most as many characters; logs take letters, digits, hyphens and underscores of them. */
const MAX_CHARACTERS = 80;
const HASH_CHARACTERS = 32;

/** A name for what `parts` say, beginning with what can be read of `readable`. */
export function stableName(readable: readonly string[], parts: readonly string[]): string {
  const hash = createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, HASH_CHARACTERS);
  const room = Math.floor((MAX_CHARACTERS - HASH_CHARACTERS) / readable.length) - 1;
  const words = readable.map((text) => slug(text).slice(0, room)).filter((word) => word !== '');
  return [...words, hash].join('-');
}

/** The name of the execution of a job. Its id alone does not tell it from a job for another destination. */
export function executionName({ destination, jobId }: JobPlace): string {
  return stableName([jobId], [directoryPrefix(destination), jobId]);
}

/** Letters, digits and underscores, the first one no underscore; anything else makes a hyphen. */
const slug = (text: string): string => text.replaceAll(/[^A-Za-z0-9_]+/g, '-').replaceAll(/^[-_]+|-+$/g, '');
