import type { Command } from 'commander';
import { utf8 } from '../columnar/data-type.ts';
import { field, schema } from '../columnar/schema.ts';
import { textTable } from '../dataframe/text-table.ts';
import { InvalidArgument } from '../errors.ts';
import type { FunctionReference } from '../expressions/functions/reference.ts';
import type { Terminal } from './terminal.ts';

const EXAMPLES = `
Examples:
  $ millrace functions                 every function and aggregate with its arguments
  $ millrace functions lpad            what one does, with examples
  $ millrace functions --json | jq -r '.[].name'`;

/** `millrace functions`: the functions that expressions of a plan may call, and its aggregates. */
export function addFunctionsCommand(program: Command, terminal: Terminal): Command {
  return program
    .command('functions')
    .description('List the functions that expressions may call, and the aggregates, or explain one.')
    .argument('[name]', 'of one function')
    .option('--json', 'print one JSON document')
    .addHelpText('after', EXAMPLES)
    .action((name: string | undefined, { json }: { readonly json?: true }) => functions(name, json === true, terminal));
}

async function functions(name: string | undefined, json: boolean, terminal: Terminal): Promise<void> {
  const { FUNCTION_DEFINITIONS } = await import('../expressions/functions/all-functions.ts');
  const { functionReference } = await import('../expressions/functions/reference.ts');
  const { aggregateReferences } = await import('../expressions/aggregate-reference.ts');
  const all = [...FUNCTION_DEFINITIONS.map(functionReference), ...aggregateReferences()];
  if (name === undefined) {
    await terminal.write(json ? `${JSON.stringify(all)}\n` : listText(all));
    return;
  }
  // A function and an aggregate may have one name.
  const found = all.filter((each) => each.name === name || each.aliases.includes(name));
  if (found.length === 0) {
    const { didYouMean } = await import('../expressions/suggestion.ts');
    const names = all.flatMap((each) => [each.name, ...each.aliases]);
    throw new InvalidArgument(`There is no function '${name}'.${didYouMean(name, names)}`);
  }
  await terminal.write(json ? `${JSON.stringify(found)}\n` : found.map(referenceText).join('\n'));
}

function listText(all: readonly FunctionReference[]): string {
  const families = [...new Set(all.map(({ family }) => family))];
  return families
    .map((family) => {
      const rows = all.filter((f) => f.family === family).map(({ call, doc }) => [call, doc]);
      return `${family}\n\n${textTable(schema(field('function', utf8), field('what it gives', utf8)), rows)}`;
    })
    .join('\n');
}

function referenceText({ call, doc, aliases, notes, examples }: FunctionReference): string {
  const lines = [call, '', doc];
  if (aliases.length > 0) lines.push(`Also called ${aliases.join(', ')}.`);
  if (notes.length > 0) lines.push(`Notes: ${notes.join('; ')}.`);
  lines.push('', ...examples.map((example) => `  ${example}`));
  return `${lines.join('\n')}\n`;
}
