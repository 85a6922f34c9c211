/** Files of every format, damaged at random (`test/fuzz/`). `npm run fuzz:formats` reads many more of them. */

import { spawnSync } from 'node:child_process';
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

test('the program reads as many as it is told, in a thread, and says how they ended', () => {
  const given = ['--files', '30', '--format', 'shuffle', '--seed', '5', '--from', '7', '--json'];
  const { stdout, status } = spawnSync(process.execPath, ['test/fuzz/main.ts', ...given], { encoding: 'utf8' });
  expect(status).toBe(0);
  const told = JSON.parse(stdout);
  expect(told).toMatchObject({ kind: 'format', format: 'shuffle', seed: 5, from: 7, next: 37, files: 30, failures: 0 });
  const counts: number[] = Object.values(told.outcomes);
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(30);
});
