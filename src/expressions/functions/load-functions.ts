import { FUNCTIONS } from './registry.ts';

/** Loads all functions where one of `names` is not known yet: a name that still is not, is that of none. */
export async function loadFunctions(names: Iterable<string>): Promise<void> {
  for (const name of names) {
    if (FUNCTIONS.has(name)) continue;
    await import('./all-functions.ts');
    return;
  }
}
