/** Parsers of plans and tasks in JSON: `plan-node.ts` and `task.ts` as zod schemas. Strict, as the language is. */

import * as z from 'zod';
import { BATCH_ROWS } from '../columnar/batch.ts';
import type { Field } from '../columnar/schema.ts';
import { timeZoneProblem } from '../expressions/time-zone.ts';
import {
  aggregateCallSchema,
  aggregateFunctionSchema,
  aggregateOptionsSchema,
  dataTypeSchema,
  expressionSchema,
  fieldSchema,
  jsonValueSchema,
  namedExpressionSchema,
  nameSchema,
  sortKeySchema,
} from './expression-schema.ts';
import { plainFields, plainFirst } from './plain-fields.ts';
import type { JoinType, PlanNode, ScanFormat } from './plan-node.ts';
import type { PlanSettings, ScanFile, Task, TaskInput } from './task.ts';
import { windowCallSchema, windowFrameSchema } from './window-schema.ts';

const MAX_URI_CHARACTERS = 8_192;
/** Each is listed by requests of its own, all at the same time. */
const MAX_GLOBS = 1_000;
/** Rows of a sample: its candidates, twice as many, are numbered with 32 bits. */
const MOST_SAMPLE_ROWS = 1_000_000_000;

const count = z.int().min(0);
const bytes = count.max(2 ** 48);
const fieldList = z.array(fieldSchema).min(1);
const columns = plainFirst(fieldList, plainFields);
// A description makes a copy of a schema.
const describedColumns = (text: string): z.ZodType<Field[]> => plainFirst(fieldList.describe(text), plainFields);
/** What a node is over: any node, which may hold others. */
const input: z.ZodType<PlanNode> = z.lazy(() => planNodeSchema);

const asciiCharacter = z
  .string()
  .regex(
    /^[^\n\r0-9A-Za-z\u0080-\uffff]$/,
    'must be one character of ASCII that is no letter, no digit and no line end',
  );

const parquetScanFormat = z.strictObject({
  kind: z.literal('parquet'),
  reader: z
    .enum(['parquet-wasm'])
    .optional()
    .describe('The decoder of all files: where absent our own, and this one for what ours refuses.'),
});
const arrowScanFormat = z.strictObject({ kind: z.literal('arrow') });
const invalidValues = z
  .enum(['error', 'null'])
  .optional()
  .describe("What becomes of a value that is none of its column's type: an error where absent.");
const maxRecordBytes = z
  .int()
  .min(1024)
  .max(2 ** 30)
  .optional()
  .describe('A record with more bytes is an error: 4 MiB where absent, or what memory allows.');
const csvScanFormat = z
  .strictObject({
    kind: z.literal('csv'),
    delimiter: asciiCharacter.optional().describe('A comma where absent.'),
    quote: asciiCharacter.nullable().optional().describe('A double quote where absent; null for none.'),
    escape: asciiCharacter
      .optional()
      .describe('Inside of quotes what follows it is part of the text: the quote where absent.'),
    comment: asciiCharacter.optional().describe('Lines that begin with it are left out.'),
    header: z
      .boolean()
      .optional()
      .describe('Whether the first record has the names of the columns: else they are those of the schema, in order.'),
    nullTexts: z
      .array(z.string().max(100))
      .max(100)
      .optional()
      .describe('Texts that mean null where they are not in quotes: the empty one where absent.'),
    allowVariableColumns: z
      .boolean()
      .optional()
      .describe('Whether missing fields of a record are null, and further ones left out: else both are errors.'),
    encoding: z.enum(['utf-8', 'latin-1']).optional(),
    invalidValues,
    maxRecordBytes,
  })
  .refine(
    ({ delimiter = ',', quote = '"', escape: escaping, comment }) =>
      new Set([delimiter, quote, comment]).size === 3 && ![delimiter, comment].includes(escaping ?? quote ?? '"'),
    'the delimiter, the quote, the escape and the comment must differ, but for the escape and the quote',
  );

