import { describe, expect, test } from 'vitest';
import { type Code, encodeModule, func } from '../../src/compile/emit.ts';
import { takeKernels } from '../../src/kernels/take-kernels.ts';
import { LinearMemory, PADDING_BYTES } from '../../src/memory/linear-memory.ts';
import { checkAccesses } from '../support/checked-kernels/checked-kernels.ts';

const linear = new LinearMemory(1 << 20);
checkAccesses(linear);
// Kernels may be made before anything is allocated.
const { copyBytes, fillBytes } = takeKernels(linear);
const region = linear.allocate(1000)!;
const next = linear.allocate(PADDING_BYTES)!;
const start = region.address;
const end = start + region.byteLength + PADDING_BYTES;

const names = (prefix: string, of: string): string[] => of.split(' ').map((name) => prefix + name);

/** As the specification lists them: opcodes in order, from the first on. */
const INSTRUCTIONS: readonly { readonly first: readonly number[]; readonly names: readonly string[] }[] = [
  { first: [0x28], names: ['i32.load', 'i64.load', 'f32.load', 'f64.load'] },
  { first: [0x2c], names: names('i32.load', '8_s 8_u 16_s 16_u') },
  { first: [0x30], names: names('i64.load', '8_s 8_u 16_s 16_u 32_s 32_u') },
  { first: [0x36], names: ['i32.store', 'i64.store', 'f32.store', 'f64.store', 'i32.store8', 'i32.store16'] },
  { first: [0x3c], names: names('i64.store', '8 16 32') },
  { first: [0xfd, 0], names: ['v128.load', ...names('v128.load', '8x8_s 8x8_u 16x4_s 16x4_u 32x2_s 32x2_u')] },
  { first: [0xfd, 7], names: names('v128.load', '8_splat 16_splat 32_splat 64_splat') },
  { first: [0xfd, 11], names: ['v128.store'] },
  { first: [0xfd, 84], names: names('v128.load', '8_lane 16_lane 32_lane 64_lane') },
  { first: [0xfd, 88], names: names('v128.store', '8_lane 16_lane 32_lane 64_lane') },
  { first: [0xfd, 92], names: ['v128.load32_zero', 'v128.load64_zero'] },
];

const ZEROS: Readonly<Record<string, readonly number[]>> = {
  i32: [0x41, 0],
  i64: [0x42, 0],
  f32: [0x43, 0, 0, 0, 0],
  f64: [0x44, 0, 0, 0, 0, 0, 0, 0, 0],
  v128: [0xfd, 12, ...new Uint8Array(16)],
};
const WIDTHS: Readonly<Record<string, number>> = { i32: 4, i64: 8, f32: 4, f64: 8, v128: 16 };

/** Bits, and how many times those, as the name says; else all of its type. */
function bytesOf(name: string): number {
  const [type = '', does = ''] = name.split('.');
  const [, bits, times = '1'] = /^(?:load|store)(\d+)(?:x(\d))?/.exec(does) ?? [];
  return bits === undefined ? (WIDTHS[type] ?? 0) : (Number(bits) / 8) * Number(times);
}

const OFFSET = 40;
const cases = INSTRUCTIONS.flatMap(({ first, names }) =>
  names.map((name, at) => ({ name, opcode: [...first.slice(0, -1), (first.at(-1) ?? 0) + at] })),
);

/** What the instruction does at an address and `OFFSET`. */
function accessing({ name, opcode }: (typeof cases)[number]): (address: number) => void {
  const [type = '', does = ''] = name.split('.');
  const isLane = does.endsWith('lane');
  const value = does.startsWith('store') || isLane ? (ZEROS[type] ?? []) : [];
  const dropped = does.startsWith('store') ? [] : [0x1a];
  const code = (address: Code): Code => [address, value, opcode, 0, OFFSET, isLane ? [0] : [], dropped];
  const access = func('access', ['i32'], [], (_, address) => code([0x20, address.index]));
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(encodeModule([access])), {
    env: { memory: linear.memory },
  });
  return exports['access'] as (address: number) => void;
}

const outside = expect.objectContaining({ name: 'AccessOutside' });

describe('checked kernels', () => {
  test.each(cases)('$name traps where it leaves a region and its padding, and only there', (instruction) => {
    const bytes = bytesOf(instruction.name);
    const access = accessing(instruction);
    for (let address = start; address <= end - bytes; address += 1) access(address - OFFSET);
    for (let by = 1; by <= 40; by += 1) {
      expect(() => access(start - by - OFFSET)).toThrow(outside);
      expect(() => access(end - bytes + by - OFFSET)).toThrow(outside);
    }
    // Addresses are added without end, not in a circle.
    expect(() => access(-1)).toThrow(outside);
  });

  test('copies and fills are checked as a whole', () => {
    for (const [from, count] of [
      [start, end - start],
      [start + 3, 1],
      [end - 1, 1],
      [end, 0],
      [start + 7, 900],
    ] as const) {
      copyBytes(from, next.address, count);
      copyBytes(next.address, from, count);
      fillBytes(from, 0, count);
    }
    for (const [from, count] of [
      [start, end - start + 1],
      [start - 1, 2],
      [end, 1],
      [start, next.address - start + 1],
      [start, 2 ** 32 - 1],
    ] as const) {
      expect(() => copyBytes(from, next.address, count)).toThrow(outside);
      expect(() => copyBytes(next.address, from, count)).toThrow(outside);
      expect(() => fillBytes(from, 0, count)).toThrow(outside);
    }
  });

  test('says which kernel it was, what it did and what is near', () => {
    const near = `byte ${end - start} of the region of 1000 bytes at ${start}, behind which 1024 are padding`;
    expect(() => fillBytes(end, 0, 2)).toThrow(`fillBytes wrote 2 bytes at ${end}: ${near}`);
  });

  test('what a region is extended by is inside', () => {
    const extended = linear.allocate(5000)!;
    const { address } = extended;
    expect(() => fillBytes(address, 0, 9000)).toThrow(outside);
    expect(linear.tryExtend(extended, 9000)).toBe(true);
    fillBytes(address, 0, 9000 + PADDING_BYTES);
    linear.free(extended);
    expect(() => fillBytes(address + 8000, 0, 1)).toThrow(outside);
  });

  test('what is freed is outside', () => {
    const freed = linear.allocate(5000)!;
    const { address } = freed;
    fillBytes(address, 0, 5000);
    linear.free(freed);
    expect(() => fillBytes(address, 0, 1)).toThrow(outside);
  });

  // With all memories checked there are no others.
  test.skipIf(process.env['CHECK_KERNELS'])('kernels over other memories are as they are built', () => {
    const other = new LinearMemory(1 << 20);
    takeKernels(other).fillBytes(other.allocate(10)!.address + 4000, 0, 1);
  });
});
