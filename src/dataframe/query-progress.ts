import { errorScreen, ProgressBar, type Screen } from '../stats/progress-bar.ts';
import type { TaskStats } from '../stats/task-stats.ts';

/** What takes no longer is not worth a line. */
const SHOWN_AFTER_MS = 1000;

/** The query that has the line: there is one, whatever runs at once. */
let shown: QueryProgress | undefined;

/** The progress of a query that takes its time, on the terminal of the process, until it is disposed of. */
export class QueryProgress implements Disposable {
  readonly #bar: ProgressBar;

  constructor(screen: Screen = errorScreen) {
    this.#bar = new ProgressBar(screen);
  }

  update(statistics: TaskStats): void {
    if (statistics.wallMs < SHOWN_AFTER_MS) return;
    shown ??= this;
    if (shown === this) this.#bar.update(statistics);
  }

  [Symbol.dispose](): void {
    this.#bar[Symbol.dispose]();
    if (shown === this) shown = undefined;
  }
}
