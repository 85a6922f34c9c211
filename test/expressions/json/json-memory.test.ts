import { describe, expect, test } from 'vitest';
import * as t from '../../../src/columnar/data-type.ts';
import { field, schema } from '../../../src/columnar/schema.ts';
import { MemoryBudgetExceeded } from '../../../src/errors.ts';
import type { Expression } from '../../../src/expressions/expression.ts';
import { project } from '../../../src/operators/streaming/project.ts';
import { lit, typedColumns } from '../../support/expressions.ts';
import { col } from '../../support/plans.ts';
import { type Row, runStages, testBudget } from '../../support/task.ts';

const MiB = 1024 * 1024;
const input = schema(field('text', t.utf8));
const call = (name: string, ...rest: Expression[]): Expression => ({
  kind: 'function',
  name,
  arguments: [col('text'), ...rest],
});
const READERS: readonly Expression[] = [
  call('json_extract', lit('$[0]')),
  call('json_valid'),
  call('json_array_length'),
  call('jq', lit('length')),
  call('json_tuple', lit('a')),
  call('deserialize', lit('json'), { kind: 'literal', type: t.list(t.list(t.int64)), value: null }),
];

async function extracted(text: string, expression: Expression, memoryBytes: number, dictionary: boolean) {
  const rows: Row[] = [['{}'], [text], [null]];
  const stage = project({ input, columns: typedColumns(input, { c: expression }) });
  const feed = { schema: input, rows, form: () => ({ dictionary }) };
  return (await runStages([stage], feed, { memory: testBudget(memoryBytes) })).rows;
}

describe('a tree of JSON is counted while it is worked on:', () => {
  // The same length as text, and a small part of it as a tree.
  const lists = `[${Array.from({ length: 25_000 }, () => '[1]').join()}]`;
  const one = `[["${'x'.repeat(lists.length - 6)}"]]`;

  test.each(READERS.map((expression) => ({ name: expression.kind === 'function' ? expression.name : '', expression })))(
    '$name fails by name where it does not fit',
    async ({ expression }) => {
      for (const dictionary of [false, true]) {
        const failing = extracted(lists, expression, 8 * MiB, dictionary);
        await expect(failing).rejects.toThrow(MemoryBudgetExceeded);
        await expect(failing).rejects.toThrow(/^Project needs/);
      }
    },
  );

  test('a text of few values takes little more than itself, and the other one fits a larger budget', async () => {
    const first = READERS[0] as Expression;
    expect(await extracted(one, first, 8 * MiB, false)).toEqual([[null], [one.slice(1, -1)], [null]]);
    expect(await extracted(lists, first, 64 * MiB, false)).toEqual([[null], ['[1]'], [null]]);
  });
});
