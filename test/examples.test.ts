/** Programs that people read are run: those of examples/, and all of docs/frames.md and docs/tuning.md, whose tables have to come out as printed. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

/** What each of them finds out, as a line of its table. */
const FOUND: Readonly<Record<string, RegExp>> = {
  'quick-start.ts': /Lima +40 +1\n/,
  'flights.ts': /ORD +2025-01-01 +21 /,
  'sessions.ts': /ada +2 +2025-01-01T09:50:00 +2025-01-01T09:50:00 +1\n/,
  'partitioned-parquet.ts': /Ada +1815-12-10 +GB\n/,
  'udf.ts': /Grace Brewster Hopper +GBH\n/,
  'large-groups.ts': /200000 +400000\n/,
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

/** What a page has at least: snippets, tables of them, and results. */
const PAGES = {
  'frames.md': { ts: 10, cells: 40, text: 6 },
  'tuning.md': { ts: 7, cells: 0, text: 2 },
};
const directory = mkdtempSync(join(tmpdir(), 'millrace-pages-'));
afterAll(() => rmSync(directory, { recursive: true }));

describe.each(Object.entries(PAGES))('docs/%s', (name, least) => {
  const page = readFileSync(new URL(`../docs/${name}`, import.meta.url), 'utf8');
  const blocks = (language: string): readonly string[] =>
    [...page.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))].map(([, text = '']) => text);
  /** The last cells of the rows of its tables. */
  const cells = [...page.matchAll(/^\| .* \| `([^`]+)` \|$/gm)].map(([, cell = '']) => cell);

  let output = '';
  beforeAll(() => {
    const millrace = new URL('../src/index.ts', import.meta.url).href;
    const program = [...blocks('ts'), ...cells.map((cell) => `;(${cell});`)]
      .join('\n')
      .replaceAll("'millrace'", `'${millrace}'`);
    const file = join(directory, `${name}.ts`);
    writeFileSync(file, program);
    output = execFileSync(join(import.meta.dirname, '../node_modules/.bin/node'), [file], {
      encoding: 'utf8',
      cwd: directory,
    });
  });

  test('has snippets, tables of them, and results', () => {
    expect(blocks('ts').length).toBeGreaterThanOrEqual(least.ts);
    expect(cells.length).toBeGreaterThanOrEqual(least.cells);
    expect(blocks('text').length).toBeGreaterThanOrEqual(least.text);
  });

  test.each(blocks('text').map((text) => [text]))('%s', (text) => {
    expect(output).toContain(text);
  });
});
