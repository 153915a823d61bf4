import { isDeepStrictEqual } from 'node:util';
import type { ClusterStatement } from '@hullcheck/contract';
import { toFault } from '@hullcheck/core';
import type { TokenIssuer } from '@hullcheck/runtimes';
import { clusterLookMs, clusterToldMs } from '../limits.ts';

/** Whose pods enrol as agents of their nodes. */
export type NodesAccount = ClusterStatement['nodes'];

export interface TellClusterOptions {
  readonly read: (signal: AbortSignal) => Promise<TokenIssuer>;
  readonly nodes: NodesAccount;
  readonly tell: (statement: ClusterStatement) => Promise<unknown>;
  readonly nowMs: () => number;
  readonly log: (text: string) => void;
}

/**
 * Tells the console by which keys it knows the tokens of the cluster: when they changed, and every hour, as what is not said again counts
 * no longer. To be called after each report. What goes wrong is logged once and keeps no report waiting.
 */
export function createClusterTeller(options: TellClusterOptions): (signal: AbortSignal) => Promise<void> {
  const { read, nodes, tell, nowMs, log } = options;
  let lookedMs = Number.NEGATIVE_INFINITY;
  let toldMs = Number.NEGATIVE_INFINITY;
  let told: ClusterStatement | undefined;
  let complaint: string | undefined;
  return async (signal) => {
    if (nowMs() - lookedMs < clusterLookMs) return;
    lookedMs = nowMs();
    try {
      const { issuer, keys } = await read(signal);
      const statement: ClusterStatement = { issuer, keys: keys.map((key) => ({ ...key })), nodes };
      if (isDeepStrictEqual(statement, told) && nowMs() - toldMs < clusterToldMs) return;
      await tell(statement);
      if (!isDeepStrictEqual(statement, told)) log(`told the console ${keys.length} keys of the cluster's tokens`);
      told = statement;
      toldMs = nowMs();
      complaint = undefined;
    } catch (error) {
      if (signal.aborted) return;
      const { message, hint } = toFault(error, 'the keys of the cluster could not be told');
      if (message !== complaint) log(`no node can enrol: ${message}${hint === undefined ? '' : `; ${hint}`}`);
      complaint = message;
    }
  };
}
