// The static kernels of Parquet files that are written: a module of their own, whose data lies behind that of the others.
export * from './parquet-slots';
export * from './parquet-encode';
export * from './snappy-compress';
