/** What zod found, as sentences for the author of a plan: what was expected, what stands there, what was meant. */

import type { z } from 'zod';
import { MAX_PROBLEMS, Problems, pathOf, quoted } from '../expressions/problems.ts';
import { didYouMean } from '../expressions/suggestion.ts';

/** Unknown keys of one object that are named. */
const NAMED_KEYS = 5;

type RawIssue = Parameters<z.core.$ZodErrorMap>[0];

/** Parses, and adds what is wrong; then undefined. `path` is that of `input`. */
export function parsedOrProblems<T>(
  schema: z.ZodType<T>,
  input: unknown,
  problems: Problems,
  path: string,
): T | undefined {
  const result = safelyParsed(schema, input);
  if (result === undefined) {
    problems.add(path, 'Nearly everything in this document is wrong: there are too many problems to list them.');
    return undefined;
  }
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    if (problems.isFull) break;
    const told = closest(issue);
    problems.add(told.path.reduce(pathOf, path), told.message);
  }
  return undefined;
}

/** What it parses to, or else what is wrong, as text. */
export function problemsOf<T>(schema: z.ZodType<T>, input: unknown, name: string): readonly [T | undefined, string] {
  const problems = new Problems();
  const data = parsedOrProblems(schema, input, problems, name);
  return [data, problems.found.map(({ path, message }) => `${path}: ${message.replace(/\.?$/, '.')}`).join(' ')];
}

/**
 * Of what is none of several forms, what is wrong with the one that it comes nearest to: the issue that lies deepest. An issue of its
 * own place says itself what the forms are.
 */
function closest({ path, message, ...issue }: z.core.$ZodIssue): {
  readonly path: readonly PropertyKey[];
  readonly message: string;
} {
  if (issue.code !== 'invalid_union') return { path, message };
  const inside = issue.errors.flat().map((one) => closest(one));
  const deepest = inside.reduce((a, b) => (b.path.length > a.path.length ? b : a), { path: [], message });
  return { path: [...path, ...deepest.path], message: deepest.message };
}

/** Undefined where there are so many issues (about 100,000) that zod cannot hand them up its call stack. */
function safelyParsed<T>(schema: z.ZodType<T>, input: unknown): z.ZodSafeParseResult<T> | undefined {
  let told = 0;
  try {
    return schema.safeParse(input, {
      // Sentences beyond those shown are not worked out: a hostile document could ask for hundreds of thousands.
      error: (issue) => {
        told += 1;
        return told > MAX_PROBLEMS ? '' : issueText(issue);
      },
    });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function issueText(issue: RawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${typeNames[issue.expected] ?? issue.expected}, found ${foundText(issue.input)}`;
    case 'invalid_value':
      return wordText(issue.input, issue.values.map(String), `expected ${listText(issue.values)}`);
    case 'invalid_union': {
      if (issue.discriminator === undefined)
        return `expected ${formsText(issue.errors)}, found ${foundText(issue.input)}`;
      const found: unknown = memberOf(issue.input, issue.discriminator);
      const known = (issue['options'] as readonly unknown[] | undefined) ?? [];
      return wordText(found, known.map(String), `expected ${listText(known)}`);
    }
    case 'unrecognized_keys':
      return unknownKeysText(issue.keys, shapeKeys(issue.inst));
    case 'too_small':
      return `expected at least ${issue.minimum}${unitOf(issue.origin)}`;
    case 'too_big':
      return `expected at most ${issue.maximum}${unitOf(issue.origin)}`;
    default:
      return undefined;
  }
}

/** What each form of a union would have been, in the words of its own issue. */
const formsText = (errors: readonly (readonly z.core.$ZodIssue[])[]): string => {
  const forms = errors.flat().flatMap(({ message }) => /^expected (.*), found /.exec(message)?.[1] ?? []);
  return [...new Set(forms)].join(' or ') || 'another form';
};

const typeNames: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number up to 2 ** 53',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'an array',
};

function foundText(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'number') return `the number ${value}`;
  return typeof value === 'object' ? 'an object' : typeof value === 'string' ? 'a string' : `a ${typeof value}`;
}

/** Says what stands there only where it is a word, which cannot be a secret that stands in the right place. */
function wordText(found: unknown, known: readonly string[], expected: string): string {
  if (typeof found !== 'string') return `${expected}, found ${foundText(found)}`;
  return `${expected}, found ${quoted(found)}.${didYouMean(found, known)}`;
}

const listText = (values: readonly unknown[]): string => {
  const words = values.map((value) => (typeof value === 'string' ? quoted(value) : String(value)));
  return words.length > 1 ? `one of ${words.join(', ')}` : words.join('');
};

function unknownKeysText(keys: readonly string[], known: readonly string[]): string {
  const named = keys.slice(0, NAMED_KEYS).map((key) => `unknown key ${quoted(key)}.${didYouMean(key, known)}`);
  const more = keys.length - named.length;
  return more > 0 ? `${named.join(' ')} And ${more} more.` : named.join(' ');
}

const unitOf = (origin: string): string =>
  origin === 'string' ? ' characters' : origin === 'array' ? ' elements' : '';

function shapeKeys(inst: unknown): readonly string[] {
  const shape = memberOf(memberOf(memberOf(inst, '_zod'), 'def'), 'shape');
  return typeof shape === 'object' && shape !== null ? Object.keys(shape) : [];
}

const memberOf = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
