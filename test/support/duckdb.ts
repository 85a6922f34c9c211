/** DuckDB as the oracle: rows in, SQL, rows out as the engine's own values. */

import {
  type DuckDBConnection,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBInstance,
  DuckDBTimestampValue,
  type DuckDBValue,
} from '@duckdb/node-api';
import type { DataType } from '../../src/columnar/data-type.ts';
import type { Value } from '../../src/columnar/value.ts';
import type { Table } from './tables.ts';
import type { Row } from './task.ts';

let connection: Promise<DuckDBConnection> | undefined;

/** One connection to a database in memory, made when first asked for. */
function connect(): Promise<DuckDBConnection> {
  connection ??= DuckDBInstance.create(':memory:', { threads: '1' }).then((instance) => instance.connect());
  return connection;
}

/** What `sql` gives, with `table` as its table `t`. Timestamps in microseconds only. */
export async function duckRows({ schema, rows }: Table, sql: string): Promise<Row[]> {
  const duck = await connect();
  const columns = schema.fields.map(({ name, type }) => `"${name}" ${sqlType(type)}`);
  await duck.run(`create or replace temp table t (${columns.join()})`);
  for (let from = 0; from < rows.length; from += 1000) {
    const tuples = rows
      .slice(from, from + 1000)
      .map((row) => `(${schema.fields.map(({ type }, column) => literal(type, row[column] ?? null)).join()})`);
    await duck.run(`insert into t values ${tuples.join()}`);
  }
  return query(sql);
}

/** What `sql` gives by itself. */
export async function query(sql: string): Promise<Row[]> {
  const reader = await (await connect()).runAndReadAll(sql);
  return reader.getRows().map((row) => row.map(cellOf));
}

function cellOf(value: DuckDBValue): Value {
  if (value instanceof DuckDBDecimalValue) return value.value;
  if (value instanceof DuckDBDateValue) return value.days;
  if (value instanceof DuckDBTimestampValue) return value.micros;
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
  timestamp: 'timestamp',
};

function sqlType(type: DataType): string {
  if (type.kind === 'decimal') return `decimal(${type.precision},${type.scale})`;
  return SQL_TYPES[type.kind] as string;
}

function literal(type: DataType, value: Value): string {
  if (value === null) return 'null';
  switch (type.kind) {
    case 'utf8':
      return `'${String(value).replaceAll("'", "''")}'`;
    case 'float32':
    case 'float64':
      return `'${Object.is(value, -0) ? '-0.0' : value}'::${sqlType(type)}`;
    case 'decimal':
      return `'${decimalText(value as bigint, type.scale)}'::${sqlType(type)}`;
    case 'date':
      return `(date '1970-01-01' + (${value}))`;
    case 'timestamp':
      return `make_timestamp(${value})`;
    default:
      return String(value);
  }
}

function decimalText(value: bigint, scale: number): string {
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, '0');
  const point = digits.length - scale;
  return `${value < 0n ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`;
}
