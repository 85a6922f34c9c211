/** By what rows are ordered, as sorts and windows are told it. */

import { InvalidArgument } from '../errors.ts';
import { checkOptions, type OptionNames } from './check-options.ts';
import type { ExprOrName } from './expr.ts';

export interface OrderOptions {
  /** For all keys, or for each: false where absent. */
  readonly descending?: boolean | readonly boolean[];
  /** For all keys, or for each; as `descending` where absent: null counts as the greatest value. */
  readonly nullsFirst?: boolean | readonly boolean[];
}

export interface OrderKey {
  readonly expr: ExprOrName;
  readonly descending?: boolean;
  readonly nullsFirst?: boolean;
}

const ORDER_OPTIONS: OptionNames<OrderOptions> = { descending: true, nullsFirst: true };

/** @throws InvalidArgument for other options, and where there are as many options as there are no keys */
export function orderOf(
  keys: ExprOrName | readonly ExprOrName[],
  options: OrderOptions,
  method: string,
): readonly OrderKey[] {
  checkOptions(method, options, ORDER_OPTIONS);
  const all = Array.isArray(keys) ? (keys as readonly ExprOrName[]) : [keys as ExprOrName];
  return all.map((expr, index) => ({
    expr,
    ...chosen('descending', options.descending, index, all.length),
    ...chosen('nullsFirst', options.nullsFirst, index, all.length),
  }));
}

function chosen<Name extends keyof OrderOptions>(
  name: Name,
  option: boolean | readonly boolean[] | undefined,
  index: number,
  keys: number,
): { readonly [K in Name]?: boolean } {
  if (typeof option === 'boolean') return { [name]: option } as { [K in Name]: boolean };
  if (option === undefined) return {};
  if (option.length !== keys) {
    throw new InvalidArgument(
      `${name} has ${option.length} values for ${keys} key${keys === 1 ? '' : 's'}: give one for each, or one for all.`,
    );
  }
  return { [name]: option[index] } as { [K in Name]: boolean };
}
