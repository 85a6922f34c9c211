/** What of an input may be read by different tasks, or threads: by files, of large ones by row groups or ranges of bytes. */

import type { BoundScanFormat } from '../planner/bound-plan.ts';
import type { FilePiece } from './cut-files.ts';
import type { SizedFile } from './resolve-inputs.ts';
import { type Reading, rowGroupPieces } from './row-group-pieces.ts';
import type { TextFormat } from './text-pieces.ts';

const isText = (format: BoundScanFormat): format is TextFormat => ['csv', 'json', 'text'].includes(format.kind);

/**
 * The pieces of `files`, in their order; of files that are larger than `pieceBytes` parts of about that size, or row groups. What reads
 * text is loaded for large files of it only. @throws what looking into files may throw
 */
export async function inputPieces(
  files: readonly SizedFile[],
  pieceBytes: number,
  format: BoundScanFormat,
  reading: Reading,
): Promise<readonly FilePiece[]> {
  if (format.kind === 'parquet') return rowGroupPieces(files, pieceBytes, reading);
  if (isText(format) && files.some(({ bytes }) => bytes > pieceBytes)) {
    const { textPieces } = await import('./text-pieces.ts');
    return textPieces(files, pieceBytes, { ...reading, format });
  }
  return files.map(({ file, bytes }, fileIndex) => ({ fileIndex, file, bytes }));
}