const jsonScanFormat = z.strictObject({ kind: z.literal('json'), invalidValues, maxRecordBytes });

const textScanFormat = z.strictObject({
  kind: z.literal('text'),
  encoding: z.enum(['utf-8', 'latin-1']).optional(),
  skipBlankLines: z
    .boolean()
    .optional()
    .describe('Whether lines of nothing but white space are left out: true where absent.'),
  wholeText: z.boolean().optional().describe('Whether all of a file is one row: each of its lines where absent.'),
  invalidValues,
  maxRecordBytes,
});

const warcScanFormat = z.strictObject({ kind: z.literal('warc'), maxRecordBytes });

export const scanFormatSchema: z.ZodType<ScanFormat['kind'] | ScanFormat> = z.union([
  z.enum(['parquet', 'arrow', 'csv', 'json', 'text', 'warc']),
  z.discriminatedUnion('kind', [
    parquetScanFormat,
    arrowScanFormat,
    csvScanFormat,
    jsonScanFormat,
    textScanFormat,
    warcScanFormat,
  ]),
]);

const scan = z
  .strictObject({
    kind: z.literal('scan'),
    sourceId: nameSchema,
    format: scanFormatSchema,
    schema: describedColumns('The columns of the files that the plan knows; files may have more.'),
    filePathColumn: nameSchema
      .optional()
      .describe('Name of a further column, behind those of the schema: the uri of the file that a row is from.'),
    columns: z.array(nameSchema).optional().describe('Which columns to read, in this order; all where absent.'),
    filter: expressionSchema.optional().describe('Only rows for which this is true are wanted.'),
    limit: count.optional().describe('At most this many rows are wanted, from any file.'),
  })
  .describe('Reads files.');

const inMemoryScan = z
  .strictObject({ kind: z.literal('in-memory-scan'), sourceId: nameSchema, schema: columns })
  .describe('Rows that the task brings along.');

const globScan = z
  .strictObject({
    kind: z.literal('glob-scan'),
    sourceId: nameSchema,
    limit: count.optional().describe('At most this many rows.'),
  })
  .describe('Lists objects: path, size and num_rows, which is null. Sorted by path, each once.');

const emptyScan = z
  .strictObject({ kind: z.literal('empty-scan'), schema: columns })
  .describe('No rows, with a schema.');

const shuffleRead = z
  .strictObject({ kind: z.literal('shuffle-read'), sourceId: nameSchema, schema: columns })
  .describe('Rows that tasks of an earlier stage have partitioned.');

const project = z
  .strictObject({
    kind: z.literal('project'),
    input,
    columns: z.array(namedExpressionSchema).min(1),
  })
  .describe('Makes columns out of those of its input.');

const udfProject = z
  .strictObject({
    kind: z.literal('udf-project'),
    input,
    udf: z
      .strictObject({ module: nameSchema, export: nameSchema })
      .describe('A module that is registered where the task is run, and one of its exports.'),
    arguments: z.array(expressionSchema).min(1),
    name: nameSchema.describe('Of the column of results, which comes last.'),
    returns: dataTypeSchema.describe("The type of the results: that of the function's own definition."),
    passthrough: z
      .array(nameSchema)
      .optional()
      .describe('Columns that are passed on, in this order; all where absent.'),
  })
  .describe('Adds what a registered user-defined function makes of each row.');

const filter = z
  .strictObject({
    kind: z.literal('filter'),
    input,
    predicate: expressionSchema,
  })
  .describe('Keeps the rows for which the predicate is true: not those where it is null.');

const explode = z
  .strictObject({
    kind: z.literal('explode'),
    input,
    columns: z.array(nameSchema).min(1).describe('Lists, lists of fixed size, maps: of one length in each row.'),
    ignoreEmpty: z
      .boolean()
      .optional()
      .describe('Leaves out a row with an empty list, or none: else it stays, with nulls.'),
    indexColumn: nameSchema.optional().describe('Name of a last column: the position of the item, from 0.'),
  })
  .describe('One row for each item of the lists, the other columns repeated.');

