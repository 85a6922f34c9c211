/** Parsers of window functions and frames: `expressions/window.ts` as zod schemas. */

import * as z from 'zod';
import type { FrameBound, WindowCall, WindowFrame } from '../expressions/window.ts';
import { WINDOW_FUNCTIONS, type WindowFunction } from '../expressions/window-functions.ts';
import { aggregateCallSchema, expressionSchema, nameSchema } from './expression-schema.ts';

const count = z.int().min(0);

export const windowCallSchema: z.ZodType<WindowCall> = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('window'),
      name: nameSchema,
      function: z.enum(Object.keys(WINDOW_FUNCTIONS) as WindowFunction[]),
      input: expressionSchema.optional().describe('Of lag, lead and the values.'),
      count: count
        .optional()
        .describe('Of lag and lead how many rows away, 1 where absent; of nth_value which; of ntile how many parts.'),
      default: expressionSchema.optional().describe('Of lag and lead where there is no such row; else null.'),
      ignoreNulls: z.boolean().optional().describe('Rows whose input is null are passed over.'),
    }),
    z
      .strictObject({ kind: z.literal('aggregate'), aggregate: aggregateCallSchema })
      .describe('Over the rows of the frame.'),
  ])
  .meta({ id: 'WindowCall', description: 'A function of the rows around each row.' });

const frameBound: z.ZodType<FrameBound> = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.enum(['unbounded-preceding', 'current-row', 'unbounded-following']) }),
    z.strictObject({
      kind: z.enum(['preceding', 'following']),
      offset: expressionSchema.describe('A literal: rows, or so much in the order; never negative.'),
    }),
  ])
  .meta({ id: 'FrameBound' });

export const windowFrameSchema: z.ZodType<WindowFrame> = z
  .strictObject({
    unit: z.enum(['rows', 'range']),
    start: frameBound,
    end: frameBound,
    minPeriods: count.optional().describe('Fewer rows in a frame than this give null.'),
  })
  .meta({ id: 'WindowFrame', description: 'Which rows of its partition a row sees, both bounds included.' });
