/** Rows of a program, filtered, grouped and sorted. */

import { count, fromRows } from '../src/index.ts'; // 'millrace' in a program of yours

const orders = fromRows([
  { shop: 'Bonn', item: 'tea', price: 4.5, pieces: 2 },
  { shop: 'Bonn', item: 'cup', price: 8, pieces: 1 },
  { shop: 'Lima', item: 'tea', price: 4, pieces: 10 },
  { shop: 'Lima', item: 'pot', price: 30, pieces: 0 },
]);

await orders
  .filter((c) => c.pieces.gt(0))
  .withColumn('value', (c) => c.price.mul(c.pieces))
  .groupBy('shop')
  .agg((c) => [c.value.sum(), count().alias('orders')])
  .sort('value', { descending: true })
  .show();
