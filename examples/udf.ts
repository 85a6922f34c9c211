/** A function of yours, called for every row. */

import { Session } from '../src/index.ts'; // 'millrace' in a program of yours

const session = new Session({ memory: 256 * 1024 * 1024 });
const text = await session.udfs<typeof import('./text-functions.ts')>(
  'text',
  new URL('./text-functions.ts', import.meta.url),
);

const people = session.fromRows([{ name: 'Ada Lovelace' }, { name: 'Grace Brewster Hopper' }, { name: null }]);
await people.withColumn('initials', (c) => text.initials(c.name)).show();
