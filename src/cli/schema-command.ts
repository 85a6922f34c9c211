import type { Command } from 'commander';
import type { DataType } from '../columnar/data-type.ts';
import { InvalidArgument } from '../errors.ts';
import type { ObjectStore } from '../io/object-store.ts';
import type { ScanNode } from '../plan/plan-node.ts';
import type { Terminal } from './terminal.ts';

interface SchemaOptions {
  readonly job?: true;
  readonly format?: string;
  readonly from: 'first' | 'all';
  readonly types?: string;
}

const EXAMPLES = `
Examples:
  $ millrace schema > task.schema.json
  $ millrace schema data/sales.csv                                        the columns of a file, as a scan has them
  $ millrace schema 'data/*.parquet' --from all --types '{"id": "int64"}'
  $ millrace schema 'data/*.txt' --format '{"kind": "csv", "delimiter": ";"}'`;

/** `millrace schema`: of documents, for editors and for other languages; of files, for who writes a plan. */
export function addSchemaCommand(program: Command, terminal: Terminal): Command {
  return program
    .command('schema')
    .description('Print the JSON Schema (draft 2020-12) of a task, or of a job, or the columns of a file.')
    .argument('[file]', 'a file, or a glob of files')
    .option('--job', 'of a job')
    .option('--format <format>', 'of the file, as a scan of a plan has it; else by the ending of its name')
    .addOption(
      program
        .createOption('--from <files>', 'which files of a glob tell: all are joined by the names of their columns')
        .choices(['first', 'all'])
        .default('first'),
    )
    .option('--types <types>', 'of some columns, as JSON: what the files have gives way to it')
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

/** The fields, as the `schema` of a scan; a note says which the files have besides. */
async function fileSchema(place: string, options: SchemaOptions, terminal: Terminal): Promise<unknown> {
  const { signal } = terminal;
  const [{ deskStore }, { retryingStore }, { formatOf, describeFiles }] = await Promise.all([
    import('../io/desk-store.ts'),
    import('../io/retrying-store.ts'),
    import('../dataframe/file-schema.ts'),
  ]);
  const { format, from, types } = options;
  const given = await parsedTypes(types);
  const store = retryingStore(deskStore());
  const uris = await matches(place, store, signal);
  const read = format === undefined ? formatOf(uris[0] ?? place) : await parsedFormat(format);
  const { schema, leftOut } = await describeFiles({ store, uris, from, signal }, read, given);
  for (const { uri, what } of leftOut) terminal.note(`Left out of ${uri}: ${what}.\n`);
  return schema.fields;
}

/** Each is looked into, one after the other. */
const MOST_FILES = 10_000;

/** The first objects that are meant, at least one. */
async function matches(place: string, store: ObjectStore, signal: AbortSignal): Promise<string[]> {
  const { isOnWeb, nothingAt, objectsAt } = await import('../dataframe/places.ts');
  if (await isOnWeb(store, place, signal)) return [place];
  const uris: string[] = [];
  for await (const { uri } of objectsAt(store, place, signal)) {
    if (uris.push(uri) === MOST_FILES) break;
  }
  if (uris.length === 0) throw await nothingAt(store, place, signal);
  return uris;
}

/** By column. */
async function parsedTypes(text: string | undefined): Promise<ReadonlyMap<string, DataType>> {
  if (text === undefined) return new Map();
  const { dataTypeSchema } = await import('../plan/expression-schema.ts');
  const { problemsOf } = await import('../plan/issue-text.ts');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new InvalidArgument(`The types ${text} are no JSON.`);
  }
  if (typeof json !== 'object' || json === null) throw new InvalidArgument('The types are an object of columns.');
  return new Map(
    Object.entries(json).map(([name, given]): [string, DataType] => {
      const [data, problem] = problemsOf(dataTypeSchema, typeof given === 'string' ? { kind: given } : given, 'type');
      if (data === undefined) throw new InvalidArgument(`The column ${name} is given a type that is none: ${problem}`);
      return [name, data];
    }),
  );
}

/** A word, or JSON. */
async function parsedFormat(text: string): Promise<ScanNode['format']> {
  const { scanFormatSchema } = await import('../plan/schema.ts');
  const { problemsOf } = await import('../plan/issue-text.ts');
  let json: unknown = text;
  if (text.startsWith('{')) {
    try {
      json = JSON.parse(text);
    } catch {
      throw new InvalidArgument(`The format ${text} is no JSON.`);
    }
  }
  const [data, problem] = problemsOf(scanFormatSchema, json, 'format');
  if (data !== undefined) return data;
  throw new InvalidArgument(`There is no format ${text}: ${problem}`);
}
