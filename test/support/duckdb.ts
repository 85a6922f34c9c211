/** DuckDB as the oracle: rows in, SQL, rows out as the engine's own values. */

import {
  DuckDBArrayValue,
  DuckDBBlobValue,
  type DuckDBConnection,
  DuckDBDataChunk,
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
import { type DataType, storageType, type TimeUnit } from '../../src/columnar/data-type.ts';
import type { Interval, Value } from '../../src/columnar/value.ts';
import type { Table } from './tables.ts';
import type { Row } from './task.ts';

let connection: Promise<DuckDBConnection> | undefined;

/** One connection to a database in memory, made when first asked for. */
function connect(): Promise<DuckDBConnection> {
  connection ??= DuckDBInstance.create(':memory:', { threads: '1' }).then((instance) => instance.connect());
  return connection;
}

let last: Promise<unknown> = Promise.resolve();

/** After all that was asked for before: on one connection statements at the same time end each other, and tables have the same names. */
function inTurn<T>(run: () => Promise<T>): Promise<T> {
  const result = last.then(run);
  last = result.catch(() => undefined);
  return result;
}

/** What `sql` gives, with `table` as its table `t`. Timestamps in microseconds only. */
export function duckRows(table: Table, sql: string): Promise<Row[]> {
  return duckRowsOf({ t: table }, sql);
}

/** What `sql` gives, with each of `tables` under its name. Timestamps in microseconds only. */
export function duckRowsOf(tables: Readonly<Record<string, Table>>, sql: string): Promise<Row[]> {
  return inTurn(async () => {
    for (const [name, table] of Object.entries(tables)) await fillTable(name, table);
    return rowsOf(sql);
  });
}

/** Makes a table, or makes it anew. Timestamps in microseconds only. */
export function createTable(name: string, table: Table): Promise<void> {
  return inTurn(() => fillTable(name, table));
}

async function fillTable(name: string, { schema, rows }: Table): Promise<void> {
  const duck = await connect();
  const columns = schema.fields.map((f) => `"${f.name}" ${sqlType(f.type)}`);
  await duck.run(`create or replace temp table "${name}" (${columns.join()})`);
  // Not as SQL: that takes DuckDB fifty times as long.
  const appender = await duck.createAppender(name, 'main', 'temp');
  const types = columns.map((_, column) => appender.columnType(column));
  for (let from = 0; from < rows.length; from += CHUNK_ROWS) {
    const some = rows.slice(from, from + CHUNK_ROWS);
    const chunk = DuckDBDataChunk.create(types);
    chunk.setColumns(schema.fields.map(({ type }, column) => some.map((row) => duckValue(type, row[column] ?? null))));
    appender.appendDataChunk(chunk);
  }
  appender.closeSync();
}

/** As many as DuckDB takes at a time. */
const CHUNK_ROWS = 2048;

/** What `sql` gives by itself. */
export function query(sql: string): Promise<Row[]> {
  return inTurn(() => rowsOf(sql));
}

async function rowsOf(sql: string): Promise<Row[]> {
  const reader = await (await connect()).runAndReadAll(sql);
  return reader.getRows().map((row) => row.map(cellOf));
}

/** The same with cells as JSON has them: whole numbers of 64 bits, decimals, dates and the like as text. */
export function queryAsJson(sql: string): Promise<Json[][]> {
  return inTurn(async () => (await (await connect()).runAndReadAll(sql)).getRowsJson());
}

function cellOf(value: DuckDBValue): Value {
  if (typeof value !== 'object' || value === null) return value;
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
  return value as unknown as Value;
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

/** The value as DuckDB has it in a column of `sqlType`. */
function duckValue(type: DataType, value: Value): DuckDBValue {
  if (value === null) return null;
  switch (type.kind) {
    case 'int64':
    case 'uint64':
      return BigInt(value as bigint);
    case 'decimal':
      return new DuckDBDecimalValue(value as bigint, type.precision, type.scale);
    case 'date':
      return new DuckDBDateValue(value as number);
    case 'timestamp':
      return timestampValue(type, value as bigint);
    case 'time':
      return new DuckDBTimeValue(microseconds(value as bigint, type.unit));
    case 'duration':
      return new DuckDBIntervalValue(0, 0, microseconds(value as bigint, type.unit));
    case 'interval': {
      const { months, days, nanoseconds } = value as Interval;
      return new DuckDBIntervalValue(months, days, nanoseconds / 1000n);
    }
    case 'uuid':
      return DuckDBUUIDValue.fromUint128(BigInt(`0x${String(value).replaceAll('-', '')}`));
    default:
  }
  if (value instanceof Uint8Array) return new DuckDBBlobValue(value);
  return Array.isArray(value) ? nestedValue(storageType(type), value) : (value as DuckDBValue);
}

/** Exact where ticks are no finer, or a whole number of microseconds. */
const microseconds = (ticks: bigint, unit: TimeUnit): bigint =>
  unit === 'ns' ? ticks / 1000n : ticks * TICK_MICROS[unit];
const TICK_MICROS = { s: 1_000_000n, ms: 1_000n, us: 1n } as const;

function timestampValue({ unit, timezone }: Extract<DataType, { kind: 'timestamp' }>, ticks: bigint): DuckDBValue {
  if (timezone !== null) return new DuckDBTimestampTZValue(microseconds(ticks, unit));
  switch (unit) {
    case 's':
      return new DuckDBTimestampSecondsValue(ticks);
    case 'ms':
      return new DuckDBTimestampMillisecondsValue(ticks);
    case 'us':
      return new DuckDBTimestampValue(ticks);
    case 'ns':
      return new DuckDBTimestampNanosecondsValue(ticks);
  }
}

function nestedValue(type: DataType, parts: readonly Value[]): DuckDBValue {
  switch (type.kind) {
    case 'list':
      return new DuckDBListValue(parts.map((part) => duckValue(type.item, part)));
    case 'fixed-size-list':
      return new DuckDBArrayValue(parts.map((part) => duckValue(type.item, part)));
    case 'struct':
      return new DuckDBStructValue(
        Object.fromEntries(type.fields.map((f, n) => [f.name, duckValue(f.type, parts[n] ?? null)])),
      );
    case 'map': {
      const entries = parts as readonly (readonly Value[])[];
      return new DuckDBMapValue(
        entries.map(([key = null, value = null]) => ({
          key: duckValue(type.key, key),
          value: duckValue(type.value, value),
        })),
      );
    }
    default:
      throw new Error(`no value of ${type.kind}`);
  }
}
