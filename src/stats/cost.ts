/**
 * What running costs, as an estimate: list prices, no free tier, no savings plan, no storage or transfer. It is meant for
 * comparing runs with each other, not for comparing with a bill.
 */

/** US dollars. */
export interface PriceList {
  readonly perGbSecond: number;
  readonly perInvocation: number;
  /** A request that S3 bills as PUT, COPY, POST or LIST. */
  readonly perWriteRequest: number;
  /** A request that S3 bills as GET, SELECT or any other. Deleting is free, and counts as neither. */
  readonly perReadRequest: number;
}

/** Lambda on arm64 and S3 Standard in us-east-1: list prices of 2025. */
export const AWS_LIST_PRICES: PriceList = {
  perGbSecond: 0.000_013_333_4,
  perInvocation: 0.000_000_2,
  perWriteRequest: 0.000_005,
  perReadRequest: 0.000_000_4,
};

export interface InvocationUse {
  /** What the function is given, not what it uses. */
  readonly memoryMb: number;
  readonly durationMs: number;
  readonly writeRequests: number;
  readonly readRequests: number;
}

export interface CostEstimate {
  readonly gbSeconds: number;
  readonly computeUsd: number;
  readonly requestsUsd: number;
  readonly totalUsd: number;
}

/** The estimated cost of one invocation. Durations are billed by the millisecond begun. */
export function estimateCost(use: InvocationUse, prices: PriceList = AWS_LIST_PRICES): CostEstimate {
  const gbSeconds = (use.memoryMb / 1024) * (Math.ceil(use.durationMs) / 1000);
  const computeUsd = gbSeconds * prices.perGbSecond + prices.perInvocation;
  const requestsUsd = use.writeRequests * prices.perWriteRequest + use.readRequests * prices.perReadRequest;
  return { gbSeconds, computeUsd, requestsUsd, totalUsd: computeUsd + requestsUsd };
}