const unpivot = z
  .strictObject({
    kind: z.literal('unpivot'),
    input,
    ids: z.array(nameSchema),
    values: z.array(nameSchema).min(1).describe('All become the type that holds the values of each.'),
    variableName: nameSchema.optional().describe('"variable" where absent.'),
    valueName: nameSchema.optional().describe('"value" where absent.'),
  })
  .describe('One row for each of the columns values, nulls too: ids, the name of the column, its value.');

const sample = z
  .strictObject({
    kind: z.literal('sample'),
    input,
    fraction: z.number().min(0).max(1).optional().describe('The probability of each row. Either this or size.'),
    size: count.max(MOST_SAMPLE_ROWS).optional().describe('How many rows: an error where there are fewer.'),
    withReplacement: z.boolean().optional().describe('Whether a row may come several times.'),
    seed: count.optional().describe('The same seed gives the same rows again. Where absent, each run draws another.'),
  })
  .describe('Random rows, in the order of the input.');

const intoBatches = z
  .strictObject({
    kind: z.literal('into-batches'),
    input,
    rows: z.int().min(1).describe(`At most ${BATCH_ROWS}: no batch has more.`),
    strict: z
      .boolean()
      .optional()
      .describe('All but the last have just as many rows: else more than floor(0.8 × rows).'),
  })
  .describe('The same rows in batches of another size.');

const monotonicallyIncreasingId = z
  .strictObject({
    kind: z.literal('monotonically-increasing-id'),
    input,
    name: nameSchema,
    partition: count.max(2 ** 28 - 1).optional(),
    offset: count
      .max(2 ** 36)
      .optional()
      .describe('Number of the first row.'),
  })
  .describe('Puts a column before the others: partition × 2^36 + offset, and one more for each row.');

const dedup = z
  .strictObject({
    kind: z.literal('dedup'),
    input,
    columns: z.array(nameSchema).min(1).optional().describe('All where absent.'),
  })
  .describe('Of the rows that are equal in these columns the first one.');

const pivot = z
  .strictObject({
    kind: z.literal('pivot'),
    input,
    groupBy: z.array(nameSchema).min(1),
    pivot: nameSchema,
    value: nameSchema,
    aggregate: aggregateFunctionSchema,
    options: aggregateOptionsSchema.optional(),
    names: z.array(nameSchema).min(1).describe('Texts of values of pivot, "None" for null: a column for each.'),
  })
  .describe('One row for each group, in it the aggregate of value for each name.');

const limit = z
  .strictObject({
    kind: z.literal('limit'),
    input,
    limit: count,
    offset: count.optional(),
  })
  .describe('Passes on the rows [offset, offset + limit) of its input.');

const shared = z
  .strictObject({
    kind: z.literal('shared'),
    input,
    name: nameSchema.describe('Nodes of one name have equal inputs.'),
  })
  .describe('The rows of its input, made once for all nodes of this name and kept in memory while they are read.');

const concat = z
  .strictObject({
    kind: z.literal('concat'),
    inputs: z.array(input).min(1),
  })
  .describe('All rows of the first input, then all of the second, and so on; the schemas are equal.');

const aggregateStage = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('partial') }),
    z.strictObject({
      kind: z.literal('final'),
      schema: describedColumns('Of the rows that the partial node aggregated.'),
    }),
  ])
  .optional()
  .describe('partial gives partial states, final makes the results of them; all of it where absent.');

const aggregate = z
  .strictObject({
    kind: z.literal('aggregate'),
    input,
    aggregates: z.array(aggregateCallSchema).min(1),
    stage: aggregateStage,
  })
  .describe('One row, whatever the input.');

const groupedAggregate = z
  .strictObject({
    kind: z.literal('grouped-aggregate'),
    input,
    groupBy: z.array(namedExpressionSchema).min(1),
    aggregates: z.array(aggregateCallSchema).describe('None: the distinct keys.'),
    stage: aggregateStage,
  })
  .describe('One row per distinct key; null is a key of its own. The order of the groups is not defined.');

