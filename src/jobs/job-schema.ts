/** `job.ts` as a zod schema. Strict, as that of tasks. */

import * as z from 'zod';
import { InvalidArgument } from '../errors.ts';
import { parseGlob } from '../io/glob.ts';
import { isJobId } from '../io/part-name.ts';
import { relativePathProblem } from '../io/uri.ts';
import { nameSchema } from '../plan/expression-schema.ts';
import { documentJsonSchema } from '../plan/json-schema.ts';
import { inputSchema, planNodeSchema, planReferenceSchema, planSettingsShape, uriSchema } from '../plan/schema.ts';
import type { Job, JobInput } from './job.ts';
import type { Trigger, TriggerInput } from './trigger.ts';

const MAX_GLOB_CHARACTERS = 2_048;

/** Why a text is no glob over uris; undefined where it is one. */
function globProblem(glob: string): string | undefined {
  try {
    parseGlob(glob);
    return undefined;
  } catch (error) {
    if (error instanceof InvalidArgument) return error.message;
    throw error;
  }
}

/** A glob over uris. What is wrong with it is the problem's text. */
const globSchema: z.ZodType<string> = z
  .string()
  .min(1)
  .max(MAX_GLOB_CHARACTERS)
  .superRefine((glob, context) => {
    const message = globProblem(glob);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });

/** A glob over names beside an object, or below its directory. */
const relativeGlobSchema: z.ZodType<string> = z
  .string()
  .min(1)
  .max(MAX_GLOB_CHARACTERS)
  .superRefine((glob, context) => {
    const unsafe = relativePathProblem(glob);
    const message =
      unsafe === undefined ? globProblem(`s3://bucket/${glob}`) : `This is not a relative glob: ${unsafe}.`;
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });

const globInput = z
  .strictObject({ kind: z.literal('glob'), glob: globSchema.describe('Over uris: s3://bucket/day=*/*.parquet') })
  .describe('The files of a scan: all objects that the glob matches when the job is planned.');

const jobInput: z.ZodType<JobInput> = inputSchema<JobInput>('JobInput', [globInput]);

/** What a job has in every form of it. */
const jobShape = <Input>(plan: z.ZodType<Job['plan']>, input: z.ZodType<Input>) => ({
  version: z.literal(1).describe('Version of this form of document.'),
  plan,
  inputs: z.record(nameSchema, input).describe('By source id.'),
  output: z.strictObject({ uri: uriSchema }).describe('The directory into which the job puts its files.'),
  taskBytes: z.int().min(1).optional().describe('Stored bytes that one task reads, about: 256 MiB where absent.'),
  ...planSettingsShape,
});

const jobWith = (plan: z.ZodType<Job['plan']>): z.ZodType<Job> =>
  z
    .strictObject({
      ...jobShape(plan, jobInput),
      jobId: z
        .string()
        .refine(isJobId, 'must be 1 to 100 letters, digits, dots, underscores and hyphens, the first a letter or digit')
        .optional()
        .describe('The idempotency key of the caller: the same job is done once. One is made up where it is absent.'),
    })
    .describe('A plan whose root is a commit-write, what it reads, and where it writes.');

/** `plan` is one or the other, and which one is seen before parsing, as with tasks. */
export const jobWithPlanSchema: z.ZodType<Job> = jobWith(planNodeSchema);
export const jobWithReferenceSchema: z.ZodType<Job> = jobWith(planReferenceSchema);

/** The JSON Schema (draft 2020-12) of a job, for editors and for other languages. It cannot say what binding checks. */
export function jobJsonSchema(): Readonly<Record<string, unknown>> {
  return documentJsonSchema(jobWith(z.union([planNodeSchema, planReferenceSchema])));
}

const triggerInput: z.ZodType<TriggerInput> = inputSchema<TriggerInput>('TriggerInput', [
  globInput,
  z.strictObject({ kind: z.literal('event-object') }).describe('The object of the event, in that version.'),
  z
    .strictObject({ kind: z.literal('event-folder'), glob: relativeGlobSchema.describe('Such as *.parquet') })
    .describe('Objects of the directory in which the object of the event is.'),
]);

const triggerWith = (plan: z.ZodType<Job['plan']>): z.ZodType<Trigger> =>
  z.strictObject({
    version: z.literal(1),
    on: z.strictObject({ objects: globSchema }),
    job: z.strictObject(jobShape(plan, triggerInput)),
  });

export const triggerWithPlanSchema: z.ZodType<Trigger> = triggerWith(planNodeSchema);
export const triggerWithReferenceSchema: z.ZodType<Trigger> = triggerWith(planReferenceSchema);
