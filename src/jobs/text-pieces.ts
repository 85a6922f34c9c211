/**
 * What of a file of text one task can read: small files whole, large ones by the bytes in which records begin.
 *
 *     CSV with quotes        read once while the job is planned: only from its beginning it can be told which line ends are in quotes
 *     CSV without, JSON,     anywhere, for a record is a line; of JSON the first lines must bear that out, and tasks fail where others
 *     lines of text          do not
 *     compressed, Latin-1    whole
 */

import type { Schema } from '../columnar/schema.ts';
import type { TypedExpression } from '../expressions/expression.ts';
import { inParallel } from '../io/in-parallel.ts';
import { readBytes } from '../io/object-reads.ts';
import type { ObjectStore } from '../io/object-store.ts';
import { filterOfPartition, knownValues } from '../io/partition-values.ts';
import type { ByteRange } from '../io/record-reader.ts';
import { isCompressed, type PinnedObject } from '../io/text/codec.ts';
import { csvCuts } from '../io/text/csv-cuts.ts';
import type { BoundScanFormat } from '../planner/bound-plan.ts';
import type { FilePiece } from './cut-files.ts';
import type { SizedFile } from './resolve-inputs.ts';

export type TextFormat = Extract<BoundScanFormat, { kind: 'csv' | 'json' | 'text' }>;

/** How the files are going to be read. */
interface Reading {
  readonly store: ObjectStore;
  readonly format: TextFormat;
  readonly readSchema: Schema;
  readonly filePathColumn: string | undefined;
  /** Over `readSchema`. Files for which it cannot be true are not looked into. */
  readonly filter: TypedExpression | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Files looked into at once: each takes 8 MiB. */
const CONCURRENCY = 4;
/** Of JSON, in which lines are looked for. */
const HEAD_BYTES = 64 * 1024;

/** The pieces of `files`, in their order. @throws MalformedFile, ObjectChanged for files that are looked into */
export async function textPieces(
  files: readonly SizedFile[],
  taskBytes: number,
  reading: Reading,
): Promise<FilePiece[]> {
  const pieces = await inParallel([...files.entries()], CONCURRENCY, async ([fileIndex, { file, bytes }]) => {
    const ranges =
      file.range === undefined && bytes > taskBytes ? await rangesOf({ file, bytes }, taskBytes, reading) : [];
    if (ranges.length < 2) return [{ fileIndex, file, bytes }];
    return ranges.map((range) => ({ fileIndex, file: { ...file, range }, bytes: range.end - range.start }));
  });
  return pieces.flat();
}

/** Neighbours of about `taskBytes` each; fewer than two where the file is not cut. */
async function rangesOf(
  { file, bytes }: SizedFile,
  taskBytes: number,
  reading: Reading,
): Promise<readonly ByteRange[]> {
  const { store, format, readSchema, filePathColumn, filter, signal = new AbortController().signal } = reading;
  const known = knownValues(file, readSchema.fields, filePathColumn);
  if (filter !== undefined && filterOfPartition(filter, known) === 'never') return [];
  if (format.kind === 'csv' && format.encoding !== 'utf-8') return [];
  if (format.kind === 'text' && format.wholeText) return [];
  const costs = { bytesRead: 0, bytesTotal: 0, requests: 0 };
  const object = { store, uri: file.uri, etag: file.etag, size: bytes, signal, costs };
  if (await isCompressed(object)) return [];
  if (format.kind === 'csv' && format.quote !== undefined) {
    const cuts = await csvCuts(object, format, taskBytes);
    return [0, ...cuts].map((start, at) => ({ start, end: cuts[at] ?? bytes, startsRecord: true }));
  }
  if (format.kind === 'json' && !(await beginsWithLines(object))) return [];
  const count = Math.ceil(bytes / taskBytes);
  return Array.from({ length: count }, (_, at) => ({
    start: Math.floor((bytes * at) / count),
    end: Math.floor((bytes * (at + 1)) / count),
  }));
}

/** Whether the first bytes are lines, each of which is an object. */
async function beginsWithLines(object: PinnedObject): Promise<boolean> {
  const head = new Uint8Array(Math.min(object.size, HEAD_BYTES));
  await readBytes(object, 0, head);
  const text = new TextDecoder().decode(head);
  const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
  const isObject = (line: string): boolean => {
    try {
      const value: unknown = JSON.parse(line);
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    } catch {
      return false;
    }
  };
  return lines.length > 1 && lines.every((line) => line.trim() === '' || isObject(line));
}
