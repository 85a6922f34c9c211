/** What the functions get from outside: made once per process, reused by every warm invocation. */

import { existsSync, readFileSync } from 'node:fs';
import type { ObjectStore } from '../src/io/object-store.ts';
import { s3Store } from '../src/io/s3/s3-store.ts';
import type { UdfModules } from '../src/udf/udf-modules.ts';

export interface Services {
  readonly store: ObjectStore;
  /** The modules of user-defined functions that plans may name. */
  readonly udfs?: UdfModules;
}

/** Region, credentials and endpoint come from the environment, as the SDK finds them; nothing is sent yet. */
export function awsServices(): Services {
  return { store: s3Store() };
}

/** What `scripts/bundle-functions.ts` put beside the function at `url`. */
export function bundledUdfs(url: string): UdfModules {
  const list = new URL('./udfs.json', url);
  if (!existsSync(list)) return {};
  const files: Readonly<Record<string, string>> = JSON.parse(readFileSync(list, 'utf8'));
  return Object.fromEntries(Object.entries(files).map(([name, file]) => [name, new URL(file, list)]));
}
