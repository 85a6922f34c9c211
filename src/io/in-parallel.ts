/** Many requests of one kind, some at a time. */

/** Of small requests: enough to hide the time that each waits for its answer, and half the sockets of a store. */
export const REQUESTS_AT_ONCE = 16;

/**
 * The results of `action` for each item, in the order of items. An item is asked for when its turn has come. After a
 * failure nothing more is begun, and what was begun is waited for, so that nothing goes on behind the caller's back.
 */
export async function inParallel<Item, Result>(
  items: Iterable<Item>,
  concurrency: number,
  action: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const queue = items[Symbol.iterator]();
  const failures: unknown[] = [];
  let begun = 0;
  const work = async (): Promise<void> => {
    while (failures.length === 0) {
      try {
        const next = queue.next();
        if (next.done === true) return;
        const index = begun++;
        results[index] = await action(next.value);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  if (failures.length > 0) throw failures[0];
  return results;
}
