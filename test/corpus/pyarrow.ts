import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { virtualEnvironment } from '../../bench/virtual-environment.ts';

/** What pyarrow finds in a file. */
export interface Found {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: number;
}

/** What pyarrow says of a file that it does not read; also where it breaks down. */
export interface Refused {
  readonly error: string;
}

const folder = fileURLToPath(new URL('.', import.meta.url)).replace(/\/$/, '');

/** The python of the corpora, which has pyarrow and other writers. */
export const python = (): string => `${virtualEnvironment(folder)}/bin/python`;

interface Peer {
  readonly process: ChildProcessByStdio<Writable, Readable, null>;
  readonly lines: AsyncIterator<string>;
}

/** pyarrow in a process of its own, begun anew where a file breaks it. */
export class Pyarrow implements Disposable {
  #peer: Peer;
  version = '';

  private constructor() {
    this.#peer = Pyarrow.#begin();
  }

  static async start(): Promise<Pyarrow> {
    const pyarrow = new Pyarrow();
    await pyarrow.#greet();
    return pyarrow;
  }

  static #begin(): Peer {
    const process = spawn(python(), [`${folder}/pyarrow-peer.py`], { stdio: ['pipe', 'pipe', 'inherit'] });
    // Of a process that broke down; its end says so.
    process.stdin.on('error', () => undefined);
    return { process, lines: createInterface({ input: process.stdout })[Symbol.asyncIterator]() };
  }

  async #greet(): Promise<void> {
    const hello = await this.#peer.lines.next();
    assert.ok(!hello.done, 'pyarrow did not start');
    this.version = JSON.parse(hello.value).version;
  }

  async #ask(request: unknown): Promise<unknown> {
    this.#peer.process.stdin.write(`${JSON.stringify(request)}\n`);
    const answer = await this.#peer.lines.next();
    if (!answer.done) return JSON.parse(answer.value);
    this.#peer = Pyarrow.#begin();
    await this.#greet();
    return { error: 'pyarrow broke down' } satisfies Refused;
  }

  /** Moments of 96 bits come in nanoseconds, or in microseconds. */
  async open(path: string, int96: 'ns' | 'us'): Promise<Found | Refused> {
    return (await this.#ask({ path, int96 })) as Found | Refused;
  }

  /** Rows `from` on, at most `count`, of the file that was opened last: its columns, as pyarrow-peer.py writes values. */
  async columns(from: number, count: number): Promise<readonly (readonly unknown[])[]> {
    const answer = (await this.#ask({ from, count })) as { columns: unknown[][] } | Refused;
    if ('error' in answer) throw new Error(`pyarrow: ${answer.error}`);
    return answer.columns;
  }

  [Symbol.dispose](): void {
    this.#peer.process.stdin.end();
  }
}
