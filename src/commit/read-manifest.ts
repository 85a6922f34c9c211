/**
 * What a destination holds: the files of its committed jobs, without those that an overwrite has replaced.
 *
 *     sequence   1        2          3           4        5
 *                append   append     overwrite   append   (claimed, no manifest yet)
 *                └── replaced ──┘    └────── live ──────┘
 *
 * A job has a place in the sequence before it is decided, and counts from the moment its manifest stands. Live are the
 * jobs from the last overwrite on. A manifest that arrives late for its place, before an overwrite that stands already,
 * is replaced from the start: as if it had been committed just before it, which nobody can tell apart. An overwrite of
 * partitions replaces files instead of jobs, those of lower numbers in the directories that it has files in.
 *
 * A listing and several reads are no snapshot. Manifests only ever appear, so two collections that find the same ones
 * prove that exactly those stood at the moment between them: the reader collects until it finds nothing new.
 */

import { inParallel, REQUESTS_AT_ONCE } from '../io/in-parallel.ts';
import type { ObjectStore, RequestOptions } from '../io/object-store.ts';
import { type CommittedFile, type JobManifest, parseClaim, parseJobManifest } from './manifest.ts';
import { claimSequence, claimsPrefix, jobManifestUri } from './work-paths.ts';

export interface CommittedState {
  /** In order of sequence. */
  readonly live: readonly JobManifest[];
  /** Committed, and replaced by an overwrite. */
  readonly replaced: readonly JobManifest[];
  /** The files of the live jobs, without those in partitions that a later one of them has overwritten. */
  readonly files: readonly CommittedFile[];
}

/** A claim as found in storage. */
export interface FoundClaim {
  readonly sequence: number;
  readonly jobId: string;
}

/** The live files of a destination, all of any job or none. Needs only read permission. */
export async function listCommitted(
  store: ObjectStore,
  destination: string,
  options?: RequestOptions,
): Promise<CommittedState> {
  const collection = new Collection(store, destination, options);
  await collection.collect();
  while (await collection.collect());
  return stateOf(collection.manifests);
}

/** The job's manifest; undefined while the job is not committed. */
export async function readJobManifest(
  store: ObjectStore,
  destination: string,
  jobId: string,
  options?: RequestOptions,
): Promise<JobManifest | undefined> {
  const uri = jobManifestUri(destination, jobId);
  const stored = await store.get(uri, options);
  return stored && parseJobManifest(uri, stored.bytes);
}

/** Every claim of a destination, in order of sequence. */
export async function readClaims(
  store: ObjectStore,
  destination: string,
  options?: RequestOptions,
  known: ReadonlyMap<number, FoundClaim> = new Map(),
): Promise<FoundClaim[]> {
  const uris = await Array.fromAsync(store.list(claimsPrefix(destination), options), ({ uri }) => uri);
  const claims = await inParallel(uris, REQUESTS_AT_ONCE, async (uri) => {
    const sequence = claimSequence(destination, uri);
    if (sequence === undefined) return undefined;
    return known.get(sequence) ?? readClaim(store, uri, sequence, options);
  });
  return claims.filter((claim) => claim !== undefined);
}

async function readClaim(
  store: ObjectStore,
  uri: string,
  sequence: number,
  options: RequestOptions | undefined,
): Promise<FoundClaim | undefined> {
  const stored = await store.get(uri, options);
  return stored && { sequence, jobId: parseClaim(uri, stored.bytes).jobId };
}

class Collection {
  readonly manifests = new Map<string, JobManifest>();
  readonly #claims = new Map<number, FoundClaim>();
  readonly #store: ObjectStore;
  readonly #destination: string;
  readonly #options: RequestOptions | undefined;

  constructor(store: ObjectStore, destination: string, options: RequestOptions | undefined) {
    this.#store = store;
    this.#destination = destination;
    this.#options = options;
  }

  /** Looks for manifests not found before; whether there was one. */
  async collect(): Promise<boolean> {
    const before = this.manifests.size;
    for (const claim of await readClaims(this.#store, this.#destination, this.#options, this.#claims)) {
      this.#claims.set(claim.sequence, claim);
    }
    const jobIds = new Set([...this.#claims.values()].map(({ jobId }) => jobId));
    const unread = [...jobIds].filter((jobId) => !this.manifests.has(jobId));
    await inParallel(unread, REQUESTS_AT_ONCE, async (jobId) => {
      const manifest = await readJobManifest(this.#store, this.#destination, jobId, this.#options);
      if (manifest !== undefined) this.manifests.set(jobId, manifest);
    });
    return this.manifests.size > before;
  }
}

function stateOf(manifests: ReadonlyMap<string, JobManifest>): CommittedState {
  const inOrder = [...manifests.values()].sort((a, b) => a.sequence - b.sequence);
  const start = Math.max(
    0,
    inOrder.findLastIndex(({ mode }) => mode === 'overwrite'),
  );
  const live = inOrder.slice(start);
  return { live, replaced: inOrder.slice(0, start), files: standingFiles(live) };
}

/**
 * The files of jobs in order of sequence, without those that a later overwrite of partitions has replaced: what stood in a
 * directory that it has files in.
 */
export function standingFiles(jobs: readonly JobManifest[]): CommittedFile[] {
  const overwritten = new Set<string>();
  const standing = jobs.toReversed().map(({ mode, files }) => {
    const kept = files.filter(({ path }) => !overwritten.has(directoryOf(path)));
    if (mode === 'overwrite-partitions') for (const { path } of files) overwritten.add(directoryOf(path));
    return kept;
  });
  return standing.toReversed().flat();
}

/** Of a file's path: empty for a file that is in none. */
export const directoryOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));