const sort = z
  .strictObject({
    kind: z.literal('sort'),
    input,
    keys: z.array(sortKeySchema).min(1),
  })
  .describe('Stable: rows with equal keys keep their order. NaN is the greatest number.');

const topN = z
  .strictObject({
    kind: z.literal('top-n'),
    input,
    keys: z.array(sortKeySchema).min(1),
    limit: count,
    offset: count.optional(),
  })
  .describe('The rows [offset, offset + limit) of the sorted input.');

const partitionBy = z.array(expressionSchema).min(1);
const orderBy = z.array(sortKeySchema).min(1);
const functions = z.array(windowCallSchema).min(1);

const windowPartitionOnly = z
  .strictObject({
    kind: z.literal('window-partition-only'),
    input,
    partitionBy,
    aggregates: z.array(aggregateCallSchema).min(1),
  })
  .describe('The input, in its order, with aggregates over the partition of each row.');

const windowPartitionAndOrderBy = z
  .strictObject({
    kind: z.literal('window-partition-and-order-by'),
    input,
    partitionBy,
    orderBy,
    functions,
  })
  .describe(
    'The input, sorted in partitions, with functions of the place of each row and of the rows up to its peers.',
  );

const windowPartitionAndDynamicFrame = z
  .strictObject({
    kind: z.literal('window-partition-and-dynamic-frame'),
    input,
    partitionBy,
    orderBy,
    frame: windowFrameSchema,
    functions,
  })
  .describe('The input, sorted in partitions, with functions of the rows in the frame of each row.');

const windowOrderByOnly = z
  .strictObject({
    kind: z.literal('window-order-by-only'),
    input,
    orderBy,
    frame: windowFrameSchema.optional().describe('Up to the peers of each row where absent.'),
    functions,
  })
  .describe('The sorted input with functions of the rows around each row, all rows being one partition.');

const joinType: z.ZodType<JoinType> = z
  .enum(['inner', 'left', 'right', 'outer', 'semi', 'anti'])
  .describe('Which rows come out that have no match; of semi and anti those of left that have one, or none.');

const hashJoin = z
  .strictObject({
    kind: z.literal('hash-join'),
    left: input,
    right: input,
    leftOn: z.array(expressionSchema).min(1),
    rightOn: z.array(expressionSchema).min(1).describe('As many as on the left.'),
    joinType,
    buildSide: z
      .enum(['left', 'right'])
      .optional()
      .describe('Which side is kept in memory; where absent the right one, and the left one of a right join.'),
    nullEqualsNull: z.array(z.boolean()).optional().describe('By key, whether null equals null; nowhere where absent.'),
    residual: expressionSchema.optional().describe('A pair only matches where this is true.'),
  })
  .describe('Pairs of rows whose keys are equal; of semi and anti joins the rows of left by whether they have one.');

const crossJoin = z
  .strictObject({
    kind: z.literal('cross-join'),
    left: input,
    right: input,
    collect: z.enum(['left', 'right']).optional().describe('The side that is held in memory; right where absent.'),
    residual: expressionSchema.optional().describe('Over the columns of both: only pairs for which it is true.'),
  })
  .describe('Every row of left beside every row of right: the columns of left, then those of right.');

const sortMergeJoin = z
  .strictObject({
    kind: z.literal('sort-merge-join'),
    left: input,
    right: input,
    leftOn: z.array(expressionSchema).min(1).describe('Keys that are equal, as many as in rightOn.'),
    rightOn: z.array(expressionSchema).min(1),
    joinType,
  })
  .describe('Joins by equal keys, both sides being sorted: rows come out in the order of their keys.');

