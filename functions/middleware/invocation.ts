import type { Context } from 'aws-lambda';
import type { ObjectStore } from '../../src/io/object-store.ts';

/** What a function has during one invocation; nothing of it outlives that. */
export interface InvocationContext extends Context {
  /** Aborted in time for the function to stop by itself before it is killed. */
  signal: AbortSignal;
  /** The store of the services; what goes through it is counted. */
  store: ObjectStore;
}
