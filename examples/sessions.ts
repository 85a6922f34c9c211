/** Clicks become visits: whoever is away for half an hour comes again. */

import { count, fromRows, window } from '../src/index.ts'; // 'millrace' in a program of yours

const at = (minute: number): Date => new Date(Date.UTC(2025, 0, 1, 9, minute));
const clicks = fromRows([
  { user: 'ada', time: at(0), page: '/' },
  { user: 'ada', time: at(5), page: '/tea' },
  { user: 'ada', time: at(50), page: '/' },
  { user: 'bob', time: at(10), page: '/cup' },
  { user: 'bob', time: at(39), page: '/cart' },
]);

const ofUser = window().partitionBy('user').orderBy('time');
await clicks
  .withColumn('pause', (c) => c.time.sub(c.time.lag().over(ofUser)))
  .withColumn('comes', (c) => c.pause.isNull().or(c.pause.gt('PT30M')).cast({ kind: 'int32' }))
  .withColumn('visit', (c) => c.comes.sum().over(ofUser))
  .groupBy('user', 'visit')
  .agg((c) => [c.time.min().alias('from'), c.time.max().alias('to'), count().alias('clicks')])
  .sort(['user', 'visit'])
  .show();
