import { fileStore } from './file-store.ts';
import type { ObjectStore } from './object-store.ts';
import { storeRouter } from './store-router.ts';

/** The stores of a desk, by the scheme of uris. What talks to a network is loaded with the first uri that needs it. */
export const deskStore = (): ObjectStore =>
  storeRouter({
    file: fileStore(),
    s3: async () => (await import('./s3/s3-store.ts')).s3Store(),
    https: webStore,
    http: webStore,
  });

/** What is named at a desk may be in the network around it; over http, only on the desk itself. */
const webStore = async (): Promise<ObjectStore> =>
  (await import('./http/http-store.ts')).httpStore({ privateHosts: true });
