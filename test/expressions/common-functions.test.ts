/**
 * Functions that are loaded on demand. Tests have all of them from the start, so what is known without them is asked in a
 * process of its own.
 */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { FUNCTION_DEFINITIONS } from '../../src/expressions/functions/all-functions.ts';
import { FUNCTIONS } from '../../src/expressions/functions/registry.ts';

/** Runs examples of what is known from the start; those that call other functions are left out. */
const PROGRAM = `
import { batchFromRows } from './src/columnar/column-from-values.ts';
import { RowProgram } from './src/compile/row-program.ts';
import { bindExpression } from './src/expressions/bind.ts';
import { exampleExpression } from './src/expressions/functions/function-example.ts';
import { loadFunctions } from './src/expressions/functions/load-functions.ts';
import { FUNCTIONS } from './src/expressions/functions/registry.ts';
import { interpreter } from './src/expressions/interpret.ts';
import { Problems } from './src/expressions/problems.ts';
import { MemoryBudget } from './src/memory/budget.ts';

const names = [...FUNCTIONS.keys()];
let examples = 0;
for (const definition of new Set(FUNCTIONS.values())) {
  for (const example of definition.examples) {
    const problems = new Problems();
    const schema = { fields: [{ name: 'n', type: { kind: 'int64' }, nullable: true }, { name: 'yes', type: { kind: 'bool' }, nullable: true }] };
    const bound = bindExpression(exampleExpression(definition.name, example), schema, problems, '$');
    if (problems.found.some(({ message }) => /There is no function/.test(message))) continue;
    examples += 1;
    interpreter(bound)({ value: (column) => [7n, true][column], where: () => 'here' });
    using holding = new MemoryBudget(16 << 20).reserve('example');
    using program = new RowProgram({ input: schema, columns: [{ name: 'x', expression: bound }], operator: 'Project' }, holding);
    program.apply(batchFromRows(holding, schema, [[7n, true]]));
  }
}
await loadFunctions(['lower', 'nowhere']);
console.log(JSON.stringify({ names, examples, all: FUNCTIONS.size }));
`;

const { names, examples, all } = JSON.parse(
  execFileSync(process.execPath, ['--input-type=module', '--eval', PROGRAM], { encoding: 'utf8' }),
) as { names: string[]; examples: number; all: number };

test('work without the others', () => {
  expect(examples).toBeGreaterThan(100);
  expect(names.length).toBeLessThan(FUNCTIONS.size / 2);
});

test('have what binding makes calls of', () => {
  const source = readFileSync('src/expressions/bind-temporal.ts', 'utf8');
  const made = [...source.matchAll(/'((?:date|interval|duration)_\w+)'/g)].map(([, name]) => name);
  expect(made.length).toBeGreaterThan(5);
  expect(names).toEqual(expect.arrayContaining(made));
});

test('become all of them when another name is called', () => {
  expect(all).toBe(FUNCTION_DEFINITIONS.flatMap((f) => [f.name, ...f.aliases]).length);
  expect(FUNCTIONS.size).toBe(all);
});
