/**
 * What makes Arrow's objects, for who is asked for them and cannot wait. All others import it when they need it: to load `apache-arrow` takes
 * a new process as long as a short query.
 */

import { createRequire } from 'node:module';
import type * as arrow from './arrow.ts';

const load = createRequire(import.meta.url);

export const arrowNow = (): typeof arrow => load('./arrow.ts');
