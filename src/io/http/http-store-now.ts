/** A store of web servers, loaded when somebody makes one: `node:https` takes a new process longer than a small file. */

import { createRequire } from 'node:module';
import type { ObjectStore } from '../object-store.ts';
import type * as web from './http-store.ts';

const load = createRequire(import.meta.url);

const stores = (): typeof web => load('./http-store.ts');

/** One store for a process: its sockets are shared by all that use it. */
export const httpStore = (options: web.HttpStoreOptions = {}): ObjectStore => stores().httpStore(options);
