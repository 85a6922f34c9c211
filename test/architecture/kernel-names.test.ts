import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/** Kernels are exports of few modules, which of two with one name would keep one, without a word. */
test('every kernel has a name of its own', () => {
  const names = globSync('src/kernels/assembly/*.ts').flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/^(?:@inline )?export function (\w+)/gm)].map(([, name]) => name),
  );
  expect(names.length).toBeGreaterThan(100);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

/** Where the data of a module begins and ends in memory. */
function dataOf(file: string): [number, number] {
  const bytes = readFileSync(file);
  let at = 8;
  const number = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] ?? 0;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const [starts, ends]: [number[], number[]] = [[], []];
  while (at < bytes.length) {
    const section = bytes[at++];
    const end = number() + at;
    for (let segments = section === 11 ? number() : 0; segments > 0; segments--) {
      // Each is active: an i32.const, an end, and bytes behind their length.
      expect([number(), bytes[at++]]).toEqual([0, 0x41]);
      const start = number();
      at += 1;
      const length = number();
      at += length;
      starts.push(start);
      ends.push(start + length);
    }
    at = end;
  }
  return [Math.min(...starts), Math.max(...ends)];
}

test('modules have their data apart, below all regions', () => {
  let behind = 1;
  for (const name of [
    'kernels',
    'text-kernels',
    'window-kernels',
    'parquet-write-kernels',
    'zstd-kernels',
    'gzip-kernels',
  ]) {
    const [start, end] = dataOf(`src/kernels/${name}.wasm`);
    expect(start, name).toBeGreaterThanOrEqual(behind);
    behind = end;
  }
  expect(behind).toBeLessThanOrEqual(65_536);
});
