/**
 * How the values of a file's column become those of a field of the plan: matched by name, of the same type or widened
 * where that loses nothing (`widening.ts`), also inside of nested columns. Numbers are decoded where they go, widened there:
 *
 *     int32, as stored   │ 7 │ 3 │ 9 │ …  ──8 bytes, times 100──▶  │ 700 │ 300 │ 900 │ …   decimal(12, 2)
 */

import {
  type ClockUnit,
  type DataType,
  fixedWidth,
  integerBits,
  isBytes,
  isInteger,
  isUnsigned,
  SHORT_DECIMAL_DIGITS,
  sameType,
  storageType,
} from '../../columnar/data-type.ts';
import type { Field } from '../../columnar/schema.ts';
import { asDecimal } from '../../expressions/common-type.ts';
import { TICKS_PER_SECOND, ticksPerDay } from '../../expressions/temporal-text.ts';
import type { ParquetKernels } from '../../kernels/parquet-kernels.ts';
import { matchFields } from '../match-fields.ts';
import { isWidened } from '../widening.ts';
import { factorBetween } from './bound-conversion.ts';
import type { FileColumn } from './file-column.ts';
import type { FileColumns } from './file-columns.ts';

/** How bounds of the values are found: over 4 or 8 bytes, or not at all because the type says enough. */
export type Bound = 'signed' | 'unsigned' | 'type' | 'none';

/** Numbers whose bits are known. */
interface NumberForm {
  readonly width: number;
  readonly bound: Bound;
  /** Of decimals, digits that the file's type allows. */
  readonly digits?: number;
}

/** Values of a fixed number of bytes, in the file and in the column. */
interface FixedForm extends NumberForm {
  readonly kind: 'fixed';
  readonly storedBytes: number;
  /** Whether the values are in the column what they are in the file. */
  readonly isCopied?: boolean;
  /** False where a value does not fit the column's type. `from` and `to` do not overlap. */
  convert(kernels: ParquetKernels, from: number, count: number, to: number): boolean;
}

/** Big-endian numbers behind their lengths. */
interface SizedForm extends NumberForm {
  readonly kind: 'sized';
  readonly width: 8 | 16;
  /** What they are multiplied by. */
  readonly factor: bigint;
}

export type ValueForm =
  | FixedForm
  | SizedForm
  | { readonly kind: 'bool' }
  /** Bytes of any number; those of texts are checked to be UTF-8. */
  | { readonly kind: 'text'; readonly isUtf8: boolean };

/** Whether values are in the column what they are in a plain page. */
export const isCopied = (form: ValueForm): boolean => form.kind === 'fixed' && form.isCopied === true;

/** One wanted column of one file, or a leaf of one. */
export interface ColumnReading {
  /** As the plan has it: name, type and nullability of what is read. */
  readonly field: Field;
  readonly file: FileColumn;
  readonly form: ValueForm;
  /** Whether codes of a dictionary may be handed on: what is inside of others is always plain. */
  readonly keepsCodes: boolean;
}

/** One wanted column that has columns inside. */
export interface NestedReading {
  readonly field: Field;
  readonly file: FileColumn;
  /** Fields of a struct, the item of a list, key and value of a map. */
  readonly children: readonly Reading[];
}

export type Reading = ColumnReading | NestedReading;

/** The leaves of a column, in the order of the plan. */
export function leavesOf(reading: Reading): readonly ColumnReading[] {
  return 'form' in reading ? [reading] : reading.children.flatMap(leavesOf);
}

/**
 * How to read each field of `fields`; undefined for a column that the file does not have, and for those at the positions
 * that `known` holds, whose values are had from elsewhere.
 * @throws SchemaMismatch, UnsupportedFile
 */
export function matchColumns(
  uri: string,
  columns: FileColumns,
  fields: readonly Field[],
  known?: { has(position: number): boolean },
): (Reading | undefined)[] {
  return matchFields(uri, (name) => columns.named(name), fields, known, readingOf);
}

/** Undefined where the types do not go together. */
function readingOf(file: FileColumn, field: Field, isInside: boolean = false): Reading | undefined {
  if (file.type === undefined) return undefined;
  if (file.children.length === 0) {
    const form = formOf(file, file.type, field.type);
    return form && { field, file, form, keepsCodes: !isInside };
  }
  const parts = partsOf(file, field.type);
  const children = parts?.map(([part, type, nullable]) => readingOf(part, { name: part.name, type, nullable }, true));
  if (children === undefined || children.length === 0) return undefined;
  return children.includes(undefined) ? undefined : { field, file, children: children as Reading[] };
}

