/** Functions of texts that kernels compute over whole columns: what they give is what the interpreter gives. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Batch } from '../../src/columnar/batch.ts';
import { columnFromValues } from '../../src/columnar/column-from-values.ts';
import { readColumn } from '../../src/columnar/column-values.ts';
import { type DataType, decimal, float64, int64, timestamp, utf8, uuid } from '../../src/columnar/data-type.ts';
import { field, type Schema } from '../../src/columnar/schema.ts';
import type { Value } from '../../src/columnar/value.ts';
import { kernelStepOf } from '../../src/compile/kernel-step.ts';
import { RowProgram } from '../../src/compile/row-program.ts';
import { InvalidValue } from '../../src/errors.ts';
import { bindExpression } from '../../src/expressions/bind.ts';
import type { Expression } from '../../src/expressions/expression.ts';
import { interpreter } from '../../src/expressions/interpret.ts';
import { Problems } from '../../src/expressions/problems.ts';
import { MemoryBudget } from '../../src/memory/budget.ts';
import { columnsOf, needles, texts } from '../kernels/text-columns.ts';
import { anyValue } from '../support/arbitrary-values.ts';
import { fuzzed } from '../support/fuzz.ts';

interface Input {
  readonly name: string;
  readonly type: DataType;
  readonly values: readonly Value[];
  readonly dictionary?: boolean;
}

const column = (name: string): Expression => ({ kind: 'column', name });
const literal = (value: string | number): Expression => ({
  kind: 'literal',
  value,
  type: typeof value === 'string' ? utf8 : int64,
});
const callOf = (name: string, ...given: readonly Expression[]): Expression => ({
  kind: 'function',
  name,
  arguments: given,
});

/** Fails unless a program gives what the interpreter gives, row by row, and a kernel if it has to. */
function expectAsInterpreted(call: Expression, inputs: readonly Input[], byKernel: boolean): void {
  const budget = new MemoryBudget(64 << 20);
  using holding = budget.reserve('test');
  const schema: Schema = { fields: inputs.map(({ name, type }) => field(name, type)) };
  const problems = new Problems();
  const expression = bindExpression(call, schema, problems, '$');
  if (expression === undefined) throw new Error(JSON.stringify(problems));
  const rowCount = Math.min(...inputs.map(({ values }) => values.length));
  const columns = inputs.map(({ type, values, dictionary = false }) =>
    columnFromValues(holding, type, values.slice(0, rowCount), { dictionary }),
  );
  if (byKernel && expression.kind === 'function') {
    expect(kernelStepOf(expression, holding)?.evaluate(columns, rowCount)).toBeDefined();
  }
  using program = new RowProgram({ input: schema, columns: [{ name: 'x', expression }], operator: 'Project' }, holding);
  const [result] = program.apply(new Batch(schema, rowCount, columns)).columns;
  const evaluate = interpreter(expression);
  const expected = Array.from({ length: rowCount }, (_, row) =>
    evaluate({ value: (index) => inputs[index]?.values[row] ?? null, where: () => 'here' }),
  );
  expect(result && readColumn(budget.linear, result, rowCount)).toEqual(expected);
}

const places = fc.oneof(
  fc.integer({ min: -9, max: 9 }),
  fc.constantFrom(2 ** 31 - 1, 1 - 2 ** 31, 2 ** 53 - 1, 1 - 2 ** 53),
);
const needle = needles.filter((text) => text !== '');
const starts = fc.integer({ min: -9, max: 9 }).filter((place) => place !== 0);

/** A column of texts that are all ASCII, or that are not. */
const values = fc
  .tuple(columnsOf(texts(['a', 'b', ' ', '\u3000', 'é', '😀'])), columnsOf(texts(['a', 'b', ' ', '\t'])))
  .chain((kinds) => fc.constantFrom(...kinds))
  .chain((column) => fc.array(fc.option(fc.constantFrom('', ...column)), { minLength: 1, maxLength: 100 }));
const numbersOf = (number: fc.Arbitrary<number>): fc.Arbitrary<(bigint | null)[]> =>
  fc.array(fc.option(number.map(BigInt)), { minLength: 100, maxLength: 100, size: 'max' });