const asofJoin = z
  .strictObject({
    kind: z.literal('asof-join'),
    left: input,
    right: input,
    leftBy: z.array(expressionSchema).optional().describe('Keys that are equal, as many as in rightBy.'),
    rightBy: z.array(expressionSchema).optional(),
    leftOn: expressionSchema.describe('A number, a date, a time, a timestamp or a duration.'),
    rightOn: expressionSchema,
    strategy: z
      .enum(['backward', 'forward', 'nearest'])
      .describe(
        'The row of right with the greatest key that is not greater, the least that is not less, or the nearest.',
      ),
    tolerance: expressionSchema
      .optional()
      .describe('How far a match may be at most, a literal: a number beside numbers, else a duration.'),
    allowExactMatches: z.boolean().optional().describe('Whether equal keys match: true where absent.'),
  })
  .describe('Every row of left once, beside the row of right that is nearest by a key, or nulls.');

const compression = z.enum(['none', 'snappy', 'gzip', 'zstd', 'brotli']);
const compressionLevel = z.int().min(0).max(19).describe('Of gzip 0 to 9, of zstd 1 to 19, of brotli 0 to 11.');
const parquetFormat = z.strictObject({
  kind: z.literal('parquet'),
  columns: z
    .array(
      z.strictObject({
        name: nameSchema,
        compression: compression.optional(),
        compressionLevel: compressionLevel.optional(),
        dictionary: z.boolean().optional().describe('Whether values that repeat are written once.'),
        statistics: z.boolean().optional().describe('Whether least and greatest values are written.'),
        bloomFilter: z.boolean().optional().describe('Whether Bloom filters are written.'),
      }),
    )
    .optional()
    .describe('What differs from how the file is written as a whole.'),
});
const csvFormat = z
  .strictObject({
    kind: z.literal('csv'),
    delimiter: asciiCharacter.optional().describe('A comma where absent.'),
    quote: asciiCharacter.optional().describe('Doubled inside of quotes.'),
    header: z.boolean().optional().describe('Whether each file begins with the names of its columns.'),
    nullText: z.string().max(100).optional().describe('How null is written: as nothing where absent.'),
  })
  .refine(({ delimiter = ',', quote = '"' }) => delimiter !== quote, 'the delimiter and the quote must differ')
  .refine(
    ({ delimiter = ',', quote = '"', nullText = '' }) =>
      ![delimiter, quote, '\n', '\r'].some((special) => nullText.includes(special)),
    'the text of null, which is never quoted, must have no delimiter, quote or line end in it',
  );
const jsonFormat = z.strictObject({
  kind: z.literal('json'),
  ignoreNullFields: z.boolean().optional().describe('Whether fields that are null are left out.'),
});
const arrowFormat = z.strictObject({ kind: z.literal('arrow'), container: z.enum(['file', 'stream']).optional() });

const write = z
  .strictObject({
    kind: z.literal('write'),
    input,
    format: z.union([
      z.enum(['parquet', 'csv', 'json', 'arrow']),
      z.discriminatedUnion('kind', [parquetFormat, csvFormat, jsonFormat, arrowFormat]),
    ]),
    partitionBy: z.array(nameSchema).optional().describe('These columns become directories name=value.'),
    compression: compression.optional().describe('Of Parquet snappy where absent, else none.'),
    compressionLevel: compressionLevel.optional(),
    targetFileBytes: z.int().min(1).optional().describe('A file is closed when it has reached about this size.'),
    rowGroupRows: z
      .int()
      .min(1)
      .max(2 ** 31 - 1)
      .optional(),
  })
  .describe('Writes files into the output of the task; only at the root, or directly below commit-write.');

const MOST_PARTITIONS = 10_000;
const partitions = z.int().min(1).max(MOST_PARTITIONS);
const shuffleCompression = z.enum(['none', 'zstd']).optional().describe('Of pages: zstd where absent.');

