/** Before every file of tests, with CHECK_KERNELS: all kernels check what they access. */

import { checkAllAccesses } from './checked-kernels.ts';

checkAllAccesses();
