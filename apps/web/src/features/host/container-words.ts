import type { ContainerDetail } from '@hullcheck/contract';

type Port = ContainerDetail['ports'][number];

/** `0.0.0.0:8080 → 80/tcp`. */
export function portWords({ ip, host, container, protocol }: Port): string {
  const address = ip.includes(':') ? `[${ip}]` : ip;
  return `${address === '' ? '' : `${address}:`}${host} → ${container}/${protocol}`;
}

/** Engines leave the address out, or name the one of all. */
export const isEveryAddress = (ip: string): boolean => ip === '' || ip === '0.0.0.0' || ip === '::';

/** `shop/web-7c9f4 · Deployment/web on node-1`. */
export function podWords({ namespace, name, owner, node }: NonNullable<ContainerDetail['pod']>): string {
  return `${namespace === null ? '' : `${namespace}/`}${name}${owner === null ? '' : ` · ${owner}`}${node === null ? '' : ` on ${node}`}`;
}

/** POSIX signals by their numbers on Linux, of which a program commonly dies. */
const SIGNALS: ReadonlyMap<number, string> = new Map([
  [1, 'SIGHUP'],
  [2, 'SIGINT'],
  [3, 'SIGQUIT'],
  [4, 'SIGILL'],
  [6, 'SIGABRT'],
  [7, 'SIGBUS'],
  [8, 'SIGFPE'],
  [9, 'SIGKILL'],
  [11, 'SIGSEGV'],
  [13, 'SIGPIPE'],
  [15, 'SIGTERM'],
]);

/** `0`, `137 (SIGKILL, as when memory runs out)`: above 128 engines add the signal that ended it. */
export function exitWords(code: number): string {
  const signal = SIGNALS.get(code - 128);
  if (signal === undefined) return String(code);
  return `${code} (${signal}${signal === 'SIGKILL' ? ', as when memory runs out' : ''})`;
}
