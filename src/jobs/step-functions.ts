/** Executions of a state machine, in the service that runs it. The SDK repeats what is refused for being too much. */

import { DescribeExecutionCommand, SFNClient, SFNServiceException, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { AccessDenied, InvalidArgument, ServiceUnavailable } from '../errors.ts';
import type { ExecutionStarter, ExecutionState, ExecutionStatus } from './execution.ts';

export interface ExecutionStarterOptions {
  readonly stateMachineArn: string;
  /** With endpoint, region and credentials of the environment where absent. */
  readonly client?: SFNClient;
}

/** Tries of one request, with waits that grow. */
const ATTEMPTS = 8;

/** Starts executions of one state machine. @throws InvalidArgument for what is no ARN of one */
export function executionStarter({ stateMachineArn, client = newClient() }: ExecutionStarterOptions): ExecutionStarter {
  if (!/^arn:[\w-]+:states:[\w-]*:\d*:stateMachine:[\w.:-]+$/.test(stateMachineArn)) {
    throw new InvalidArgument(`${JSON.stringify(stateMachineArn.slice(0, 200))} is not the ARN of a state machine.`);
  }
  return {
    start: async (name, input, options) => {
      try {
        const command = new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) });
        const { executionArn } = await client.send(command, requestOptions(options?.signal));
        return { executionArn: executionArn ?? executionArnOf(stateMachineArn, name), startedBefore: false };
      } catch (error) {
        if (error instanceof Error && error.name === 'ExecutionAlreadyExists') {
          return { executionArn: executionArnOf(stateMachineArn, name), startedBefore: true };
        }
        throw typed(error, stateMachineArn, 'start an execution of', options?.signal);
      }
    },
    describe: async (executionArn, options) => {
      try {
        const command = new DescribeExecutionCommand({ executionArn });
        return stateOf(await client.send(command, requestOptions(options?.signal)));
      } catch (error) {
        throw typed(error, executionArn, 'look at', options?.signal);
      }
    },
  };
}

const newClient = (): SFNClient => new SFNClient({ maxAttempts: ATTEMPTS, retryMode: 'standard' });

const requestOptions = (signal: AbortSignal | undefined): { abortSignal?: AbortSignal } =>
  signal === undefined ? {} : { abortSignal: signal };

/** An execution has the name of its state machine, without a version or an alias, and its own. */
function executionArnOf(stateMachineArn: string, name: string): string {
  const [arn, partition, service, region, account, , machine] = stateMachineArn.split(':');
  return [arn, partition, service, region, account, 'execution', machine, name].join(':');
}

interface Described {
  readonly status?: string | undefined;
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
  readonly output?: string | undefined;
}

function stateOf({ status, error, cause, output }: Described): ExecutionState {
  return {
    status: (status ?? 'RUNNING') as ExecutionStatus,
    ...(error !== undefined && { error }),
    ...(cause !== undefined && { cause }),
    ...(output !== undefined && { output: JSON.parse(output) as unknown }),
  };
}

/** Names of errors for requests that are wrong, however often they are repeated. */
const WRONG_REQUESTS: readonly string[] = [
  'InvalidArn',
  'InvalidName',
  'InvalidExecutionInput',
  'StateMachineDoesNotExist',
  'StateMachineDeleting',
  'ExecutionDoesNotExist',
];
const DENIED = /^(?:AccessDenied|UnrecognizedClient|InvalidClientTokenId|ExpiredToken|InvalidSignature)/;
const THROTTLED = /Throttl|TooManyRequests|RequestLimit|ExecutionLimitExceeded/;

/** What a failure of the service means here. */
function typed(error: unknown, arn: string, action: string, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted || !(error instanceof Error)) return error;
  const detail = `${error.name}: ${error.message}`.slice(0, 500);
  if (DENIED.test(error.name)) return withCause(new AccessDenied(arn, action), error);
  if (error.name === 'CredentialsProviderError') {
    return withCause(new InvalidArgument(`No credentials were found to ${action} ${arn}.`), error);
  }
  const isRefused = error instanceof SFNServiceException && error.$fault === 'client' && !THROTTLED.test(error.name);
  if (isRefused || WRONG_REQUESTS.includes(error.name)) {
    return withCause(new InvalidArgument(`Cannot ${action} ${arn}: ${detail}.`), error);
  }
  return withCause(new ServiceUnavailable(`Whether it was possible to ${action} ${arn} is unknown. ${detail}.`), error);
}

function withCause<Failure extends Error>(failure: Failure, cause: Error): Failure {
  failure.cause = cause;
  return failure;
}
