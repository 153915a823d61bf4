// Some of the agents of crowd.ts, in a process of their own: each sends one change over a connection of its own, as an agent does, and
// comes again when an agent would, until it is taken.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Fault, toFault } from '@hullcheck/core';
import { connectConsole } from '../../apps/agent/src/report/console.ts';
import { isTemporary, nextTry } from '../../apps/agent/src/report/next-try.ts';
import { keysOf } from './traffic.ts';
import { deltaReport, type World } from './world.ts';

export interface CrowdOrders {
  readonly server: string;
  readonly pin: string;
  readonly world: World;
  readonly from: number;
  readonly to: number;
  /** Each sends with this number, on top of the one before. */
  readonly sequence: number;
}

export interface CrowdResult {
  /** Of each agent, from the start of the crowd to its acknowledgement. */
  readonly times: readonly number[];
  /** Calls that failed, by the code of their fault. */
  readonly faults: Readonly<Record<string, number>>;
  /** The most calls that one agent needed. */
  readonly callsMax: number;
  readonly cpuSeconds: number;
}

const RETRY_MS = 2_000;
/** As an agent, so that a lost crowd is seen and not waited for. */
const GIVE_UP_MS = 15 * 60_000;

process.once('message', (orders: CrowdOrders) => {
  const { world, from, to, sequence, pin } = orders;
  const keys = keysOf(to);
  const signal = new AbortController().signal;
  const agents = Array.from({ length: to - from }, (_, at) => ({
    connection: connectConsole({ server: new URL(orders.server), pin, key: keys[from + at] ?? '', signal }),
    text: JSON.stringify(deltaReport(world, from + at, sequence)),
  }));
  process.once('message', () => {
    void crowd(agents).then((result) => {
      process.send?.(result);
      process.disconnect();
    });
  });
  process.send?.('ready');
});

type CrowdAgent = { readonly connection: ReturnType<typeof connectConsole>; readonly text: string };

async function crowd(agents: readonly CrowdAgent[]): Promise<CrowdResult> {
  const startedMs = performance.now();
  const before = process.cpuUsage();
  const faults: Record<string, number> = {};
  const times: number[] = [];
  let callsMax = 0;
  await Promise.all(
    agents.map(async ({ connection, text }) => {
      let retryMs = RETRY_MS;
      for (let calls = 1; performance.now() - startedMs < GIVE_UP_MS; calls += 1) {
        callsMax = Math.max(callsMax, calls);
        try {
          await connection.report(() => [text]);
          times.push(performance.now() - startedMs);
          break;
        } catch (error) {
          const fault: Fault = toFault(error);
          if (!isTemporary(fault)) throw fault;
          faults[fault.code] = (faults[fault.code] ?? 0) + 1;
          const next = nextTry(fault, retryMs, Date.now(), Math.random);
          retryMs = next.retryMs;
          await sleep(next.pauseMs);
        }
      }
      await connection.close();
    }),
  );
  const { user, system } = process.cpuUsage(before);
  return { times, faults, callsMax, cpuSeconds: (user + system) / 1e6 };
}
