import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/** All kernels are exports of one module, which of two with one name would keep one, without a word. */
test('every kernel has a name of its own', () => {
  const names = globSync('src/kernels/assembly/*.ts').flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/^(?:@inline )?export function (\w+)/gm)].map(([, name]) => name),
  );
  expect(names.length).toBeGreaterThan(100);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});
