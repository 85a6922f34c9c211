/**
 * Rewrites a WebAssembly module so that every access to its memory is checked against a map of what may be accessed.
 *
 *     memory 0   │ … │ what the module works on │ … │
 *     memory 1   │ what failed │ one byte for each 16 of those: how many of them, from the first on, may be accessed │
 *
 *     i64.load offset=8         i32.const 8, i32.const 8 (bytes), call $read, i64.load offset=8
 *     i64.store                 local.set $value, …, call $write, local.get $value, i64.store
 *     memory.copy, memory.fill  the same, with $writeRange and $readRange
 *
 * The checks take an address and give it back, or note what failed before the map and trap. They and their types are put
 * behind what the module has, so that no index changes; the instructions of the module are copied as they are. What is not
 * known to be harmless is refused: an instruction that is missing in the tables below is an error, not left unchecked.
 *
 * Kernels of zstd may read before what they are given (`zstd.ts`): their loads of 8 bytes that say that they are not aligned are left
 * as they are, in the module that exports them.
 *
 * Source of the format and of opcodes: the WebAssembly core specification, chapter "Binary Format", with multiple memories.
 */

import assert from 'node:assert/strict';
import { sleb, uleb } from '../../../src/compile/emit.ts';

/** Bytes of memory 0 that have one byte of the map. */
export const CELL_BYTES = 16;
/** Where the map begins in memory 1. Before it is noted what failed: address, bytes, whether it was a write, and 1; 4 bytes each. */
export const MAP_AT = 16;
/** What memory 1 is imported as. */
export const MAP_IMPORT = { module: 'checked', name: 'map' } as const;

export interface CheckedModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where its own data lies in memory 0: [start, end). */
  readonly data: readonly { readonly start: number; readonly end: number }[];
}

const SECTION = { type: 1, import: 2, function: 3, memory: 5, code: 10, data: 11 } as const;
const TYPE = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b } as const;
type ValueType = keyof typeof TYPE;
const VALUE_TYPES = Object.keys(TYPE) as ValueType[];

/** Access by opcode: bytes, and of stores the type of the value, which lies above the address. */
interface Access {
  readonly bytes: number;
  readonly above?: ValueType;
  readonly isWrite?: boolean;
  /** A byte behind the other immediates. */
  readonly lane?: boolean;
}

const load = (bytes: number): Access => ({ bytes });
const store = (bytes: number, above: ValueType): Access => ({ bytes, above, isWrite: true });

const PLAIN_ACCESSES: readonly Access[] = [
  ...[4, 8, 4, 8, 1, 1, 2, 2, 1, 1, 2, 2, 4, 4].map(load), // 0x28 to 0x35
  ...[store(4, 'i32'), store(8, 'i64'), store(4, 'f32'), store(8, 'f64'), store(1, 'i32'), store(2, 'i32')],
  ...[store(1, 'i64'), store(2, 'i64'), store(4, 'i64')], // 0x36 to 0x3e
];
const VECTOR_ACCESSES: ReadonlyMap<number, Access> = new Map([
  [0, load(16)],
  ...[8, 8, 8, 8, 8, 8, 1, 2, 4, 8].map((bytes, at) => [1 + at, load(bytes)] as const),
  [11, store(16, 'v128')],
  ...[1, 2, 4, 8].map((bytes, at) => [84 + at, { bytes, above: 'v128', lane: true } as Access] as const),
  ...[1, 2, 4, 8].map((bytes, at) => [88 + at, { ...store(bytes, 'v128'), lane: true }] as const),
  [92, load(4)],
  [93, load(8)],
]);

/** Reads the parts of a module. */
class Reader {
  at = 0;
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.at >= this.bytes.length;
  }

  byte(): number {
    const byte = this.bytes[this.at];
    assert.ok(byte !== undefined, 'a module ends in the middle');
    this.at += 1;
    return byte;
  }

  /** Unsigned, of up to 32 bits. */
  number(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }

  /** Passes over a number of any kind. */
  skipNumber(): void {
    while (this.byte() >= 0x80);
  }

  take(length: number): Uint8Array {
    const taken = this.bytes.subarray(this.at, this.at + length);
    assert.equal(taken.length, length, 'a module ends in the middle');
    this.at += length;
    return taken;
  }
}

