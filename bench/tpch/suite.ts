import { existsSync, mkdtempDisposableSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { keptQuery } from '../../src/dataframe/run-query.ts';
import { type DataFrame, Session } from '../../src/index.ts';
import { CUT_OFF, difference, rowsOf } from '../answers.ts';
import { type MeasuredProcess, measureProcess } from '../measure-process.ts';
import { geometricMean, median, type Options, type Result } from '../result.ts';
import { type Answer, timesInTurns } from '../turns.ts';
import { TPCH_FRAMES, TPCH_TABLES, type TpchTables } from './frames.ts';
import { coldCommand, DUCKDB, TPCH_PEERS, type TpchPeer, tpchFolder, WarmPeer } from './peers.ts';

/** What a session of ours may hold. */
const MEMORY_BYTES = 1024 ** 3;
const COLD_RUNS = 3;

interface Query {
  readonly number: number;
  /** Q1, Q2 … */
  readonly name: string;
  /** Of peers who cannot run it, or answer differently: why. */
  readonly refused: Map<string, string>;
}

interface Contest extends Pick<Options, 'sf' | 'threads' | 'runs'> {
  readonly queries: readonly Query[];
  readonly peers: readonly TpchPeer[];
}

/**
 * All queries of TPC-H from Parquet files in the page cache, beside peers: in processes that stay warm, then in one for each
 * run. Who answers otherwise than DuckDB is not compared.
 */
export async function* tpch({ sf, threads, runs, only, peers: wanted }: Options): AsyncGenerator<Result> {
  const known = TPCH_PEERS.map(({ name }) => name);
  const unknown = wanted.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`There is no peer ${unknown}, but ${known.join(', ')}`);
  const names = only.toUpperCase().split(',');
  const queries = TPCH_FRAMES.map((_, index) => ({
    number: index + 1,
    name: `Q${index + 1}`,
    refused: new Map(),
  })).filter(({ name }) => only === '' || names.includes(name));
  const peers = TPCH_PEERS.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
  const contest = { sf, threads, runs, queries, peers };
  yield* withTotals('warm', warm(contest));
  yield* withTotals('cold', cold(contest));
}

async function* warm({ sf, threads, runs, queries, peers }: Contest): AsyncGenerator<Result> {
  using processes = new DisposableStack();
  const start = async (peer: TpchPeer): Promise<WarmPeer> => processes.use(await WarmPeer.start(peer, sf, threads));
  const judge = await start(DUCKDB);
  const others = await Promise.all(peers.map((peer) => (peer === DUCKDB ? Promise.resolve(judge) : start(peer))));
  await using session = new Session({ memory: MEMORY_BYTES, threads });
  const tables = await tablesOf(session, sf);
  for (const query of queries) {
    const { number, name, refused } = query;
    const right = rightAnswer(name, await judge.run(number));
    const contestants: Record<string, () => Promise<Answer>> = {
      millrace: () => answerOf(TPCH_FRAMES[number - 1]?.(tables) as DataFrame),
    };
    for (const peer of others) {
      const answer = await peer.run(number);
      const reason = 'cannot' in answer ? answer.cannot : difference(answer.rows, right.rows, CUT_OFF);
      if (reason === undefined) contestants[peer.name] = async () => rightAnswer(name, await peer.run(number));
      else refused.set(peer.name, reason);
    }
    const times = await timesInTurns(contestants, runs, ({ millrace }) => {
      const wrong = difference((millrace as Answer).rows, right.rows);
      if (wrong !== undefined) throw new Error(`${name}: the answers differ: ${wrong}`);
    });
    const versions = others.map((peer) => [`${peer.name}_version`, peer.version]);
    yield { ...resultOf(query, 'warm', { sf, threads }, times), ...Object.fromEntries(versions) };
  }
}

async function* cold({ sf, threads, runs, queries, peers }: Contest): AsyncGenerator<Result> {
  using directory = mkdtempDisposableSync(join(tmpdir(), 'millrace-tpch-'));
  const ours = await userProgram(directory.path);
  for (const query of queries) {
    const program = [process.execPath, ours, tpchFolder(sf), `${query.number}`, `${MEMORY_BYTES}`, `${threads}`];
    const commands = new Map<string, readonly string[]>([['millrace', program]]);
    for (const peer of peers.filter(({ name }) => !query.refused.has(name))) {
      commands.set(peer.name, coldCommand(peer, query.number, sf, threads));
    }
    const measured = new Map([...commands.keys()].map((name) => [name, [] as MeasuredProcess[]]));
    // The first run of each brings its program into the page cache.
    for (let run = -1; run < Math.min(runs, COLD_RUNS); run++) {
      for (const [name, command] of commands) {
        try {
          const one = measureProcess(command);
          if (run >= 0) measured.get(name)?.push(one);
        } catch (error) {
          if (name === 'millrace') throw error;
          // A peer may die now and then, as Daft does by a segmentation fault.
          query.refused.set(name, (error as Error).message.split(':', 1)[0] as string);
          commands.delete(name);
        }
      }
    }
    const figures = [...measured].filter(([name]) => commands.has(name));
    const times = Object.fromEntries(figures.map(([name, all]) => [name, all.map(({ ms }) => ms)]));
    const peaks = figures.map(([name, all]) => [`${name}_mb`, median(all.map(({ peak_bytes }) => peak_bytes)) / 1e6]);
    yield { ...resultOf(query, 'cold', { sf, threads }, times), ...Object.fromEntries(peaks) };
  }
}

