// The static kernels: one file per subject, all in one module.
export * from './take';
