/** The engine of regular expressions in linear time, loaded with the first of them. */

import { createRequire } from 'node:module';

const load = createRequire(import.meta.url);

export const re2Now = (): typeof import('re2js') => load('re2js');
