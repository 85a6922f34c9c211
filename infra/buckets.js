/**
 * The buckets that functions may read or write, for serverless.yml: those of the stack, and existing ones named with
 * `--param="inputBuckets=a,b"` and `--param="outputBuckets=c"`. As CloudFormation values, because the names of the
 * stack's own buckets are known only to it.
 */

const BUCKET_NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** The values of `${file(infra/buckets.js):storage.<name>}`. */
export async function storage({ resolveVariable }) {
  const inputs = [{ Ref: 'InputBucket' }, ...(await namedBuckets(resolveVariable, 'inputBuckets'))];
  const outputs = [{ Ref: 'OutputBucket' }, ...(await namedBuckets(resolveVariable, 'outputBuckets'))];
  // The output of one job is the input of another.
  const readable = [...inputs, ...outputs];
  return {
    inputNames: inputs,
    inputBuckets: inputs.map((name) => arn(name)),
    inputObjects: inputs.map((name) => arn(name, '/*')),
    readableBuckets: readable.map((name) => arn(name)),
    readableObjects: readable.map((name) => arn(name, '/*')),
    outputBuckets: outputs.map((name) => arn(name)),
    outputObjects: outputs.map((name) => arn(name, '/*')),
    /** Plans, tasks, manifests and decisions of jobs, not their data. */
    workObjects: outputs.map((name) => arn(name, '/*_millrace/*')),
  };
}

async function namedBuckets(resolveVariable, parameter) {
  const names = String(await resolveVariable(`param:${parameter}`))
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  for (const name of names) {
    if (!BUCKET_NAME.test(name))
      throw new Error(`The parameter ${parameter} names "${name}", which is no bucket name.`);
  }
  return names;
}

function arn(name, objects = '') {
  return { 'Fn::Sub': [`arn:\${AWS::Partition}:s3:::\${bucket}${objects}`, { bucket: name }] };
}
