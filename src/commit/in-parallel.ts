/** Many requests of one kind, some at a time. */

/** Of small requests: enough to hide the time that each waits for its answer, and half the sockets of a store. */
export const REQUESTS_AT_ONCE = 16;

/**
 * The results of `action` for each item, in the order of items. After a failure nothing more is begun, and what was begun
 * is waited for, so that nothing goes on behind the caller's back.
 */
export async function inParallel<Item, Result>(
  items: readonly Item[],
  concurrency: number,
  action: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const queue = items.entries();
  const failures: unknown[] = [];
  const work = async (): Promise<void> => {
    for (const [index, item] of queue) {
      try {
        results[index] = await action(item);
      } catch (error) {
        failures.push(error);
      }
      if (failures.length > 0) return;
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, work));
  if (failures.length > 0) throw failures[0];
  return results;
}
