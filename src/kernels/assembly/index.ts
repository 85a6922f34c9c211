// The static kernels: one file per subject, all in one module.
export * from './take';
export * from './grouping';
export * from './parquet-levels';
export * from './parquet-values';
export * from './snappy';
export * from './sort';
export * from './accumulate';
export * from './strings';
export * from './compact';
