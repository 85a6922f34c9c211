/** What the functions get from outside: made once per process, reused by every warm invocation. */

import type { ObjectStore } from '../src/io/object-store.ts';
import { s3Store } from '../src/io/s3/s3-store.ts';

export interface Services {
  readonly store: ObjectStore;
}

/** Region, credentials and endpoint come from the environment, as the SDK finds them; nothing is sent yet. */
export function awsServices(): Services {
  return { store: s3Store() };
}
