import { describe, expect, test } from 'vitest';
import { useParquetWasm } from '../../../src/io/parquet/parquet-wasm.ts';
import { forgetParquetWasm } from '../../../src/io/parquet/parquet-wasm-instance.ts';
import { MemoryBudget } from '../../../src/memory/budget.ts';
import { collectGarbage } from '../../../src/memory/process-memory.ts';

const MIB = 1024 * 1024;

/** Lets the instance of this process grow by so much, as a large row group would. */
async function grow(bytes: number): Promise<void> {
  using use = await useParquetWasm(new MemoryBudget(512 * MIB));
  const memory = use.wasm.wasmMemory() as WebAssembly.Memory;
  const { byteLength } = memory.buffer;
  memory.grow(bytes / 65_536);
  new Uint8Array(memory.buffer).fill(1, byteLength);
}

async function instanceBytes(): Promise<number> {
  using use = await useParquetWasm(new MemoryBudget(512 * MIB));
  return use.wasm.wasmMemory().buffer.byteLength;
}

describe('the instance of the process', () => {
  test('is shared by its budgets', async () => {
    using first = await useParquetWasm(new MemoryBudget(512 * MIB));
    using second = await useParquetWasm(new MemoryBudget(512 * MIB));
    expect(second.wasm).toBe(first.wasm);
  });

  test('is another one after it was forgotten, and what it has grown to is given back', async () => {
    const smallBytes = await instanceBytes();
    const rounds = 8;
    let peakBytes = 0;
    for (let round = 0; round < rounds; round += 1) {
      await grow(128 * MIB);
      expect(await instanceBytes()).toBeGreaterThan(128 * MIB);
      peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
      expect(forgetParquetWasm()).toBe(true);
      collectGarbage('major');
      expect(await instanceBytes()).toBeLessThanOrEqual(smallBytes);
    }
    // Kept, all rounds together would be resident.
    expect(peakBytes).toBeLessThan((rounds - 2) * 128 * MIB);
  });

  test('stays that of a budget that has it', async () => {
    const budget = new MemoryBudget(512 * MIB);
    using first = await useParquetWasm(budget);
    forgetParquetWasm();
    using second = await useParquetWasm(budget);
    expect(second.wasm).toBe(first.wasm);
    using other = await useParquetWasm(new MemoryBudget(512 * MIB));
    expect(other.wasm).not.toBe(first.wasm);
  });

  test('leaves nothing to collect where there is none', () => {
    forgetParquetWasm();
    expect(forgetParquetWasm()).toBe(false);
  });
});
