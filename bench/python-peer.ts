import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { python } from './data.ts';

/** A script of this folder in a process of its own, which stays warm and times itself: one JSON object a line, either way. */
export class PythonPeer implements Disposable {
  readonly version: string;
  readonly #script: string;
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  private constructor(
    script: string,
    process: ChildProcessByStdio<Writable, Readable, null>,
    lines: AsyncIterator<string>,
    version: string,
  ) {
    this.#script = script;
    this.#process = process;
    this.#lines = lines;
    this.version = version;
  }

  static async start(script: string, ...given: string[]): Promise<PythonPeer> {
    const path = fileURLToPath(new URL(script, import.meta.url));
    const process = spawn(python(), [path, ...given], { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface({ input: process.stdout })[Symbol.asyncIterator]();
    const hello = await lines.next();
    assert.ok(!hello.done, `${script} did not start`);
    return new PythonPeer(script, process, lines, JSON.parse(hello.value).version);
  }

  async ask(request: unknown): Promise<unknown> {
    this.#process.stdin.write(`${JSON.stringify(request)}\n`);
    const answer = await this.#lines.next();
    assert.ok(!answer.done, `${this.#script} ended while it ran: ${JSON.stringify(request)}`);
    return JSON.parse(answer.value);
  }

  [Symbol.dispose](): void {
    this.#process.stdin.end();
  }
}
