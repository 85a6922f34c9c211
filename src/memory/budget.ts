/**
 * The bytes one task may hold, and the linear memory they are held in.
 *
 *     0                                        limitBytes
 *     ├── retained, at most limit − floor ──┬── floor ──┤
 *     │ operator state, until it is emitted │ in flight │
 *
 * Retained bytes never wait: growing succeeds now or fails now, and then the owner spills or gives up. Bytes in flight
 * (leases) may wait, because they drain by themselves. Retained bytes cannot enter the floor and one lease cannot
 * exceed it, so when every lease has drained the next one fits: waiting always ends.
 *
 * Both kinds are held by a `Holding`: bytes outside linear memory are counted by hand (`grow`, `shrink`), regions
 * inside it come from the holding (`allocate`) and are counted and freed with it. Disposing a holding gives back all
 * of it, so whatever an operator took is returned however its run ends.
 *
 * Linear memory never shrinks. So bytes outside it must fit beside all that it has grown to, and it may not grow into
 * what they take: the process stays within the limit even when one operator's regions are free again and the next
 * one needs JavaScript buffers.
 */

import assert from 'node:assert/strict';
import { MemoryBudgetExceeded } from '../errors.ts';
import { LinearMemory, type Region } from './linear-memory.ts';

/** Of what operators may retain where the floor is a quarter, five sixths. */
const SCARCE_SHARE = 5 / 8;

export class MemoryBudget {
  readonly limitBytes: number;
  readonly floorBytes: number;
  readonly linear: LinearMemory;
  #retainedBytes = 0;
  #inFlightBytes = 0;
  #outsideBytes = 0;
  #peakBytes = 0;
  #waiting: (() => void)[] = [];
  readonly #holdings = new Set<Holding>();
  readonly #spares = new Set<() => void>();

  /** `floorBytes` defaults to a quarter of the limit. `linear` may be one that an earlier task has left. */
  constructor(limitBytes: number, floorBytes: number = Math.floor(limitBytes / 4), linear?: LinearMemory) {
    assert.ok(0 < floorBytes && floorBytes < limitBytes);
    this.limitBytes = limitBytes;
    this.floorBytes = floorBytes;
    this.linear = linear ?? new LinearMemory(limitBytes);
  }

  get usedBytes(): number {
    return this.#retainedBytes + this.#inFlightBytes;
  }

  get peakBytes(): number {
    return this.#peakBytes;
  }

  /** Whether so much is taken that only what has to be retained should be: who buffers to be faster does without. */
  get isScarce(): boolean {
    return this.usedBytes > this.limitBytes * SCARCE_SHARE;
  }