const repartition = z
  .strictObject({
    kind: z.literal('repartition'),
    input,
    partitions,
    by: z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('hash'), columns: z.array(expressionSchema).min(1) }),
      z.strictObject({
        kind: z.literal('range'),
        keys: z.array(sortKeySchema).min(1),
        boundaries: z
          .array(z.array(jsonValueSchema))
          .describe('A value per key, ascending: the first possible row of the next partition.'),
      }),
      z.strictObject({
        kind: z.literal('random'),
        seed: count
          .max(2 ** 32 - 1)
          .optional()
          .describe('0 where absent.'),
      }),
    ]),
    compression: shuffleCompression,
  })
  .describe('Writes its rows into a shuffle object, by partition, for the next stage; only at the root.');

const intoPartitions = z
  .strictObject({
    kind: z.literal('into-partitions'),
    input,
    partitions,
    compression: shuffleCompression,
  })
  .describe('As repartition, in pieces of ceil(rows / partitions) rows, in their order; only at the root.');

const gather = z
  .strictObject({
    kind: z.literal('gather'),
    input,
    compression: shuffleCompression,
  })
  .describe('As repartition, into one partition; only at the root.');

const commitWrite = z
  .strictObject({
    kind: z.literal('commit-write'),
    input,
    mode: z.enum(['append', 'overwrite', 'overwrite-partitions', 'error-if-exists']),
    successFile: z.boolean().optional().describe('Puts _SUCCESS, which holds the id of the job, beside the files.'),
  })
  .describe('Commits what the write below it wrote; only at the root.');

export const planNodeSchema: z.ZodType<PlanNode> = z
  .discriminatedUnion('kind', [
    scan,
    inMemoryScan,
    globScan,
    emptyScan,
    shuffleRead,
    project,
    udfProject,
    filter,
    explode,
    unpivot,
    sample,
    intoBatches,
    monotonicallyIncreasingId,
    crossJoin,
    sortMergeJoin,
    asofJoin,
    dedup,
    pivot,
    limit,
    shared,
    concat,
    aggregate,
    groupedAggregate,
    sort,
    topN,
    windowPartitionOnly,
    windowPartitionAndOrderBy,
    windowPartitionAndDynamicFrame,
    windowOrderByOnly,
    hashJoin,
    write,
    repartition,
    intoPartitions,
    gather,
    commitWrite,
  ])
  .meta({ id: 'PlanNode', description: 'A node of a plan, with its input inside.' });

/** Not repeated in messages: uris may carry credentials. */
export const uriSchema: z.ZodType<string> = z
  .string()
  .min(1)
  .max(MAX_URI_CHARACTERS)
  .refine((text) => !/[\p{Cc}\p{Cs}]/u.test(text), 'must not have control characters');

const scanFile: z.ZodType<ScanFile> = z
  .strictObject({
    uri: uriSchema,
    etag: z.string().min(1).max(MAX_URI_CHARACTERS).optional().describe('Pins the version.'),
    rowGroups: z
      .array(count.max(2 ** 31 - 1))
      .optional()
      .describe('Indexes of the row groups to read; all where absent.'),
    range: z
      .strictObject({
        start: bytes,
        end: bytes,
        startsRecord: z.boolean().optional().describe('Whether a record is known to begin at the start.'),
      })
      .refine(({ start, end }) => start < end, 'the end must be behind the start')
      .optional()
      .describe('Bytes of a file of text: the records that begin in them are read; all where absent.'),
    partition: z
      .record(nameSchema, z.union([z.null(), z.boolean(), z.number(), z.string().max(MAX_URI_CHARACTERS)]))
      .optional()
      .describe('Values that all of its rows have, by column; they are not read from the file.'),
  })
  .meta({ id: 'ScanFile' });

type Rows = Extract<TaskInput, { kind: 'rows' }>['rows'];
/** `check-task.ts` holds the rows against the schema of their scan: a value at a time, and no more issues than shown. */
export const rowsSchema: z.ZodType<Rows> = z.custom<Rows>(Array.isArray, 'expected an array of objects');

