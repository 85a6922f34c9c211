/** Programs that people read are run: those of examples/, and all of docs/frames.md, whose tables have to come out as printed. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

/** What each of them finds out, as a line of its table. */
const FOUND: Readonly<Record<string, RegExp>> = {
  'quick-start.ts': /Lima +40 +1\n/,
  'flights.ts': /ORD +2025-01-01 +21 /,
  'sessions.ts': /ada +2 +2025-01-01T09:50:00 +2025-01-01T09:50:00 +1\n/,
  'partitioned-parquet.ts': /Ada +1815-12-10 +GB\n/,
  'udf.ts': /Grace Brewster Hopper +GBH\n/,
  'trades-and-quotes.ts': /RACE +99.5 +10 +null +null +null\n/,
};

test('every example is known here', () => {
  const files = readdirSync(new URL('../examples', import.meta.url));
  expect(files.filter((name) => name !== 'text-functions.ts').sort()).toEqual(Object.keys(FOUND).sort());
});

test.each(Object.entries(FOUND))('examples/%s', async (name, found) => {
  const written: string[] = [];
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written.push(String(text));
    return true;
  });
  try {
    await import(new URL(`../examples/${name}`, import.meta.url).href);
  } finally {
    write.mockRestore();
  }
  expect(written.join('')).toMatch(found);
});

const page = readFileSync(new URL('../docs/frames.md', import.meta.url), 'utf8');
const blocks = (language: string): readonly string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))].map(([, text = '']) => text);
/** The last cells of the rows of its tables. */
const cells = [...page.matchAll(/^\| .* \| `([^`]+)` \|$/gm)].map(([, cell = '']) => cell);

const directory = mkdtempSync(join(tmpdir(), 'millrace-frames-'));
let output = '';
beforeAll(() => {
  const millrace = new URL('../src/index.ts', import.meta.url).href;
  const program = [...blocks('ts'), ...cells.map((cell) => `;(${cell});`)]
    .join('\n')
    .replaceAll("'millrace'", `'${millrace}'`);
  const file = join(directory, 'page.ts');
  writeFileSync(file, program);
  output = execFileSync(join(import.meta.dirname, '../node_modules/.bin/node'), [file], {
    encoding: 'utf8',
    cwd: directory,
  });
});
afterAll(() => rmSync(directory, { recursive: true }));

test('docs/frames.md has snippets, tables of them, and results', () => {
  expect([blocks('ts').length > 8, cells.length > 30, blocks('text').length > 4]).toEqual([true, true, true]);
});

test.each(blocks('text').map((text) => [text]))('docs/frames.md: %s', (text) => {
  expect(output).toContain(text);
});
