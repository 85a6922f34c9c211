/** What columns a file has, for who has no plan yet. */

import { type DataType, sameType, utf8 } from '../columnar/data-type.ts';
import { field, type Schema } from '../columnar/schema.ts';
import { MalformedFile, UnsupportedFile } from '../errors.ts';
import type { FileStatistics } from '../io/parquet/file-statistics.ts';
import type { SampledFile } from '../io/text/infer-schema.ts';
import type { FileSchema } from '../io/union-schema.ts';
import { redactUri } from '../io/uri.ts';
import type { ScanNode } from '../plan/plan-node.ts';
import type { BoundScanFormat } from '../planner/bound-plan.ts';
import { readFormat } from '../planner/nodes/scan-format.ts';

export interface SampledFiles extends Omit<SampledFile, 'uri'> {
  readonly uris: readonly string[];
  /** Which of them tell: the first that has rows, or all. */
  readonly from: 'first' | 'all';
}

export interface FilesDescription {
  readonly schema: Schema;
  /** Of the files that tell something of their rows. */
  readonly statistics: readonly FileStatistics[];
  /** Columns that are not read, a clause for each. */
  readonly leftOut: readonly { readonly uri: string; readonly what: string }[];
}

/**
 * The columns of the files, joined by their names, in types that hold the values of each; `types` are those of columns for which
 * what the files have gives way. A file of text that is empty tells nothing.
 * @throws MalformedFile where none tells anything, UnsupportedFile, SchemaMismatch
 */
export async function describeFiles(
  { uris, from, ...sampling }: SampledFiles,
  format: ScanNode['format'],
  types: ReadonlyMap<string, DataType> = new Map(),
): Promise<FilesDescription> {
  const [{ unionSchema, widerType }, { settledSchema, together }] = await Promise.all([
    import('../io/union-schema.ts'),
    import('../io/text/inferred-type.ts'),
  ]);
  const bound = readFormat(format, []);
  const found: (FileDescription & FileSchema)[] = [];
  for (const uri of uris) {
    const { schema, ...described } = await describe({ ...sampling, uri }, bound);
    if (schema === undefined) continue;
    found.push({ ...described, uri: redactUri(uri), schema });
    if (from === 'first' && tellsTypes(schema)) break;
  }
  const first = found.findLast(({ schema }) => tellsTypes(schema)) ?? found[0];
  if (first === undefined) throw new MalformedFile(redactUri(uris[0] ?? ''), nothingTold(uris.length));
  const files = from === 'all' ? found : [first];
  const commons = {
    parquet: widerType,
    arrow: widerType,
    csv: together,
    json: together,
    text: together,
    warc: together,
  };
  const joined = unionSchema(files, commons[bound.kind], types);
  // What one file knows nothing of, another may.
  const schema = bound.kind === 'csv' || bound.kind === 'json' ? settledSchema(joined) : joined;
  return {
    schema,
    leftOut: files.flatMap(({ uri, leftOut = [] }) => leftOut.map((what) => ({ uri, what }))),
    statistics: files.flatMap((file) => (file.statistics ? [ofTypes(file.statistics, file.schema, schema)] : [])),
  };
}

/** Of a file that has names of columns and no rows nothing is known of their types. */
const tellsTypes = ({ fields }: Schema): boolean => fields.some(({ type }) => type.kind !== 'null');

const nothingTold = (files: number): string =>
  `it is empty, and tells no columns${files === 1 ? '' : `, nor do the ${files - 1} files behind it`}. Give a schema`;

/** Without those of columns of other types than the joined one: their bounds are other numbers. */
function ofTypes(statistics: FileStatistics, own: Schema, { fields }: Schema): FileStatistics {
  const columns = [...statistics.columns].filter(([name]) => {
    const [before, after] = [own.fields.find((one) => one.name === name), fields.find((one) => one.name === name)];
    return before !== undefined && after !== undefined && sameType(before.type, after.type);
  });
  return { ...statistics, columns: new Map(columns) };
}

interface FileDescription {
  readonly schema: Schema | undefined;
  readonly statistics?: FileStatistics;
  readonly leftOut?: readonly string[];
}

async function describe(file: SampledFile, format: BoundScanFormat): Promise<FileDescription> {
  if (format.kind === 'arrow') {
    const { describeArrow } = await import('../io/arrow/arrow-schema-of-file.ts');
    return describeArrow(file);
  }
  if (format.kind !== 'parquet') return { schema: await schemaOf(file, format) };
  const { describeParquet } = await import('../io/parquet/parquet-schema.ts');
  return describeParquet(file.store, file.uri, file.signal);
}

/** What its first rows tell. */
async function schemaOf(
  file: SampledFile,
  format: Exclude<BoundScanFormat, { kind: 'parquet' | 'arrow' }>,
): Promise<Schema | undefined> {
  if (format.kind === 'warc') {
    const { WARC_COLUMNS } = await import('../io/text/warc-columns.ts');
    return { fields: [...WARC_COLUMNS].map(([name, type]) => field(name, type)) };
  }
  if (format.kind === 'text') return { fields: [field('text', utf8, format.invalidValues === 'null')] };
  const { inferCsvSchema, inferJsonSchema } = await import('../io/text/infer-schema.ts');
  return format.kind === 'csv' ? inferCsvSchema(file, format) : inferJsonSchema(file, format);
}

/** By the ending of the name. @throws UnsupportedFile */
export function formatOf(uri: string): ScanNode['format'] {
  const [, ending = ''] = /\.([a-z]+)(?:\.(?:gz|zst|zstd))?$/.exec(redactUri(uri).toLowerCase()) ?? [];
  if (ending === 'parquet' || ending === 'csv' || ending === 'json' || ending === 'arrow') return ending;
  if (ending === 'arrows' || ending === 'feather' || ending === 'ipc') return 'arrow';
  if (ending === 'tsv') return { kind: 'csv', delimiter: '\t' };
  if (ending === 'jsonl' || ending === 'ndjson') return 'json';
  if (ending === 'warc') return 'warc';
  if (ending === 'txt' || ending === 'log') return 'text';
  throw new UnsupportedFile(redactUri(uri), 'its name does not tell what it is: say it with --format');
}
