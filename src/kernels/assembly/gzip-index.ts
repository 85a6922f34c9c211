// The static kernels of gzip: a module of its own, whose data lies behind that of the others.
export { beginGunzip, gunzip } from './inflate';
