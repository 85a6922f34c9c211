/**
 * Kernels that decode what a file says, over damaged and random bytes: they end, and access nothing but what they were given and
 * the few bytes behind it that they say. Regions are as large as callers make them, or as small as they may be.
 */

import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GUNZIP_STATE_BYTES, gzipKernels } from '../../src/kernels/gzip-kernels.ts';
import {
  DELTA_STATE_BYTES,
  HYBRID_STATE_BYTES,
  type ParquetKernels,
  parquetKernels,
} from '../../src/kernels/parquet-kernels.ts';
import { zstdKernels, zstdWorkBytes } from '../../src/kernels/zstd-kernels.ts';
import { LinearMemory, type Region } from '../../src/memory/linear-memory.ts';
import { checkAccesses } from '../support/checked-kernels/checked-kernels.ts';
import { fuzzed } from '../support/fuzz.ts';
import { mutated, scattered } from '../support/mutate.ts';

/** Moves in whole vectors, four at a time, end up to so many bytes behind. */
const MOST_BEHIND = 64;
const linear = new LinearMemory(64 * 1024 * 1024);
checkAccesses(linear, MOST_BEHIND);
const kernels: ParquetKernels = parquetKernels(linear);

/** Calls `use` with the addresses of so many regions, of these bytes and of these sizes. */
function withRegions<T>(of: readonly (Uint8Array | number)[], use: (...addresses: number[]) => T): T {
  const regions = of.map((one) => linear.allocate(typeof one === 'number' ? one : one.byteLength) as Region);
  try {
    for (const [at, one] of of.entries()) {
      if (typeof one !== 'number') linear.u8.set(one, regions[at]!.address);
    }
    return use(...regions.map(({ address }) => address));
  } finally {
    for (const region of regions) linear.free(region);
  }
}

const bytes = fc.uint8Array({ maxLength: 300, size: 'max' });
/** Bytes that repeat what came before, as a codec has it. */
const content = fc
  .tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.nat(60), bytes)
  .map(([part, times, rest]) => Buffer.concat([...Array.from({ length: times }, () => part), rest]));

describe('codecs', () => {
  const damaged = <T>(compressed: fc.Arbitrary<Uint8Array>, use: (bytes: Uint8Array, toBytes: number) => T): void =>
    fc.assert(
      fc.property(compressed, fc.nat(), fc.oneof(fc.nat(100), fc.nat(4000)), (whole, seed, toBytes) => {
        const input = whole.byteLength === 0 ? whole : mutated(whole, whole, scattered(seed));
        use(input, toBytes);
      }),
      fuzzed(300),
    );
  /** Tags and lengths of snappy and LZ4 as they come: small numbers, and bytes of 0xff that say that more follows. */
  const sequences = fc
    .array(fc.oneof(fc.nat(255), fc.nat(20), fc.constantFrom(0xff, 0xf0, 0x0f, 0)), { maxLength: 200, size: 'max' })
    .map((list) => Uint8Array.from(list));

  test('snappy', () => {
    damaged(sequences, (input, toBytes) => {
      withRegions([input, toBytes], (from = 0, to = 0) => kernels.snappyDecompress(from, input.length, to, toBytes));
      // The length before it is the one that is asked for, so that what follows is looked at.
      const length = Uint8Array.of((toBytes & 127) | 128, toBytes >> 7);
      const sized = Buffer.concat([length, input]);
      withRegions([sized, toBytes], (from = 0, to = 0) => kernels.snappyDecompress(from, sized.length, to, toBytes));
    });
  });

  test('LZ4', () => {
    damaged(sequences, (input, toBytes) => {
      withRegions([input, toBytes], (from = 0, to = 0) => {
        kernels.lz4Decompress(from, input.length, to, toBytes);
        kernels.lz4Block(from, input.length, to, toBytes, to);
      });
    });
  });

  test('zstd', () => {
    const level = fc.constantFrom(-1, 1, 3, 19);
    const frames = fc
      .tuple(content, level)
      .map(([whole, value]) => zstdCompressSync(whole, { params: { [constants.ZSTD_c_compressionLevel]: value } }));
    damaged(frames, (input, toBytes) => {
      withRegions([input, toBytes, zstdWorkBytes(toBytes)], (from = 0, to = 0, work = 0) =>
        zstdKernels(linear).zstdDecompress(from, input.length, to, toBytes, work),
      );
    });
  });

  test('gzip', () => {
    const members = fc.tuple(content, fc.constantFrom(0, 1, 6, 9)).map(([whole, level]) => gzipSync(whole, { level }));
    damaged(members, (input, toBytes) => {
      withRegions([GUNZIP_STATE_BYTES, input, toBytes], (state = 0, from = 0, to = 0) => {
        gzipKernels(linear).beginGunzip(state);
        gzipKernels(linear).gunzip(state, from, from + input.length, to, to, to + toBytes);
      });
    });
  });
});

