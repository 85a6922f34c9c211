// What the Node runtime of AWS Lambda does inside a function's process: load the handler, then ask the Runtime API for an
// event, call the handler, post what it returned, and so on until the process is stopped.
import { existsSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
const agent = new http.Agent({ keepAlive: true });

/** `http`, because `fetch` gives up on an answer after five minutes, and the next event may take longer. */
function call(method, route, body) {
  return new Promise((resolve, reject) => {
    const options = { host, port, method, agent, path: `/2018-06-01/runtime/${route}` };
    const request = http.request(options, async (response) => {
      try {
        resolve({ headers: response.headers, body: Buffer.concat(await response.toArray()).toString() });
      } catch (error) {
        reject(error);
      }
    });
    request.on('error', reject);
    request.end(body);
  });
}

function named(name, message) {
  return Object.assign(new Error(message), { name });
}

function errorDocument(error) {
  const trace = error?.stack?.split('\n') ?? [];
  return JSON.stringify({
    errorType: error?.name ?? typeof error,
    errorMessage: error?.message ?? String(error),
    trace,
  });
}

async function loadHandler() {
  const root = process.env.LAMBDA_TASK_ROOT;
  const name = process.env._HANDLER;
  const dot = name.lastIndexOf('.');
  const stem = path.resolve(root, name.slice(0, dot));
  const file = ['.js', '.mjs', '.cjs'].map((suffix) => stem + suffix).find(existsSync);
  if (file === undefined) throw named('Runtime.ImportModuleError', `Error: Cannot find module '${name.slice(0, dot)}'`);
  const module = await import(pathToFileURL(file).href);
  const handler = module[name.slice(dot + 1)];
  if (typeof handler !== 'function') {
    throw named('Runtime.HandlerNotFound', `${name} is undefined or not exported`);
  }
  // As AWS since Node 24.
  if (handler.length > 2) throw named('Runtime.CallbackHandlerDeprecated', `${name} takes a callback`);
  return handler;
}

function contextOf(headers) {
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  return {
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

/** Reports what nobody caught, as the error of the running request, and ends the process. */
async function exitWith(error, status) {
  console.error(error);
  await call('POST', running === undefined ? 'init/error' : `invocation/${running}/error`, errorDocument(error));
  process.exit(status);
}

/** Id of the request whose handler runs. */
let running;
process.on('uncaughtException', (error) => exitWith(error, 129));
process.on('unhandledRejection', (reason) => exitWith(named('Runtime.UnhandledPromiseRejection', String(reason)), 128));

let handler;
try {
  handler = await loadHandler();
} catch (error) {
  console.error(error);
  await call('POST', 'init/error', errorDocument(error));
  process.exit(1);
}

for (;;) {
  const { headers, body } = await call('GET', 'invocation/next');
  const context = contextOf(headers);
  running = context.awsRequestId;
  process.env._X_AMZN_TRACE_ID = headers['lambda-runtime-trace-id'];
  let route = 'response';
  let answer;
  try {
    answer = JSON.stringify((await handler(JSON.parse(body), context)) ?? null);
  } catch (error) {
    console.error(error);
    route = 'error';
    answer = errorDocument(error);
  }
  await call('POST', `invocation/${running}/${route}`, answer);
  running = undefined;
}
