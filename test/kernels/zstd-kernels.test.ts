import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { zstdKernels, zstdWorkBytes } from '../../src/kernels/zstd-kernels.ts';
import { LinearMemory } from '../../src/memory/linear-memory.ts';

const MOST_BYTES = 1 << 20;
/** What is not to be written to has these. */
const UNTOUCHED = 0xa5;
/** Bytes behind a place that may be written to. */
const PADDING = 64;

const linear = new LinearMemory(16 * 1024 * 1024);
const kernels = zstdKernels(linear);
const input = linear.allocate(2 * MOST_BYTES)!.address;
/** Both have as much before and behind them that is looked at. */
const output = linear.allocate(MOST_BYTES + 4096)!.address + 2048;
const work = linear.allocate(zstdWorkBytes(MOST_BYTES) + 4096)!.address + 2048;

/** Undefined where `compressed` is refused. Nothing else than it should is written to, or this throws. */
function decompress(compressed: Uint8Array, toBytes: number): Uint8Array | undefined {
  const { u8 } = linear;
  const workBytes = zstdWorkBytes(toBytes);
  const around = [
    u8.subarray(output - 64, output),
    u8.subarray(output + toBytes + PADDING, output + toBytes + PADDING + 512),
    u8.subarray(work - 64, work),
    u8.subarray(work + workBytes + PADDING, work + workBytes + PADDING + 512),
  ];
  for (const bytes of around) bytes.fill(UNTOUCHED);
  // What lies around the input is as if there were more of it.
  u8.fill(0xff, input, input + 1024);
  const from = input + 1024;
  u8.set(compressed, from);
  u8.fill(0xff, from + compressed.byteLength, from + compressed.byteLength + 1024);
  const isRight = kernels.zstdDecompress(from, compressed.byteLength, output, toBytes, work);
  for (const bytes of around) expect(bytes.every((byte) => byte === UNTOUCHED)).toBe(true);
  return isRight === 0 ? undefined : u8.slice(output, output + toBytes);
}

/** What the library of Node makes of it. */
function byLibrary(compressed: Uint8Array): Uint8Array | undefined {
  try {
    return zstdDecompressSync(compressed, { maxOutputLength: MOST_BYTES });
  } catch {
    return undefined;
  }
}

const equals = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

