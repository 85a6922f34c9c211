/**
 * Directories for rows put aside, and those that are left of processes that were killed.
 *
 *     millrace-<kernel>-<process>-<start>-<random>
 *
 * `kernel` is that of the running system and of its numbering of processes, so that of another machine or container nothing is
 * ever taken to be left; `start` is when the process began, as numbers of processes are used again. Where the system does not
 * tell these, names are random, and nothing is looked for.
 */

import { createHash, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import process from 'node:process';

/** A name that no other directory has. */
export function newPlaceName(): string {
  const [kernel, start] = [kernelName(), startOf(process.pid)];
  const owner = kernel === undefined || start === undefined ? [] : [kernel, process.pid, start];
  return ['millrace', ...owner, randomUUID()].join('-');
}

const LEFT_BY = /^millrace-(?<kernel>[0-9a-f]{16})-(?<pid>\d+)-(?<start>\d+)-[0-9a-f-]{36}$/;

/** Removes what processes of this user have left in `directory` that are no more. What cannot be removed stays. */
export function removeStalePlaces(directory: string): void {
  const kernel = kernelName();
  if (kernel === undefined) return;
  for (const name of namesIn(directory)) {
    const owner = LEFT_BY.exec(name)?.groups;
    if (owner === undefined || owner['kernel'] !== kernel || startOf(Number(owner['pid'])) === owner['start']) continue;
    const path = `${directory}/${name}`;
    // Processes of others may be hidden.
    attempt(() => {
      if (statSync(path).uid === process.getuid?.()) rmSync(path, { recursive: true, force: true });
    });
  }
}

const namesIn = (directory: string): readonly string[] => attempt(() => readdirSync(directory)) ?? [];

const kernelName = (): string | undefined =>
  attempt(() => {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8');
    const numbering = readlinkSync('/proc/self/ns/pid');
    return createHash('sha256').update(boot).update(numbering).digest('hex').slice(0, 16);
  });

/** When a process began, in ticks since the system did; undefined where there is none. */
const startOf = (pid: number): string | undefined =>
  attempt(() => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Behind the name, which may hold anything, is the third field.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  });

/** Undefined where the system refuses. */
function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
