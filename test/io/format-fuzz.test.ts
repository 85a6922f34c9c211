/** Files of every format, damaged at random (`test/fuzz/`). `npm run fuzz:formats` reads many more of them. */

import { expect, test } from 'vitest';
import { FORMATS, type FormatName } from '../fuzz/formats.ts';
import { DamagedReader, type Failure } from '../fuzz/read-damaged.ts';
import { seedsOf } from '../fuzz/seeds.ts';
import { fuzzSeed } from '../support/fuzz.ts';

test.each(Object.keys(FORMATS) as FormatName[])('damaged files: %s', async (name) => {
  const reader = new DamagedReader(name, await seedsOf(name), fuzzSeed, 1);
  await reader.readWhole();
  const failures: Failure[] = [];
  for (let index = 0; index < FORMATS[name].cases; index += 1) {
    const result = await reader.read(index);
    if (typeof result !== 'string') failures.push(result);
  }
  expect(failures).toEqual([]);
});
