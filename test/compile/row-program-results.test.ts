import { describe, expect, test } from 'vitest';
import { batchFromRows, type ColumnForm } from '../../src/columnar/column-from-values.ts';
import { readRows } from '../../src/columnar/column-values.ts';
import { bool, type DataType, decimal, int32, int64, utf8 } from '../../src/columnar/data-type.ts';
import { field, type Schema, schema } from '../../src/columnar/schema.ts';
import type { Value } from '../../src/columnar/value.ts';
import { RowProgram } from '../../src/compile/row-program.ts';
import type { TypedExpression } from '../../src/expressions/expression.ts';
import { MemoryBudget } from '../../src/memory/budget.ts';
import { LinearMemory } from '../../src/memory/linear-memory.ts';
import { random } from './arbitrary-expressions.ts';

const budget = new MemoryBudget(256 << 20, 64 << 20, new LinearMemory(256 << 20, true));
const { linear } = budget;

const column = (input: Schema, index: number): TypedExpression => ({ kind: 'column', index, ...input.fields[index]! });
const literal = (value: Value, type: TypedExpression['type']): TypedExpression => ({
  kind: 'literal',
  value,
  type,
  nullable: false,
});
const named = (...expressions: TypedExpression[]) =>
  expressions.map((expression, n) => ({ name: `c${n}`, expression }));

function apply(
  input: Schema,
  rows: Value[][],
  filter: TypedExpression | undefined,
  expressions: TypedExpression[],
  forms: ColumnForm[] = [],
) {
  using holding = budget.reserve('input');
  using scratch = budget.reserve('program');
  const batch = batchFromRows(holding, input, rows, forms);
  using program = new RowProgram({ input, filter, columns: named(...expressions), operator: 'Project' }, scratch);
  const output = program.apply(batch);
  return { batch, output, rows: readRows(linear, output) };
}

