/**
 * What a function tells about itself: lines of JSON in the shape of Powertools, and once per invocation, also of one that
 * fails, its figures as an embedded metric, which CloudWatch takes out of the log.
 */

import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { MiddlewareObj } from '@middy/core';
import { countedStore, type RequestCounts } from '../../src/io/counted-store.ts';
import type { ObjectStore } from '../../src/io/object-store.ts';
import { peakProcessBytes } from '../../src/memory/process-memory.ts';
import { type CostEstimate, estimateCost } from '../../src/stats/cost.ts';
import type { InvocationContext } from './invocation.ts';

const serviceName = process.env['POWERTOOLS_SERVICE_NAME'] ?? 'millrace';
const namespace = process.env['POWERTOOLS_METRICS_NAMESPACE'] ?? 'Millrace';

/** The process's one. Keys appended to it are those of the invocation: the next one begins without. */
export const logger: Logger = new Logger({ serviceName });
/** The process's one. Published and emptied at the end of every invocation. */
export const metrics: Metrics = new Metrics({ serviceName, namespace, defaultDimensions: { service: serviceName } });

interface Run {
  readonly startMs: number;
  readonly counts: () => RequestCounts;
}

interface Figures {
  readonly durationMs: number;
  readonly requests: RequestCounts;
  /** The most that the process has been resident with, earlier invocations included. */
  readonly peakProcessBytes: number;
  readonly estimatedCost: CostEstimate;
}

/** Gives `context.store`, and tells how the invocation went. */
export function observed(store: ObjectStore): MiddlewareObj<unknown, unknown, Error, InvocationContext> {
  const runs = new WeakMap<InvocationContext, Run>();
  return {
    before: ({ context }) => {
      logger.resetKeys();
      logger.addContext(context);
      const counted = countedStore(store);
      runs.set(context, { startMs: performance.now(), counts: counted.counts });
      context.store = counted.store;
    },
    after: ({ context }) => {
      logger.info('done', { ...published(context, runs.get(context), 0) });
    },
    onError: ({ context, error }) => {
      const figures = published(context, runs.get(context), 1);
      logger.error('failed', { ...figures, error_name: error?.name, error: error ?? undefined });
    },
  };
}

function published(context: InvocationContext, run: Run | undefined, failures: 0 | 1): Figures | undefined {
  if (run === undefined) return undefined;
  const figures = figuresOf(context, run);
  const { durationMs, requests, estimatedCost } = figures;
  metrics
    .addDimension('function', context.functionName)
    .addMetric('Failures', MetricUnit.Count, failures)
    .addMetric('Duration', MetricUnit.Milliseconds, durationMs)
    .addMetric('PeakProcessBytes', MetricUnit.Bytes, figures.peakProcessBytes)
    .addMetric('BytesRead', MetricUnit.Bytes, requests.bytesRead)
    .addMetric('BytesWritten', MetricUnit.Bytes, requests.bytesWritten)
    .addMetric('ReadRequests', MetricUnit.Count, requests.readClass)
    .addMetric('WriteRequests', MetricUnit.Count, requests.writeClass)
    .addMetric('EstimatedCostUsd', MetricUnit.NoUnit, estimatedCost.totalUsd)
    .publishStoredMetrics();
  return figures;
}

function figuresOf({ memoryLimitInMB }: InvocationContext, { startMs, counts }: Run): Figures {
  const durationMs = performance.now() - startMs;
  const requests = counts();
  const { readClass: readRequests, writeClass: writeRequests } = requests;
  const memoryMb = Number(memoryLimitInMB);
  const estimatedCost = estimateCost({ memoryMb, durationMs, readRequests, writeRequests });
  return { durationMs, requests, peakProcessBytes: peakProcessBytes(), estimatedCost };
}
