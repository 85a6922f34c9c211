/** Those that a task names, or, of a function, those that are found while they are read, none of which is kept; in order. */
export type ScanFiles<File> = readonly File[] | ((signal: AbortSignal) => AsyncIterable<File>);

export function filesOf<File>(files: ScanFiles<File>, signal: AbortSignal): Iterable<File> | AsyncIterable<File> {
  return typeof files === 'function' ? files(signal) : files;
}