/** Grows as it is written. */
class Writer {
  #bytes = new Uint8Array(1 << 16);
  length = 0;

  write(part: ArrayLike<number>): void {
    if (this.length + part.length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.length + part.length));
      larger.set(this.#bytes.subarray(0, this.length));
      this.#bytes = larger;
    }
    this.#bytes.set(part, this.length);
    this.length += part.length;
  }

  done(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.length);
  }
}

interface Section {
  readonly id: number;
  readonly content: Uint8Array;
}

function sectionsOf(module: Uint8Array): Section[] {
  const reader = new Reader(module);
  reader.take(8);
  const sections: Section[] = [];
  while (!reader.isAtEnd) {
    const id = reader.byte();
    sections.push({ id, content: reader.take(reader.number()) });
  }
  return sections;
}

/** A vector with more items behind its own. */
function extended(content: Uint8Array, more: readonly (readonly number[])[]): Uint8Array {
  const reader = new Reader(content);
  const count = reader.number();
  return Uint8Array.from([...uleb(count + more.length), ...content.subarray(reader.at), ...more.flat()]);
}

const countOf = (sections: readonly Section[], id: number): number => {
  const section = sections.find((one) => one.id === id);
  return section === undefined ? 0 : new Reader(section.content).number();
};

/** How many functions are imported. Nothing else is but one memory. */
function importedFunctions(content: Uint8Array): number {
  const reader = new Reader(content);
  let functions = 0;
  for (let left = reader.number(); left > 0; left -= 1) {
    reader.take(reader.number());
    reader.take(reader.number());
    const kind = reader.byte();
    if (kind === 0) {
      reader.number();
      functions += 1;
    } else {
      assert.equal(kind, 2, 'an import that is neither a function nor a memory');
      const limits = reader.byte();
      reader.number();
      if (limits & 1) reader.number();
    }
  }
  return functions;
}

/** Passes over the immediates of an instruction that accesses no memory. */
function skipImmediates(reader: Reader, opcode: number): void {
  if (opcode === 0x0e) {
    for (let left = reader.number() + 1; left > 0; left -= 1) reader.number();
  } else if (opcode === 0x11) {
    reader.number();
    reader.number();
  } else if (opcode === 0x1c) reader.take(reader.number());
  else if (opcode === 0x43) reader.take(4);
  else if (opcode === 0x44) reader.take(8);
  else if (opcode === 0x3f || opcode === 0x40) reader.byte();
  else if ([0x02, 0x03, 0x04, 0x0c, 0x0d, 0x10, 0x41, 0x42].includes(opcode) || (opcode >= 0x20 && opcode <= 0x26)) {
    reader.skipNumber();
  } else {
    const isPlain = opcode <= 0x01 || [0x05, 0x0b, 0x0f, 0x1a, 0x1b].includes(opcode);
    assert.ok(isPlain || (opcode >= 0x45 && opcode <= 0xc4), `an unknown instruction: 0x${opcode.toString(16)}`);
  }
}

/** Of those that begin with 0xfd and access no memory. */
function skipVectorImmediates(reader: Reader, opcode: number): void {
  if (opcode === 12 || opcode === 13) reader.take(16);
  else if (opcode >= 21 && opcode <= 34) reader.byte();
}

/** Functions of checks, by their index behind the module's own. */
interface Checks {
  readonly read: number;
  readonly write: number;
  readonly readRange: number;
  readonly writeRange: number;
  /** Whether loads of 8 bytes that are not aligned stay as they are. */
  readonly mayReadBefore: boolean;
}

class FunctionRewriter {
  readonly #reader: Reader;
  readonly #writer: Writer;
  readonly #checks: Checks;
  /** Index of the local that keeps a value of the type, and of two further ones for numbers. */
  readonly #kept: Readonly<Record<ValueType, number>>;
  readonly #further: number;
  readonly #mayReadBefore: boolean;

