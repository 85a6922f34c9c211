/** What a process that was killed has put aside is removed by the next one, and what others still have is not. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { newPlaceName, removeStalePlaces } from '../../src/dataframe/stale-places.ts';

const directory = mkdtempSync(join(tmpdir(), 'millrace-stale-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** A process that has a directory, once it says so. */
async function owner(): Promise<{ child: ChildProcess; name: string }> {
  const module = new URL('../../src/dataframe/stale-places.ts', import.meta.url).href;
  const program = `const { newPlaceName } = await import('${module}'); console.log(newPlaceName()); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(child.stdout as NonNullable<typeof child.stdout>, 'data');
  return { child, name: String(line).trim() };
}

test.skipIf(!existsSync('/proc/self/stat'))('of processes that are no more, and of no others', async () => {
  const [killed, alive] = await Promise.all([owner(), owner()]);
  const {
    kernel = '',
    pid = '',
    start = '',
  } = /^millrace-(?<kernel>[^-]+)-(?<pid>\d+)-(?<start>\d+)-/.exec(killed.name)?.groups ?? {};
  const rest = '0'.repeat(36);
  const others = [
    newPlaceName(),
    alive.name,
    `millrace-${rest}`,
    // Of another machine, and of no process at all.
    `millrace-${'f'.repeat(16)}-${pid}-${start}-${rest}`,
    `millrace-${kernel}`,
    'results',
  ];
  // The number is that of a process again, which began at another time.
  const used = `millrace-${kernel}-${alive.child.pid}-1-${rest}`;
  for (const name of [killed.name, used, ...others]) mkdirSync(join(directory, name, 'rows'), { recursive: true });
  removeStalePlaces(directory);
  expect(readdirSync(directory).toSorted()).toEqual(
    [killed.name, used, ...others].filter((name) => name !== used).toSorted(),
  );
  killed.child.kill('SIGKILL');
  await once(killed.child, 'exit');
  removeStalePlaces(directory);
  expect(readdirSync(directory).toSorted()).toEqual(others.toSorted());
  alive.child.kill('SIGKILL');
  await once(alive.child, 'exit');
  removeStalePlaces(join(directory, 'nowhere'));
});