  /** Who holds what, largest first: for error messages, and to find leaks. */
  holders(): { owner: string; heldBytes: number }[] {
    return [...this.#holdings]
      .map(({ owner, heldBytes }) => ({ owner, heldBytes }))
      .filter(({ heldBytes }) => heldBytes > 0)
      .sort((a, b) => b.heldBytes - a.heldBytes);
  }

  /** An empty holding for the state `owner` will retain. */
  reserve(owner: string): Holding {
    return this.open(owner, (deltaBytes) => this.#retain(deltaBytes));
  }

  /**
   * Waits until `bytes` are free, then holds them until disposed. For sources only. The holding may allocate regions
   * and grow by hand up to `bytes` in all. What it cannot do without (`allocate`, `grow`) may go beyond that where `beyond` says
   * so: it is retained then, so it is had now or never, and the lease never waits while it holds some.
   * @throws MemoryBudgetExceeded when `bytes` could never be had, because they exceed the floor.
   */
  async lease(
    owner: string,
    bytes: number,
    signal?: AbortSignal,
    beyond: 'refused' | 'retained' = 'refused',
  ): Promise<Holding> {
    if (bytes > this.floorBytes) {
      const place = `what it has in hand at a time, at most ${this.floorBytes} bytes`;
      throw new MemoryBudgetExceeded(owner, bytes, 0, this.limitBytes, place);
    }
    while (this.usedBytes + bytes > this.limitBytes) {
      signal?.throwIfAborted();
      await new Promise<void>((wake) => {
        this.#waiting.push(wake);
        signal?.addEventListener('abort', () => wake(), { once: true });
      });
    }
    const accounts = {
      addInFlight: (deltaBytes: number) => this.#addInFlight(deltaBytes),
      retain: (deltaBytes: number) => this.#retain(deltaBytes),
    };
    return new Lease(this, owner, bytes, beyond, accounts).open();
  }

  /**
   * Says that its caller retains what it could do without: `giveBack` frees it, when bytes that somebody else has to retain do not
   * fit. Called at most once, and not after what this returns is disposed of.
   */
  spare(giveBack: () => void): Disposable {
    this.#spares.add(giveBack);
    return { [Symbol.dispose]: () => this.#spares.delete(giveBack) };
  }

  /** Whether something was given back that was spare. For holdings. */
  reclaim(): boolean {
    for (const giveBack of this.#spares) {
      this.#spares.delete(giveBack);
      giveBack();
      return true;
    }
    return false;
  }

  /** Counts bytes outside linear memory. For holdings. */
  takeOutside(deltaBytes: number): boolean {
    if (deltaBytes > 0 && this.#outsideBytes + deltaBytes + this.linear.committedBytes > this.limitBytes) return false;
    this.#outsideBytes += deltaBytes;
    return true;
  }

  /** How far linear memory may grow beside the bytes outside it. For holdings. */
  get linearCeilingBytes(): number {
    return this.limitBytes - this.#outsideBytes;
  }

  /** For leases. */
  open(owner: string, take: Take, closed: () => void = () => {}, lease?: Lease): Holding {
    const ended = (): void => {
      this.#holdings.delete(holding);
      closed();
    };
    const holding = new Holding(this, owner, take, ended, lease);
    this.#holdings.add(holding);
    return holding;
  }

  #addInFlight(deltaBytes: number): void {
    this.#inFlightBytes += deltaBytes;
    assert.ok(this.#inFlightBytes >= 0);
    this.#notePeak();
    if (deltaBytes < 0) this.#wakeAll();
  }

  #retain(deltaBytes: number): boolean {
    while (deltaBytes > 0 && !this.#mayRetain(deltaBytes)) if (!this.reclaim()) return false;
    const retainedBytes = this.#retainedBytes + deltaBytes;
    assert.ok(retainedBytes >= 0);
    this.#retainedBytes = retainedBytes;
    this.#notePeak();
    if (deltaBytes < 0) this.#wakeAll();
    return true;
  }

  #mayRetain(bytes: number): boolean {
    return (
      this.#retainedBytes + bytes <= this.limitBytes - this.floorBytes && this.usedBytes + bytes <= this.limitBytes
    );
  }

  #notePeak(): void {
    this.#peakBytes = Math.max(this.#peakBytes, this.usedBytes);
  }

  #wakeAll(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

/** Takes bytes, or gives them back where negative: whether they were had. Some are only had by whoever cannot do without. */
type Take = (deltaBytes: number, isNeeded: boolean) => boolean;

/** How a lease takes from its budget. */
interface Accounts {
  readonly addInFlight: (deltaBytes: number) => void;
  readonly retain: (deltaBytes: number) => boolean;
}

/** Bytes in flight, which holdings of one source share. They are given back with the last of these. */
export class Lease {
  readonly #budget: MemoryBudget;
  readonly #owner: string;
  readonly #beyond: 'refused' | 'retained';
  readonly #accounts: Accounts;
  #bytes = 0;
  /** Below 0, what is retained beyond the lease. */
  #leftBytes = 0;
  #holdings = 0;

  /** For budgets: there are `bytes` free. */
  constructor(budget: MemoryBudget, owner: string, bytes: number, beyond: 'refused' | 'retained', accounts: Accounts) {
    this.#budget = budget;
    this.#owner = owner;
    this.#beyond = beyond;
    this.#accounts = accounts;
    this.#enlarge(bytes);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Whether it has `bytes` now, or more. Never waits: nothing changes where they exceed the floor, or are not free. */
  tryEnlarge(bytes: number): boolean {
    const more = bytes - this.#bytes;
    if (more <= 0) return true;
    const { floorBytes, usedBytes, limitBytes } = this.#budget;
    if (bytes > floorBytes || usedBytes + more > limitBytes) return false;
    this.#enlarge(more);
    return true;
  }

  /** Another holding that may take what is left of it. */
  open(): Holding {
    this.#holdings += 1;
    const take = (deltaBytes: number, isNeeded: boolean): boolean => {
      const left = this.#leftBytes - deltaBytes;
      if (deltaBytes > 0 && left < 0 && !(isNeeded && this.#beyond === 'retained')) return false;
      return this.#setLeft(left);
    };
    const closed = (): void => {
      this.#holdings -= 1;
      if (this.#holdings === 0) this.#enlarge(-this.#bytes);
    };
    return this.#budget.open(this.#owner, take, closed, this);
  }

  #enlarge(bytes: number): void {
    this.#bytes += bytes;
    this.#accounts.addInFlight(bytes);
    this.#setLeft(this.#leftBytes + bytes);
  }

  #setLeft(bytes: number): boolean {
    if (!this.#accounts.retain(Math.max(0, -bytes) - Math.max(0, -this.#leftBytes))) return false;
    this.#leftBytes = bytes;
    return true;
  }
}

/** Bytes of the budget held by one owner. Disposing gives all of them back, regions included. */
export class Holding implements Disposable {
  readonly owner: string;
  readonly budget: MemoryBudget;
  /** What it is taken from; undefined where bytes are retained. */
  readonly lease: Lease | undefined;
  readonly #take: Take;
  readonly #closed: () => void;
  readonly #regions = new Set<Region>();
  #regionBytes = 0;
  #outsideBytes = 0;
  #open = true;

  constructor(budget: MemoryBudget, owner: string, take: Take, closed: () => void, lease: Lease | undefined) {
    this.budget = budget;
    this.lease = lease;
    this.owner = owner;
    this.#take = take;
    this.#closed = closed;
  }

  get heldBytes(): number {
    return this.#regionBytes + this.#outsideBytes;
  }

  get linear(): LinearMemory {
    return this.budget.linear;
  }

  /** Counts bytes outside linear memory. False, and nothing changes, when too few are left: the cue to spill. */
  tryGrow(bytes: number): boolean {
    return this.#grow(bytes, false);
  }

  /** For owners that cannot spill. @throws MemoryBudgetExceeded */
  grow(bytes: number): void {
    if (!this.#grow(bytes, true)) throw this.#exceeded(bytes);
  }

  /** Gives back bytes that `grow` had counted. */
  shrink(bytes: number): void {
    assert.ok(bytes >= 0 && bytes <= this.#outsideBytes);
    this.budget.takeOutside(-bytes);
    this.#take(-bytes, false);
    this.#outsideBytes -= bytes;
  }

  /** A region of `bytes`, its content undefined; undefined, and nothing changes, when too few are left. */
  tryAllocate(bytes: number): Region | undefined {
    return this.#allocate(bytes, false);
  }

  /** A region of `bytes`, its content undefined. @throws MemoryBudgetExceeded */
  allocate(bytes: number): Region {
    const region = this.#allocate(bytes, true);
    if (region === undefined) throw this.#exceeded(bytes);
    return region;
  }

  /** Makes a region larger where it lies: false, and nothing changes, where it cannot be, or too few bytes are left. */
  tryExtend(region: Region, bytes: number): boolean {
    assert.ok(this.#open && this.#regions.has(region));
    const delta = LinearMemory.footprint(bytes) - LinearMemory.footprint(region.byteLength);
    if (!this.#take(delta, false)) return false;
    if (!this.linear.tryExtend(region, bytes, this.budget.linearCeilingBytes)) {
      this.#take(-delta, false);
      return false;
    }
    this.#regionBytes += delta;
    return true;
  }

  /** A region of `bytes`, all zero, padding included. @throws MemoryBudgetExceeded */
  allocateZeroed(bytes: number): Region {
    const region = this.allocate(bytes);
    const { address } = region;
    this.linear.zero(address, address + LinearMemory.footprint(bytes));
    return region;
  }

  /** A region of `bytes` that starts with the content of `region`, which is freed. @throws MemoryBudgetExceeded */
  reallocate(region: Region, bytes: number): Region {
    const larger = this.allocate(bytes);
    const keptBytes = Math.min(region.byteLength, bytes);
    this.linear.u8.copyWithin(larger.address, region.address, region.address + keptBytes);
    this.free(region);
    return larger;
  }

  free(region: Region): void {
    if (!this.#regions.delete(region)) assert.fail(`${this.owner} frees a region it does not hold`);
    this.linear.free(region);
    const footprint = LinearMemory.footprint(region.byteLength);
    this.#regionBytes -= footprint;
    this.#take(-footprint, false);
  }

  /** Frees every region and gives back every byte; the holding stays usable. */
  release(): void {
    for (const region of this.#regions) this.free(region);
    this.shrink(this.#outsideBytes);
  }

  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.release();
    this.#open = false;
    this.#closed();
  }

  #grow(bytes: number, isNeeded: boolean): boolean {
    if (!this.#open) assert.fail(`${this.owner} grows a holding that was disposed`);
    assert.ok(bytes >= 0);
    if (!this.#take(bytes, isNeeded)) return false;
    while (!this.budget.takeOutside(bytes)) {
      if (this.budget.reclaim()) continue;
      this.#take(-bytes, false);
      return false;
    }
    this.#outsideBytes += bytes;
    return true;
  }

  #allocate(bytes: number, isNeeded: boolean): Region | undefined {
    if (!this.#open) assert.fail(`${this.owner} allocates from a holding that was disposed`);
    const footprint = LinearMemory.footprint(bytes);
    if (!this.#take(footprint, isNeeded)) return undefined;
    let region = this.linear.allocate(bytes, this.budget.linearCeilingBytes);
    while (region === undefined && this.budget.reclaim()) {
      region = this.linear.allocate(bytes, this.budget.linearCeilingBytes);
    }
    if (region === undefined) {
      this.#take(-footprint, false);
      return undefined;
    }
    this.#regionBytes += footprint;
    this.#regions.add(region);
    return region;
  }

  #exceeded(bytes: number): MemoryBudgetExceeded {
    return new MemoryBudgetExceeded(this.owner, bytes, this.heldBytes, this.budget.limitBytes);
  }
}
