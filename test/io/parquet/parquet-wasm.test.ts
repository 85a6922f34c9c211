import { describe, expect, test } from 'vitest';
import { keepParquetWasmFree, useParquetWasm } from '../../../src/io/parquet/parquet-wasm.ts';
import { MemoryBudget } from '../../../src/memory/budget.ts';

const MIB = 1024 * 1024;

/** How large the instance of this process is. */
async function instanceBytes(): Promise<number> {
  using use = await useParquetWasm(new MemoryBudget(64 * MIB));
  return use.wasm.wasmMemory().buffer.byteLength;
}

describe('a budget that is all that its process has', () => {
  test('keeps free what earlier tasks have left in the instance, before, while and after it is used', async () => {
    const bytes = await instanceBytes();
    expect(bytes).toBeGreaterThan(0);
    const budget = new MemoryBudget(64 * MIB);
    keepParquetWasmFree(budget);
    expect(budget.linearCeilingBytes).toBe(64 * MIB - bytes);
    expect(budget.usedBytes).toBe(0);
    {
      using _use = await useParquetWasm(budget);
      expect(budget.linearCeilingBytes).toBe(64 * MIB - bytes);
      expect(budget.usedBytes).toBe(bytes);
    }
    expect(budget.linearCeilingBytes).toBe(64 * MIB - bytes);
    expect(budget.usedBytes).toBe(0);
  });

  test('keeps free what it can where linear memory has grown already', async () => {
    await instanceBytes();
    const budget = new MemoryBudget(MIB);
    const { committedBytes } = budget.linear;
    keepParquetWasmFree(budget);
    expect(budget.linearCeilingBytes).toBe(committedBytes);
  });
});

test('any other budget has no need to', async () => {
  await instanceBytes();
  expect(new MemoryBudget(64 * MIB).linearCeilingBytes).toBe(64 * MIB);
});
