/** Of each day the airports with the most flights that were late: groups, and a window over them. */

import { count, fromRows, rank, window } from '../src/index.ts'; // 'millrace' in a program of yours

/** A flight every 17 minutes. */
const flights = fromRows(
  Array.from({ length: 250 }, (_, i) => ({
    origin: ['SEA', 'JFK', 'SFO', 'ORD'][i % 4] as string,
    departure: new Date(Date.UTC(2025, 0, 1) + i * 17 * 60_000),
    delay: ((i * 37) % 61) - 20,
  })),
);

const byDay = flights
  .withColumn('day', (c) => c.departure.cast({ kind: 'date' }))
  .groupBy('origin', 'day')
  .agg((c) => [
    count().alias('flights'),
    c.delay.mean().round(1).alias('mean'),
    c.delay.max().alias('worst'),
    count().filter(c.delay.gt(15)).alias('late'),
  ]);

await byDay
  .withColumn('place', rank().over(window().partitionBy('day').orderBy('late', { descending: true })))
  .filter((c) => c.place.eq(1))
  .sort(['day', 'origin'])
  .show(20);