const pieces = fc.array(
  fc.oneof({ weight: 3, arbitrary: fc.constantFrom('a', 'b', 'c').map(column) }, needles.map(literal)),
  { minLength: 1, maxLength: 5 },
);

test('columns and literals are put together by kernels as by the interpreter', () => {
  fc.assert(
    fc.property(values, values, values, pieces, fc.option(needles), fc.boolean(), (a, b, c, parts, between, coded) => {
      const call = between === null ? callOf('concat', ...parts) : callOf('concat_ws', literal(between), ...parts);
      const inputs = Object.entries({ a, b, c }).map(([name, column]) => ({ name, type: utf8, values: column }));
      const [first, second, third] = inputs;
      expectAsInterpreted(call, [first!, { ...second!, dictionary: coded }, third!], true);
    }),
    fuzzed(200),
  );
});

const calls: fc.Arbitrary<readonly [name: string, ...rest: (string | number)[]]> = fc.oneof(
  fc.tuple(fc.constantFrom('strip', 'lstrip', 'rstrip')),
  fc.tuple(fc.constantFrom('strip', 'lstrip', 'rstrip'), fc.constantFrom('ab', ' _%', '')),
  fc.tuple(fc.constant('split_part'), needle, starts),
  fc.tuple(fc.constant('replace'), needle, needles),
  fc.tuple(fc.constantFrom('find', 'position'), needle),
  fc.tuple(fc.constantFrom('length', 'length_bytes')),
);

test('texts are trimmed, split, replaced, searched and measured by kernels as by the interpreter', () => {
  fc.assert(
    fc.property(values, calls, (text, [name, ...rest]) => {
      const call = callOf(name, column('text'), ...rest.map(literal));
      expectAsInterpreted(call, [{ name: 'text', type: utf8, values: text }], true);
    }),
    fuzzed(200),
  );
});

/** Numbers that are literals, or columns. */
const someOf = (number: fc.Arbitrary<number>, name: string): fc.Arbitrary<Expression> =>
  fc.oneof(number.map(literal), fc.constant(column(name)));
const lengths = fc.integer({ min: -2, max: 20 });
const byNumbers = fc.oneof(
  fc.record({
    name: fc.constantFrom('left', 'right', 'substr', 'substring', 'slice'),
    rest: fc.tuple(someOf(places, 'n')),
    n: numbersOf(places),
    m: fc.constant([]),
  }),
  fc.record({
    name: fc.constantFrom('substr', 'substring', 'slice'),
    rest: fc.tuple(someOf(places, 'n'), someOf(places, 'm')),
    n: numbersOf(places),
    m: numbersOf(places),
  }),
  fc.record({
    name: fc.constantFrom('lpad', 'rpad'),
    rest: fc.tuple(someOf(lengths, 'n'), needle.map(literal)),
    n: numbersOf(lengths),
    m: fc.constant([]),
  }),
  fc.record({
    name: fc.constant('repeat'),
    rest: fc.tuple(someOf(lengths, 'n')),
    n: numbersOf(lengths),
    m: fc.constant([]),
  }),
);

test('texts are cut and filled up by numbers of each row by kernels as by the interpreter', () => {
  fc.assert(
    fc.property(
      values,
      fc.option(needles),
      byNumbers,
      fc.constantFrom('', 'text', 'n', 'm'),
      (text, constant, { name, rest, n, m }, coded) => {
        const call = callOf(name, constant === null ? column('text') : literal(constant), ...rest);
        const inputs = [
          { name: 'text', type: utf8, values: text },
          { name: 'n', type: int64, values: n },
          { name: 'm', type: int64, values: m.length > 0 ? m : n },
        ];
        const given = inputs.map((input) => ({ ...input, dictionary: input.name === coded }));
        expectAsInterpreted(call, given, rest.some(({ kind }) => kind === 'column') || constant === null);
      },
    ),
    fuzzed(300),
  );
});

