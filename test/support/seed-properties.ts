/** Before every file of tests: its properties start from the seed of the run. */

import fc from 'fast-check';
import { fuzzSeed } from './fuzz.ts';

fc.configureGlobal({ seed: fuzzSeed });
