/**
 * Cutting the input of a row-wise plan into tasks.
 *
 *     files         │   a   │ b │ c │            d            │ e │          taskBytes ├────────┤
 *     pieces        │   a   │ b │ c │ d0 │ d1 │ d2 │ d3 │ d4  │ e │     of a large file: its row groups, or ranges of bytes
 *     tasks         │     0     │ 1      │    2    │      3      │
 *
 * Pieces stay in their order and are never divided, so that a task is a run of neighbours: its files were written, and
 * are read, one after the other. A task is closed before it would grow beyond its size; a piece that is larger makes a
 * task of its own.
 */

import type { ScanFile } from '../plan/task.ts';

/** What only one task can read: a file, a row group of it, or a range of its bytes. */
export interface FilePiece {
  /** Tells the file from others, also from the same one named twice. */
  readonly fileIndex: number;
  readonly file: ScanFile;
  /** Stored bytes that are read, about. */
  readonly bytes: number;
}

/** Every file costs some requests, one after the other, however small: beyond this they cost more time than bytes do. */
const MAX_TASK_FILES = 1_000;

/** The files of each task, at least one task. */
export function cutFiles(pieces: readonly FilePiece[], taskBytes: number): readonly (readonly ScanFile[])[] {
  const tasks: ScanFile[][] = [];
  let files: ScanFile[] = [];
  let bytes = 0;
  let lastIndex = -1;
  for (const piece of pieces) {
    const continues = files.length > 0 && piece.fileIndex === lastIndex;
    if (files.length > 0 && (bytes + piece.bytes > taskBytes || (!continues && files.length === MAX_TASK_FILES))) {
      tasks.push(files);
      files = [];
      bytes = 0;
    }
    const last = files.length > 0 && continues ? files.pop() : undefined;
    files.push(last === undefined ? piece.file : joined(last, piece.file));
    bytes += piece.bytes;
    lastIndex = piece.fileIndex;
  }
  tasks.push(files);
  return tasks;
}

/**
 * The files of `count` tasks of about the same size, neighbours in each; fewer where there are not so many pieces. However many files one has.
 *
 *     pieces        │   a   │ b │ c │            d0           │ e │         by where the middle of each is
 *     tasks         │       0       │            1            │ 2 │
 */
export function dealFiles(pieces: readonly FilePiece[], count: number): readonly (readonly ScanFile[])[] {
  const total = pieces.reduce((sum, { bytes }) => sum + bytes, 0);
  const tasks = Array.from({ length: count }, (): FilePiece[] => []);
  let before = 0;
  for (const piece of pieces) {
    const middle = (before + piece.bytes / 2) / Math.max(1, total);
    tasks[Math.min(count - 1, Math.floor(middle * count))]?.push(piece);
    before += piece.bytes;
  }
  return tasks.filter((dealt) => dealt.length > 0).map(joinedPieces);
}

function joinedPieces(pieces: readonly FilePiece[]): readonly ScanFile[] {
  const files: ScanFile[] = [];
  for (const [index, { file, fileIndex }] of pieces.entries()) {
    const last = pieces[index - 1]?.fileIndex === fileIndex ? files.pop() : undefined;
    files.push(last === undefined ? file : joined(last, file));
  }
  return files;
}

/** Two parts of one file. */
function joined(first: ScanFile, second: ScanFile): ScanFile {
  if (first.range !== undefined && second.range !== undefined) {
    return { ...first, range: { ...first.range, end: second.range.end } };
  }
  return { ...second, rowGroups: [...(first.rowGroups ?? []), ...(second.rowGroups ?? [])] };
}
