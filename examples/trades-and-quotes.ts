/** For each trade the last quote before it, not older than five seconds: an as-of join. */

import { fromRows, lit } from '../src/index.ts'; // 'millrace' in a program of yours

const at = (second: number): Date => new Date(Date.UTC(2025, 0, 2, 14, 30, second));
const trades = fromRows([
  { time: at(1), symbol: 'MILL', price: 10.1, pieces: 100 },
  { time: at(6), symbol: 'MILL', price: 10.3, pieces: 50 },
  { time: at(9), symbol: 'RACE', price: 99.5, pieces: 10 },
]);
const quotes = fromRows([
  { time: at(0), symbol: 'MILL', bid: 10, ask: 10.2 },
  { time: at(5), symbol: 'MILL', bid: 10.2, ask: 10.4 },
  { time: at(2), symbol: 'RACE', bid: 99, ask: 100 },
]);

await trades
  .joinAsof(quotes, { on: 'time', by: 'symbol', tolerance: lit('PT5S', { kind: 'duration', unit: 'ms' }) })
  .withColumn('spread', (c) => c.ask.sub(c.bid).round(2))
  .sort('time')
  .show();
