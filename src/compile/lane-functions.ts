/** The functions that loops compute, for some of their types, by name. */

import { isFloat } from '../columnar/data-type.ts';
import { CHOOSING_LANE_FUNCTIONS } from './choosing-functions.ts';
import { TIME_LANE_FUNCTIONS } from './dates.ts';
import { FLOAT_LANE_FUNCTIONS } from './float-functions.ts';
import type { FunctionCall, LaneFunction } from './lane-function.ts';
import { WHOLE_LANE_FUNCTIONS } from './whole-functions.ts';

const OTHERS: ReadonlyMap<string, LaneFunction> = new Map(
  Object.entries({ ...TIME_LANE_FUNCTIONS, ...CHOOSING_LANE_FUNCTIONS }),
);
const OF_FLOATS: ReadonlyMap<string, LaneFunction> = new Map(Object.entries(FLOAT_LANE_FUNCTIONS));
const OF_WHOLES: ReadonlyMap<string, LaneFunction> = new Map(Object.entries(WHOLE_LANE_FUNCTIONS));

/** What computes the function of a call; undefined where no loop does. Whether it does for this call, `takes` says. */
export const laneFunctionOf = (call: FunctionCall): LaneFunction | undefined =>
  OTHERS.get(call.name) ?? (isFloat(call.type) ? OF_FLOATS : OF_WHOLES).get(call.name);