/** A text that is a literal, or a column. */
const textOr = (text: fc.Arbitrary<string>, name: string): fc.Arbitrary<Expression> =>
  fc.oneof({ weight: 1, arbitrary: text.map(literal) }, { weight: 2, arbitrary: fc.constant(column(name)) });
const likePatterns = fc
  .array(fc.constantFrom('a', 'b', 'A', 'é', '😀', '%', '%', '_', '!%', '!_', '!a'), { maxLength: 6 })
  .map((all) => all.join(''));
const partsOf = (part: fc.Arbitrary<string>): fc.Arbitrary<(string | null)[]> =>
  fc.array(fc.option(part, { freq: 8 }), { minLength: 100, maxLength: 100, size: 'max' });
const byTexts = fc.oneof(
  fc.record({
    name: fc.constantFrom('find', 'position'),
    rest: fc.constant([column('part')]),
    parts: partsOf(needles),
  }),
  fc.record({
    name: fc.constantFrom('like', 'ilike'),
    rest: fc.constantFrom([column('part')], [column('part'), literal('!')], [column('part'), literal('A')]),
    parts: partsOf(likePatterns),
  }),
  fc.record({
    name: fc.constant('split_part'),
    rest: fc
      .tuple(textOr(needle, 'part'), someOf(starts, 'n'))
      .filter((given) => given.some(({ kind }) => kind === 'column')),
    parts: partsOf(fc.oneof({ weight: 200, arbitrary: needle }, { weight: 1, arbitrary: fc.constant('') })),
  }),
);

test('texts are searched, matched and split by those of each row by kernels as by the interpreter', () => {
  const found = { byKernel: 0, failed: 0 };
  fc.assert(
    fc.property(
      values,
      fc.option(needles, { freq: 6 }),
      byTexts,
      numbersOf(starts),
      fc.subarray(['text', 'part', 'n']),
      (text, constant, { name, rest, parts }, n, coded) => {
        const call = callOf(name, constant === null ? column('text') : literal(constant), ...rest);
        const inputs = [
          { name: 'text', type: utf8, values: text },
          { name: 'part', type: utf8, values: parts },
          { name: 'n', type: int64, values: n },
        ];
        const given = inputs.map((input) => ({ ...input, dictionary: coded.includes(input.name) }));
        // Not for letters beyond ASCII, nor where an escape is the last character, or a separator is empty.
        const isSimple = name === 'find' || name === 'position' || (name === 'like' && rest.length === 1);
        try {
          expectAsInterpreted(call, given, isSimple);
          found.byKernel += 1;
        } catch (error) {
          if (!(error instanceof InvalidValue)) throw error;
          found.failed += 1;
        }
      },
    ),
    fuzzed(300),
  );
  expect(found.byKernel).toBeGreaterThan(found.failed);
});

test('parts that are longer together than offsets can say are left to others', () => {
  const budget = new MemoryBudget(64 << 20);
  using holding = budget.reserve('test');
  const rowCount = 300;
  const long = 'é'.repeat(4 << 20);
  const text = columnFromValues(holding, utf8, new Array<string>(rowCount).fill(long), { dictionary: true });
  const n = columnFromValues(holding, int64, new Array<bigint>(rowCount).fill(4n << 20n));
  const part = columnFromValues(holding, utf8, new Array<string>(rowCount).fill('a'));
  const one = columnFromValues(holding, int64, new Array<bigint>(rowCount).fill(1n));
  const schema: Schema = { fields: [field('text', utf8), field('n', int64), field('part', utf8), field('one', int64)] };
  for (const call of [
    callOf('left', column('text'), column('n')),
    callOf('split_part', column('text'), column('part'), column('one')),
  ]) {
    const bound = bindExpression(call, schema, new Problems(), '$');
    if (bound === undefined) throw new Error('it does not bind');
    expect(kernelStepOf(bound, holding)?.evaluate([text, n, part, one], rowCount)).toBeUndefined();
  }
});

