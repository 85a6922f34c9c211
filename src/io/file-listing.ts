/**
 * The files below a directory, in the order of their uris' bytes, a directory at a time.
 *
 * That order is not the order of names: `a-b`, `a.x`, the content of `a/`, `ab` is right, because `-` and `.` come
 * before `/`. So a directory sorts as its name and a slash. Symbolic links to files are listed as files; those to
 * directories are not entered, for they may lead anywhere, also back.
 */

import type { BigIntStats, Dirent } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidArgument } from '../errors.ts';
import { errorCode } from './file-errors.ts';
import { UPLOADS_DIRECTORY } from './file-uploads.ts';

/** Every regular file whose path starts with `prefix`. */
export async function* listFiles(prefix: string): AsyncGenerator<{ path: string; stats: BigIntStats }> {
  for await (const entry of walk(prefix)) {
    if (entry.isDirectory) continue;
    const stats = await statIfThere(entry.path);
    if (stats?.isFile()) yield { path: entry.path, stats };
  }
}

/** Every directory that may hold files whose paths start with `prefix`. */
export async function* listDirectories(prefix: string): AsyncGenerator<string> {
  yield parentOf(prefix);
  for await (const entry of walk(prefix)) if (entry.isDirectory) yield entry.path;
}

/** What is at a path where no file is; undefined where nothing is. */
export async function noFileAt(path: string): Promise<string | undefined> {
  const entry = await lstat(path).catch(() => undefined);
  const target = await stat(path).catch(() => undefined);
  if (entry === undefined) return undefined;
  if (target === undefined) return 'it is a link that leads nowhere';
  if (target.isDirectory()) return 'it is a directory without files';
  return target.isFile() ? undefined : 'it is a pipe or a device, and only files are read. Copy it to one';
}

interface Entry {
  readonly path: string;
  readonly isDirectory: boolean;
}

async function* walk(prefix: string): AsyncGenerator<Entry> {
  // Names still to come of each directory entered: as deep as the tree, not as wide.
  const pending: Entry[][] = [await entriesOf(parentOf(prefix), prefix)];
  for (let entries = pending.at(-1); entries !== undefined; entries = pending.at(-1)) {
    const entry = entries.pop();
    if (entry === undefined) {
      pending.pop();
      continue;
    }
    yield entry;
    if (entry.isDirectory) pending.push(await entriesOf(entry.path, prefix));
  }
}

/** The entries that lead to paths with `prefix`, last first. */
async function entriesOf(directory: string, prefix: string): Promise<Entry[]> {
  const entries: { entry: Entry; order: Buffer }[] = [];
  for (const found of await readIfThere(directory)) {
    const name = found.name.toString();
    if (!Buffer.from(name).equals(found.name)) {
      throw new InvalidArgument(`${directory} holds a file whose name is not UTF-8: ${JSON.stringify(name)}.`);
    }
    const entry = { path: join(directory, name), isDirectory: found.isDirectory() };
    const ordered = entry.isDirectory ? `${entry.path}/` : entry.path;
    if (name === UPLOADS_DIRECTORY) continue;
    if (!ordered.startsWith(prefix) && !(entry.isDirectory && prefix.startsWith(ordered))) continue;
    entries.push({ entry, order: Buffer.from(ordered) });
  }
  return entries.sort((a, b) => Buffer.compare(b.order, a.order)).map(({ entry }) => entry);
}

function parentOf(prefix: string): string {
  return prefix.slice(0, prefix.lastIndexOf('/') + 1);
}

async function readIfThere(directory: string): Promise<Dirent<Buffer>[]> {
  try {
    return await readdir(directory, { withFileTypes: true, encoding: 'buffer' });
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return [];
    throw error;
  }
}

async function statIfThere(path: string): Promise<BigIntStats | undefined> {
  try {
    return await stat(path, { bigint: true });
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ELOOP') return undefined;
    throw error;
  }
}
