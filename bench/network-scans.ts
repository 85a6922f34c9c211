/** Scans over a limited network: how much longer they take than the bytes that they read. */

import { fileURLToPath } from 'node:url';
import { fileStore } from '../src/io/file-store.ts';
import { tpchTable } from './data.ts';
import { DuckDB } from './duckdb.ts';
import { limitedStore, NETWORK } from './limited-store.ts';
import { runOurs, type Scan } from './our-scan.ts';
import { parquetScan, THREE } from './parquet-scans.ts';
import { median, type Options, type Result } from './result.ts';
import { COLUMNS, madeFile, parts } from './scan-files.ts';

interface NetworkCase {
  readonly name: string;
  readonly scan: (duckdb: DuckDB, sf: number) => Promise<Scan>;
  readonly memoryBytes?: number;
}

const lineitem = (sf: number): string => fileURLToPath(tpchTable('lineitem', sf));

/** The table, cut into `files`. */
const parquet =
  (files: number) =>
  async (duckdb: DuckDB, sf: number): Promise<Scan> =>
    parquetScan({}, await parts(duckdb, lineitem(sf), `lineitem-sf${sf}-in-${files}`, files));

/** One file, scanned so many times: to a scan it is another one each time. */
const repeated =
  (format: 'arrow' | 'csv' | 'json', rows: number) =>
  (files: number) =>
  async (duckdb: DuckDB): Promise<Scan> => {
    const path = await madeFile(duckdb, format, Math.ceil(rows / files));
    const fields = COLUMNS.map(([column]) => column);
    return { format, paths: Array.from({ length: files }, () => path), schema: { fields }, fields };
  };

/** Of text and of Arrow, rows of some 120 MB in all. */
const IN_FILES: readonly [name: string, scan: (files: number) => NetworkCase['scan']][] = [
  ['', parquet],
  ['csv, ', repeated('csv', 900_000)],
  ['json lines, ', repeated('json', 600_000)],
  ['arrow, ', repeated('arrow', 900_000)],
];

const CASES: readonly NetworkCase[] = [
  { name: 'network, all columns', scan: (_, sf) => parquetScan({}, [lineitem(sf)]) },
  { name: 'network, 3 columns', scan: (_, sf) => parquetScan({ columns: THREE }, [lineitem(sf)]) },
  ...IN_FILES.flatMap(([name, scan]) =>
    [8, 32, 200].flatMap((files) => [
      { name: `network, ${name}${files} files`, scan: scan(files) },
      { name: `network, ${name}${files} files, 256 MB`, scan: scan(files), memoryBytes: 256 * 1024 ** 2 },
    ]),
  ),
];

/** One thread each, all warm. */
export async function* networkScans({ sf, runs, only }: Options): AsyncGenerator<Result> {
  using duckdb = await DuckDB.start();
  for (const { name, scan, memoryBytes } of CASES.filter((one) => one.name.includes(only))) {
    const asked = await scan(duckdb, sf);
    const times: number[] = [];
    let bytes = 0;
    for (let run = -1; run < runs; run += 1) {
      const answer = await runOurs(asked, limitedStore(fileStore()), memoryBytes);
      bytes = answer.bytes;
      if (run >= 0) times.push(answer.ms);
    }
    const millrace_ms = median(times);
    const network_ms = bytes / NETWORK.bytesPerMs;
    yield { suite: 'scan', name, bytes, millrace_ms, network_ms, ratio: millrace_ms / network_ms };
  }
}
