/**
 * The schema of a file of text, from its first rows, for who has no plan yet. Later values may not fit it; columns, and parts of them, of
 * which there was no value are of the type null, until `settledSchema` says what they are.
 */

import { BATCH_ROWS } from '../../columnar/batch.ts';
import { readColumn } from '../../columnar/column-values.ts';
import { binary, type DataType, nullType } from '../../columnar/data-type.ts';
import { field, type Schema } from '../../columnar/schema.ts';
import { MalformedFile, UnsupportedFile } from '../../errors.ts';
import { tryParseLooseJson } from '../../expressions/json/json-text.ts';
import { isObject } from '../../expressions/json/json-value.ts';
import { MemoryBudget } from '../../memory/budget.ts';
import type { ObjectStore } from '../object-store.ts';
import type { FileRequest } from '../record-reader.ts';
import { CsvReader, type CsvReadOptions } from './csv-reader.ts';
import { isFieldName, together, typeOfJson, typeOfText } from './inferred-type.ts';
import { JsonReader, type JsonReadOptions } from './json-reader.ts';
import { shownText } from './parsed-column.ts';

const MEMORY_BYTES = 256 * 1024 * 1024;
/** Of texts, after which no further batch is looked at. */
const SAMPLE_BYTES = 1024 * 1024;

export interface SampledFile {
  readonly store: ObjectStore;
  readonly uri: string;
  readonly signal: AbortSignal;
  /** What looking into it may take: 256 MiB where absent. */
  readonly memoryBytes?: number | undefined;
}

function requestOf({ memoryBytes = MEMORY_BYTES, ...file }: SampledFile): FileRequest {
  const costs = { bytesRead: 0, bytesTotal: 0, requests: 0 };
  return { ...file, budget: new MemoryBudget(memoryBytes), fields: [], isKnown: () => false, costs };
}

/**
 * Columns without a name are called `column_1`, `column_2` … where the files have no header. Undefined where the file is empty.
 * @throws MalformedFile
 */
export async function inferCsvSchema(file: SampledFile, options: CsvReadOptions): Promise<Schema | undefined> {
  const request = requestOf(file);
  let first: readonly string[];
  {
    await using header = await CsvReader.open(request, { ...options, names: undefined });
    if (header.names === undefined) return undefined;
    first = header.names;
  }
  const names = options.names === undefined ? first : first.map((_, at) => `column_${at + 1}`);
  refuseNames(file.uri, names);
  const fields = names.map((name) => field(name, binary));
  const read = options.names === undefined ? options : { ...options, names };
  await using reader = await CsvReader.open({ ...request, fields }, read);
  const types: DataType[] = names.map(() => nullType);
  let sampledBytes = 0;
  // With many columns a batch has few rows.
  for (let rows = 0; rows < BATCH_ROWS && sampledBytes < SAMPLE_BYTES; ) {
    const found = await reader.next(BATCH_ROWS - rows);
    if (found === 0) break;
    rows += found;
    for (const position of names.keys()) {
      for (const value of readColumn(request.budget.linear, reader.column(position), found)) {
        if (!(value instanceof Uint8Array)) continue;
        sampledBytes += value.byteLength;
        types[position] = together(types[position] ?? nullType, typeOfText(value));
      }
    }
  }
  return { fields: names.map((name, position) => field(name, types[position] ?? nullType)) };
}

/** @throws UnsupportedFile for a name that plans do not take */
function refuseNames(uri: string, names: readonly string[]): void {
  const refused = names.find((name) => !isFieldName(name));
  if (refused === undefined) return;
  const advice = 'which no column can have: give a schema of the others';
  throw new UnsupportedFile(uri, `it has a field with the name ${shownText(refused)}, ${advice}`);
}

/** Undefined where the first records have no fields. @throws MalformedFile, UnsupportedFile */
export async function inferJsonSchema(file: SampledFile, options: JsonReadOptions): Promise<Schema | undefined> {
  await using reader = await JsonReader.open(requestOf(file), options);
  const rows = await reader.next(BATCH_ROWS);
  const types = new Map<string, DataType>();
  for (const [record, text] of reader.recordTexts(rows).entries()) {
    const value = tryParseLooseJson(text);
    if (value === undefined || !isObject(value)) {
      throw new MalformedFile(file.uri, `${reader.placeOf(record)}, ${shownText(text)}, is no JSON`);
    }
    for (const [name, part] of value) types.set(name, together(types.get(name) ?? nullType, typeOfJson(part)));
  }
  if (types.size === 0) return undefined;
  refuseNames(file.uri, [...types.keys()]);
  return { fields: [...types].map(([name, type]) => field(name, type)) };
}
