// The static kernels: one file per subject, all in one module.
export * from './take';
export * from './grouping';
export * from './parquet-levels';
export * from './parquet-values';
export * from './snappy';
export * from './sort-words';
export * from './sort-radix';
export * from './sort-refine';
export * from './accumulate';
export * from './moments';
export * from './pick-rows';
export * from './value-log';
export * from './strings';
export * from './like';
export * from './text-case';
export * from './compact';
export * from './long-decimals';
