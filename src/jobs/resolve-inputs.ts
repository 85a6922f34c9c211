/** From inputs as a job names them to files: globs listed, sizes looked up, versions pinned. */

import { InvalidArgument, ObjectChanged, ObjectNotFound } from '../errors.ts';
import { listGlob } from '../io/glob.ts';
import { inParallel, REQUESTS_AT_ONCE } from '../io/in-parallel.ts';
import type { ObjectStore } from '../io/object-store.ts';
import { redactUri } from '../io/uri.ts';
import type { ScanFile, TaskInput } from '../plan/task.ts';
import type { JobInput } from './job.ts';

/** A file, pinned to the version that was there. */
export interface SizedFile {
  readonly file: ScanFile & { readonly etag: string };
  /** Of the whole file. */
  readonly bytes: number;
}

export type ResolvedInput =
  | { readonly kind: 'files'; readonly files: readonly SizedFile[] }
  | Extract<TaskInput, { kind: 'rows' | 'globs' }>;

interface Sources {
  readonly store: ObjectStore;
  readonly signal?: AbortSignal | undefined;
}

/** Names of files are held in memory while a job is planned. */
const MAX_FILES = 500_000;

/**
 * Every input by its source id, in the order in which its files are named; those of a glob in order of their uris.
 * @throws ObjectNotFound, ObjectChanged for named files; InvalidArgument where a glob matches nothing, or too much.
 */
export async function resolveInputs(
  inputs: Readonly<Record<string, JobInput>>,
  sources: Sources,
): Promise<Readonly<Record<string, ResolvedInput>>> {
  const resolved: [string, ResolvedInput][] = [];
  for (const [sourceId, input] of Object.entries(inputs)) resolved.push([sourceId, await resolve(input, sources)]);
  return Object.fromEntries(resolved);
}

async function resolve(input: JobInput, sources: Sources): Promise<ResolvedInput> {
  switch (input.kind) {
    case 'rows':
    case 'globs':
      return input;
    case 'glob':
      return { kind: 'files', files: await matchingFiles(input.glob, sources) };
    case 'files':
      return { kind: 'files', files: await sizedFiles(input.files, sources) };
  }
}

async function matchingFiles(glob: string, { store, signal }: Sources): Promise<SizedFile[]> {
  const files: SizedFile[] = [];
  for await (const { uri, etag, size } of listGlob(store, glob, { signal })) {
    if (files.length === MAX_FILES) {
      throw new InvalidArgument(
        `${redactUri(glob)} matches more than ${MAX_FILES} objects. Split the job, or write fewer and larger files.`,
      );
    }
    files.push({ file: { uri, etag }, bytes: size });
  }
  if (files.length > 0) return files;
  throw new InvalidArgument(`${redactUri(glob)} matches no object. Names that begin with _ or . are not matched.`);
}

/** @throws ObjectNotFound, ObjectChanged */
export const sizedFiles = (files: readonly ScanFile[], sources: Sources): Promise<SizedFile[]> =>
  inParallel(files, REQUESTS_AT_ONCE, (file) => sized(file, sources));

async function sized(file: ScanFile, { store, signal }: Sources): Promise<SizedFile> {
  const info = await store.head(file.uri, { signal });
  if (info === undefined) throw new ObjectNotFound(redactUri(file.uri));
  if (file.etag !== undefined && file.etag !== info.etag) {
    throw new ObjectChanged(redactUri(file.uri), file.etag, info.etag);
  }
  return { file: { ...file, etag: info.etag }, bytes: info.size };
}