// Contents of all kinds: what does not compress, few symbols, numbers of 8 bytes, words again and again, one byte.
const pick = (seed: number) => {
  let state = seed >>> 0;
  return (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
};
const CONTENTS: readonly ((next: (below: number) => number, size: number) => Uint8Array)[] = [
  (next, size) => Uint8Array.from({ length: size }, () => next(256)),
  (next, size) => Uint8Array.from({ length: size }, () => Math.min(next(20), next(20), next(20))),
  (next, size) => {
    const prices = new BigInt64Array(Math.ceil(size / 8)).map(() => BigInt(90_000 + next(10_000_000)));
    return new Uint8Array(prices.buffer, 0, size);
  },
  (next, size) => {
    const words = Array.from({ length: 50 }, () => next(2 ** 31).toString(36));
    let text = '';
    while (text.length < size) text += `${words[Math.min(next(50), next(50))]} `;
    return Buffer.from(text.slice(0, size), 'latin1');
  },
  (next, size) => new Uint8Array(size).fill(next(256)),
  // Again and again, from far back and from near.
  (next, size) => {
    const bytes = new Uint8Array(size);
    for (let at = 0; at < size; ) {
      const offset = 1 + next(next(2) === 0 ? 20 : Math.max(1, at));
      const length = 1 + next(next(4) === 0 ? 2000 : 30);
      for (let i = 0; i < length && at < size; i += 1, at += 1) {
        bytes[at] = at < offset || i === 0 ? next(256) : bytes[at - offset]!;
      }
    }
    return bytes;
  },
];
const content = fc
  .record({
    kind: fc.nat(CONTENTS.length - 1),
    seed: fc.nat(),
    size: fc.oneof(fc.nat(400), fc.nat(5000), fc.nat(300_000)),
  })
  .map(({ kind, seed, size }) => CONTENTS[kind]!(pick(seed), size));
const parameters = fc.record({
  [constants.ZSTD_c_compressionLevel]: fc.constantFrom(-7, -1, 1, 2, 3, 5, 9, 13, 19),
  [constants.ZSTD_c_checksumFlag]: fc.constantFrom(0, 1),
  [constants.ZSTD_c_contentSizeFlag]: fc.constantFrom(0, 1),
  [constants.ZSTD_c_windowLog]: fc.constantFrom(10, 14, 18, 27),
});
const frame = fc
  .tuple(content, parameters)
  .map(([bytes, params]) => ({ bytes, stored: zstdCompressSync(bytes, { params }) }));

describe('zstd', () => {
  test('frames of the library come out as they went in', () => {
    fc.assert(
      fc.property(frame, ({ bytes, stored }) => {
        const found = decompress(stored, bytes.byteLength);
        return found !== undefined && equals(found, bytes);
      }),
      { numRuns: 150 },
    );
  });

  test('several frames are their contents one behind the other, and some are passed over', () => {
    const skipped = fc.tuple(fc.nat(15), fc.uint8Array({ maxLength: 50 })).map(([kind, bytes]) => {
      const head = Buffer.alloc(8);
      head.writeUInt32LE(0x184d2a50 + kind, 0);
      head.writeUInt32LE(bytes.byteLength, 4);
      return { bytes: new Uint8Array(), stored: Buffer.concat([head, bytes]) };
    });
    fc.assert(
      fc.property(fc.array(fc.oneof(frame, skipped), { minLength: 1, maxLength: 3 }), (parts) => {
        const bytes = Buffer.concat(parts.map((part) => part.bytes));
        fc.pre(bytes.byteLength <= MOST_BYTES);
        const found = decompress(Buffer.concat(parts.map(({ stored }) => stored)), bytes.byteLength);
        return found !== undefined && equals(found, bytes);
      }),
      { numRuns: 30 },
    );
  });

  test('blocks that look back further than they are long', () => {
    const bytes = CONTENTS[0]!(pick(1), 400_000);
    bytes.copyWithin(399_000, 3, 900);
    const params = { [constants.ZSTD_c_windowLog]: 24, [constants.ZSTD_c_enableLongDistanceMatching]: 1 };
    const stored = zstdCompressSync(bytes, { params });
    expect(stored.byteLength).toBeLessThan(399_500);
    expect(equals(decompress(stored, bytes.byteLength)!, bytes)).toBe(true);
  });

  test('what is cut off, or is not as long as it should be, is refused', () => {
    fc.assert(
      fc.property(frame, fc.double({ min: 0, max: 1, noNaN: true }), ({ bytes, stored }, share) => {
        fc.pre(bytes.byteLength > 0);
        const cut = stored.subarray(0, Math.floor(share * (stored.byteLength - 1)));
        expect(decompress(cut, bytes.byteLength)).toBeUndefined();
        expect(decompress(stored, bytes.byteLength + 1)).toBeUndefined();
        expect(decompress(stored, bytes.byteLength - 1)).toBeUndefined();
      }),
      { numRuns: 60 },
    );
  });

  test('of damaged frames comes out what the library makes of them, or nothing', () => {
    const damage = fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(255)), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(frame, damage, ({ bytes, stored }, places) => {
        const damaged = Uint8Array.from(stored);
        // More often near the beginning, where the tables are.
        for (const [share, byte] of places) damaged[Math.floor(share ** 4 * damaged.byteLength)] = byte;
        const expected = byLibrary(damaged);
        const found = decompress(damaged, expected?.byteLength ?? bytes.byteLength);
        if (found !== undefined) expect(expected !== undefined && equals(found, expected)).toBe(true);
      }),
      { numRuns: 400 },
    );
  });
});
