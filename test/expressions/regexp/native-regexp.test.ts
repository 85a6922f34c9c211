import fc from 'fast-check';
import { RE2JS } from 're2js';
import { describe, expect, test } from 'vitest';
import { InvalidValue } from '../../../src/errors.ts';
import { nativeForm } from '../../../src/expressions/regexp/native-regexp.ts';
import { programSize, type RegExpNode } from '../../../src/expressions/regexp/regexp-node.ts';
import { parseRegExp } from '../../../src/expressions/regexp/regexp-parser.ts';
import { fuzzedCases, fuzzSeed } from '../../support/fuzz.ts';
import { anyPattern, anyScribble, anyText } from './arbitrary-patterns.ts';
import { stepsOf } from './backtracking.ts';

const FLAGS = { anyCase: false, lines: false, dotAll: false, lazy: false };

function parsed(pattern: string): RegExpNode | undefined {
  try {
    return parseRegExp(pattern, FLAGS);
  } catch (error) {
    if (error instanceof InvalidValue) return undefined;
    throw error;
  }
}

function compiled(pattern: string): RE2JS | undefined {
  try {
    return RE2JS.compile(pattern);
  } catch {
    return undefined;
  }
}

const runs = (numRuns: number): fc.Parameters<unknown> => ({ numRuns: fuzzedCases(numRuns), seed: fuzzSeed });

test('what is a pattern to the engine is one here, and no smaller than it is compiled', () => {
  fc.assert(
    fc.property(fc.oneof(anyPattern, anyScribble), (pattern) => {
      const [node, engine] = [parsed(pattern), compiled(pattern)];
      // Names of classes and of groups are the engine's to judge.
      if (node !== undefined && engine === undefined && /\\[pP]|\(\?P?</.test(pattern)) return;
      expect(node !== undefined, pattern).toBe(engine !== undefined);
      if (node !== undefined && engine !== undefined) {
        expect(programSize(node) + 3, pattern).toBeGreaterThanOrEqual(engine.programSize());
      }
    }),
    runs(3_000),
  );
});

test('V8 finds what the engine finds, in groups too, where it is used', () => {
  let used = 0;
  fc.assert(
    fc.property(anyPattern, fc.array(anyText, { minLength: 5, maxLength: 5 }), (pattern, texts) => {
      const node = parsed(pattern);
      const source = node && nativeForm(node)?.source;
      const engine = compiled(pattern);
      if (source === undefined || engine === undefined) return;
      used++;
      const native = new RegExp(source, 'u');
      for (const text of texts) {
        const [ours, theirs] = [native.exec(text), engine.exec(text)];
        const at = `/${pattern}/ as /${source}/ in ${JSON.stringify(text)}`;
        expect(ours && [ours.index, ...ours], at).toEqual(theirs && [Reflect.get(theirs, 'index'), ...theirs]);
      }
    }),
    runs(4_000),
  );
  expect(used).toBeGreaterThan(500);
});

describe('what V8 is given', () => {
  test.each([
    ...[
      'abc',
      'a|b',
      '\\d+',
      'id:\\d+',
      '[A-Z]\\w*',
      '(\\w)-(\\d{2})',
      '\\d{4}-\\d{2}-\\d{2}',
      '\\s+',
      '[^a-z]',
      'x.*',
    ],
    ...[
      '^\\w+:',
      '^(?:https?://)?(?:www\\.)?([^/]+)/',
      '^.*foo$',
      '^[^,]*,[^,]*,',
      '^a*b*c*$',
      '(foo\\d+|bar)',
      '^$',
      '',
    ],
    ...['(?i)error', '\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}', '^\\d+$', 'x*', 'a+b*c?'],
  ])('is /%s/', (pattern) => {
    expect(nativeForm(parseRegExp(pattern, FLAGS))?.isLinear).toBe(true);
  });

  test.each([
    ...['\\w+@', '\\w+\\s', '[a-z]+\\d', '.*foo', 'special.*requests', 'a+$', '\\b\\w+\\b', '(\\w+) (\\w+) (\\w+)$'],
    ...['[a-z.]+@[a-z]+\\.(com|org)', '\\w+@|#\\d+$'],
  ])('is /%s/ in short texts', (pattern) => {
    const form = nativeForm(parseRegExp(pattern, FLAGS));
    expect(form?.isLinear).toBe(false);
    expect(form?.longestText).toBe(256);
  });

  test.each([
    ...['(a+)+b', '(a|aa)+$', '(x+x+)+y', 'a*a*b', '.*.*foo', 'a.*a.*b', '(a|b|c)\\w+x', '(?:a{1,50}){1,50}b'],
    ...['^.*.*=', '^(a|b)*c', '^\\w+.*x', '(a?){20}a{20}', '^\\d+\\d+$', '^a*?a*?b', '(\\d+|x)y', '\\pL', '(?i)é'],
    ...['(a*)?', '(a)*', '(?m)^a', 'x{0}', '(a|b?)+', '\\B'],
  ])('is not /%s/', (pattern) => {
    expect(nativeForm(parseRegExp(pattern, FLAGS))).toBeUndefined();
  });

  test('takes a number of steps that is linear, on texts made to lead astray', () => {
    const tried = { linear: 0, short: 0 };
    fc.assert(
      fc.property(anyPattern, fc.constantFrom('a', 'b', 'ab', 'aab', 'a-', '0', 'k ', '😀', 'éa'), (pattern, part) => {
        const node = parsed(pattern);
        const form = node && nativeForm(node);
        if (node === undefined || form === undefined) return;
        tried[form.isLinear ? 'linear' : 'short']++;
        for (const tail of ['', '!', '\n']) {
          const length = Math.min(form.longestText, 1_500);
          const text = part.repeat(Math.ceil(length / part.length)) + tail;
          expect(stepsOf(node, text), `/${pattern}/ in ${part}…`).toBeLessThan(
            (form.isLinear ? 150 : 1_500) * text.length,
          );
        }
      }),
      runs(1_500),
    );
    expect(tried.linear).toBeGreaterThan(100);
    expect(tried.short).toBeGreaterThan(10);
  });

  test('a quadratic pattern takes more steps than that', () => {
    expect(stepsOf(parseRegExp('a+$', FLAGS), `${'a'.repeat(1_500)}!`)).toBeGreaterThan(150 * 1_501);
  });
});
