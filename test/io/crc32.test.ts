import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { joinedCrc32 } from '../../src/io/crc32.ts';

test('of two stretches is that of both, as zlib reads them', () => {
  const bytes = fc.uint8Array({ maxLength: 3000, size: 'max' });
  fc.assert(
    fc.property(bytes, bytes, (first, second) => {
      const both = crc32(Buffer.concat([first, second]));
      expect(joinedCrc32(crc32(first), crc32(second), second.byteLength)).toBe(both);
    }),
  );
});

test('of long stretches', () => {
  const first = Buffer.alloc(1000, 'x');
  const second = Buffer.alloc(2 ** 24 + 13, 'millrace');
  expect(joinedCrc32(crc32(first), crc32(second), second.byteLength)).toBe(crc32(Buffer.concat([first, second])));
});
