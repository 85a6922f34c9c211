/**
 * What a file is whose first bytes no text begins with: one of another format is told by name, instead of by what its bytes look like
 * as a record.
 */

const compressed = (codec: string): string => `it is compressed with ${codec}; gzip and zstd are read`;
const latin = (text: string): readonly number[] => [...text].map((character) => character.charCodeAt(0));

/** Bytes from `at` on, and what they tell. */
const SIGNATURES: readonly { readonly at?: number; readonly bytes: readonly number[]; readonly what: string }[] = [
  { at: 4, bytes: latin('1AY&SY'), what: compressed('bzip2') },
  { bytes: latin('\xfd7zXZ\0'), what: compressed('xz') },
  { bytes: latin('\x04"M\x18'), what: compressed('LZ4') },
  { bytes: latin('\xff\x06\0\0sNaPpY'), what: compressed('snappy') },
  { bytes: latin('PK\x03\x04'), what: 'it is a zip archive, as workbooks of Excel are too' },
  { bytes: latin("7z\xbc\xaf'\x1c"), what: 'it is an archive of 7-Zip' },
  { at: 256, bytes: latin('\0ustar'), what: 'it is a tar archive' },
  // Of a page header, the file metadata, or a chunk's: a structure whose first field is an int32.
  { bytes: latin('PAR1\x15'), what: 'it is a file of Parquet' },
  { bytes: latin('ARROW1\0\0'), what: 'it is a file of Arrow' },
  { bytes: latin('FEA1\0'), what: 'it is Feather of version 1, before Arrow IPC' },
  { bytes: latin('Obj\x01'), what: 'it is a file of Avro' },
  { bytes: latin('SQLite format 3\0'), what: 'it is a database of SQLite' },
];
/** How many bytes of a file tell. */
export const HEAD_BYTES = 262;

/** A clause; undefined where the bytes, the first of a file, may be text. */
export function foreignFile(head: Uint8Array): string | undefined {
  return SIGNATURES.find(({ at = 0, bytes }) => bytes.every((byte, index) => head[at + index] === byte))?.what;
}