/** `process.ts` as JavaScript in `directory`, with what is built in `dist` for the package. */
async function userProgram(directory: string): Promise<string> {
  const built = new URL('../../dist/js/index.js', import.meta.url);
  if (!existsSync(built)) throw new Error('What is started cold is built first: npm run build');
  const outfile = join(directory, 'process.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL('process.ts', import.meta.url))],
    outfile,
    bundle: true,
    format: 'esm',
    target: 'node24',
    plugins: [
      {
        name: 'package',
        setup: ({ onResolve }) =>
          onResolve({ filter: /\/src\/index\.ts$/ }, () => ({ path: built.href, external: true })),
      },
    ],
  });
  return outfile;
}

async function tablesOf(session: Session, sf: number): Promise<TpchTables> {
  const read = TPCH_TABLES.map(async (name) => {
    return [name, await session.readParquet(`${tpchFolder(sf)}/${name}.parquet`)] as const;
  });
  return Object.fromEntries(await Promise.all(read)) as TpchTables;
}

async function answerOf(frame: DataFrame): Promise<Answer> {
  const start = performance.now();
  const { batches } = await keptQuery(frame.session, frame.query);
  const rows = batches.flatMap(rowsOf);
  return { ms: performance.now() - start, rows };
}

function rightAnswer(name: string, answer: Answer | { readonly cannot: string }): Answer {
  if ('cannot' in answer) throw new Error(`${name}: ${answer.cannot}`);
  return answer;
}

type Times = Readonly<Record<string, readonly number[]>>;

/** Ours over DuckDB's is `ratio` as everywhere, over that of others `to_…`. */
const ratioOf = (peer: string): string => (peer === DUCKDB.name ? 'ratio' : `to_${peer}`);
const peersIn = (result: Result): string[] =>
  TPCH_PEERS.map(({ name }) => name).filter((name) => typeof result[`${name}_ms`] === 'number');

function resultOf(
  { name, refused }: Query,
  how: string,
  options: Pick<Options, 'sf' | 'threads'>,
  { millrace = [], ...theirs }: Times,
): Result {
  const ms = median(millrace);
  const figures = TPCH_PEERS.flatMap(({ name: peer }): [string, string | number][] => {
    if (refused.has(peer)) return [[`${peer}_ms`, 'none']];
    const times = theirs[peer];
    return times === undefined
      ? []
      : [
          [`${peer}_ms`, median(times)],
          [ratioOf(peer), ms / median(times)],
        ];
  });
  const notes = [...refused].map(([peer, reason]) => `${peer}: ${reason}`).join('; ');
  const base = { suite: 'tpch', name: `${name} ${how}`, ...options, millrace_ms: ms, ...Object.fromEntries(figures) };
  return { ...base, ...(notes !== '' && { notes }) };
}

/** Below them what they take together, the mean of the ratios, and the most memory. Who does not run all is compared where it does. */
async function* withTotals(how: string, results: AsyncIterable<Result>): AsyncGenerator<Result> {
  const all: Result[] = [];
  for await (const result of results) {
    all.push(result);
    yield result;
  }
  if (all.length === 0) return;
  const sum = (rows: readonly Result[], who: string): number =>
    rows.reduce((total, row) => total + Number(row[`${who}_ms`]), 0);
  const total: Record<string, number> = { millrace_ms: sum(all, 'millrace') };
  const mean: Record<string, number> = {};
  for (const peer of new Set(all.flatMap(peersIn))) {
    const ran = all.filter((row) => peersIn(row).includes(peer));
    total[`${peer}_ms`] = sum(ran, peer);
    total[ratioOf(peer)] = sum(ran, 'millrace') / sum(ran, peer);
    mean[ratioOf(peer)] = geometricMean(ran.map((row) => Number(row[ratioOf(peer)])));
  }
  yield { suite: 'tpch', name: `total ${how}`, ...total };
  yield { suite: 'tpch', name: `geometric mean ${how}`, cases: all.length, ...mean };
  const peaks = [...new Set(all.flatMap(Object.keys))].filter((figure) => figure.endsWith('_mb'));
  if (peaks.length === 0) return;
  const most = peaks.map((figure) => [figure, Math.max(...all.map((row) => Number(row[figure] ?? 0)))]);
  yield { suite: 'tpch', name: `most memory ${how}`, ...Object.fromEntries(most) };
}
