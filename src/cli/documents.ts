/** Documents from files, stores and standard input, and the paths in them. */

import { open } from 'node:fs/promises';
import process from 'node:process';
import { globUri, isUri, uriOf } from '../dataframe/places.ts';
import { InvalidArgument, ObjectNotFound } from '../errors.ts';
import type { TaskInput } from '../plan/task.ts';

/** A larger document is refused by the parser; what exceeds this is not even read. */
const MAX_DOCUMENT_BYTES = 64 * 1024 * 1024;

/** The text of a document. */
export async function readDocument(path: string, signal: AbortSignal): Promise<string> {
  if (path === '-') {
    // Nothing else ends waiting for somebody to type.
    signal.addEventListener('abort', () => process.stdin.destroy(new Error('interrupted')), { once: true });
    return await textOf(process.stdin, 'standard input');
  }
  if (isUri(path)) return await storedText(path, signal);
  try {
    await using file = await open(path);
    return await textOf(file.createReadStream({ autoClose: false }), path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new ObjectNotFound(path);
    if (code === undefined) throw error;
    throw new InvalidArgument(`${path} cannot be read: ${(error as Error).message}.`);
  }
}

async function storedText(uri: string, signal: AbortSignal): Promise<string> {
  const [{ deskStore }, { retryingStore }] = await Promise.all([
    import('../io/desk-store.ts'),
    import('../io/retrying-store.ts'),
  ]);
  const stored = await retryingStore(deskStore()).get(uri, { maxBytes: MAX_DOCUMENT_BYTES, signal });
  if (stored === undefined) throw new ObjectNotFound(uri);
  return new TextDecoder().decode(stored.bytes);
}

async function textOf(stream: AsyncIterable<Buffer | string>, name: string): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    const buffer = Buffer.from(chunk);
    bytes += buffer.byteLength;
    if (bytes > MAX_DOCUMENT_BYTES) throw new InvalidArgument(`${name} is larger than any task: over 64 MiB.`);
    chunks.push(buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The input with uris where it has paths. */
export function resolvedInput(input: TaskInput): TaskInput {
  if (input.kind === 'globs') return { ...input, globs: input.globs.map(globUri) };
  if (input.kind !== 'files') return input;
  return { ...input, files: input.files.map((file) => ({ ...file, uri: uriOf(file.uri) })) };
}
