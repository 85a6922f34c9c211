import { PythonPeer } from './python-peer.ts';

export type Cell = null | boolean | number | string;

/** DuckDB in a process of its own that stays warm and times itself. */
export class DuckDB implements Disposable {
  readonly #peer: PythonPeer;

  private constructor(peer: PythonPeer) {
    this.#peer = peer;
  }

  static async start(): Promise<DuckDB> {
    return new DuckDB(await PythonPeer.start('duckdb-peer.py'));
  }

  get version(): string {
    return this.#peer.version;
  }

  /** Runs one statement to its last row; the time is DuckDB's own, without the way between the processes. */
  async run(sql: string, threads: number): Promise<{ ms: number; rows: Cell[][] }> {
    return (await this.#peer.ask({ sql, threads })) as { ms: number; rows: Cell[][] };
  }

  [Symbol.dispose](): void {
    this.#peer[Symbol.dispose]();
  }
}
