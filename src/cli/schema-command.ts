import type { Command } from 'commander';
import type { Terminal } from './terminal.ts';

/** `millrace schema`: for editors, and for other languages. */
export function addSchemaCommand(program: Command, terminal: Terminal): Command {
  return program
    .command('schema')
    .description('Print the JSON Schema (draft 2020-12) of a task, or of a job.')
    .option('--job', 'of a job')
    .addHelpText('after', '\nExample:\n  $ millrace schema > task.schema.json')
    .action(async ({ job }: { job?: true }) => {
      await terminal.write(`${JSON.stringify(await documentSchema(job), undefined, 2)}\n`);
    });
}

async function documentSchema(job: true | undefined): Promise<Readonly<Record<string, unknown>>> {
  if (job) return (await import('../jobs/job-schema.ts')).jobJsonSchema();
  return (await import('../plan/json-schema.ts')).taskJsonSchema();
}
