import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, test } from 'vitest';

const FACTORY = /^export function \w+\([\s\S]*?\): (?:Source|StreamingOperator|StreamingSink|BlockingSink|Join) \{$/m;
const operators = globSync('src/operators/*/*.ts').filter((file) => FACTORY.test(readFileSync(file, 'utf8')));

describe('every operator has', () => {
  test('been found', () => expect(operators.length).toBeGreaterThan(10));

  test('a folder that names its role', () => {
    const roles: Readonly<Record<string, string>> = {
      sources: 'source',
      streaming: 'streaming',
      'streaming-sinks': 'streaming-sink',
      'blocking-sinks': 'blocking-sink',
      joins: 'join',
    };
    for (const file of operators) {
      const role = roles[file.split('/')[2] as string];
      expect(readFileSync(file, 'utf8'), file).toContain(`role: '${role}'`);
    }
  });

  test.each(operators)('a test that holds it to the contract: %s', (file) => {
    const own = `test/operators/${basename(file)}`.replace(/\.ts$/, '.test.ts');
    expect(existsSync(own), `${own} is missing`).toBe(true);
    // Sources have no input to cut; they are held to their own rules by their tests.
    if (!file.includes('/sources/')) expect(readFileSync(own, 'utf8')).toMatch(/obeys(?:Join)?Contract\(/);
  });
});
