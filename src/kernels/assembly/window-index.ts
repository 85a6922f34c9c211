// The static kernels of windows: a module of their own, whose data lies behind that of the others.
export * from './window-frames';
export * from './window-lists';
export * from './window-modes';
export * from './window-picks';
export * from './window-slides';
