/**
 * One query of TPC-H as a user's program, which is run as JavaScript with the package as it is built: see `suite.ts`.
 * node process.js FOLDER QUERY MEMORY_BYTES THREADS
 */

import { Session } from '../../src/index.ts';
import { TPCH_FRAMES, TPCH_TABLES, type TpchTables } from './frames.ts';

const [, , folder, query, memory, threads] = process.argv;
await using session = new Session({ memory: Number(memory), threads: Number(threads) });
const tables = TPCH_TABLES.map(async (name) => [name, await session.readParquet(`${folder}/${name}.parquet`)] as const);
const frame = TPCH_FRAMES[Number(query) - 1]?.(Object.fromEntries(await Promise.all(tables)) as TpchTables);
console.log(await frame?.toRows());
