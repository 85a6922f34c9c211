/**
 * Identifiers and random values. A random value is a function of a seed and of the number of its row in the operator's
 * input: with the same seed the same rows come out, however they are cut into batches.
 *
 * Source of the mixing: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators" (2014), SplitMix64.
 */

import { randomBytes, randomUUID } from 'node:crypto';
import { float64, int64, timestamp, uuid } from '../../columnar/data-type.ts';
import { uuidBytes, uuidText } from '../../columnar/uuid-text.ts';
import { type Value, wholeOf } from '../../columnar/value.ts';
import { InvalidValue } from '../../errors.ts';
import {
  type Call,
  define,
  type Evaluate,
  type FunctionDefinition,
  optional,
  type ParameterKind,
  parameter,
} from './function-definition.ts';
import { INTEGER } from './parameter-kinds.ts';

const GOLDEN = 0x9e3779b97f4a7c15n;
const cut = (value: bigint): bigint => BigInt.asUintN(64, value);

/** 64 bits that look independent for every pair of seed and row. */
function mixed(seed: bigint, row: bigint): bigint {
  let z = cut(seed + (row + 1n) * GOLDEN);
  z = cut((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
  z = cut((z ^ (z >> 27n)) * 0x94d049bb133111ebn);
  return z ^ (z >> 31n);
}

/** A seed that nobody could know. */
export const drawnSeed = (): bigint => randomBytes(8).readBigUInt64LE();

/** Random bits of a row: from the literal seed at a position, or from one drawn now. */
function bitsOf({ literals }: Call, position: number): (row: Value | undefined) => bigint {
  const given = literals[position];
  const seed = given === null || given === undefined ? drawnSeed() : wholeOf(given);
  return (row) => mixed(seed, BigInt(Number(row)));
}

const SEED = optional('seed', INTEGER, null);
const UUID: ParameterKind<string> = {
  takes: 'a uuid',
  preferred: uuid,
  accept: (type) => (type.kind === 'uuid' ? type : undefined),
};

/** Milliseconds since 1970 that a uuid of version 7 begins with, cut to a multiple of `unit`. */
const timeOfUuid =
  (unit: bigint) =>
  (text: string): bigint => {
    const bytes = uuidBytes(text);
    if (bytes === undefined || (bytes[6] ?? 0) >> 4 !== 7) throw new InvalidValue(`${text} is no uuid of version 7.`);
    const milliseconds = BigInt(`0x${text.slice(0, 8)}${text.slice(9, 13)}`);
    return milliseconds - (milliseconds % unit);
  };

const uuidTime = (name: string, unit: bigint, what: string, value: string): FunctionDefinition =>
  define({
    name,
    family: 'identifiers and random values',
    doc: `The ${what} in which a uuid of version 7 was made, in UTC.`,
    canFail: true,
    parameters: [parameter('uuid', UUID)],
    result: timestamp('ms', 'UTC'),
    evaluate: timeOfUuid(unit),
    examples: [[[{ kind: 'literal', type: uuid, value: '0190a1b2-c3d4-7000-8000-000000000000' }], value]],
  });

export const IDENTIFIER_FUNCTIONS: readonly FunctionDefinition[] = [
  define({
    name: 'random',
    family: 'identifiers and random values',
    doc: 'A float64 from 0 to below 1 for each row; the same again with the same seed.',
    nulls: 'own',
    isVolatile: true,
    parameters: [SEED],
    result: float64,
    prepare: (call) => {
      const bits = bitsOf(call, 0);
      const evaluate: Evaluate = (_, row) => Number(bits(row) >> 11n) * 2 ** -53;
      return evaluate;
    },
    // The first number of SplitMix64 from this seed, as published, is 6457827717110365317.
    examples: [[[1234567n], 0.350079542]],
  }),
  define({
    name: 'random_int',
    family: 'identifiers and random values',
    doc: 'An int64 from the least to the greatest, both inclusive, for each row; the same again with the same seed.',
    nulls: 'own',
    mayBeNull: true,
    isVolatile: true,
    canFail: true,
    parameters: [parameter('least', INTEGER), parameter('greatest', INTEGER), SEED],
    result: int64,
    prepare: (call) => {
      const bits = bitsOf(call, 2);
      const evaluate: Evaluate = (least, greatest, _, row) => {
        if (least === null || greatest === null) return null;
        const [from, to] = [wholeOf(least), wholeOf(greatest)];
        if (from > to) throw new InvalidValue(`There is no integer from ${from} to ${to}.`);
        // The share of a value differs from that of another by less than the range ÷ 2 ** 64.
        return from + ((bits(row) * (to - from + 1n)) >> 64n);
      };
      return evaluate;
    },
    examples: [[[3n, 3n], '3']],
  }),
  define({
    name: 'uuid',
    aliases: ['uuidv4', 'gen_random_uuid'],
    family: 'identifiers and random values',
    doc: 'A new random uuid, of version 4, for each row.',
    isVolatile: true,
    parameters: [],
    result: uuid,
    evaluate: () => randomUUID(),
    examples: [],
  }),
  define({
    name: 'uuidv7',
    family: 'identifiers and random values',
    doc: 'A new uuid of version 7, which begins with the time in milliseconds, for each row.',
    isVolatile: true,
    parameters: [],
    result: uuid,
    evaluate: newUuid7,
    examples: [],
  }),
  uuidTime('extract_minute_uuid7', 60_000n, 'minute', '2024-07-11T12:09:00Z'),
  uuidTime('extract_hour_uuid7', 3_600_000n, 'hour', '2024-07-11T12:00:00Z'),
  uuidTime('extract_day_uuid7', 86_400_000n, 'day', '2024-07-11T00:00:00Z'),
];

/** RFC 9562: 48 bits of time, then random bits around the version and the variant. */
function newUuid7(): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x70, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return uuidText(bytes);
}
