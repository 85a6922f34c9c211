/**
 * One query of TPC-H in a process of its own, by what is built in `dist`, as a program of a user would run it:
 * node process.ts FOLDER QUERY MEMORY_BYTES THREADS
 */

import { registerHooks } from 'node:module';
import type { TpchTables } from './frames.ts';

registerHooks({
  resolve(specifier, context, next) {
    const resolved = next(specifier, context);
    return { ...resolved, url: resolved.url.replace(/\/src\/(.*)\.ts$/, '/dist/$1.js') };
  },
});

const [, , folder, query, memory, threads] = process.argv;
const { Session } = await import('../../src/index.ts');
const { TPCH_FRAMES, TPCH_TABLES } = await import('./frames.ts');
await using session = new Session({ memory: Number(memory), threads: Number(threads) });
const tables = TPCH_TABLES.map(async (name) => [name, await session.readParquet(`${folder}/${name}.parquet`)] as const);
const frame = TPCH_FRAMES[Number(query) - 1]?.(Object.fromEntries(await Promise.all(tables)) as TpchTables);
console.log(await frame?.toRows());
