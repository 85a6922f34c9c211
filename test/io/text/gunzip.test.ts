import { constants, crc32, deflateRawSync, gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Gunzip } from '../../../src/io/text/gunzip.ts';
import { MemoryBudget } from '../../../src/memory/budget.ts';
import { content } from '../../support/contents.ts';

/** What is not to be written to has these. */
const UNTOUCHED = 0xa5;
const MOST_BYTES = 1 << 20;
/** The least that has room for more than what may be repeated. */
const LEAST_BYTES = 46_000;

const budget = new MemoryBudget(64 * 1024 * 1024);
const inputs = budget.reserve('input');
const input = inputs.allocate(2 * MOST_BYTES).address;

/** Undefined where `stored` is refused. It comes in pieces of `pieceBytes`, in memory of `bytes`, around which nothing is written to. */
function decompress(stored: Uint8Array, pieceBytes: number, bytes: number = LEAST_BYTES): Buffer | undefined {
  using holding = budget.reserve('gunzip');
  const before = holding.allocate(4032);
  const gunzip = new Gunzip('memory://x', holding, bytes);
  const behind = holding.allocate(4032);
  const { u8 } = budget.linear;
  const around = [before, behind].map(({ address }) => u8.subarray(address, address + 4032));
  for (const guard of around) guard.fill(UNTOUCHED);
  const parts: Buffer[] = [];
  try {
    for (let at = 0; at < stored.byteLength; at += pieceBytes) {
      const piece = stored.subarray(at, at + pieceBytes);
      u8.set(piece, input);
      // What lies behind a piece is as if there were more of it.
      u8.fill(0xff, input + piece.byteLength, input + piece.byteLength + 64);
      for (const { address, byteLength } of gunzip.parts({ address: input, byteLength: piece.byteLength })) {
        parts.push(Buffer.from(u8.slice(address, address + byteLength)));
      }
    }
    gunzip.end();
    return Buffer.concat(parts);
  } catch (error) {
    expect(String(error)).toMatch(/its gzip cannot be decompressed/);
    return undefined;
  } finally {
    for (const guard of around) expect(guard.every((byte) => byte === UNTOUCHED)).toBe(true);
  }
}

/** What the library of Node makes of it. */
function byLibrary(stored: Uint8Array): Buffer | undefined {
  try {
    return gunzipSync(stored, { maxOutputLength: MOST_BYTES });
  } catch {
    return undefined;
  }
}

const { Z_DEFAULT_STRATEGY, Z_FILTERED, Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE } = constants;
const options = fc.record({
  level: fc.integer({ min: 0, max: 9 }),
  memLevel: fc.integer({ min: 1, max: 9 }),
  strategy: fc.constantFrom(Z_DEFAULT_STRATEGY, Z_DEFAULT_STRATEGY, Z_FILTERED, Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE),
});
const member = fc.tuple(content, options).map(([bytes, how]) => ({ bytes, stored: gzipSync(bytes, how) }));
const pieceBytes = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 41, max: 100_000 }));
const workBytes = fc.integer({ min: LEAST_BYTES, max: 3 * LEAST_BYTES });

/** Every field that a header may have, two of them empty. */
function withHeader(bytes: Uint8Array, flags: number, extraBytes: number, name: string): Buffer {
  const extra = [extraBytes & 255, extraBytes >> 8, ...new Uint8Array(extraBytes).fill(7)];
  const head = [
    ...[0x1f, 0x8b, 8, flags, 1, 2, 3, 4, 0, 255],
    ...(flags & 4 ? extra : []),
    ...(flags & 8 ? [...Buffer.from(name), 0] : []),
    ...(flags & 16 ? [0] : []),
  ];
  const sum = Buffer.alloc(2);
  sum.writeUInt16LE(crc32(Buffer.from(head)) & 0xffff);
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc32(bytes), 0);
  trailer.writeUInt32LE(bytes.byteLength, 4);
  return Buffer.concat([Buffer.from(head), flags & 2 ? sum : Buffer.alloc(0), deflateRawSync(bytes), trailer]);
}

describe('gunzip', () => {
  test('what the library compressed comes out as it went in, whatever the pieces', () => {
    fc.assert(
      fc.property(member, pieceBytes, workBytes, ({ bytes, stored }, piece, work) => {
        const found = decompress(stored, Math.max(piece, Math.ceil(stored.byteLength / 2000)), work);
        return found?.equals(bytes) === true;
      }),
      { numRuns: 120 },
    );
  });

  test('members are their contents one behind the other, and zeros behind them nothing', () => {
    fc.assert(
      fc.property(
        fc.array(member, { minLength: 1, maxLength: 3 }),
        fc.nat(3),
        fc.integer({ min: 1000, max: 100_000 }),
        (members, zeros, piece) => {
          const bytes = Buffer.concat(members.map((one) => one.bytes));
          const found = decompress(Buffer.concat([...members.map((one) => one.stored), Buffer.alloc(zeros)]), piece);
          return found?.equals(bytes) === true;
        },
      ),
      { numRuns: 25 },
    );
  });

  test('headers with all that they may have', () => {
    const bytes = Buffer.from('some text, some text');
    for (let flags = 0; flags < 32; flags += 1) {
      for (const extraBytes of [0, 1, 300]) {
        const stored = withHeader(bytes, flags, extraBytes, 'some.csv');
        for (const piece of [1, 7, 1000]) expect(decompress(stored, piece)).toEqual(bytes);
      }
    }
    expect(decompress(withHeader(bytes, 32, 0, ''), 1000)).toBeUndefined();
  });

  test('nothing repeats what a member before it has', () => {
    const stored = gzipSync(Buffer.alloc(1000, 'abcd'));
    // Begins with a copy of what is not there.
    const dictionary = Buffer.alloc(1000, 'abcd');
    const raw = deflateRawSync(dictionary, { dictionary });
    const trailer = stored.subarray(-8);
    const borrowing = Buffer.concat([stored.subarray(0, 10), raw, trailer]);
    expect(decompress(Buffer.concat([stored, borrowing]), 5000)).toBeUndefined();
  });

  test('of what is damaged or cut off comes out what the library makes of it', () => {
    const small = fc.tuple(content, options).map(([bytes, how]) => gzipSync(bytes.subarray(0, 3000), how));
    fc.assert(
      fc.property(
        small,
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }),
        fc.oneof(fc.constant(0), fc.nat()),
        fc.integer({ min: 1, max: 4000 }),
        (stored, changes, cut, piece) => {
          const damaged = Buffer.from(stored.subarray(0, stored.byteLength - (cut % stored.byteLength)));
          // Of the header only what all know: some have a checksum of their own, which is not looked at.
          for (const [at, byte] of changes) damaged[10 + (at % Math.max(1, damaged.byteLength - 10))] = byte;
          const expected = byLibrary(damaged);
          const found = decompress(damaged, piece);
          return expected === undefined ? found === undefined : found?.equals(expected) === true;
        },
      ),
      { numRuns: 400 },
    );
  });
});
