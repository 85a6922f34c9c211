// The static kernels of files of text, and of Arrow: a module of their own, whose data lies behind that of the other.
export * from './arrow-buffers';
export * from './csv';
export * from './json-index';
export * from './json-records';
export { parseSpans } from './parse-texts';
export * from './text-lines';