describe('encodings', () => {
  test('runs and packed values of every width', () => {
    const counts = fc.array(fc.nat(500), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(bytes, fc.nat(32), counts, fc.nat(130), (input, width, parts, bit) => {
        for (const count of parts) {
          withRegions([input, HYBRID_STATE_BYTES, count * 4], (from = 0, state = 0, to = 0) => {
            kernels.beginHybrid(state, from, from + input.length, width);
            if (kernels.skipHybrid(state, bit) === 1) kernels.decodeHybrid(state, count, to);
          });
          withRegions([input, HYBRID_STATE_BYTES, (count + bit + 7) >> 3], (from = 0, state = 0, to = 0) => {
            linear.u8.fill(0, to, to + ((count + bit + 7) >> 3));
            kernels.beginHybrid(state, from, from + input.length, 1);
            kernels.decodeHybridBits(state, count, to, bit);
          });
        }
      }),
      fuzzed(300),
    );
  });

  test('streams of differences', () => {
    // Block of 128 values in 4 parts, most often; then counts, the first value, and what follows.
    const head = fc.oneof(fc.constant([128, 1, 4]), fc.constant([128, 2, 8]), fc.array(fc.nat(255), { maxLength: 5 }));
    fc.assert(
      fc.property(head, bytes, fc.array(fc.nat(400), { minLength: 1, maxLength: 3 }), (first, rest, parts) => {
        const input = Buffer.concat([Buffer.from(first), rest]);
        withRegions([input, DELTA_STATE_BYTES], (from = 0, state = 0) => {
          kernels.endOfDelta(state, from, from + input.length);
          for (const width of [4, 8]) {
            if (kernels.beginDelta(state, from, from + input.length) === 0) continue;
            for (const count of parts) {
              const isRight = withRegions([count * width], (to = 0) => kernels.decodeDelta(state, count, width, to));
              if (isRight === 0) break;
            }
          }
        });
      }),
      fuzzed(300),
    );
  });

  test('texts behind their lengths, and numbers of any length', () => {
    const text = fc.uint8Array({ maxLength: 20 }).map((part) => Buffer.concat([Buffer.of(part.length, 0, 0, 0), part]));
    fc.assert(
      fc.property(fc.array(text, { maxLength: 40 }), bytes, fc.nat(), fc.nat(60), (texts, rest, seed, count) => {
        const whole = Buffer.concat([...texts, rest]);
        const input = whole.byteLength === 0 ? whole : mutated(whole, whole, scattered(seed));
        withRegions([input], (from = 0) => {
          const textBytes = kernels.measureTexts(from, from + input.length, count);
          if (textBytes >= 0) {
            withRegions([(count + 1) * 4, textBytes], (offsets = 0, to = 0) => {
              linear.u32[offsets / 4] = 0;
              kernels.moveTexts(from, 0, 0, count, offsets, to);
              kernels.textsAreValid(offsets, count, to);
            });
          }
          for (const width of [8, 16]) {
            withRegions([count * width], (to = 0) =>
              kernels.convertSizedBigEndian(from, from + input.length, count, width, to),
            );
          }
        });
      }),
      fuzzed(300),
    );
  });
});

test('bytes that are given as they are end where they should', () => {
  // Not one that only refuses: whole frames, in regions of their own size.
  fc.assert(
    fc.property(content, (whole) => {
      const stored = zstdCompressSync(whole);
      withRegions([stored, whole.byteLength, zstdWorkBytes(whole.byteLength)], (from = 0, to = 0, work = 0) => {
        expect(zstdKernels(linear).zstdDecompress(from, stored.length, to, whole.byteLength, work)).toBe(1);
        expect(Buffer.compare(linear.u8.slice(to, to + whole.byteLength), whole)).toBe(0);
      });
    }),
    fuzzed(50),
  );
});
