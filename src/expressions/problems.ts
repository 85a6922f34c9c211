import { InvalidPlan, type PlanProblem } from '../errors.ts';

/** As many problems as one report holds: more help nobody, and a hostile plan could have millions. */
export const MAX_PROBLEMS = 100;

/** Characters of a text of the user's that a message repeats. */
const QUOTED_CHARACTERS = 60;

/**
 * Collects what is wrong with a plan, so that its author sees all of it at once. Checks go on after a problem wherever
 * what follows does not depend on it.
 */
export class Problems {
  readonly #found: PlanProblem[] = [];

  get found(): readonly PlanProblem[] {
    return this.#found;
  }

  get isEmpty(): boolean {
    return this.#found.length === 0;
  }

  /** No more are taken in. What is costly to say need not be worked out. */
  get isFull(): boolean {
    return this.#found.length >= MAX_PROBLEMS;
  }

  add(path: string, message: string): void {
    if (!this.isFull) this.#found.push({ path, message });
  }

  /** @throws InvalidPlan where anything was found. */
  throwIfAny(): void {
    if (!this.isEmpty) throw new InvalidPlan(this.#found);
  }
}

/** The JSON path of a member or an element: `$.plan.columns[3]`, `$.inputs["a b"]`. */
export function pathOf(parent: string, key: PropertyKey): string {
  if (typeof key === 'number') return `${parent}[${key}]`;
  const name = String(key);
  return /^[A-Za-z_$][\w$-]{0,59}$/.test(name) ? `${parent}.${name}` : `${parent}[${quoted(name)}]`;
}

/** A text of the user's as a message repeats it: in quotes, control characters escaped, cut where it is long. */
export function quoted(text: string): string {
  const cut = text.length > QUOTED_CHARACTERS;
  return `${JSON.stringify(cut ? text.slice(0, QUOTED_CHARACTERS) : text)}${cut ? '…' : ''}`;
}
