/** Before every file of tests, with CHECK_KERNELS: all kernels check what they access. */

import { LinearMemory } from '../../../src/memory/linear-memory.ts';
import { checkAccesses } from './checked-kernels.ts';

checkAccesses(LinearMemory.prototype);
