import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { python } from './data.ts';

export type Cell = null | boolean | number | string;

/** DuckDB in a process of its own that stays warm and times itself. */
export class DuckDB implements Disposable {
  readonly version: string;
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  private constructor(
    process: ChildProcessByStdio<Writable, Readable, null>,
    lines: AsyncIterator<string>,
    version: string,
  ) {
    this.#process = process;
    this.#lines = lines;
    this.version = version;
  }

  static async start(): Promise<DuckDB> {
    const script = fileURLToPath(new URL('duckdb-peer.py', import.meta.url));
    const process = spawn(python(), [script], { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface({ input: process.stdout })[Symbol.asyncIterator]();
    const hello = await lines.next();
    assert.ok(!hello.done, 'DuckDB did not start');
    return new DuckDB(process, lines, JSON.parse(hello.value).version);
  }

  /** Runs one statement to its last row; the time is DuckDB's own, without the way between the processes. */
  async run(sql: string, threads: number): Promise<{ ms: number; rows: Cell[][] }> {
    this.#process.stdin.write(`${JSON.stringify({ sql, threads })}\n`);
    const answer = await this.#lines.next();
    assert.ok(!answer.done, `DuckDB ended while it ran: ${sql}`);
    return JSON.parse(answer.value);
  }

  [Symbol.dispose](): void {
    this.#process.stdin.end();
  }
}
