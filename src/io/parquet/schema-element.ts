/** The schema of a file as its footer has it: a tree, flattened, each element before its children. */

import type { MetadataWalk } from './metadata-walk.ts';
import { type Numbers, ThriftError, type ThriftReader, ThriftType } from './thrift.ts';

/** By Parquet's numbers. */
const PHYSICAL_TYPES = [
  'BOOLEAN',
  'INT32',
  'INT64',
  'INT96',
  'FLOAT',
  'DOUBLE',
  'BYTE_ARRAY',
  'FIXED_LEN_BYTE_ARRAY',
] as const;

export type PhysicalType = (typeof PHYSICAL_TYPES)[number];

const REPETITIONS = ['REQUIRED', 'OPTIONAL', 'REPEATED'] as const;

/** What values mean, as older writers say it. */
const CONVERTED_TYPES = [
  'UTF8',
  'MAP',
  'MAP_KEY_VALUE',
  'LIST',
  'ENUM',
  'DECIMAL',
  'DATE',
  'TIME_MILLIS',
  'TIME_MICROS',
  'TIMESTAMP_MILLIS',
  'TIMESTAMP_MICROS',
  'UINT_8',
  'UINT_16',
  'UINT_32',
  'UINT_64',
  'INT_8',
  'INT_16',
  'INT_32',
  'INT_64',
  'JSON',
  'BSON',
  'INTERVAL',
] as const;

/** What values mean: members of a union, by the number of their field. There is no ninth one. */
const LOGICAL_TYPES = [
  undefined,
  'STRING',
  'MAP',
  'LIST',
  'ENUM',
  'DECIMAL',
  'DATE',
  'TIME',
  'TIMESTAMP',
  undefined,
  'INTEGER',
  'UNKNOWN',
  'JSON',
  'BSON',
  'UUID',
  'FLOAT16',
  'VARIANT',
  'GEOMETRY',
  'GEOGRAPHY',
] as const;

export interface LogicalType {
  readonly kind: NonNullable<(typeof LOGICAL_TYPES)[number]>;
  /** Of a decimal. */
  readonly precision?: number | undefined;
  readonly scale?: number | undefined;
  /** Of an integer. */
  readonly bits?: number | undefined;
  readonly isSigned?: boolean;
  /** Of a time or a timestamp; undefined where it is not known. */
  readonly unit?: 'ms' | 'us' | 'ns' | undefined;
  readonly isUtc?: boolean;
}

export interface SchemaElement {
  readonly name: string;
  /** Undefined of a group, which has children instead. */
  readonly physical: PhysicalType | undefined;
  /** Bytes of one value of FIXED_LEN_BYTE_ARRAY. */
  readonly typeBytes: number;
  readonly repetition: (typeof REPETITIONS)[number];
  readonly childCount: number;
  /** Undefined, as `logical`, where there is none, or one that is not known. */
  readonly converted: (typeof CONVERTED_TYPES)[number] | undefined;
  readonly logical: LogicalType | undefined;
  /** Of a decimal of older writers. */
  readonly precision: number | undefined;
  readonly scale: number | undefined;
}

/** A name and the end. */
const LEAST_ELEMENT_BYTES = 3;

/** Where the elements of a schema are, the root first: nothing is made of them yet. */
export interface ElementPlaces {
  readonly count: number;
  /** Of each, and of its name, in the metadata. */
  readonly at: Uint32Array;
  readonly nameAt: Uint32Array;
  readonly nameBytes: Uint32Array;
  /** Of each; -1 of a leaf. */
  readonly childCount: Int32Array;
}

export const elementPlacesBytes = ({ count }: ElementPlaces): number => count * 16;

/** Walks over the list of elements at which `reader` stands. @throws ThriftError */
export function readElementPlaces(reader: ThriftReader, walk: MetadataWalk | undefined): ElementPlaces {
  const count = reader.list(ThriftType.struct, LEAST_ELEMENT_BYTES) ?? 0;
  const walked = walk?.elements(reader.position, count);
  if (walked !== undefined) {
    reader.position = walked.end;
    return walked.found;
  }
  const [at, nameAt, nameBytes] = [new Uint32Array(count), new Uint32Array(count), new Uint32Array(count)];
  const childCount = new Int32Array(count);
  for (let element = 0; element < count; element += 1) {
    at[element] = reader.position;
    let isLeaf = false;
    let children = 0;
    for (let field = reader.field(0); field !== 0; field = reader.field(field)) {
      const type = field & 15;
      if (field === NAME) {
        const name = reader.binary();
        nameAt[element] = reader.position - name.byteLength;
        nameBytes[element] = name.byteLength;
        continue;
      }
      const number = reader.number(type);
      if (number === undefined) reader.skip(type);
      else if (field >> 4 === PHYSICAL_TYPE) isLeaf = true;
      else if (field >> 4 === CHILD_COUNT) children = Math.max(0, number);
    }
    if (nameAt[element] === 0) throw new ThriftError('its schema has an element without a name');
    childCount[element] = isLeaf ? -1 : children;
  }
  return { count, at, nameAt, nameBytes, childCount };
}

/** As `ThriftReader.field` gives it. */
const NAME = 4 * 16 + ThriftType.binary;
/** Ids of fields. */
const PHYSICAL_TYPE = 1;
const CHILD_COUNT = 5;

/** The element at which `reader` stands, which is not the root. @throws ThriftError */
export function readElement(reader: ThriftReader): SchemaElement {
  let name: string | undefined;
  let logical: LogicalType | undefined;
  const numbers = reader.numbers((id, type) => {
    if (id === 4 && type === ThriftType.binary) name = reader.text();
    else if (id === 10 && type === ThriftType.struct) logical = readLogicalType(reader);
    else reader.skip(type);
  });
  const [, type, typeBytes = 0, repeats, , childCount = 0, converted, scale, precision] = numbers;
  if (name === undefined) throw new ThriftError('its schema has an element without a name');
  const physical = type === undefined ? undefined : PHYSICAL_TYPES[type];
  if (physical === undefined && type !== undefined) throw new ThriftError(`${name} is of the unknown type ${type}`);
  // hyparquet leaves out what is zero in Thrift.
  const repetition = REPETITIONS[repeats ?? 0];
  if (repetition === undefined) throw new ThriftError(`${name} is neither required, optional nor repeated`);
  return {
    name,
    physical,
    typeBytes,
    repetition,
    childCount,
    converted: converted === undefined ? undefined : CONVERTED_TYPES[converted],
    logical,
    precision,
    scale,
  };
}

function readLogicalType(reader: ThriftReader): LogicalType | undefined {
  let logical: LogicalType | undefined;
  reader.struct((id, type) => {
    const kind = LOGICAL_TYPES[id];
    if (kind === undefined || type !== ThriftType.struct) reader.skip(type);
    else logical = readMember(kind, reader);
  });
  return logical;
}

function readMember(kind: LogicalType['kind'], reader: ThriftReader): LogicalType {
  let unit: LogicalType['unit'];
  const numbers: Numbers = reader.numbers((id, type) => {
    if (id !== 2 || type !== ThriftType.struct) return reader.skip(type);
    reader.struct((member, memberType) => {
      unit = ([undefined, 'ms', 'us', 'ns'] as const)[member];
      reader.skip(memberType);
    });
  });
  const [, first, second] = numbers;
  switch (kind) {
    case 'DECIMAL':
      return { kind, scale: first, precision: second };
    case 'INTEGER':
      return { kind, bits: first, isSigned: second === 1 };
    case 'TIME':
    case 'TIMESTAMP':
      return { kind, unit, isUtc: first === 1 };
    default:
      return { kind };
  }
}
