import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import * as types from '../../src/columnar/data-type.ts';
import { field } from '../../src/columnar/schema.ts';
import { fieldSchema } from '../../src/plan/expression-schema.ts';
import { plainFields } from '../../src/plan/plain-fields.ts';
import { fuzzed, fuzzSeed } from '../support/fuzz.ts';

const byZod = z.array(fieldSchema).min(1);

/** What stands where a part of a field may stand, right or wrong. */
const word = fc.oneof(
  fc.constantFrom('int64', 'decimal', 'utf8', 'list', 'a', '', '__proto__', '\ud800', 'x'.repeat(1001)),
  fc.constantFrom<unknown>(true, false, null, undefined, 0, 1, 38, 39, -1, 1.5, Number.NaN, [], {}, ['int64']),
);
const kind = fc.constantFrom('int64', 'utf8', 'bool', 'null', 'file', 'decimal', 'list', 'struct', 'timestamp');
const parts = { kind, precision: word, scale: word, unit: word, item: word };
const type = fc.oneof(
  fc.record({ kind }),
  fc.record({ kind: fc.constant('decimal'), precision: fc.integer({ min: -1, max: 40 }), scale: fc.nat(40) }),
  fc.record(parts, { requiredKeys: [] }),
  word,
);
const name = fc.oneof({ weight: 3, arbitrary: fc.string({ minLength: 1, maxLength: 5 }) }, word);
const nullable = fc.oneof({ weight: 3, arbitrary: fc.boolean() }, word);
const item = fc.oneof(
  { weight: 6, arbitrary: fc.record({ name, type, nullable }) },
  fc.record({ type, name, nullable }),
  fc.record({ name, type, nullable, more: word }, { requiredKeys: [] }),
  word,
);

describe('fields that are taken without zod', () => {
  test('are those that zod takes', () => {
    const property = fc.property(fc.oneof(fc.array(item, { maxLength: 2 }), word), (given) => {
      const plain = plainFields(given);
      if (plain !== undefined) expect(byZod.parse(given)).toEqual(plain);
    });
    fc.assert(property, { ...fuzzed(2000), seed: fuzzSeed });
  });

  test('are all of types without parameters, and decimals', () => {
    const plain = [types.nullType, types.bool, ...types.INTEGER_TYPES, ...types.FLOAT_TYPES, types.utf8, types.binary];
    const all = [
      ...plain,
      types.uuid,
      types.date,
      types.interval,
      types.file,
      types.decimal(38, 0),
      types.decimal(1, 1),
    ];
    const fields = all.map((of, at) => field(`c${at}`, of, at % 2 === 0));
    expect(plainFields(fields)).toEqual(fields);
    expect(byZod.parse(fields)).toEqual(fields);
  });

  test('are copies', () => {
    const given = [field('a', types.decimal(9, 2))];
    const [taken] = plainFields(given) ?? [];
    expect(taken).not.toBe(given[0]);
    expect(taken?.type).not.toBe(given[0]?.type);
  });
});

test.each([
  ['none', []],
  ['no list', { length: 1, 0: field('a', types.int64) }],
  ['another key', [{ ...field('a', types.int64), more: 1 }]],
  ['no name', [{ type: types.int64, nullable: true }]],
  ['an empty name', [field('', types.int64)]],
  ['the name of the prototype', [field('__proto__', types.int64)]],
  ['a name of half a character', [field('\ud800', types.int64)]],
  ['a long name', [field('x'.repeat(1001), types.int64)]],
  ['a scale above the precision', [field('a', types.decimal(2, 3))]],
  ['a precision of nothing', [field('a', types.decimal(0, 0))]],
  ['a type with something more', [field('a', { kind: 'int64', size: 8 } as never)]],
  ['a type that is none', [field('a', { kind: 'int65' } as never)]],
  ['one of them wrong', [field('a', types.int64), field('b', 'int64' as never)]],
])('what is wrong is left to zod: %s', (_, given) => {
  expect(plainFields(given)).toBeUndefined();
  expect(byZod.safeParse(given).success).toBe(false);
});
