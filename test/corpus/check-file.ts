/** One Parquet file, read by us and by pyarrow at once, a batch at a time. */

import { sameType, timestamp, typeName } from '../../src/columnar/data-type.ts';
import type { Field } from '../../src/columnar/schema.ts';
import { MillraceError } from '../../src/errors.ts';
import { fileStore } from '../../src/io/file-store.ts';
import { readParquetSchema } from '../../src/io/parquet/parquet-schema.ts';
import { fileUri } from '../../src/io/uri.ts';
import { checkFilters } from './check-filters.ts';
import { difference, isSameType } from './difference.ts';
import type { Found, Pyarrow } from './pyarrow.ts';
import { Differs, scanFile } from './scan-file.ts';

/**
 * What was found about a file.
 *
 *  - read: all columns as pyarrow reads them;
 *  - refused: by an error of ours, or of some columns;
 *  - unchecked: read, while pyarrow refuses it;
 *  - wrong: other values, rows or types, memory that is kept, or an error that is none of ours.
 */
export interface Verdict {
  readonly verdict: 'read' | 'refused' | 'unchecked' | 'wrong';
  readonly rows: number;
  /** Of what was compared. */
  readonly columns: number;
  /** How many filters were tried. */
  readonly filters?: number;
  /** The name of the error that refused it. */
  readonly error?: string;
  readonly detail?: string;
  /** What pyarrow says, where it refuses the file. */
  readonly pyarrow?: string;
}

export interface CheckedFile {
  readonly path: string;
  /** Where the values are that it should have, as pyarrow reads them: of a foreign file itself. */
  readonly given: string;
}

/** With filters too, if `hasFilters`, where it is read as pyarrow reads it. */
export async function checkFile(file: CheckedFile, pyarrow: Pyarrow, hasFilters: boolean): Promise<Verdict> {
  const verdict = await checkRows(file, pyarrow);
  if (!hasFilters || verdict.verdict !== 'read' || verdict.columns === 0 || verdict.detail !== undefined)
    return verdict;
  try {
    return { ...verdict, filters: await checkFilters(fileUri(file.path)) };
  } catch (error) {
    const detail = error instanceof Differs ? error.message : String((error as Error).stack);
    return { ...verdict, verdict: 'wrong', detail };
  }
}

async function checkRows({ path, given }: CheckedFile, pyarrow: Pyarrow): Promise<Verdict> {
  const verdict = await checkedIn('ns', path, pyarrow, given);
  // Nanoseconds go from 1677 to 2262, and pyarrow does not say where they overflow.
  if (verdict.error !== 'ArithmeticOverflow') return verdict;
  const inMicroseconds = await checkedIn('us', path, pyarrow, given);
  return inMicroseconds.verdict === 'read' ? { ...inMicroseconds, detail: 'INT96 in microseconds' } : verdict;
}

async function checkedIn(int96: 'ns' | 'us', path: string, pyarrow: Pyarrow, given: string): Promise<Verdict> {
  const theirs = await pyarrow.open(given, int96);
  const refusedThere = 'error' in theirs ? { pyarrow: theirs.error } : {};
  const found = 'error' in theirs ? undefined : theirs;
  const compared = { rows: 0, columns: 0 };
  try {
    const missing = await compare(fileUri(path), { pyarrow, found, int96, compared });
    if (found === undefined) return { verdict: 'unchecked', ...compared, ...refusedThere };
    if (missing.length === 0) return { verdict: 'read', ...compared };
    const detail = `left out: ${missing.map(({ name, type }) => `${name} ${type}`).join(', ')}`;
    return { verdict: 'refused', ...compared, error: 'UnsupportedFile', detail };
  } catch (error) {
    const { name, message } = error as Error;
    if (error instanceof MillraceError) {
      return {
        verdict: 'refused',
        ...compared,
        error: name,
        detail: message.replaceAll(fileUri(path), 'It'),
        ...refusedThere,
      };
    }
    const detail = error instanceof Differs ? message : String((error as Error).stack);
    return { verdict: 'wrong', ...compared, detail, ...refusedThere };
  }
}

interface Comparison {
  readonly pyarrow: Pyarrow;
  /** Undefined where pyarrow does not read the file. */
  readonly found: Found | undefined;
  readonly int96: 'ns' | 'us';
  readonly compared: { rows: number; columns: number };
}

/** The columns of pyarrow's that we leave out. @throws Differs, and what a scan throws */
async function compare(uri: string, { pyarrow, found, int96, compared }: Comparison): Promise<Found['columns']> {
  const fields = await fieldsOf(uri, found, int96);
  const positions = fields.map(({ name }) => found?.columns.findIndex((column) => column.name === name) ?? 0);
  for (const [at, { name, type }] of fields.entries()) {
    const theirs = found?.columns[positions[at] ?? -1]?.type ?? 'nowhere';
    if (found !== undefined && !isSameType(type, theirs)) {
      throw new Differs(`column ${name} is ${typeName(type)}, of pyarrow ${theirs}`);
    }
  }
  compared.columns = fields.length;
  await scanFile(uri, fields, undefined, async (columns, rows) => {
    const theirs = found === undefined ? [] : await pyarrow.columns(compared.rows, rows);
    for (const [at, { name, type }] of fields.entries()) {
      for (const [row, value] of (columns[at] ?? []).entries()) {
        const other = theirs[positions[at] ?? -1]?.[row];
        const text = found === undefined ? undefined : difference(value, type, other);
        if (text !== undefined) throw new Differs(`row ${compared.rows + row}, column ${name}: ${text}`);
      }
    }
    compared.rows += rows;
  });
  if (found !== undefined && compared.rows !== found.rows) {
    throw new Differs(`${compared.rows} rows, pyarrow has ${found.rows}`);
  }
  return found?.columns.filter(({ name }) => !fields.some((one) => one.name === name)) ?? [];
}

/** What we read. */
async function fieldsOf(uri: string, found: Found | undefined, int96: 'ns' | 'us'): Promise<readonly Field[]> {
  if (found?.columns.length === 0) return [];
  const { fields } = await readParquetSchema(fileStore(), uri);
  if (int96 === 'us') return fields;
  // INT96, which is microseconds where no plan asks for more.
  const isFiner = (name: string): boolean =>
    found?.columns.some((column) => column.name === name && column.type === 'timestamp(ns)') === true;
  return fields.map((field) =>
    sameType(field.type, timestamp('us')) && isFiner(field.name) ? { ...field, type: timestamp('ns') } : field,
  );
}
