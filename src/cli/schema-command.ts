import type { Command } from 'commander';
import type { Terminal } from './terminal.ts';

/** `millrace schema`: for editors, and for other languages. */
export function addSchemaCommand(program: Command, terminal: Terminal): Command {
  return program
    .command('schema')
    .description('Print the JSON Schema (draft 2020-12) of a task.')
    .addHelpText('after', '\nExample:\n  $ millrace schema > task.schema.json')
    .action(async () => {
      const { taskJsonSchema } = await import('../plan/json-schema.ts');
      await terminal.write(`${JSON.stringify(taskJsonSchema(), undefined, 2)}\n`);
    });
}