const pageRange = z.strictObject({
  offset: bytes,
  bytes: bytes.min(24),
  rows: bytes.min(1),
  skip: count.max(65_535).optional().describe('Rows before them in the first page.'),
});
const shufflePiece = z
  .strictObject({
    uri: uriSchema,
    etag: z.string().min(1).max(MAX_URI_CHARACTERS).optional().describe('Pins the version.'),
    ranges: z.array(pageRange).optional().describe('Where the pages are, as the task that wrote them tells.'),
    partition: count
      .max(65_535)
      .optional()
      .describe('Which partition to look up in the object, where it has no ranges.'),
  })
  .refine(({ ranges, partition }) => (ranges === undefined) !== (partition === undefined), {
    error: 'needs either ranges or a partition',
  })
  .meta({ id: 'ShufflePiece' });

const filesInput = z.strictObject({ kind: z.literal('files'), files: z.array(scanFile) }).describe('Files of a scan.');
const rowsInput = z.strictObject({ kind: z.literal('rows'), rows: rowsSchema }).describe('Rows of an in-memory-scan.');
const globsInput = z
  .strictObject({ kind: z.literal('globs'), globs: z.array(uriSchema).max(MAX_GLOBS) })
  .describe('Globs of a glob-scan or a scan: s3://bucket/day=*/*.parquet');
const shuffleInput = z
  .strictObject({ kind: z.literal('shuffle'), pieces: z.array(shufflePiece) })
  .describe('Pieces of a shuffle-read, in their order.');
/** The inputs of a task, or of a document that becomes tasks and knows `further` kinds of them, told by `kind`. */
export function inputSchema<Input>(id: string, further: readonly z.ZodObject[]): z.ZodType<Input> {
  return z
    .discriminatedUnion('kind', [filesInput, rowsInput, globsInput, ...further])
    .meta({ id }) as unknown as z.ZodType<Input>;
}

const taskInput: z.ZodType<TaskInput> = inputSchema<TaskInput>('TaskInput', [shuffleInput]);

export const planReferenceSchema: z.ZodType<{ uri: string }> = z
  .strictObject({ uri: uriSchema })
  .describe('Where the plan is.');

const timeZoneSchema = z
  .string()
  .max(64)
  .superRefine((name, context) => {
    const message = timeZoneProblem(name);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });

/** What holds for all expressions, in a task and in what becomes tasks. */
export const planSettingsShape: { [K in keyof Required<PlanSettings>]: z.ZodType<PlanSettings[K]> } = {
  overflow: z
    .enum(['error', 'wrap'])
    .optional()
    .describe('What integers beyond their types are: an error, which they are where it is absent, or wrapped around.'),
  timezone: timeZoneSchema
    .optional()
    .describe('On whose clock current_date, current_timestamp and make_timestamp_ltz are: UTC where absent.'),
};

/** `plan` is one or the other, and which one is seen before parsing, so that problems are those of the one meant. */
const taskWith = (plan: z.ZodType<Task['plan']>): z.ZodType<Task> =>
  z
    .strictObject({
      version: z.literal(1).describe('Version of this form of document.'),
      jobId: z
        .string()
        .regex(
          /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,128}$/,
          'must be 1 to 128 letters, digits, dots, underscores and hyphens, and neither "." nor ".."',
        )
        .describe('The idempotency key of the caller: the same job is done once.'),
      stageId: count,
      taskId: count,
      plan,
      inputs: z.record(nameSchema, taskInput).describe('By source id.'),
      maintainOrder: z
        .boolean()
        .optional()
        .describe('False: rows may come in another order than that of the inputs where that saves waiting.'),
      ...planSettingsShape,
      output: z
        .strictObject({ uri: uriSchema })
        .optional()
        .describe('The directory into which a write puts its files.'),
    })
    .describe('One unit of work: a plan, what it reads, and where it writes.');

export const taskWithPlanSchema: z.ZodType<Task> = taskWith(planNodeSchema);
export const taskWithReferenceSchema: z.ZodType<Task> = taskWith(planReferenceSchema);
/** Of either: for the JSON Schema. */
export const taskSchema: z.ZodType<Task> = taskWith(z.union([planNodeSchema, planReferenceSchema]));
