/** Functions of the place of a row, and of rows beside it. */
export type WindowFunction =
  | 'row_number'
  | 'rank'
  | 'dense_rank'
  | 'percent_rank'
  | 'cume_dist'
  | 'ntile'
  | 'lag'
  | 'lead'
  | 'first_value'
  | 'last_value'
  | 'nth_value';

/** What each window function takes, and whether it makes sense only where rows have an order. */
export const WINDOW_FUNCTIONS: Readonly<
  Record<
    WindowFunction,
    { readonly takes: 'nothing' | 'count' | 'input' | 'input and count'; readonly ordered: boolean }
  >
> = {
  row_number: { takes: 'nothing', ordered: false },
  rank: { takes: 'nothing', ordered: true },
  dense_rank: { takes: 'nothing', ordered: true },
  percent_rank: { takes: 'nothing', ordered: true },
  cume_dist: { takes: 'nothing', ordered: true },
  ntile: { takes: 'count', ordered: true },
  lag: { takes: 'input and count', ordered: true },
  lead: { takes: 'input and count', ordered: true },
  first_value: { takes: 'input', ordered: false },
  last_value: { takes: 'input', ordered: false },
  nth_value: { takes: 'input and count', ordered: false },
};
