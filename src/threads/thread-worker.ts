/** Where a thread begins. */

import { enableCompileCache } from 'node:module';
import { workerData } from 'node:worker_threads';
import type { ThreadData } from './thread-messages.ts';

const { compileCache } = workerData as ThreadData;
// Compiled code is kept for threads where it is for the process: loading the engine takes half as long.
if (compileCache !== undefined) enableCompileCache(compileCache);
// Requests wait until somebody listens.
await import('./thread-tasks.ts');
