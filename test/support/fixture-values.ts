/** Values as scripts that write files with pyarrow put them beside those files. */

import { type DataType, storageType } from '../../src/columnar/data-type.ts';
import type { Interval, Value } from '../../src/columnar/value.ts';

/** A value of ours as the script writes it. */
export function valueInJson(value: Value, type: DataType): unknown {
  if (value === null) return null;
  const stored = storageType(type);
  if (type.kind === 'uuid') return Buffer.from(String(value).replaceAll('-', ''), 'hex').toString('base64');
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  switch (stored.kind) {
    case 'list':
    case 'fixed-size-list':
      return (value as readonly Value[]).map((item) => valueInJson(item, stored.item));
    case 'struct':
      return stored.fields.map((f, n) => valueInJson((value as readonly Value[])[n] ?? null, f.type));
    case 'map':
      return (value as readonly (readonly Value[])[]).map(([k = null, v = null]) => [
        valueInJson(k, stored.key),
        valueInJson(v, stored.value),
      ]);
    case 'interval': {
      const { months, days, nanoseconds } = value as Interval;
      return [months, days, String(nanoseconds)];
    }
    default:
      if (typeof value === 'bigint') return String(value);
      return typeof value === 'number' && !Number.isFinite(value) ? String(value).replace('Infinity', 'inf') : value;
  }
}

/** Times of seconds and milliseconds come in microseconds. */
const SCALED: Readonly<Record<string, bigint>> = { time_s: 1_000_000n, time_ms: 1_000n };

/** The rows of a file of values, of these columns. */
export function wantedValues(json: Buffer, columns: readonly string[]): unknown[][] {
  const rows = JSON.parse(json.toString('utf8')) as unknown[][];
  return rows.map((row) =>
    row.map((value, index) => {
      const factor = SCALED[columns[index]!];
      if (typeof value === 'string') {
        if (factor !== undefined) return String(BigInt(value) * factor);
        if (value === 'nan') return 'NaN';
      }
      return value;
    }),
  );
}
