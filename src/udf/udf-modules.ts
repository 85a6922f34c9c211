import { InvalidArgument } from '../errors.ts';
import { isUdf, type Udf } from './udf.ts';

/** By the name that plans use, where each module is. Nothing else is ever loaded. */
export type UdfModules = Readonly<Record<string, URL>>;

/** How a plan names a function. */
export interface UdfName {
  readonly module: string;
  readonly export: string;
}

export interface LoadedUdf {
  readonly udf: Udf;
  readonly name: UdfName;
  /** Where actors load it again. */
  readonly url: URL;
}

/** @throws InvalidArgument where nothing is registered, or exported, under that name. */
export async function loadUdf(modules: UdfModules, name: UdfName): Promise<LoadedUdf> {
  const url = Object.hasOwn(modules, name.module) ? modules[name.module] : undefined;
  if (url === undefined) {
    const known = Object.keys(modules);
    throw new InvalidArgument(
      `The module ${JSON.stringify(name.module)} of user-defined functions is not registered. ${
        known.length === 0 ? 'None is' : `Registered are ${known.join(', ')}`
      }: register it where the task is run.`,
    );
  }
  return { udf: await exported(url, name), name, url };
}

/** The export of the module at `url`, in this thread. @throws InvalidArgument */
export async function exported(url: URL, name: UdfName): Promise<Udf> {
  const shown = `The module ${JSON.stringify(name.module)} of user-defined functions`;
  let loaded: Readonly<Record<string, unknown>>;
  try {
    loaded = await import(url.href);
  } catch (cause) {
    throw new InvalidArgument(`${shown} cannot be loaded: ${messageOf(cause)}`, { cause });
  }
  const found = Object.hasOwn(loaded, name.export) ? loaded[name.export] : undefined;
  if (isUdf(found)) return found;
  const others = Object.keys(loaded).filter((key) => isUdf(loaded[key]));
  throw new InvalidArgument(
    `${shown} exports no udf(…) as ${JSON.stringify(name.export)}; it exports ${others.join(', ') || 'none'}.`,
  );
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
