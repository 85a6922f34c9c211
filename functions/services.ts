/** What the functions get from outside: made once per process, reused by every warm invocation. */

import { existsSync, readFileSync } from 'node:fs';
import { InvalidArgument } from '../src/errors.ts';
import type { MeteredStore } from '../src/io/counted-store.ts';
import type { ObjectStore } from '../src/io/object-store.ts';
import { s3Store } from '../src/io/s3/s3-store.ts';
import { storeRouter } from '../src/io/store-router.ts';
import type { UdfModules } from '../src/udf/udf-modules.ts';

export interface Services {
  readonly store: ObjectStore;
  /** The modules of user-defined functions that plans may name. */
  readonly udfs?: UdfModules;
  /** What `url_download` may reach, as prefixes of uris; S3 where absent. */
  readonly downloads?: readonly string[];
}

/**
 * Region, credentials and endpoint come from the environment, as the SDK finds them; nothing is sent yet. Files of web
 * servers are read, and downloaded, below the prefixes in `MILLRACE_HTTPS` only, which blanks separate.
 */
export function awsServices(environment: Readonly<Record<string, string | undefined>> = process.env): Services {
  const s3 = s3Store();
  const allowed = (environment['MILLRACE_HTTPS'] ?? '').split(/\s+/).filter((prefix) => prefix !== '');
  if (allowed.length === 0) return { store: s3 };
  for (const prefix of allowed) {
    if (!prefix.startsWith('https://'))
      throw new InvalidArgument(`MILLRACE_HTTPS has ${prefix}, which is not https://…`);
  }
  const https = async (): Promise<ObjectStore> => (await import('../src/io/http/http-store.ts')).httpStore({ allowed });
  // Requests to web servers cost nothing that is counted.
  const store: MeteredStore = { ...storeRouter({ s3, https }), requestCounts: () => s3.requestCounts() };
  return { store, downloads: ['s3://', ...allowed] };
}

/** What `scripts/bundle-functions.ts` put beside the function at `url`. */
export function bundledUdfs(url: string): UdfModules {
  const list = new URL('./udfs.json', url);
  if (!existsSync(list)) return {};
  const files: Readonly<Record<string, string>> = JSON.parse(readFileSync(list, 'utf8'));
  return Object.fromEntries(Object.entries(files).map(([name, file]) => [name, new URL(file, list)]));
}
