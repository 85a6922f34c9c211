import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readParquet, Compression as WasmCompression, WriterPropertiesBuilder, writeParquet } from 'parquet-wasm';
import type { Schema } from '../src/columnar/schema.ts';
import { fileStore } from '../src/io/file-store.ts';
import { readParquetSchema } from '../src/io/parquet/parquet-schema.ts';
import { type Holding, MemoryBudget } from '../src/memory/budget.ts';
import type { Source } from '../src/operators/operator.ts';
import { parquetScan } from '../src/operators/sources/parquet-scan.ts';
import type { PlanNode } from '../src/plan/plan-node.ts';
import { RowBuffer } from '../src/state/row-buffer.ts';
import { tpchTable } from './data.ts';
import { DuckDB } from './duckdb.ts';
import { median, type Options, type Result } from './result.ts';
import { rowsInMemory, runOver } from './rows-in-memory.ts';
import { type Answer, takeTurns } from './turns.ts';

/** The table, and what a function of 3 GB has beside. */
const MEMORY_BYTES = 4 * 1024 ** 3 - 65_536;
const ROW_GROUP_ROWS = 131_072;

const CODECS = [
  { name: 'zstd', duckdb: 'zstd', wasm: WasmCompression.ZSTD },
  { name: 'snappy', duckdb: 'snappy', wasm: WasmCompression.SNAPPY },
  { name: 'none', duckdb: 'uncompressed', wasm: WasmCompression.UNCOMPRESSED },
] as const;

/**
 * TPC-H lineitem in memory into Parquet, one thread each: ours into the buffers of uploads, DuckDB's into a file in the page
 * cache, parquet-wasm's into one array. Row groups have as many rows, levels are the defaults.
 */
export async function* write({ sf, runs, only }: Options): AsyncGenerator<Result> {
  using duckdb = await DuckDB.start();
  const uri = tpchTable('lineitem', sf);
  const budget = new MemoryBudget(MEMORY_BYTES);
  using holding = budget.reserve('lineitem');
  const schema = await readParquetSchema(fileStore(), uri);
  const { source, rows } = await kept(uri, schema, holding);
  await duckdb.run(`create table lineitem as from '${fileURLToPath(uri)}'`, 1);
  const directory = fileURLToPath(new URL('data/write', import.meta.url));
  mkdirSync(directory, { recursive: true });
  for (const { name, duckdb: codec, wasm } of CODECS.filter((one) => one.name.includes(only))) {
    const path = `${directory}/${name}.parquet`;
    const input: PlanNode = { kind: 'in-memory-scan', sourceId: 'lineitem', schema: schema.fields };
    const format = { kind: 'write', format: 'parquet', compression: name, rowGroupRows: ROW_GROUP_ROWS } as const;
    let bytes = 0;
    const ours = async (): Promise<Answer> => {
      const written = await runOver(new Map([['lineitem', source]]), { ...format, input }, budget);
      bytes = written.rows.reduce((sum, [, , fileBytes]) => sum + Number(fileBytes), 0);
      return { ms: written.ms, rows: [[String(written.rows.reduce((sum, [, count]) => sum + Number(count), 0))]] };
    };
    const options = `format parquet, codec '${codec}', row_group_size ${ROW_GROUP_ROWS}, overwrite true`;
    const theirs = (): Promise<Answer> => duckdb.run(`copy lineitem to '${path}' (${options})`, 1);
    const { compared } = await takeTurns({ name, ours, theirs, runs });
    yield {
      suite: 'write',
      name,
      rows,
      ...compared,
      ...byParquetWasm(uri, wasm, runs),
      millrace_bytes: bytes,
      duckdb_bytes: statSync(path).size,
      duckdb_version: duckdb.version,
    };
  }
}

/** All rows of a file, kept in memory. */
async function kept(uri: string, schema: Schema, holding: Holding): Promise<{ source: Source; rows: number }> {
  const rows = new RowBuffer(schema, holding);
  const store = fileStore();
  const scan = parquetScan({ store, files: [{ uri }], readSchema: schema });
  using run = scan.open({ memory: holding.budget, signal: new AbortController().signal });
  await run.run({
    push: async (batch) => {
      rows.append(batch);
      return 'more';
    },
  });
  return { source: rowsInMemory(schema, rows.columns(), rows.rowCount), rows: rows.rowCount };
}

/** It takes the table that it writes, which is read anew for each run. */
function byParquetWasm(uri: string, codec: WasmCompression, runs: number): { wasm_ms: number; wasm_bytes: number } {
  const file = readFileSync(fileURLToPath(uri));
  const times: number[] = [];
  let bytes = 0;
  for (let run = 0; run < runs; run++) {
    const table = readParquet(file);
    const properties = new WriterPropertiesBuilder().setCompression(codec).setMaxRowGroupSize(ROW_GROUP_ROWS).build();
    const start = performance.now();
    bytes = writeParquet(table, properties).byteLength;
    times.push(performance.now() - start);
  }
  return { wasm_ms: median(times), wasm_bytes: bytes };
}
