import type { Batch } from '../../columnar/batch.ts';
import type { Column } from '../../columnar/column.ts';
import type { LinearMemory } from '../../memory/linear-memory.ts';

/** Bytes of the batch in Arrow's layout without dictionaries, decimals in 16 bytes. */
export function plainBytes({ columns, rowCount }: Batch, linear: LinearMemory): number {
  const bitmap = Math.ceil(rowCount / 8);
  return columns.reduce(
    (bytes, column) => bytes + (column.validity === 0 ? 0 : bitmap) + valueBytes(column, rowCount, linear),
    0,
  );
}

function valueBytes(column: Column, rowCount: number, linear: LinearMemory): number {
  const { kind } = column.type;
  if (kind === 'bool') return Math.ceil(rowCount / 8);
  if (kind === 'decimal') return rowCount * 16;
  if (kind === 'utf8') return (rowCount + 1) * 4 + textBytes(column, rowCount, linear);
  return rowCount * column.width;
}

function textBytes({ values, validity, dictionary }: Column, rowCount: number, { i32, u32, u8 }: LinearMemory): number {
  const first = values / 4;
  if (rowCount === 0) return 0;
  if (dictionary === undefined) return Number(i32[first + rowCount]) - Number(i32[first]);
  const offsets = dictionary.values.values / 4;
  let bytes = 0;
  for (let row = 0; row < rowCount; row += 1) {
    if (validity !== 0 && ((Number(u8[validity + (row >> 3)]) >> (row & 7)) & 1) === 0) continue;
    const entry = offsets + Number(u32[first + row]);
    bytes += Number(i32[entry + 1]) - Number(i32[entry]);
  }
  return bytes;
}