/** What is read of the parts of a nested column: fields of structs by name. */
function partsOf({ type: from, children }: FileColumn, type: DataType): [FileColumn, DataType, boolean][] | undefined {
  const to = storageType(type);
  const [first, second] = children;
  if (from?.kind === 'list') return to.kind === 'list' && first !== undefined ? [[first, to.item, true]] : undefined;
  if (from?.kind === 'map') {
    if (to.kind !== 'map' || first === undefined || second === undefined) return undefined;
    return [
      [first, to.key, false],
      [second, to.value, true],
    ];
  }
  if (from?.kind !== 'struct' || to.kind !== 'struct') return undefined;
  const parts: [FileColumn, DataType, boolean][] = [];
  for (const { name, type: wanted } of to.fields) {
    const part = children[from.fields.findIndex((field) => field.name === name)];
    if (part === undefined) return undefined;
    parts.push([part, wanted, true]);
  }
  return parts;
}

function formOf(file: FileColumn, from: DataType, to: DataType): ValueForm | undefined {
  // Inside of others; a column of nothing but nulls is never read.
  if (from.kind === 'null')
    return to.kind === 'null' ? fixed(4, 4, 'none', (_, __, count) => Number(count === 0)) : undefined;
  if (from.kind === 'bool') return to.kind === 'bool' && file.physical === 'BOOLEAN' ? { kind: 'bool' } : undefined;
  if (isBytes(from)) {
    return isBytes(to) && file.physical === 'BYTE_ARRAY' ? { kind: 'text', isUtf8: to.kind === 'utf8' } : undefined;
  }
  if (file.physical === 'INT96' && from.kind === 'timestamp') return int96Form(from, to);
  if (!sameType(from, to) && !isWidened(from, to)) return undefined;
  if (from.kind === 'time') return to.kind === 'time' ? timeForm(file, from.unit, to.unit) : undefined;
  if (from.kind === 'float16' || from.kind === 'float32') return floatForm(from.kind, to.kind);
  if (from.kind === 'interval') {
    return fixed(12, 16, 'none', (kernels, at, count, target) => kernels.convertInterval(at, count, target));
  }
  const factor = factorBetween(from, to);
  if (from.kind === 'decimal') return to.kind === 'decimal' ? decimalForm(file, from, factor ?? 1n) : undefined;
  if (from.kind === 'timestamp') return whole(8, true, factor ?? 1n, 8);
  if (from.kind === 'date' && to.kind === 'timestamp') return whole(4, true, factor ?? 1n, 8);
  if (isInteger(from) && to.kind === 'float64') {
    const isSigned = !isUnsigned(from);
    return fixed(4, 8, 'none', (kernels, at, count, target) => kernels.integersToFloats(at, count, isSigned, target));
  }
  if (isInteger(from)) return integerForm(from, to, factor ?? 1n);
  const width = fixedWidth(from);
  return width === undefined ? undefined : copied(width, from.kind === 'date' ? 'signed' : 'none');
}

function fixed(
  storedBytes: number,
  width: number,
  bound: Bound,
  convert: (kernels: ParquetKernels, from: number, count: number, to: number) => number,
): FixedForm {
  return { kind: 'fixed', storedBytes, width, bound, convert: (...call) => convert(...call) !== 0 };
}

const copied = (bytes: number, bound: Bound): FixedForm => ({
  ...fixed(bytes, bytes, bound, (kernels, from, count, to) => kernels.copyValues(from, count * bytes, to)),
  isCopied: true,
});

/** Whole numbers of 4 or 8 bytes, in 8 or 16 and multiplied. */
function whole(storedBytes: 4 | 8, isSigned: boolean, factor: bigint, width: 8 | 16): FixedForm {
  const bound = isSigned ? 'signed' : 'unsigned';
  if (storedBytes === width && factor === 1n) return copied(8, bound);
  return fixed(storedBytes, width, bound, (kernels, from, count, to) => {
    if (storedBytes === width) return kernels.scale8(from, count, factor, to);
    // Of the widest, the upper half is where they come by in 8 bytes.
    const widened = width === 16 && storedBytes === 4 ? to + count * 8 : to;
    if (storedBytes === 4) kernels.widen4To8(from, count, isSigned, widened);
    if (width === 16) kernels.widen8To16(storedBytes === 4 ? widened : from, count, isSigned, to);
    return scaled(kernels, to, count, width, factor) ? 1 : 0;
  });
}

