/**
 * One line of progress, drawn over itself.
 *
 *     ▕████████▌           ▏  41%  12.3 of 30.1 MB  1,200,000 rows
 */

import process from 'node:process';
import { countText, sizeText } from './quantity-text.ts';
import type { TaskStats } from './task-stats.ts';

const WIDTH = 20;
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
const CLEAR_LINE = '\r\u001b[K';

/** Where it is drawn. */
export interface Screen {
  /** Whether a person may be watching. */
  readonly showsProgress: boolean;
  note(text: string): void;
}

/** The error output of the process: nobody watches that of tests and of servers. */
export const errorScreen: Screen = {
  get showsProgress() {
    return process.stderr.isTTY === true && process.env['TERM'] !== 'dumb' && !process.env['CI'];
  },
  note: (text) => void process.stderr.write(text),
};

export class ProgressBar implements Disposable {
  readonly #screen: Screen;
  #shown = false;

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  /** Draws where somebody is watching; bytes that need not be read count as done when their file is. */
  update(statistics: TaskStats): void {
    this.draw((color) => progressText(statistics, color));
  }

  /** Draws any line; `color` is an SGR parameter, undefined for none. */
  draw(line: (color: string | undefined) => string): void {
    if (!this.#screen.showsProgress) return;
    this.#shown = true;
    this.#screen.note(`${CLEAR_LINE}${line(process.env['NO_COLOR'] ? undefined : '36')}`);
  }

  [Symbol.dispose](): void {
    if (this.#shown) this.#screen.note(CLEAR_LINE);
    this.#shown = false;
  }
}

/** The line; `color` is an SGR parameter for the bar, undefined for none. */
export function progressText({ operators, wallMs }: TaskStats, color?: string): string {
  const sum = (counter: string): number =>
    operators.reduce((total, { counters }) => total + (counters[counter] ?? 0), 0);
  const [bytes, totalBytes, rows] = [sum('bytes read'), sum('bytes total'), sum('rows read')];
  const figures = `${sizeText(bytes)} of ${sizeText(totalBytes)}  ${countText(rows, 'row')}`;
  if (totalBytes === 0) return `${(wallMs / 1000).toFixed(1)} s`;
  return barText(Math.min(1, bytes / totalBytes), figures, color);
}

/** A bar that is full up to `share`, between 0 and 1, and what stands behind it. */
export function barText(share: number, figures: string, color?: string): string {
  const eighths = Math.round(share * WIDTH * 8);
  const filled = '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '');
  const bar = filled.padEnd(WIDTH);
  const painted = color === undefined ? bar : `\u001b[${color}m${bar}\u001b[0m`;
  return `▕${painted}▏ ${String(Math.floor(share * 100)).padStart(3)}%  ${figures}`;
}
