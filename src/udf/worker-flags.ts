/** How the program is to be read that this process was given as text. */
const saysInputType = (flag: string): boolean => flag.startsWith('--input-type');

/**
 * The flags of this process for a worker that is a file. They are inherited, and not given where they may be: a worker refuses to be given
 * those of V8.
 */
export const workerFlags = (): { readonly execArgv?: string[] } =>
  process.execArgv.some(saysInputType) ? { execArgv: process.execArgv.filter((flag) => !saysInputType(flag)) } : {};
