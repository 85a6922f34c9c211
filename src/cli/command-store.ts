import { fileStore } from '../io/file-store.ts';
import type { ObjectStore } from '../io/object-store.ts';
import { storeRouter } from '../io/store-router.ts';

/** The stores whose uris the command line takes. */
export const commandStore = (): ObjectStore => storeRouter({ file: fileStore() });
