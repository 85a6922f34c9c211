import { InvalidValue } from '../../errors.ts';

/**
 * `make`, which remembers what it made of the last `size` arguments: for patterns that come from a column, and are mostly
 * the same few. What `make` throws is not remembered.
 */
export function recentlyMade<A extends readonly string[], T>(
  size: number,
  make: (...texts: A) => T,
): (...texts: A) => T {
  // A Map keeps the order in which entries came.
  const made = new Map<string, T>();
  let latest: { readonly texts: A; readonly value: T } | undefined;
  return (...texts) => {
    if (latest?.texts.length === texts.length && latest.texts.every((text, n) => text === texts[n]))
      return latest.value;
    const key = texts.map((text) => `${text.length} ${text}`).join('');
    const value = made.has(key) ? (made.get(key) as T) : make(...texts);
    made.delete(key);
    made.set(key, value);
    for (const oldest of made.keys()) {
      if (made.size <= size) break;
      made.delete(oldest);
    }
    latest = { texts, value };
    return value;
  };
}

/** What is wrong with arguments that are known when a call of `name` is bound; undefined where nothing is. */
export function problemOf(name: string, attempt: () => unknown): string | undefined {
  try {
    attempt();
    return undefined;
  } catch (error) {
    if (error instanceof InvalidValue) return `${name}: ${error.message}.`;
    throw error;
  }
}