test('patterns of rows match where they have to', () => {
  const text = ['special requests', 'spec%al', 'Straße', 'x', '', 'aXbX', 'aab', null];
  const part = ['%spec_al%req%s', 'spec!%al', 'stra_e', '%!', '%', 'a%x', '%a_', '%'];
  const inputs = [
    { name: 'text', type: utf8, values: text },
    { name: 'part', type: utf8, values: part },
  ];
  for (const name of ['like', 'ilike']) {
    for (const dictionary of [false, true]) {
      expectAsInterpreted(callOf(name, column('text'), column('part')), inputs, name === 'like');
      const escaped = inputs.map((input) => ({
        ...input,
        values: input.values.filter((_, row) => row !== 3),
        dictionary,
      }));
      expectAsInterpreted(callOf(name, column('text'), column('part'), literal('!')), escaped, name === 'like');
    }
  }
  const failing = callOf('like', column('text'), column('part'), literal('!'));
  expect(() => expectAsInterpreted(failing, inputs, false)).toThrow(/a pattern does not end with its escape/);
});

const letters = fc.constantFrom('a', 'B', 'k', 'é', 'É', 'ß', 'Σ', 'ı', 'İ', '\u212a', 'ﬁ', '😀', 'e\u0301', '\r\n');
const patterns = fc
  .array(fc.constantFrom('a', 'b', 'K', 'É', '%', '%', '_', 'σ', 'İ'), { maxLength: 5 })
  .map((all) => all.join(''));

test('texts of any characters change their case, are reversed and matched as by the interpreter', () => {
  const mixed = fc.array(
    fc.option(
      fc.oneof(
        { weight: 3, arbitrary: texts(['a', 'B', 'k', ' ']) },
        fc.array(letters, { maxLength: 6 }).map((all) => all.join('')),
      ),
    ),
    { minLength: 1, maxLength: 150 },
  );
  const call = fc.oneof(
    fc.constantFrom('upper', 'lower', 'reverse').map((name) => callOf(name, column('text'))),
    patterns.map((pattern) => callOf('ilike', column('text'), literal(pattern))),
    patterns.map((pattern) => callOf('ilike', column('text'), literal(`${pattern}!%`), literal('!'))),
  );
  fc.assert(
    fc.property(mixed, call, (text, made) => {
      const isIlike = made.kind === 'function' && made.name === 'ilike';
      expectAsInterpreted(made, [{ name: 'text', type: utf8, values: text }], isIlike);
    }),
    fuzzed(200),
  );
});

test('a few rows that are not ASCII leave the others to the kernel', () => {
  const text = { name: 'text', type: utf8, values: ['Straße', 'ab', null, 'Ärger', 'e\u0301a', ''] };
  for (const name of ['upper', 'lower', 'reverse']) expectAsInterpreted(callOf(name, column('text')), [text], true);
  // Two bytes more in upper case.
  expectAsInterpreted(callOf('upper', column('text')), [{ ...text, values: ['\u0149', 'b'] }], false);
});

const HASHED = [utf8, int64, float64, decimal(30, 2), uuid, timestamp('us'), timestamp('s', 'UTC')];

test.each(HASHED)('%j is hashed by kernels as by the interpreter', (type) => {
  const bucketed = type.kind === 'float64' ? 'hash' : 'partition_iceberg_bucket';
  const hash = fc.oneof(
    fc.maxSafeInteger().map((seed) => callOf('hash', column('value'), literal(seed))),
    fc
      .tuple(fc.oneof(fc.constant(0), fc.maxSafeInteger()), fc.constantFrom('murmurhash3', 'xxhash32', 'xxhash3_64'))
      .map(([seed, algorithm]) => callOf('hash', column('value'), literal(seed), literal(algorithm))),
    fc.constant(callOf('murmurhash3', column('value'))),
    fc.integer({ min: 1, max: 2 ** 31 - 1 }).map((count) => callOf(bucketed, column('value'), literal(count))),
  );
  fc.assert(
    fc.property(fc.array(anyValue(type), { minLength: 1, maxLength: 60 }), hash, fc.boolean(), (all, call, coded) => {
      const isInSeconds = type.kind === 'timestamp' && type.unit === 's';
      expectAsInterpreted(call, [{ name: 'value', type, values: all, dictionary: coded }], !isInSeconds);
    }),
    fuzzed(30),
  );
});
