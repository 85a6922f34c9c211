/**
 * The typed face of `assembly/grouping.ts`: row images, hashes, and the tables of groups and of strings. Every argument
 * is an address, a count of bytes or a count of rows; what the handles hold is said there.
 */

import type { LinearMemory } from '../memory/linear-memory.ts';
import { staticKernels } from './static-kernels.ts';

export interface GroupKernels {
  packFields(values: number, width: number, field: number, stride: number, rows: number): void;
  packWidened(values: number, field: number, stride: number, rows: number): void;
  packFloats(values: number, width: number, field: number, stride: number, rows: number): void;
  packFlags(bits: number, field: number, stride: number, rows: number): void;
  packCodes(codes: number, table: number, width: number, field: number, stride: number, rows: number): void;
  packNulls(
    validity: number,
    field: number,
    width: number,
    nulls: number,
    bit: number,
    stride: number,
    rows: number,
  ): void;
  unpackFields(field: number, stride: number, width: number, rows: number, values: number): void;
  /** Returns the number of ones written. */
  unpackFlags(bytes: number, stride: number, bit: number, flip: 0 | 1, rows: number, bits: number): number;
  hashImages(table: number, images: number, rows: number, hashes: number): void;
  /** Of the images whose uint32 numbers are at `list`. */
  hashListed(table: number, images: number, list: number, rows: number, hashes: number): void;
  /** Fetches slots of the parts that rows in their order are of. */
  readParts(table: number, hashes: number, rows: number, parts: number): number;
  /** Returns the first row there was no room for, or `rows`. */
  findGroups(table: number, images: number, hashes: number, from: number, rows: number, ids: number): number;
  /** As `findGroups`, of keys in order: it ends with them too. `form` is `RowImages.form`. */
  followGroups(table: number, images: number, form: number, from: number, rows: number, ids: number): number;
  /** As `lookUpGroups`, while keys are in order. */
  searchGroups(table: number, images: number, form: number, rows: number, ids: number): void;
  /** As `findGroups`, of the images whose uint32 numbers are at `list`. */
  findListed(
    table: number,
    images: number,
    list: number,
    hashes: number,
    from: number,
    rows: number,
    ids: number,
  ): number;
  /** `lists` is scratch of two words per row. */
  lookUpGroups(table: number, images: number, hashes: number, rows: number, ids: number, lists: number): void;
  placeGroups(table: number): void;
  hashStrings(table: number, offsets: number, bytes: number, rows: number, hashes: number): void;
  /** Returns the first row there was no room for, or `rows`. */
  internStrings(
    table: number,
    offsets: number,
    bytes: number,
    hashes: number,
    from: number,
    rows: number,
    ids: number,
  ): number;
  /** `lists` is scratch of two words per row. */
  findStrings(
    table: number,
    offsets: number,
    bytes: number,
    hashes: number,
    rows: number,
    ids: number,
    lists: number,
  ): void;
  placeStrings(table: number): void;
}

/** The kernels, working on `linear`. */
export const groupKernels = (linear: LinearMemory): GroupKernels => staticKernels(linear) as unknown as GroupKernels;