  constructor(reader: Reader, writer: Writer, checks: Checks, locals: number) {
    this.#mayReadBefore = checks.mayReadBefore;
    this.#reader = reader;
    this.#writer = writer;
    this.#checks = checks;
    this.#kept = Object.fromEntries(VALUE_TYPES.map((type, at) => [type, locals + at])) as Record<ValueType, number>;
    this.#further = locals + VALUE_TYPES.length;
  }

  instructions(): void {
    const reader = this.#reader;
    let copied = reader.at;
    while (!reader.isAtEnd) {
      const start = reader.at;
      const checks = this.#instruction();
      if (checks.length === 0) continue;
      this.#writer.write(reader.bytes.subarray(copied, start));
      this.#writer.write(checks);
      copied = start;
    }
    this.#writer.write(reader.bytes.subarray(copied));
  }

  /** Passes over the next instruction; returns what is to stand before it. */
  #instruction(): readonly number[] {
    const reader = this.#reader;
    const opcode = reader.byte();
    if (opcode >= 0x28 && opcode <= 0x3e) return this.#access(PLAIN_ACCESSES[opcode - 0x28] as Access);
    if (opcode === 0xfc) return this.#bulk(reader.number());
    if (opcode === 0xfd) {
      const vector = reader.number();
      const access = VECTOR_ACCESSES.get(vector);
      if (access !== undefined) return this.#access(access);
      skipVectorImmediates(reader, vector);
    } else skipImmediates(reader, opcode);
    return [];
  }

  #access({ bytes, above, isWrite, lane }: Access): readonly number[] {
    const alignment = this.#reader.number();
    const offset = this.#reader.number();
    if (lane) this.#reader.byte();
    if (this.#mayReadBefore && bytes === 8 && !isWrite && alignment === 0) return [];
    const check = isWrite ? this.#checks.write : this.#checks.read;
    const called = [0x41, ...sleb(BigInt(offset | 0)), 0x41, ...sleb(BigInt(bytes)), 0x10, ...uleb(check)];
    if (above === undefined) return called;
    const value = uleb(this.#kept[above]);
    return [0x21, ...value, ...called, 0x20, ...value];
  }

  #bulk(opcode: number): readonly number[] {
    if (opcode < 8) return [];
    assert.ok(opcode === 10 || opcode === 11, `an unknown instruction: 0xfc ${opcode}`);
    this.#reader.take(opcode === 10 ? 2 : 1);
    const length = uleb(this.#kept.i32);
    const second = uleb(this.#further);
    const range = (check: number): number[] => [0x20, ...length, 0x10, ...uleb(check)];
    return [
      ...[0x21, ...length, 0x21, ...second],
      ...range(this.#checks.writeRange),
      ...[0x20, ...second],
      ...(opcode === 10 ? range(this.#checks.readRange) : []),
      ...[0x20, ...length],
    ];
  }
}

/** A function's body: of how many parameters, from its types; with the locals of the checks behind its own. */
function rewrittenBody(body: Uint8Array, parameters: number, checks: Checks): Uint8Array {
  const reader = new Reader(body);
  const groups = reader.number();
  const firstGroup = reader.at;
  let locals = parameters;
  for (let left = groups; left > 0; left -= 1) {
    locals += reader.number();
    reader.byte();
  }
  const writer = new Writer();
  writer.write(uleb(groups + VALUE_TYPES.length + 1));
  writer.write(body.subarray(firstGroup, reader.at));
  for (const type of VALUE_TYPES) writer.write([1, TYPE[type]]);
  writer.write([1, TYPE.i32]);
  new FunctionRewriter(reader, writer, checks, locals).instructions();
  return writer.done();
}

/** Of each type, how many parameters it has. */
function parameterCounts(content: Uint8Array): number[] {
  const reader = new Reader(content);
  const counts: number[] = [];
  for (let left = reader.number(); left > 0; left -= 1) {
    assert.equal(reader.byte(), 0x60, 'a type that is not of a function');
    const count = reader.number();
    reader.take(count);
    reader.take(reader.number());
    counts.push(count);
  }
  return counts;
}

function rewrittenCode(content: Uint8Array, parameters: readonly number[], checks: Checks): Uint8Array {
  const reader = new Reader(content);
  const writer = new Writer();
  writer.write(uleb(parameters.length + 4));
  assert.equal(reader.number(), parameters.length);
  for (const count of parameters) {
    const body = rewrittenBody(reader.take(reader.number()), count, checks);
    writer.write(uleb(body.length));
    writer.write(body);
  }
  for (const body of [checkOfAccess(0), checkOfAccess(1), checkOfRange(0), checkOfRange(1)]) {
    writer.write(uleb(body.length));
    writer.write(body);
  }
  return writer.done();
}

const const32 = (value: number): number[] => [0x41, ...sleb(BigInt(value))];
const get = (local: number): number[] => [0x20, local];
const set = (local: number): number[] => [0x21, local];
/** An immediate of an access to memory 1. */
const inMap = (offset: number): number[] => [0x40, 1, ...uleb(offset)];
const ADD = 0x6a;
const SUB = 0x6b;
const AND = 0x71;
const SHIFT = 0x76;
const LESS = 0x49;
const AT_MOST = 0x4d;
const IF = [0x04, 0x40];
const END = 0x0b;
/** What the map has for the address in a local, and for the 16 bytes behind. */
const cell = (address: number, offset: number): number[] => [
  ...get(address),
  ...const32(4),
  SHIFT,
  0x2d,
  ...inMap(MAP_AT + offset),
];

/** Notes the access and traps. */
const fail = (address: number, bytes: number, isWrite: number): number[] => [
  ...[...const32(0), ...get(address), 0x36, ...inMap(0)],
  ...[...const32(0), ...get(bytes), 0x36, ...inMap(4)],
  ...[...const32(0), ...const32(isWrite), 0x36, ...inMap(8)],
  ...[...const32(0), ...const32(1), 0x36, ...inMap(12)],
  0x00,
];

/** (pointer, offset, bytes, at most 16) → pointer. Locals: address, end within its cell, cell. */
function checkOfAccess(isWrite: number): number[] {
  const [pointer, offset, bytes, address, end, have] = [0, 1, 2, 3, 4, 5];
  return [
    ...[1, 3, TYPE.i32],
    ...[...get(pointer), ...get(offset), ADD, ...set(address)],
    ...[...get(address), ...get(pointer), LESS, ...IF, ...fail(address, bytes, isWrite), END],
    ...[...get(address), ...const32(15), AND, ...get(bytes), ADD, ...set(end)],
    ...[...cell(address, 0), 0x22, have, ...get(end), LESS, ...IF],
    // In a second cell, where the first one is whole.
    ...[...get(have), ...const32(CELL_BYTES), LESS, ...IF, ...fail(address, bytes, isWrite), END],
    ...[
      ...cell(address, 1),
      ...get(end),
      ...const32(CELL_BYTES),
      SUB,
      LESS,
      ...IF,
      ...fail(address, bytes, isWrite),
      END,
    ],
    END,
    ...get(pointer),
    END,
  ];
}

const WHOLE_CELLS = 0x1010_1010_1010_1010n;

/** (pointer, bytes) → pointer. Locals: address, bytes that are left, end within its cell, cell. */
function checkOfRange(isWrite: number): number[] {
  const [pointer, bytes, address, left, end, have] = [0, 1, 2, 3, 4, 5];
  const advance = (by: readonly number[]): number[] => [
    ...[...get(left), ...by, SUB, ...set(left)],
    ...[...get(address), ...by, ADD, ...set(address)],
  ];
  return [
    ...[1, 4, TYPE.i32],
    ...[...get(pointer), ...set(address), ...get(bytes), ...set(left)],
    ...[...get(bytes), 0x45, ...IF, ...get(pointer), 0x0f, END],
    // What would go on at 0.
    ...[...get(pointer), ...get(bytes), ADD, ...const32(1), SUB, ...get(pointer), LESS, ...IF],
    ...[...fail(pointer, bytes, isWrite), END],
    ...[0x03, 0x40],
    ...[...get(address), ...const32(15), AND, ...get(left), ADD, ...set(end)],
    ...[...get(end), ...cell(address, 0), 0x22, have, AT_MOST, ...IF, ...get(pointer), 0x0f, END],
    ...[...get(have), ...const32(CELL_BYTES), LESS, ...IF, ...fail(pointer, bytes, isWrite), END],
    // Eight whole ones at once.
    ...[...const32(8 * CELL_BYTES), ...get(end), AT_MOST],
    ...[...get(address), ...const32(4), SHIFT, 0x29, ...inMap(MAP_AT), 0x42, ...sleb(WHOLE_CELLS), 0x51, AND, ...IF],
    ...advance([...const32(8 * CELL_BYTES), ...get(address), ...const32(15), AND, SUB]),
    0x05,
    ...advance([...const32(CELL_BYTES), ...get(address), ...const32(15), AND, SUB]),
    END,
    ...[0x0c, 0],
    END,
    0x00,
    END,
  ];
}

/** Where active segments of memory 0 lie. */
function dataOf(content: Uint8Array): { readonly start: number; readonly end: number }[] {
  const reader = new Reader(content);
  const data: { start: number; end: number }[] = [];
  for (let left = reader.number(); left > 0; left -= 1) {
    assert.equal(reader.number(), 0, 'a segment that is not active');
    assert.equal(reader.byte(), 0x41);
    const start = reader.number() & 0xffff; // below 64 KiB, so its sign does not matter
    assert.equal(reader.byte(), END);
    const length = reader.number();
    reader.take(length);
    data.push({ start, end: start + length });
  }
  return data;
}

/** `module` with its accesses checked. It imports one memory and has none of its own. `mayReadBefore` is for zstd (above). */
export function checkedModule(module: Uint8Array, mayReadBefore: boolean): CheckedModule {
  const sections = sectionsOf(module);
  const content = (id: number): Uint8Array =>
    sections.find((section) => section.id === id)?.content ?? new Uint8Array([0]);
  assert.equal(countOf(sections, SECTION.memory), 0, 'a module with a memory of its own');
  const types = countOf(sections, SECTION.type);
  const functionTypes = new Reader(content(SECTION.function));
  const parametersOfTypes = parameterCounts(content(SECTION.type));
  const parameters = Array.from(
    { length: functionTypes.number() },
    () => parametersOfTypes[functionTypes.number()] ?? 0,
  );
  const first = importedFunctions(content(SECTION.import)) + parameters.length;
  const checks = { read: first, write: first + 1, readRange: first + 2, writeRange: first + 3, mayReadBefore };
  const i32s = (count: number): number[] => [count, ...Array.from({ length: count }, () => TYPE.i32)];
  const text = (of: string): number[] => [of.length, ...Buffer.from(of)];
  const changed: Readonly<Record<number, () => Uint8Array>> = {
    [SECTION.type]: () =>
      extended(content(SECTION.type), [
        [0x60, ...i32s(3), ...i32s(1)],
        [0x60, ...i32s(2), ...i32s(1)],
      ]),
    [SECTION.import]: () =>
      extended(content(SECTION.import), [[...text(MAP_IMPORT.module), ...text(MAP_IMPORT.name), 2, 0, 1]]),
    [SECTION.function]: () =>
      extended(content(SECTION.function), [uleb(types), uleb(types), uleb(types + 1), uleb(types + 1)]),
    [SECTION.code]: () => rewrittenCode(content(SECTION.code), parameters, checks),
  };
  const writer = new Writer();
  writer.write(module.subarray(0, 8));
  for (const section of sections) {
    const bytes = changed[section.id]?.() ?? section.content;
    writer.write([section.id, ...uleb(bytes.length)]);
    writer.write(bytes);
  }
  return { bytes: writer.done(), data: dataOf(content(SECTION.data)) };
}
