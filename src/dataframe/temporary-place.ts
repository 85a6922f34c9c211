/** Where a session puts rows aside: a directory that is made when it is needed, and gone when nobody can ask for them any more. */

import { rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import process from 'node:process';
import type { ObjectStore } from '../io/object-store.ts';
import { filePath, joinUri } from '../io/uri.ts';
import { uriOf } from './places.ts';
import { newPlaceName, removeStalePlaces } from './stale-places.ts';

/** Directories on the disk that go with the process, however many sessions there are. */
const onDisk = new Set<string>();

function removeWithProcess(directory: string): void {
  if (onDisk.size === 0) process.once('exit', removeAll);
  onDisk.add(directory);
}

function removeAll(): void {
  for (const directory of onDisk) rmSync(directory, { recursive: true, force: true });
}

export class TemporaryPlace implements AsyncDisposable {
  readonly #store: ObjectStore;
  readonly #base: string;
  #uri: string | undefined;

  /** `base` is a path, or a uri that the store knows: the directory of the system for such where absent. */
  constructor(store: ObjectStore, base: string = tmpdir()) {
    this.#store = store;
    this.#base = base;
  }

  /** The same at every call. */
  get uri(): string {
    if (this.#uri === undefined) {
      const base = uriOf(this.#base);
      this.#uri = joinUri(base, newPlaceName());
      if (this.#uri.startsWith('file:')) {
        removeStalePlaces(filePath(base));
        removeWithProcess(filePath(this.#uri));
      }
    }
    return this.#uri;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const uri = this.#uri;
    this.#uri = undefined;
    if (uri === undefined) return;
    if (uri.startsWith('file:')) {
      await rm(filePath(uri), { recursive: true, force: true });
      onDisk.delete(filePath(uri));
      return;
    }
    for await (const object of this.#store.list(uri)) await this.#store.delete(object.uri);
  }
}