describe('a row program', () => {
  const input = schema(field('n', int64, false), field('s', utf8), field('b', bool));
  const rows: Value[][] = [
    [1n, 'AIR', true],
    [2n, null, null],
    [3n, 'MAIL', false],
    [4n, 'AIR', true],
  ];
  const isAir: TypedExpression = {
    kind: 'compare',
    operator: '=',
    left: column(input, 1),
    right: literal('AIR', utf8),
    type: bool,
    nullable: true,
  };

  test.each([5, 400])('asks each dictionary of %i entries anew, whatever column it is of', (size) => {
    const numbers = schema(field('a', int64), field('b', int32));
    const isPositive = (index: number): TypedExpression => {
      const left = column(numbers, index);
      return {
        kind: 'compare',
        operator: '>',
        left,
        right: literal(index === 0 ? 0n : 0, left.type),
        type: bool,
        nullable: true,
      };
    };
    const isTrue = (index: number): TypedExpression => ({
      kind: 'cast',
      input: column(numbers, index),
      type: bool,
      nullable: true,
    });
    const expressions = [isPositive(0), isPositive(1), isTrue(0), isTrue(1)];
    using scratch = budget.reserve('program');
    using program = new RowProgram(
      { input: numbers, filter: undefined, columns: named(...expressions), operator: 'Project' },
      scratch,
    );
    for (const shift of [0, 3, 70, -1, -400]) {
      using holding = budget.reserve('input');
      const given = Array.from({ length: size }, (_, n): [bigint, number] => [
        BigInt(n * 7 - 20 + shift),
        30 - n * 3 + shift,
      ]);
      const batch = batchFromRows(holding, numbers, given, [{ dictionary: true }, { dictionary: true }]);
      const expected = given.map(([a, b]) => [a > 0n, b > 0, a !== 0n, b !== 0]);
      expect(readRows(linear, program.apply(batch))).toEqual(expected);
    }
  });

  test('passes columns on without touching them', () => {
    const { batch, output } = apply(
      input,
      rows,
      undefined,
      [column(input, 1), column(input, 0)],
      [{}, { dictionary: true }],
    );
    expect(output.columns).toEqual([batch.columns[1], batch.columns[0]]);
  });

  test('passes columns on without touching them where every row survives', () => {
    const all: TypedExpression = {
      kind: 'compare',
      operator: '>',
      left: column(input, 0),
      right: literal(0n, int64),
      type: bool,
      nullable: false,
    };
    const { batch, output } = apply(input, rows, all, [column(input, 1)]);
    expect(output.columns).toEqual([batch.columns[1]]);
  });

  test('keeps the dictionary of a column that a filter makes shorter', () => {
    const {
      batch,
      output,
      rows: got,
    } = apply(input, rows, isAir, [column(input, 1), column(input, 0)], [{}, { dictionary: true }]);
    expect(got).toEqual([
      ['AIR', 1n],
      ['AIR', 4n],
    ]);
    expect(output.columns[0]?.dictionary).toBe(batch.columns[1]?.dictionary);
  });

  test('works an expression over a dictionary out once per entry: the codes stay', () => {
    const numbers = schema(field('n', int32, true));
    const doubled: TypedExpression = {
      kind: 'arithmetic',
      operator: '*',
      left: column(numbers, 0),
      right: literal(2, int32),
      type: int32,
      nullable: true,
    };
    const {
      batch,
      output,
      rows: got,
    } = apply(numbers, [[7], [null], [7], [9]], undefined, [doubled], [{ dictionary: true }]);
    expect(got).toEqual([[14], [null], [14], [18]]);
    expect(output.columns[0]?.values).toBe(batch.columns[0]?.values);
    expect(output.columns[0]?.dictionary?.size).toBe(2);
  });

  test('an entry of a dictionary that no wanted row has does not fail', () => {
    const numbers = schema(field('n', int32, true), field('keep', bool, false));
    const squared: TypedExpression = {
      kind: 'arithmetic',
      operator: '*',
      left: column(numbers, 0),
      right: column(numbers, 0),
      type: int32,
      nullable: true,
    };
    const { rows: got } = apply(
      numbers,
      [
        [7, true],
        [2 ** 31 - 1, false],
      ],
      column(numbers, 1),
      [squared],
      [{ dictionary: true }],
    );
    expect(got).toEqual([[49]]);
  });

  test('a product beyond 8 bytes comes in 16', () => {
    const money = schema(field('a', decimal(18, 2), false), field('b', decimal(18, 2), false));
    const product: TypedExpression = {
      kind: 'arithmetic',
      operator: '*',
      left: column(money, 0),
      right: column(money, 1),
      type: decimal(36, 4),
      nullable: false,
    };
    const big = 10n ** 18n - 1n;
    const { output, rows: got } = apply(
      money,
      [
        [big, -big],
        [2n, 3n],
      ],
      undefined,
      [product],
    );
    expect(got).toEqual([[-big * big], [6n]]);
    expect(output.columns[0]?.width).toBe(16);
    expect(apply(money, [[2n, 3n]], undefined, [product]).output.columns[0]?.width).toBe(8);
  });

  describe('of a product of three', () => {
    const [money, big] = [decimal(15, 2), 10n ** 12n + 7n];
    const input = schema(field('a', money), field('b', money), field('keep', bool, false));
    const times = (left: TypedExpression, right: TypedExpression, type: TypedExpression['type']): TypedExpression => ({
      kind: 'arithmetic',
      operator: '*',
      left,
      right,
      type,
      nullable: true,
    });
    const [a, b, keep] = [column(input, 0), column(input, 1), column(input, 2)];
    const product = times(times(a, b, decimal(30, 4)), a, decimal(38, 6));
    const cube = big ** 3n;
    const run = (program: RowProgram, holding: ReturnType<typeof budget.reserve>, rows: Value[][], exactly = false) => {
      const batch = batchFromRows(holding, input, rows, [{ nullable: true }]);
      return exactly ? program.apply(batch) : program.tryApply(batch);
    };
    const values = (output: ReturnType<RowProgram['tryApply']>): Value[] | undefined =>
      output && readRows(linear, output).map(([value]) => value ?? null);

    test.each([false, true])('compiled code gives 16 bytes where 8 are not enough; filtered: %s', (filtered) => {
      using holding = budget.reserve('input');
      using scratch = budget.reserve('program');
      const filter = filtered ? keep : undefined;
      using program = new RowProgram({ input, filter, columns: named(product), operator: 'Project' }, scratch);
      const small = run(program, holding, [[3n, 5n, true]]);
      expect([small?.columns[0]?.width, values(small)]).toEqual([8, [45n]]);
      const rows: Value[][] = [
        [big, big, true],
        [2n, -5n, true],
        [null, 1n, true],
        [-big, big, true],
        [1n, 1n, false],
      ];
      const large = run(program, holding, rows);
      expect([large?.columns[0]?.width, values(large)]).toEqual([
        16,
        [cube, -20n, null, cube, ...(filtered ? [] : [1n])],
      ]);
      // Not tried with 8 bytes again, but where the values prove that these are enough.
      const later = run(program, holding, [
        [3n, 5n, true],
        [big, 0n, true],
        [0n, big, true],
      ]);
      expect([later?.columns[0]?.width, values(later)]).toEqual([16, [45n, 0n, 0n]]);
      const proven = run(program, holding, [[3n, 5n, true]]);
      expect([proven?.columns[0]?.width, values(proven)]).toEqual([8, [45n]]);
    });

    test('a value of more than 38 digits is left to the interpreter, which asks whether the row wants it', () => {
      using holding = budget.reserve('input');
      using scratch = budget.reserve('program');
      const greatest = 10n ** 15n - 1n;
      const guarded: TypedExpression = {
        kind: 'if-else',
        condition: keep,
        // biome-ignore lint/suspicious/noThenProperty: a word of the plan language; expressions are never awaited.
        then: product,
        otherwise: literal(0n, decimal(38, 6)),
        type: decimal(38, 6),
        nullable: true,
      };
      using program = new RowProgram({ input, columns: named(guarded), operator: 'Project' }, scratch);
      const rows: Value[][] = [
        [greatest, greatest, false],
        [big, big, true],
      ];
      expect(run(program, holding, rows)).toBeUndefined();
      expect(values(run(program, holding, rows, true))).toEqual([0n, cube]);
      // The next batch is compiled code's again.
      expect(values(run(program, holding, [[2n, 2n, true]]))).toEqual([8n]);
      expect(() => run(program, holding, [[greatest, greatest, true]], true)).toThrow(
        /Project, row 3: .* does not fit decimal\(38, 6\)/,
      );
    });
  });

  test('decimals of 16 bytes are filtered, computed once per entry, and divided', () => {
    const money = schema(field('n', decimal(38, 2)), field('m', decimal(38, 2), false));
    const [n, m] = [column(money, 0), column(money, 1)];
    const huge = 10n ** 35n;
    const rows: Value[][] = [
      [huge, 3n],
      [null, 4n],
      [huge, 0n],
      [-huge, -7n],
    ];
    const arithmetic = (operator: '+' | '/', left: TypedExpression, right: TypedExpression, type: DataType) =>
      ({ kind: 'arithmetic', operator, left, right, type, nullable: true }) as const;
    const next = arithmetic('+', n, literal(1n, decimal(38, 2)), decimal(38, 2));
    const quotient = arithmetic('/', m, n, decimal(38, 6));
    const isLess: TypedExpression = { kind: 'compare', operator: '<', left: m, right: n, type: bool, nullable: true };
    for (const dictionary of [false, true]) {
      const forms: ColumnForm[] = [{ width: 16, dictionary }, { width: 16 }];
      const { output, rows: got } = apply(money, rows, isLess, [next, quotient], forms);
      expect(got).toEqual([
        [huge + 1n, 0n],
        [huge + 1n, 0n],
      ]);
      expect(output.columns.map(({ width }) => width)).toEqual([16, 16]);
      expect(output.columns[0]?.dictionary?.size).toBe(dictionary ? 2 : undefined);
      expect(apply(money, rows, undefined, [arithmetic('/', n, m, decimal(38, 2))], forms).rows.flat()).toEqual([
        (huge * 100n) / 3n,
        null,
        null,
        (huge * 100n) / 7n,
      ]);
    }
  });

  test('says which operator, expression and row overflow; rows are counted over batches', () => {
    using holding = budget.reserve('input');
    using scratch = budget.reserve('program');
    const sum: TypedExpression = {
      kind: 'arithmetic',
      operator: '+',
      left: column(input, 0),
      right: literal(1n, int64),
      type: int64,
      nullable: false,
    };
    using program = new RowProgram({ input, columns: named(sum), operator: 'Project' }, scratch);
    program.apply(batchFromRows(holding, input, rows));
    expect(() => program.apply(batchFromRows(holding, input, [...rows, [2n ** 63n - 1n, null, null]]))).toThrow(
      'Project, row 8: n + 1: 9223372036854775807 + 1 does not fit int64. Cast an operand to a larger type.',
    );
  });

  test('gives all memory back', () => {
    expect(budget.usedBytes).toBe(0);
    apply(input, rows, isAir, [column(input, 1), isAir], [{}, { dictionary: true }]);
    expect(budget.usedBytes).toBe(0);
  });
});

