/** DuckDB as the oracle: rows in, SQL, rows out as the engine's own values. */

import {
  DuckDBArrayValue,
  DuckDBBlobValue,
  type DuckDBConnection,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBInstance,
  DuckDBIntervalValue,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBTimeValue,
  DuckDBUUIDValue,
  type DuckDBValue,
  type Json,
} from '@duckdb/node-api';
import { type DataType, storageType } from '../../src/columnar/data-type.ts';
import type { Interval, Value } from '../../src/columnar/value.ts';
import type { Table } from './tables.ts';
import type { Row } from './task.ts';

let connection: Promise<DuckDBConnection> | undefined;

/** One connection to a database in memory, made when first asked for. */
function connect(): Promise<DuckDBConnection> {
  connection ??= DuckDBInstance.create(':memory:', { threads: '1' }).then((instance) => instance.connect());
  return connection;
}

/** What `sql` gives, with `table` as its table `t`. Timestamps in microseconds only. */
export async function duckRows(table: Table, sql: string): Promise<Row[]> {
  await createTable('t', table);
  return query(sql);
}

/** What `sql` gives, with each of `tables` under its name. Timestamps in microseconds only. */
export async function duckRowsOf(tables: Readonly<Record<string, Table>>, sql: string): Promise<Row[]> {
  for (const [name, table] of Object.entries(tables)) await createTable(name, table);
  return query(sql);
}

/** Makes a table, or makes it anew. Timestamps in microseconds only. */
export async function createTable(name: string, { schema, rows }: Table): Promise<void> {
  const duck = await connect();
  const columns = schema.fields.map((f) => `"${f.name}" ${sqlType(f.type)}`);
  await duck.run(`create or replace temp table "${name}" (${columns.join()})`);
  for (let from = 0; from < rows.length; from += 1000) {
    const tuples = rows
      .slice(from, from + 1000)
      .map((row) => `(${schema.fields.map(({ type }, column) => literal(type, row[column] ?? null)).join()})`);
    await duck.run(`insert into "${name}" values ${tuples.join()}`);
  }
}

/** What `sql` gives by itself. */
export async function query(sql: string): Promise<Row[]> {
  const reader = await (await connect()).runAndReadAll(sql);
  return reader.getRows().map((row) => row.map(cellOf));
}

/** The same with cells as JSON has them: whole numbers of 64 bits, decimals, dates and the like as text. */
export async function queryAsJson(sql: string): Promise<Json[][]> {
  return (await (await connect()).runAndReadAll(sql)).getRowsJson();
}

function cellOf(value: DuckDBValue): Value {
  if (value instanceof DuckDBDecimalValue) return value.value;
  if (value instanceof DuckDBDateValue) return value.days;
  if (value instanceof DuckDBTimestampValue || value instanceof DuckDBTimestampTZValue) return value.micros;
  if (value instanceof DuckDBTimeValue) return value.micros;
  if (value instanceof DuckDBTimestampSecondsValue) return value.seconds;
  if (value instanceof DuckDBTimestampMillisecondsValue) return value.millis;
  if (value instanceof DuckDBTimestampNanosecondsValue) return value.nanos;
  if (value instanceof DuckDBBlobValue) return Uint8Array.from(value.bytes);
  if (value instanceof DuckDBUUIDValue) return value.toString();
  if (value instanceof DuckDBIntervalValue) {
    return { months: value.months, days: value.days, nanoseconds: value.micros * 1000n };
  }
  if (value instanceof DuckDBListValue || value instanceof DuckDBArrayValue) return value.items.map(cellOf);
  if (value instanceof DuckDBStructValue) return Object.values(value.entries).map(cellOf);
  if (value instanceof DuckDBMapValue) return value.entries.map((entry) => [cellOf(entry.key), cellOf(entry.value)]);
  return value as Value;
}

const SQL_TYPES: Readonly<Partial<Record<DataType['kind'], string>>> = {
  bool: 'boolean',
  int8: 'tinyint',
  int16: 'smallint',
  int32: 'integer',
  int64: 'bigint',
  uint8: 'utinyint',
  uint16: 'usmallint',
  uint32: 'uinteger',
  uint64: 'ubigint',
  float32: 'float',
  float64: 'double',
  utf8: 'varchar',
  date: 'date',
  float16: 'float',
  binary: 'blob',
  'fixed-size-binary': 'blob',
  uuid: 'uuid',
  time: 'time',
  duration: 'interval',
  interval: 'interval',
  null: 'integer',
};

