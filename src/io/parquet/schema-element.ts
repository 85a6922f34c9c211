/** The schema of a file as its footer has it: a tree, flattened, each element before its children. */

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
  /** Undefined of the root only. */
  readonly repetition: (typeof REPETITIONS)[number] | undefined;
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

/** The elements of a list, the root first. @throws ThriftError */
export function readSchemaElements(reader: ThriftReader): SchemaElement[] {
  const count = reader.list(ThriftType.struct, LEAST_ELEMENT_BYTES);
  if (count === undefined) throw new ThriftError('its schema is no list of structs');
  const elements: SchemaElement[] = [];
  for (let at = 0; at < count; at += 1) elements.push(readElement(reader, at === 0));
  return elements;
}

function readElement(reader: ThriftReader, isRoot: boolean): SchemaElement {
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
  const repetition = repeats === undefined && isRoot ? undefined : REPETITIONS[repeats ?? 0];
  if (repetition === undefined && !isRoot) throw new ThriftError(`${name} is neither required, optional nor repeated`);
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