describe('predicates over text', () => {
  const input = schema(field('s', utf8), field('t', utf8));
  const next = random(3);
  const text = (longest: number): string =>
    Array.from({ length: Math.floor(next() * longest) }, () => 'aab éß'[Math.floor(next() * 6)]).join('');
  const rows: Value[][] = Array.from({ length: 700 }, () => [
    next() < 0.1 ? null : text(60),
    next() < 0.1 ? null : text(3),
  ]);
  const needles = ['', 'a', 'ab', 'é', 'aab é', ...rows.slice(0, 8).map(([s]) => String(s ?? 'a')), 'x'.repeat(40)];
  const bytes = (s: string): Buffer => Buffer.from(s);
  const names: Record<string, (s: string, part: string) => boolean> = {
    starts_with: (s, part) => s.startsWith(part),
    ends_with: (s, part) => s.endsWith(part),
    contains: (s, part) => s.includes(part),
    '=': (s, part) => s === part,
    '<': (s, part) => Buffer.compare(bytes(s), bytes(part)) < 0,
    '>=': (s, part) => Buffer.compare(bytes(s), bytes(part)) >= 0,
  };
  const predicate = (name: string, a: TypedExpression, b: TypedExpression): TypedExpression =>
    name.length > 2
      ? { kind: 'function', name, arguments: [a, b], type: bool, nullable: true }
      : { kind: 'compare', operator: name as '=', left: a, right: b, type: bool, nullable: true };

  test.each(Object.keys(names))('%s', (name) => {
    const test = names[name]!;
    const a = column(input, 0);
    for (const needle of needles) {
      const { rows: got } = apply(input, rows, undefined, [predicate(name, a, literal(needle, utf8))]);
      expect(got.flat(), needle).toEqual(rows.map(([s]) => (s === null ? null : test(String(s), needle))));
    }
    for (const dictionary of [false, true]) {
      const { rows: got } = apply(input, rows, undefined, [predicate(name, a, column(input, 1))], [{ dictionary }]);
      expect(got.flat()).toEqual(rows.map(([s, t]) => (s === null || t === null ? null : test(String(s), String(t)))));
    }
  });
});