/** DuckDB's name for the type. Of durations it has none: they are intervals. */
export function sqlType(type: DataType): string {
  const stored = storageType(type);
  switch (type.kind) {
    case 'decimal':
      return `decimal(${type.precision},${type.scale})`;
    case 'timestamp':
      return timestampSql(type);
    default:
  }
  switch (stored.kind) {
    case 'list':
      return `${sqlType(stored.item)}[]`;
    case 'fixed-size-list':
      return `${sqlType(stored.item)}[${stored.size}]`;
    case 'struct':
      return `struct(${stored.fields.map((f) => `"${f.name}" ${sqlType(f.type)}`).join(', ')})`;
    case 'map':
      return `map(${sqlType(stored.key)}, ${sqlType(stored.value)})`;
    default:
      return SQL_TYPES[type.kind] ?? SQL_TYPES[stored.kind] ?? type.kind;
  }
}

function timestampSql({ unit, timezone }: Extract<DataType, { kind: 'timestamp' }>): string {
  if (timezone !== null) return 'timestamptz';
  return unit === 'us' ? 'timestamp' : `timestamp_${unit}`;
}

/** The value as an SQL expression of its type. Timestamps of other units are exact only where microseconds are. */
function literal(type: DataType, value: Value): string {
  if (value === null) return `null::${sqlType(type)}`;
  const stored = storageType(type);
  switch (type.kind) {
    case 'utf8':
      return textLiteral(String(value));
    case 'float16':
    case 'float32':
    case 'float64':
      return `'${Object.is(value, -0) ? '-0.0' : value}'::${sqlType(type)}`;
    case 'decimal':
      return `'${decimalText(value as bigint, type.scale)}'::${sqlType(type)}`;
    case 'date':
      return `(date '1970-01-01' + (${value}))`;
    case 'timestamp': {
      const micros = (value as bigint) * TICK_MICROS[type.unit];
      const made = type.unit === 'ns' ? `make_timestamp_ns(${value})` : `make_timestamp(${micros})`;
      return type.timezone === null ? `${made}::${sqlType(type)}` : `timezone('UTC', ${made})`;
    }
    case 'time':
      return `(time '00:00:00' + to_microseconds(${type.unit === 'ns' ? (value as bigint) / 1000n : value}))`;
    case 'duration':
      return `to_microseconds(${(value as bigint) * TICK_MICROS[type.unit]})`;
    case 'interval': {
      const { months, days, nanoseconds } = value as Interval;
      return `(to_months(${months}) + to_days(${days}) + to_microseconds(${nanoseconds / 1000n}))`;
    }
    case 'uuid':
      return `'${value}'::uuid`;
    default:
  }
  if (value instanceof Uint8Array) return `from_hex('${Buffer.from(value).toString('hex')}')`;
  return Array.isArray(value) ? nestedLiteral(stored, value) : String(value);
}

/** Ticks are whole microseconds where they are coarser. */
const TICK_MICROS = { s: 1_000_000n, ms: 1_000n, us: 1n, ns: 0n } as const;

/** Zero characters have no place in SQL text. */
const textLiteral = (text: string): string =>
  text
    .split('\u0000')
    .map((part) => `'${part.replaceAll("'", "''")}'`)
    .join(' || chr(0) || ');

function nestedLiteral(type: DataType, parts: readonly Value[]): string {
  switch (type.kind) {
    case 'list':
    case 'fixed-size-list':
      return `[${parts.map((part) => literal(type.item, part)).join()}]::${sqlType(type)}`;
    case 'struct':
      return `{${type.fields.map((f, n) => `'${f.name}': ${literal(f.type, parts[n] ?? null)}`).join()}}`;
    case 'map': {
      const entries = parts as readonly (readonly Value[])[];
      const keys = entries.map(([key = null]) => literal(type.key, key)).join();
      const values = entries.map(([, value = null]) => literal(type.value, value)).join();
      return `map([${keys}]::${sqlType(type.key)}[], [${values}]::${sqlType(type.value)}[])`;
    }
    default:
      throw new Error(`no literal of ${type.kind}`);
  }
}

function decimalText(value: bigint, scale: number): string {
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, '0');
  const point = digits.length - scale;
  return `${value < 0n ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`;
}
