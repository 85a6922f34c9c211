import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cutFiles, dealFiles, type FilePiece } from '../../src/jobs/cut-files.ts';
import type { ScanFile } from '../../src/plan/task.ts';

/** Files with their row groups, or whole. */
const pieces: fc.Arbitrary<FilePiece[]> = fc
  .array(fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 5 }), { maxLength: 20 })
  .map((files) =>
    files.flatMap((sizes, fileIndex) => {
      // The same uri may be named twice.
      const uri = `s3://b/${fileIndex >> 1}`;
      if (sizes.length === 1) return [{ fileIndex, file: { uri, etag: 'e' }, bytes: sizes[0] as number }];
      return sizes.map((bytes, group) => ({ fileIndex, file: { uri, etag: 'e', rowGroups: [group] }, bytes }));
    }),
  );

/** Of files, or of each of their row groups. */
const namesOf = (files: readonly ScanFile[]): string[] =>
  files.flatMap(({ uri, rowGroups }) => rowGroups?.map((group) => `${uri} ${group}`) ?? [uri]);

test('every piece is in exactly one task, in order, and tasks are as large as they may be', () => {
  fc.assert(
    fc.property(pieces, fc.integer({ min: 1, max: 250 }), (given, taskBytes) => {
      const tasks = cutFiles(given, taskBytes);
      expect(tasks.flatMap(namesOf)).toEqual(namesOf(given.map(({ file }) => file)));
      let next = 0;
      for (const files of tasks) {
        const count = files.reduce((sum, { rowGroups }) => sum + (rowGroups?.length ?? 1), 0);
        const own = given.slice(next, next + count);
        const bytes = own.reduce((sum, piece) => sum + piece.bytes, 0);
        if (count > 1) expect(bytes).toBeLessThanOrEqual(taskBytes);
        next += count;
        const after = given[next];
        if (after !== undefined) expect(bytes + after.bytes).toBeGreaterThan(taskBytes);
        for (const { rowGroups = [] } of files) expect(new Set(rowGroups).size).toBe(rowGroups.length);
        expect(new Set(own.map(({ fileIndex }) => fileIndex)).size).toBe(files.length);
      }
    }),
    { numRuns: 2000 },
  );
});

test('of dealt pieces too, and no task has more than its part and half of a piece at each end', () => {
  fc.assert(
    fc.property(pieces, fc.integer({ min: 1, max: 8 }), (given, count) => {
      const tasks = dealFiles(given, count);
      expect(tasks.length).toBeLessThanOrEqual(count);
      expect(tasks.flatMap(namesOf)).toEqual(namesOf(given.map(({ file }) => file)));
      const total = given.reduce((sum, { bytes }) => sum + bytes, 0);
      let next = 0;
      for (const files of tasks) {
        const own = given.slice(next, next + namesOf(files).length);
        const bytes = own.reduce((sum, piece) => sum + piece.bytes, 0);
        const ends = ((own[0]?.bytes ?? 0) + (own.at(-1)?.bytes ?? 0)) / 2;
        if (own.length > 1) expect(bytes).toBeLessThanOrEqual(total / count + ends + 1e-6);
        next += own.length;
      }
    }),
    { numRuns: 500 },
  );
});

test('no pieces are one task without files', () => expect(cutFiles([], 10)).toEqual([[]]));

test('a task has no more files than can be opened in its time', () => {
  const tiny = Array.from({ length: 2_500 }, (_, n) => ({ fileIndex: n, file: { uri: `s3://b/${n}` }, bytes: 0 }));
  expect(cutFiles(tiny, 1).map(({ length }) => length)).toEqual([1_000, 1_000, 500]);
});
