/** Where the command line writes, and what ends it early. */

import process from 'node:process';
import { errorScreen, type Screen } from '../stats/progress-bar.ts';

export interface Terminal extends Screen {
  /** Aborted by Ctrl-C, and when nobody reads the output any more. */
  readonly signal: AbortSignal;
  /** Columns of the window; undefined where the output is no window. */
  readonly columns: number | undefined;
  /** What is said of an interruption, without a full stop. */
  interruption: string;
  /** Waits while the reader is slower. Does nothing once nobody reads any more. */
  write(output: string | Uint8Array): Promise<void>;
}

/** Why a run ended without being finished. */
export type Ending = 'interrupted' | 'reader gone';

export class ProcessTerminal implements Terminal {
  readonly #abort = new AbortController();
  ending: Ending | undefined;
  interruption = 'nothing that was being written is visible';

  constructor() {
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      this.#end('reader gone');
    });
    // A closed error output is no reason to stop, and nobody could be told.
    process.stderr.on('error', () => undefined);
    // The second time, the default: at once.
    process.once('SIGINT', () => this.#end('interrupted'));
    process.once('SIGTERM', () => this.#end('interrupted'));
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get columns(): number | undefined {
    return process.stdout.isTTY ? process.stdout.columns : undefined;
  }

  get showsProgress(): boolean {
    return errorScreen.showsProgress;
  }

  async write(output: string | Uint8Array): Promise<void> {
    if (this.ending === 'reader gone' || process.stdout.write(output)) return;
    await new Promise<void>((resolve) => {
      process.stdout.once('drain', resolve);
      this.signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  note(text: string): void {
    errorScreen.note(text);
  }

  #end(ending: Ending): void {
    this.ending ??= ending;
    this.#abort.abort();
  }
}
