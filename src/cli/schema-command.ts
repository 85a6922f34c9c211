import type { Command } from 'commander';
import { utf8 } from '../columnar/data-type.ts';
import { field } from '../columnar/schema.ts';
import { InvalidArgument, ObjectNotFound, UnsupportedFile } from '../errors.ts';
import type { ObjectStore } from '../io/object-store.ts';
import type { SampledFile } from '../io/text/infer-schema.ts';
import { redactUri } from '../io/uri.ts';
import type { ScanNode } from '../plan/plan-node.ts';
import type { Terminal } from './terminal.ts';

interface SchemaOptions {
  readonly job?: true;
  readonly format?: string;
}

const EXAMPLES = `
Examples:
  $ millrace schema > task.schema.json
  $ millrace schema data/sales.csv                                        the columns of a file, as a scan has them
  $ millrace schema 'data/*.txt' --format '{"kind": "csv", "delimiter": ";"}'`;

/** `millrace schema`: of documents, for editors and for other languages; of files, for who writes a plan. */
export function addSchemaCommand(program: Command, terminal: Terminal): Command {
  return program
    .command('schema')
    .description('Print the JSON Schema (draft 2020-12) of a task, or of a job, or the columns of a file.')
    .argument('[file]', 'a file, or a glob, of which the first is looked at')
    .option('--job', 'of a job')
    .option('--format <format>', 'of the file, as a scan of a plan has it; else by the ending of its name')
    .addHelpText('after', EXAMPLES)
    .action(async (file: string | undefined, options: SchemaOptions) => {
      const shown = file === undefined ? await documentSchema(options.job) : await fileSchema(file, options, terminal);
      await terminal.write(`${JSON.stringify(shown, undefined, 2)}\n`);
    });
}

async function documentSchema(job: true | undefined): Promise<Readonly<Record<string, unknown>>> {
  if (job) return (await import('../jobs/job-schema.ts')).jobJsonSchema();
  return (await import('../plan/json-schema.ts')).taskJsonSchema();
}

/** The fields, as the `schema` of a scan. */
async function fileSchema(place: string, { format }: SchemaOptions, { signal }: Terminal): Promise<unknown> {
  const [{ commandStore }, { globUri }, { retryingStore }, { readFormat }] = await Promise.all([
    import('./command-store.ts'),
    import('./documents.ts'),
    import('../io/retrying-store.ts'),
    import('../planner/nodes/scan-format.ts'),
  ]);
  const store = retryingStore(commandStore());
  const uri = /^https?:/.test(place) ? place : await firstMatch(globUri(place), store, signal);
  const file: SampledFile = { store, uri, signal };
  const bound = readFormat(format === undefined ? formatOf(uri) : await parsedFormat(format), []);
  if (bound.kind === 'parquet') {
    const { readParquetSchema } = await import('../io/parquet/parquet-schema.ts');
    return (await readParquetSchema(store, uri, signal)).fields;
  }
  if (bound.kind === 'arrow') {
    const { readArrowSchema } = await import('../io/arrow/arrow-schema-of-file.ts');
    return (await readArrowSchema(file)).fields;
  }
  if (bound.kind === 'text') return [field('text', utf8, false)];
  const { inferCsvSchema, inferJsonSchema } = await import('../io/text/infer-schema.ts');
  const { fields } = bound.kind === 'csv' ? await inferCsvSchema(file, bound) : await inferJsonSchema(file, bound);
  return fields;
}

/** The first object that a glob matches. */
async function firstMatch(glob: string, store: ObjectStore, signal: AbortSignal): Promise<string> {
  const { listGlob } = await import('../io/glob.ts');
  const { value: found } = await listGlob(store, glob, { signal }).next();
  if (found === undefined) throw new ObjectNotFound(glob);
  return found.uri;
}

function formatOf(uri: string): ScanNode['format'] {
  const [, ending = ''] = /\.([a-z]+)(?:\.(?:gz|zst|zstd))?$/.exec(redactUri(uri).toLowerCase()) ?? [];
  if (ending === 'parquet' || ending === 'csv' || ending === 'json' || ending === 'arrow') return ending;
  if (ending === 'arrows' || ending === 'feather' || ending === 'ipc') return 'arrow';
  if (ending === 'tsv') return { kind: 'csv', delimiter: '\t' };
  if (ending === 'jsonl' || ending === 'ndjson') return 'json';
  if (ending === 'txt' || ending === 'log') return 'text';
  throw new UnsupportedFile(redactUri(uri), 'its name does not tell what it is: say it with --format');
}

/** A word, or JSON. */
async function parsedFormat(text: string): Promise<ScanNode['format']> {
  const { scanFormatSchema } = await import('../plan/schema.ts');
  let json: unknown = text;
  if (text.startsWith('{')) {
    try {
      json = JSON.parse(text);
    } catch {
      throw new InvalidArgument(`The format ${text} is no JSON.`);
    }
  }
  const { data, error } = scanFormatSchema.safeParse(json);
  if (data !== undefined) return data;
  throw new InvalidArgument(`There is no format ${text}: ${error?.issues.map(({ message }) => message).join('; ')}.`);
}
