/** What rounding cuts off a whole number, an integer or a decimal in its smallest units. */

import { scaleOf } from '../expressions/exact-arithmetic.ts';
import { type FunctionCall, literalAt, typeAt } from './lane-function.ts';

/** So many decimal digits go, and so many come back as zeros. */
export interface Cut {
  readonly digits: number;
  readonly zeros: number;
}

const NONE: Cut = { digits: 0, zeros: 0 };
const MOST_DIGITS = 38n;

/** Of a call of `floor`, `ceil`, `trunc` or `round`; undefined where its digits are not a literal, or too many. */
export function cutOf(call: FunctionCall): Cut | undefined {
  const scale = scaleOf(typeAt(call, 0));
  if (call.name !== 'round') return { digits: scale, zeros: 0 };
  const kept = literalAt(call, 1);
  if (typeof kept !== 'bigint') return undefined;
  const cut = BigInt(scale) - kept;
  if (cut <= 0n) return NONE;
  return cut > MOST_DIGITS ? undefined : { digits: Number(cut), zeros: kept < 0n ? Number(-kept) : 0 };
}
