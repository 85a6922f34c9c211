import type { Command } from 'commander';
import { int64, utf8 } from '../columnar/data-type.ts';
import { field, schema } from '../columnar/schema.ts';
import type { CommittedFile, JobManifest, JsonValue } from '../commit/manifest.ts';
import { textTable } from '../dataframe/text-table.ts';
import { InvalidArgument, ObjectNotFound } from '../errors.ts';
import { redactUri } from '../io/uri.ts';
import type { OperatorStats } from '../stats/operator-stats.ts';
import { countText, sizeText } from '../stats/quantity-text.ts';
import type { TaskStats } from '../stats/task-stats.ts';
import { parseCount } from './quantities.ts';
import type { Terminal } from './terminal.ts';

interface InspectOptions {
  readonly limit: number;
  readonly json?: true;
}

const EXAMPLES = `
Examples:
  $ millrace inspect output/
  $ millrace inspect output/_millrace/job-1/manifest.json
  $ millrace inspect output/ --json | jq -r '.files[].path'`;

/** `millrace inspect`: what a reader of the destination sees. */
export function addInspectCommand(program: Command, terminal: Terminal): Command {
  return program
    .command('inspect')
    .description('Show the committed jobs of a destination, or one manifest: files, totals, statistics.')
    .argument('<destination or manifest>', 'an output directory, or the manifest.json of a job')
    .option('--limit <files>', 'how many files are printed', parseCount, 40)
    .option('--json', 'print one JSON document')
    .addHelpText('after', EXAMPLES)
    .action((place: string, options: InspectOptions) => inspect(place, options, terminal));
}

async function inspect(place: string, { limit, json }: InspectOptions, terminal: Terminal): Promise<void> {
  const { uriOf } = await import('../dataframe/places.ts');
  const uri = uriOf(place);
  const found = uri.endsWith('.json') ? await ofManifest(uri, terminal) : await ofDestination(uri, terminal);
  await terminal.write(json ? `${JSON.stringify(found)}\n` : await inspectionText(found, limit, terminal.columns));
}

/** What is shown. */
interface Inspection {
  /** In order of their commit. */
  readonly jobs: readonly JobManifest[];
  /** Committed before, and replaced by an overwrite. */
  readonly replacedJobs: readonly string[];
  readonly files: readonly CommittedFile[];
}

async function ofManifest(uri: string, { signal }: Terminal): Promise<Inspection> {
  const [{ deskStore }, { parseJobManifest }, { retryingStore }] = await Promise.all([
    import('../io/desk-store.ts'),
    import('../commit/manifest.ts'),
    import('../io/retrying-store.ts'),
  ]);
  const stored = await retryingStore(deskStore()).get(uri, { signal });
  if (stored === undefined) throw new ObjectNotFound(uri);
  const manifest = parseJobManifest(uri, stored.bytes);
  return { jobs: [manifest], replacedJobs: [], files: manifest.files };
}

async function ofDestination(uri: string, { signal }: Terminal): Promise<Inspection> {
  const [{ deskStore }, { listCommitted }, { retryingStore }] = await Promise.all([
    import('../io/desk-store.ts'),
    import('../commit/read-manifest.ts'),
    import('../io/retrying-store.ts'),
  ]);
  const store = retryingStore(deskStore());
  const { live, replaced, files } = await listCommitted(store, uri, { signal });
  if (live.length + replaced.length === 0 && !uri.endsWith('/') && (await store.head(uri, { signal })) !== undefined) {
    throw new InvalidArgument(
      `${redactUri(uri)} is a file, no destination of jobs. Its columns: millrace schema <file>`,
    );
  }
  return { jobs: live, replacedJobs: replaced.map(({ jobId }) => jobId), files };
}

const JOB_COLUMNS = schema(
  field('job', utf8),
  field('mode', utf8),
  field('files', int64),
  field('rows', int64),
  field('bytes', int64),
);
const FILE_COLUMNS = schema(field('path', utf8), field('rows', int64), field('bytes', int64));

async function inspectionText(
  { jobs, replacedJobs, files }: Inspection,
  limit: number,
  width: number | undefined,
): Promise<string> {
  if (jobs.length === 0) return 'No job is committed here.\n';
  const jobRows = jobs.map(({ jobId, mode, totals }) => [
    jobId,
    mode,
    BigInt(totals.files),
    BigInt(totals.rows),
    BigInt(totals.bytes),
  ]);
  const fileRows = files.slice(0, limit).map(({ path, rows, size }) => [path, BigInt(rows), BigInt(size)]);
  const rows = files.reduce((sum, file) => sum + file.rows, 0);
  const bytes = files.reduce((sum, file) => sum + file.size, 0);
  const shown = fileRows.length < files.length ? `, ${fileRows.length} shown` : '';
  const replaced = replacedJobs.length === 0 ? '' : `replaced: ${replacedJobs.join(', ')}\n`;
  return [
    textTable(JOB_COLUMNS, jobRows, width),
    `${replaced}\n`,
    textTable(FILE_COLUMNS, fileRows, width),
    `${countText(files.length, 'file')}${shown}; ${countText(rows, 'row')}, ${sizeText(bytes)}\n`,
    ...(await Promise.all(
      jobs.flatMap(({ jobId, statistics }) => statistics.map((one) => statisticsText(jobId, one))),
    )),
  ].join('');
}

async function statisticsText(jobId: string, statistics: JsonValue): Promise<string> {
  if (!isTaskStats(statistics)) return '';
  const { renderStats } = await import('../stats/render-stats.ts');
  return `\n${jobId}\n${renderStats(statistics)}`;
}

/** Statistics in a manifest are whatever the writer knew: they are shown where they have our form. */
function isTaskStats(value: unknown): value is TaskStats {
  const stats = value as Partial<Record<keyof TaskStats, unknown>> | null;
  return (
    typeof stats === 'object' &&
    typeof stats?.wallMs === 'number' &&
    typeof stats.peakBytes === 'number' &&
    typeof stats.limitBytes === 'number' &&
    Array.isArray(stats.operators) &&
    stats.operators.every(isOperatorStats)
  );
}

function isOperatorStats(value: unknown): value is OperatorStats {
  const stats = value as Partial<Record<keyof OperatorStats, unknown>> | null;
  if (typeof stats !== 'object' || typeof stats?.name !== 'string') return false;
  const { rowsIn, rowsOut, batchesOut, selfMs, depth, counters } = stats;
  const numbers = [rowsIn, rowsOut, batchesOut, selfMs, depth, ...Object.values(counters ?? {})];
  return numbers.every((number) => typeof number === 'number' && number >= 0 && number < Number.MAX_SAFE_INTEGER);
}
