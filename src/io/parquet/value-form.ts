/**
 * How the values of a file's column become those of a field of the plan: matched by name, of the same type or widened
 * where that loses nothing.
 *
 *     int8 → int16 → int32 → int64      float32 → float64              timestamp(ms) → (us) → (ns)
 *     uint8 → … → uint64, larger ints   decimal(p, s) → (more p, s)    time(us) → (ns)      binary ↔ utf8
 */

import {
  type ClockUnit,
  type DataType,
  fixedWidth,
  integerBits,
  isBytes,
  isUnsigned,
  SHORT_DECIMAL_DIGITS,
  sameType,
  storageType,
  type TimeUnit,
} from '../../columnar/data-type.ts';
import type { Field } from '../../columnar/schema.ts';
import type { ParquetKernels } from '../../kernels/parquet-kernels.ts';
import { matchFields } from '../match-fields.ts';
import type { FileColumn } from './file-column.ts';
import type { FileColumns } from './file-columns.ts';

/** How bounds of the values are found: over 4 or 8 bytes, or not at all because the type says enough. */
export type Bound = 'signed' | 'unsigned' | 'type' | 'none';

/** Values of a fixed number of bytes, in the file and in the column. */
interface FixedForm {
  readonly kind: 'fixed';
  readonly storedBytes: number;
  readonly width: number;
  readonly bound: Bound;
  /** False where a value does not fit the column's type. `from` and `to` do not overlap. */
  convert(kernels: ParquetKernels, from: number, count: number, to: number): boolean;
}

export type ValueForm =
  | FixedForm
  | { readonly kind: 'bool' }
  /** Bytes of any number; those of texts are checked to be UTF-8. */
  | { readonly kind: 'text'; readonly isUtf8: boolean }
  /** Big-endian numbers behind their lengths. */
  | { readonly kind: 'sized'; readonly width: number; readonly bound: Bound };

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
  if (from.kind === 'decimal') return to.kind === 'decimal' ? decimalForm(file, from, to) : undefined;
  if (from.kind === 'timestamp') return to.kind === 'timestamp' ? timestampForm(file, from, to) : undefined;
  if (from.kind === 'time') return to.kind === 'time' ? timeForm(file, from.unit, to.unit) : undefined;
  if (from.kind === 'float32' && to.kind === 'float64') {
    return fixed(4, 8, 'none', (kernels, at, count, target) => kernels.widenFloats(at, count, target));
  }
  if (integerBits(from) !== undefined && integerBits(to) !== undefined) return integerForm(from, to);
  if (!sameType(from, to)) return undefined;
  if (from.kind === 'interval') {
    return fixed(12, 16, 'none', (kernels, at, count, target) => kernels.convertInterval(at, count, target));
  }
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

const copied = (bytes: number, bound: Bound): FixedForm =>
  fixed(bytes, bytes, bound, (kernels, from, count, to) => kernels.copyValues(from, count * bytes, to));

/** Parquet stores integers of up to 32 bits in 4 bytes, others in 8. */
function integerForm(from: DataType, to: DataType): ValueForm | undefined {
  const fromBits = integerBits(from) ?? 64;
  const toBits = integerBits(to) ?? 64;
  const isSigned = !isUnsigned(from);
  const fits = isUnsigned(to) ? !isSigned && toBits >= fromBits : toBits >= fromBits + (isSigned ? 0 : 1);
  if (!fits) return undefined;
  const bound: Bound = isUnsigned(to) ? 'unsigned' : 'signed';
  if (fromBits === 64) return copied(8, bound);
  if (toBits === 64) return fixed(4, 8, bound, (kernels, at, n, target) => kernels.widen4To8(at, n, isSigned, target));
  if (toBits === 32) return copied(4, bound);
  const targetIsSigned = !isUnsigned(to);
  if (toBits === 16) {
    return fixed(4, 2, 'type', (kernels, at, n, target) => kernels.narrow2(at, n, targetIsSigned, target));
  }
  return fixed(4, 1, 'type', (kernels, at, n, target) => kernels.narrow1(at, n, targetIsSigned, target));
}

function decimalForm(
  { physical, typeBytes }: FileColumn,
  from: Extract<DataType, { kind: 'decimal' }>,
  to: Extract<DataType, { kind: 'decimal' }>,
): ValueForm | undefined {
  if (from.scale !== to.scale || from.precision > to.precision) return undefined;
  if (physical === 'INT32') {
    return fixed(4, 8, 'signed', (kernels, at, count, target) => kernels.widen4To8(at, count, true, target));
  }
  if (physical === 'INT64') return copied(8, 'signed');
  // A longer decimal may come in 8 bytes where its values fit, and those of the file's type do.
  const width = from.precision <= SHORT_DECIMAL_DIGITS ? 8 : 16;
  if (physical === 'BYTE_ARRAY') return { kind: 'sized', width, bound: 'signed' };
  return fixed(typeBytes, width, 'signed', (kernels, at, count, target) =>
    kernels.convertBigEndian(at, typeBytes, count, width, target),
  );
}

const TICKS: Readonly<Record<TimeUnit, bigint>> = { s: 1n, ms: 1_000n, us: 1_000_000n, ns: 1_000_000_000n };

/** Milliseconds are stored in 4 bytes. A time of day is below a day. */
function timeForm({ physical }: FileColumn, from: ClockUnit, to: ClockUnit): ValueForm | undefined {
  const factor = TICKS[to] / TICKS[from];
  if (factor === 0n) return undefined;
  const day = 86_400n * TICKS[from];
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

function timestampForm(
  { physical }: FileColumn,
  from: Extract<DataType, { kind: 'timestamp' }>,
  to: Extract<DataType, { kind: 'timestamp' }>,
): ValueForm | undefined {
  // A zone is how an instant is shown; which one makes no difference to what is stored.
  if ((from.timezone === null) !== (to.timezone === null)) return undefined;
  if (physical === 'INT96') {
    // Days that nanoseconds do not reach are what a coarser unit of the plan is for.
    const nanoseconds = TICKS.ns / TICKS[to.unit];
    return fixed(12, 8, 'signed', (kernels, at, count, target) => kernels.convertInt96(at, count, nanoseconds, target));
  }
  const factor = TICKS[to.unit] / TICKS[from.unit];
  if (factor === 0n) return undefined;
  if (factor === 1n) return copied(8, 'signed');
  return fixed(8, 8, 'signed', (kernels, at, count, target) => kernels.scale8(at, count, factor, target));
}
