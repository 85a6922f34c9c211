/** The table of ARCHITECTURE.md as code: imports point down, and the outside world enters through named files only. */

import { globSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { posix } from 'node:path';
import { describe, expect, test } from 'vitest';

/** What each layer may import besides itself and `errors`. A path with a slash allows that file or folder only. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  memory: [],
  columnar: ['memory'],
  kernels: ['columnar', 'memory'],
  expressions: ['columnar', 'memory'],
  compile: ['expressions', 'kernels', 'columnar', 'memory'],
  state: ['kernels', 'compile', 'expressions', 'columnar', 'memory'],
  io: ['state', 'kernels', 'compile', 'expressions', 'columnar', 'memory'],
  udf: ['columnar', 'memory'],
  operators: ['udf', 'state', 'kernels', 'compile', 'expressions', 'columnar', 'memory'],
  stats: [],
  runtime: ['operators/operator', 'state/shared-rows', 'columnar', 'memory', 'stats'],
  plan: ['expressions', 'columnar'],
  planner: ['plan', 'operators', 'udf', 'runtime', 'io', 'state', 'compile', 'expressions', 'columnar', 'memory'],
  commit: ['io', 'stats', 'columnar'],
  jobs: ['commit', 'planner', 'plan', 'io', 'stats', 'expressions', 'columnar', 'memory'],
};
const BELOW_EXECUTE_TASK = Object.keys(LAYERS);
const ENTRIES: Readonly<Record<string, readonly string[]>> = {
  'execute-task': BELOW_EXECUTE_TASK,
  tasks: ['execute-task', ...BELOW_EXECUTE_TASK],
  threads: ['execute-task', ...BELOW_EXECUTE_TASK],
  index: ['dataframe', 'tasks', 'execute-task', ...BELOW_EXECUTE_TASK],
  dataframe: ['threads', 'execute-task', ...BELOW_EXECUTE_TASK],
  cli: ['dataframe', 'threads', 'execute-task', ...BELOW_EXECUTE_TASK],
  functions: ['execute-task', ...BELOW_EXECUTE_TASK],
};

/** Operators that may read or write storage, beside the layer's own imports. */
const MAY_USE_IO = [
  'operators/sources/',
  'operators/blocking-sinks/write',
  'operators/blocking-sinks/repartition',
  'operators/blocking-sinks/into-partitions',
  'operators/blocking-sinks/gather',
  'operators/blocking-sinks/shuffle-output',
  'operators/blocking-sinks/commit-shuffle',
  'operators/streaming/url-',
  'operators/streaming/object-call',
  'operators/streaming/object-looks',
];

/** Who may use what comes from outside: a prefix of the files' paths. */
const OUTSIDE: Readonly<Record<string, readonly string[]>> = {
  'apache-arrow': [
    'columnar/',
    'io/parquet/',
    'io/arrow/',
    'udf/',
    'operators/streaming-sinks/udf-project',
    'operators/sources/record-batch-scan',
    'planner/build-chain',
    'execute-task',
    'dataframe/',
    'cli/',
  ],
  '@aws-sdk/client-s3': ['io/s3/'],
  '@smithy/node-http-handler': ['io/s3/'],
  '@aws-lambda-powertools/logger': ['functions/middleware/observed'],
  '@aws-lambda-powertools/metrics': ['functions/middleware/observed', 'functions/executed-task'],
  '@middy/core': ['functions/middleware/'],
  'aws-lambda': ['functions/middleware/'],
  re2js: ['expressions/regexp/'],
  'parquet-wasm': ['io/parquet/'],
  zod: ['plan/', 'commit/', 'jobs/', 'functions/'],
  '@aws-sdk/client-sfn': ['jobs/step-functions'],
  commander: ['cli/'],
  'node:assert': [''],
  'node:buffer': ['columnar/value-reader', 'columnar/bytes-from-arrow', 'expressions/casts/', 'io/text/'],
  'node:crypto': [
    'state/',
    'io/',
    'commit/',
    'compile/',
    'jobs/',
    'execute-task',
    'expressions/functions/',
    'dataframe/run-query',
    'dataframe/stale-places',
  ],
  'node:fs': ['io/', 'kernels/', 'dataframe/stale-places', 'dataframe/temporary-place', 'cli/', 'functions/services'],
  'node:dns': ['io/http/'],
  'node:http': ['io/socket-pool', 'io/http/'],
  'node:https': ['io/socket-pool', 'io/http/'],
  'node:module': [
    'io/',
    'threads/thread-',
    'cli/',
    'columnar/arrow-now',
    'plan/parse-now',
    'expressions/regexp/re2-now',
  ],
  'node:os': ['io/', 'memory/process-memory', 'dataframe/temporary-place', 'cli/'],
  'node:path': ['io/', 'dataframe/places', 'cli/'],
  'node:process': ['memory/process-memory', 'stats/progress-bar', 'dataframe/', 'cli/'],
  'node:net': ['io/http/'],
  'node:stream': ['io/s3/', 'io/text/', 'io/response-body'],
  'node:worker_threads': ['udf/actor-', 'threads/thread-'],
  'node:timers': ['runtime/', 'udf/', 'operators/streaming-sinks/udf-project', 'io/', 'commit/', 'cli/'],
  'node:tls': ['io/socket-pool'],
  'node:url': ['io/', 'cli/'],
  'node:util': ['io/file-store', 'plan/check-plan', 'cli/'],
  'node:v8': ['memory/process-memory'],
  'node:vm': ['memory/process-memory'],
  'node:zlib': ['io/', 'commit/complete-file', 'expressions/functions/byte-codecs'],
};

interface Import {
  /** Relative to `src`, and of functions to what holds both; without `.ts`. */
  readonly from: string;
  /** Likewise for files of ours; else the name of the package. */
  readonly to: string;
  readonly ours: boolean;
}

const imports = globSync(['src/**/*.ts', 'functions/**/*.ts'], { exclude: ['src/kernels/assembly/**'] }).flatMap(
  importsOf,
);

function withoutRoot(path: string): string {
  return path.replace(/^src\//, '');
}

function importsOf(path: string): Import[] {
  const file = withoutRoot(path).replace(/(\.d)?\.ts$/, '');
  const text = readFileSync(path, 'utf8');
  return [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/g)].map(([, specifier = '']) => {
    if (specifier.startsWith('.')) {
      return {
        from: file,
        to: withoutRoot(posix.join(posix.dirname(path), specifier)).replace(/\.ts$/, ''),
        ours: true,
      };
    }
    const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
    return { from: file, to: builtinModules.includes(name) ? `node:${name}` : name, ours: false };
  });
}

const layerOf = (file: string): string => file.split('/')[0] as string;

function allowed({ from, to }: Import): boolean {
  const layer = layerOf(from);
  const below = LAYERS[layer] ?? ENTRIES[layer];
  if (below === undefined) return false;
  if (layerOf(to) === layer || layerOf(to) === 'errors') return true;
  if (layerOf(to) === 'io' && MAY_USE_IO.some((prefix) => from.startsWith(prefix))) return true;
  return below.some((part) => to === part || to.startsWith(`${part}/`));
}

describe('layers', () => {
  test('are found at all', () => expect(imports.length).toBeGreaterThan(20));

  test('are imported downwards only', () => {
    const upwards = imports.filter((edge) => edge.ours && !allowed(edge));
    expect(upwards.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
  });

  test('use packages and the outside world where the table says', () => {
    const strangers = imports.filter(
      ({ from, to, ours }) => !ours && !OUTSIDE[to]?.some((prefix) => from.startsWith(prefix)),
    );
    expect(strangers.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
  });

  test('are those of ARCHITECTURE.md', () => {
    const documented = [
      ...readFileSync('ARCHITECTURE.md', 'utf8').matchAll(/^\| `([\w-]+)` \| [^|]+ \| ([^|]+) \|$/gm),
    ];
    const rows = documented.filter(([, layer = '']) => layer in LAYERS);
    expect(rows.map(([, layer]) => layer)).toEqual(Object.keys(LAYERS));
    for (const [, layer = '', may = ''] of rows) {
      if (/nothing|everything|operators\/operator/.test(may)) continue;
      // `errors` is open to all, and the table of the text need not repeat what lies below.
      for (const name of may.split(',').map((part) => part.trim())) {
        if (name in LAYERS && name !== 'errors') expect(LAYERS[layer], layer).toContain(name);
      }
    }
  });
});
