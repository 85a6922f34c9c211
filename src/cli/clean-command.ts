import type { Command } from 'commander';
import type { CleanReport } from '../commit/clean.ts';
import { countText } from '../stats/quantity-text.ts';
import { parseAge } from './quantities.ts';
import type { Terminal } from './terminal.ts';

interface CleanCommandOptions {
  readonly olderThan: number;
  readonly dryRun?: true;
  readonly json?: true;
}

const EXAMPLES = `
Nothing that a reader can see is removed: only open uploads of jobs that are aborted or were never finished, and files
that no committed job names. The age must be longer than any job takes, as an unfinished older job is aborted.

Examples:
  $ millrace clean output/ --dry-run
  $ millrace clean output/ --older-than 7d`;

/** `millrace clean`: what abandoned attempts have left behind. */
export function addCleanCommand(program: Command, terminal: Terminal): Command {
  return program
    .command('clean')
    .description('Remove what abandoned and replaced jobs have left in a destination.')
    .argument('<destination>', 'the output directory of jobs, or its uri')
    .addOption(
      program
        .createOption('--older-than <age>', 'touch nothing that is younger')
        .argParser(parseAge)
        .default(24 * 3_600_000, '24h'),
    )
    .option('--dry-run', 'only say what would be done')
    .option('--json', 'print one JSON document')
    .addHelpText('after', EXAMPLES)
    .action((destination: string, options: CleanCommandOptions) => cleanDestination(destination, options, terminal));
}

async function cleanDestination(destination: string, options: CleanCommandOptions, terminal: Terminal): Promise<void> {
  const [{ clean }, { deskStore }, { uriOf }, { retryingStore }] = await Promise.all([
    import('../commit/clean.ts'),
    import('../io/desk-store.ts'),
    import('../dataframe/places.ts'),
    import('../io/retrying-store.ts'),
  ]);
  const { olderThan, dryRun = false, json } = options;
  const report = await clean({
    store: retryingStore(deskStore()),
    destination: uriOf(destination),
    olderThanMs: olderThan,
    dryRun,
    signal: terminal.signal,
  });
  await terminal.write(json ? `${JSON.stringify(report)}\n` : reportText(report, dryRun));
}

function reportText(report: CleanReport, dryRun: boolean): string {
  const would = dryRun ? 'would be ' : '';
  const uploads = report.abortedUploads.map(({ uri }) => uri);
  const parts = [
    section(report.abortedJobs, 'job', `${would}aborted`),
    section(uploads, 'open upload', `${would}dropped`),
    section(report.deletedObjects, 'file', `${would}deleted`),
    section(report.unfinishedJobs, 'job', 'decided and not finished: run it again to complete it'),
    section(report.unclearJobs, 'job', 'in a state that cannot be read, and left as it is'),
  ];
  const text = parts.join('');
  return text === '' ? 'Nothing to clean.\n' : text;
}

function section(names: readonly string[], noun: string, what: string): string {
  if (names.length === 0) return '';
  const shown = names.slice(0, 20).map((name) => `  ${name}\n`);
  if (names.length > shown.length) shown.push(`  and ${names.length - shown.length} more\n`);
  return `${countText(names.length, noun)} ${what}\n${shown.join('')}`;
}