/** Multiplies numbers where they are; false where a product does not fit. */
export function scaled(kernels: ParquetKernels, at: number, count: number, width: 8 | 16, factor: bigint): boolean {
  if (factor === 1n) return true;
  if (width === 8) return kernels.scale8(at, count, factor, at) !== 0;
  const low = BigInt.asIntN(64, factor);
  return kernels.scale16(at, count, low, factor >> 64n) !== 0;
}

/** Parquet stores integers of up to 32 bits in 4 bytes, others in 8. */
function integerForm(from: DataType, to: DataType, factor: bigint): ValueForm | undefined {
  const fromBits = integerBits(from) ?? 64;
  const isSigned = !isUnsigned(from);
  const storedBytes = fromBits === 64 ? 8 : 4;
  if (to.kind === 'decimal') {
    const digits = asDecimal(from).precision + to.scale;
    return { ...whole(storedBytes, isSigned, factor, decimalWidth(digits)), bound: 'signed', digits };
  }
  const toBits = integerBits(to) ?? 64;
  const targetIsSigned = !isUnsigned(to);
  const bound: Bound = targetIsSigned ? 'signed' : 'unsigned';
  if (toBits === 64) return { ...whole(storedBytes, isSigned, 1n, 8), bound };
  if (toBits === 32) return copied(4, bound);
  if (toBits === 16) {
    return fixed(4, 2, 'type', (kernels, at, n, target) => kernels.narrow2(at, n, targetIsSigned, target));
  }
  return fixed(4, 1, 'type', (kernels, at, n, target) => kernels.narrow1(at, n, targetIsSigned, target));
}

/** A longer decimal may come in 8 bytes where its values fit, and those of so many digits do. */
const decimalWidth = (digits: number): 8 | 16 => (digits <= SHORT_DECIMAL_DIGITS ? 8 : 16);

function decimalForm(
  { physical, typeBytes }: FileColumn,
  from: Extract<DataType, { kind: 'decimal' }>,
  factor: bigint,
): ValueForm | undefined {
  // A factor is a power of ten.
  const digits = from.precision + String(factor).length - 1;
  const width = decimalWidth(digits);
  if (physical === 'INT32') return { ...whole(4, true, factor, width), digits };
  if (physical === 'INT64') return { ...whole(8, true, factor, factor === 1n ? 8 : width), digits };
  if (physical === 'BYTE_ARRAY') return { kind: 'sized', width, bound: 'signed', factor, digits };
  const form = fixed(typeBytes, width, 'signed', (kernels, at, count, target) =>
    kernels.convertBigEndian(at, typeBytes, count, width, target) !== 0 && scaled(kernels, target, count, width, factor)
      ? 1
      : 0,
  );
  return { ...form, digits };
}

function floatForm(from: 'float16' | 'float32', to: DataType['kind']): FixedForm {
  if (from === to) return copied(from === 'float16' ? 2 : 4, 'none');
  if (from === 'float32') {
    return fixed(4, 8, 'none', (kernels, at, count, target) => kernels.widenFloats(at, count, target));
  }
  return fixed(2, to === 'float32' ? 4 : 8, 'none', (kernels, at, count, target) => {
    // Of float64, the upper half is where they come by as float32.
    const floats = to === 'float32' ? target : target + count * 4;
    kernels.widenHalves(at, count, floats);
    return to === 'float32' ? 1 : kernels.widenFloats(floats, count, target);
  });
}

/** Milliseconds are stored in 4 bytes. A time of day is below a day. */
function timeForm({ physical }: FileColumn, from: ClockUnit, to: ClockUnit): ValueForm {
  const factor = TICKS_PER_SECOND[to] / TICKS_PER_SECOND[from];
  const day = ticksPerDay(from);
  if (physical === 'INT32') {
    return fixed(4, 8, 'signed', (kernels, at, count, target) => {
      kernels.thousandfold4To8(at, count, target);
      return kernels.areBelow8(target, count, day) && kernels.scale8(target, count, factor, target);
    });
  }
  return fixed(
    8,
    8,
    'signed',
    (kernels, at, count, target) => kernels.areBelow8(at, count, day) && kernels.scale8(at, count, factor, target),
  );
}

function int96Form(from: Extract<DataType, { kind: 'timestamp' }>, to: DataType): ValueForm | undefined {
  // A zone is how an instant is shown; which one makes no difference to what is stored.
  if (to.kind !== 'timestamp' || (from.timezone === null) !== (to.timezone === null)) return undefined;
  // What a coarser unit than nanoseconds does not show is cut off.
  const nanoseconds = TICKS_PER_SECOND.ns / TICKS_PER_SECOND[to.unit];
  return fixed(12, 8, 'signed', (kernels, at, count, target) => kernels.convertInt96(at, count, nanoseconds, target));
}
