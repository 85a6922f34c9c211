import { describe, expect, test } from 'vitest';
import { taskJsonSchema } from '../../src/plan/json-schema.ts';
import { EVERY_EXPRESSION, EVERY_NODE } from '../support/plans.ts';

const definition = (name: string): string =>
  JSON.stringify((taskJsonSchema()['$defs'] as Record<string, unknown>)[name]);

describe('the JSON Schema of a task', () => {
  test('names its parts and refers to them', () => {
    const schema = taskJsonSchema();
    expect(schema['$schema']).toBe('https://json-schema.org/draft/2020-12/schema');
    const names = Object.keys(schema['$defs'] as object).sort();
    expect(names).toEqual([
      'AggregateCall',
      'AggregateOptions',
      'DataType',
      'Expression',
      'Field',
      'FrameBound',
      'NamedExpression',
      'PlanNode',
      'ScanFile',
      'ShufflePiece',
      'SortKey',
      'TaskInput',
      'WindowCall',
      'WindowFrame',
    ]);
    const refs = new Set(JSON.stringify(schema).match(/#\/\$defs\/\w+/g));
    for (const ref of refs) expect(names).toContain(ref.slice('#/$defs/'.length));
  });

  test('has every kind, closed and with its members', () => {
    for (const [name, samples] of [
      ['PlanNode', EVERY_NODE],
      ['Expression', EVERY_EXPRESSION],
    ] as const) {
      const { oneOf } = JSON.parse(definition(name)) as {
        oneOf: { properties: Record<string, { const?: string }>; additionalProperties: boolean }[];
      };
      const found = oneOf.map(({ properties }) => [properties['kind']?.const, Object.keys(properties).sort()]);
      const expected = Object.entries(samples).map(([kind, sample]) => [kind, Object.keys(sample).sort()]);
      expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
      expect(oneOf.every((option) => !option.additionalProperties)).toBe(true);
    }
  });

  test('tells the shape of what is checked by hand', () => {
    const value = '"type":["null","boolean","number","string","array","object"]';
    expect(definition('Expression')).toContain(value);
    expect(definition('TaskInput')).toContain(`"items":{"type":"object","additionalProperties":{${value}}}`);
  });
});
