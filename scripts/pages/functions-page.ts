import { aggregateReferences } from '../../src/expressions/aggregate-reference.ts';
import { FUNCTION_DEFINITIONS } from '../../src/expressions/functions/all-functions.ts';
import { type FunctionReference, functionReference } from '../../src/expressions/functions/reference.ts';

/** `docs/functions.md`. */
export function functionsPage(): string {
  const functions = FUNCTION_DEFINITIONS.map(functionReference);
  const aggregates = aggregateReferences();
  const all = [...functions, ...aggregates];
  const families = [...new Set(all.map(({ family }) => family))];
  return [
    '# Functions',
    '',
    `The ${functions.length} functions that expressions of a plan may call, and its ${aggregates.length} aggregates. This page is generated from their`,
    'definitions by `npm run docs`, and its examples are run as tests. `millrace functions` prints the same on a terminal.',
    '',
    'A function is null where an argument is null, and never fails, unless it says otherwise. A value that a function does',
    'not take ends the task with `InvalidValue`, a result that does not fit its type with `ArithmeticOverflow`; both name the',
    'operator, the row and the expression.',
    '',
    'In an aggregate nulls do not take part, and without any value it is null, unless it says otherwise. Every aggregate takes',
    'a `filter`, and those that say so `distinct`.',
    '',
    families.map((family) => `[${family}](#${family.toLowerCase().replaceAll(' ', '-')})`).join(' · '),
    ...families.flatMap((family) => ['', `## ${family}`, ...all.filter((f) => f.family === family).flatMap(section)]),
    '',
  ].join('\n');
}

function section({ call, doc, aliases, notes, examples }: FunctionReference): readonly string[] {
  const also = aliases.length === 0 ? [] : [`Also called ${aliases.map((name) => `\`${name}\``).join(', ')}.`];
  const says = notes.length === 0 ? [] : [`Notes: ${notes.join('; ')}.`];
  return [
    '',
    `### \`${call}\``,
    '',
    [escaped(doc), ...also, ...says].join(' '),
    ...(examples.length === 0 ? [] : ['', '```sql', ...examples, '```']),
  ];
}

/** Signs that would be markup outside of code. */
const escaped = (text: string): string => text.replaceAll(/[*_<>|]/g, (sign) => `\\${sign}`);
