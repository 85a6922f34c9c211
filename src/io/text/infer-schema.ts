/** The schema of a file of text, from its first rows, for who has no plan yet. Later values may not fit it. */

import { BATCH_ROWS } from '../../columnar/batch.ts';
import { readColumn } from '../../columnar/column-values.ts';
import { binary, nullType } from '../../columnar/data-type.ts';
import { field, type Schema } from '../../columnar/schema.ts';
import { MalformedFile } from '../../errors.ts';
import { tryParseJson } from '../../expressions/json/json-text.ts';
import { MemoryBudget } from '../../memory/budget.ts';
import type { ObjectStore } from '../object-store.ts';
import type { FileRequest } from '../record-reader.ts';
import { CsvReader, type CsvReadOptions } from './csv-reader.ts';
import { settled, together, typeOfJson, typeOfText } from './inferred-type.ts';
import { JsonReader, type JsonReadOptions } from './json-reader.ts';

const MEMORY_BYTES = 256 * 1024 * 1024;

export interface SampledFile {
  readonly store: ObjectStore;
  readonly uri: string;
  readonly signal: AbortSignal;
}

function requestOf(file: SampledFile): FileRequest {
  const costs = { bytesRead: 0, bytesTotal: 0, requests: 0 };
  return { ...file, budget: new MemoryBudget(MEMORY_BYTES), fields: [], isKnown: () => false, costs };
}

/** Columns without a name are called `column_1`, `column_2` … where the files have no header. @throws MalformedFile */
export async function inferCsvSchema(file: SampledFile, options: CsvReadOptions): Promise<Schema> {
  const request = requestOf(file);
  let first: readonly string[];
  {
    await using header = await CsvReader.open(request, { ...options, names: undefined });
    if (header.names === undefined) throw new MalformedFile(file.uri, 'it is empty, and tells no columns');
    first = header.names;
  }
  const names = options.names === undefined ? first : first.map((_, at) => `column_${at + 1}`);
  const fields = names.map((name) => field(name, binary));
  const read = options.names === undefined ? options : { ...options, names };
  await using reader = await CsvReader.open({ ...request, fields }, read);
  const rows = await reader.next(BATCH_ROWS);
  return {
    fields: names.map((name, position) => {
      const values = rows === 0 ? [] : readColumn(request.budget.linear, reader.column(position), rows);
      const types = values.map((value) => (value instanceof Uint8Array ? typeOfText(value) : nullType));
      return field(name, settled(types.reduce(together, nullType)));
    }),
  };
}

/** @throws MalformedFile */
export async function inferJsonSchema(file: SampledFile, options: JsonReadOptions): Promise<Schema> {
  await using reader = await JsonReader.open(requestOf(file), options);
  const rows = await reader.next(BATCH_ROWS);
  const types = reader.recordTexts(rows).map((text) => {
    const value = tryParseJson(text);
    if (value === undefined) throw new MalformedFile(file.uri, `${text.slice(0, 100)} is no JSON`);
    return typeOfJson(value);
  });
  const record = types.reduce(together, nullType);
  if (record.kind !== 'struct' || record.fields.length === 0) {
    throw new MalformedFile(file.uri, 'it has no fields in its first records, and tells no columns');
  }
  return { fields: record.fields.map(({ name, type }) => field(name, settled(type))) };
}
