// The static kernel of zstd: a module of its own, whose data lies behind that of the others.
export { zstdDecompress } from './zstd';
