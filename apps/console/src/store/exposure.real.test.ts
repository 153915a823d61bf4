import { listedContainer } from '@hullcheck/testkit';
import { expect, it } from 'vitest';
import { makeReportedHost } from '../usecases/reported-hosts.testing.ts';
import { databaseForEach } from './cloned.testing.ts';
import type { Database } from './database.ts';
import { isExposed } from './exposure.ts';

let database: Database;
databaseForEach((opened) => {
  database = opened;
});

const loopback = [
  '127.0.0.1',
  '127.1.2.3',
  'localhost',
  '::1',
  '[::1]',
  '0:0:0:0:0:0:0:1',
  '::FFFF:127.0.0.1',
  '::ffff:7f00:1',
];
const reachable = [
  '',
  '0.0.0.0',
  '::',
  '[::]',
  '10.0.0.7',
  '198.51.100.4',
  '1.127.0.1',
  '2001:db8::1',
  'fe80::1',
  '::ffff:10.0.0.7',
  '::11',
  '1270.0.0.1',
  'nonsense',
];

it('takes a container to be reachable by the host’s network, or a port on anything but the host itself', async () => {
  const at = (...ips: string[]) => ips.map((ip) => ({ ip, host: 80, container: 80, protocol: 'tcp' }));
  const exposed = async (network: string | null, ports: readonly unknown[]) => {
    const { rows } = await database.query<{ exposed: boolean | null }>(
      `select ${isExposed('c')} as exposed from (select $1::text as network_mode, $2::jsonb as ports) c`,
      [network, JSON.stringify(ports)],
    );
    return rows[0]?.exposed === true;
  };
  for (const ip of loopback) expect(await exposed('bridge', at(ip)), ip).toBe(false);
  for (const ip of reachable) expect(await exposed(null, at(ip)), ip).toBe(true);
  expect(await exposed('bridge', at('127.0.0.1', '10.0.0.7'))).toBe(true);
  expect(await exposed('bridge', [])).toBe(false);
  expect(await exposed('host', [])).toBe(true);
  expect(await exposed(null, [])).toBe(false);
});

it('reads what runs exposed before the rest that runs, and that before what does not', async () => {
  const host = await makeReportedHost(database, 'web');
  const names = ['rest', 'inside', 'local', 'specific', 'network'];
  const port = (ip: string) => [{ ip, host: 80, container: 80, protocol: 'tcp' }];
  const runs = {
    inside: { networkMode: 'bridge' },
    local: { ports: port('127.0.0.1') },
    specific: { ports: port('2001:db8::1') },
    network: { networkMode: 'host' },
  };
  await host.report(
    names,
    {},
    {
      images: names.map((name) => ({
        key: name,
        runtime: 'docker',
        id: name,
        idKind: 'unknown',
        configDigest: null,
        manifestDigests: [],
        indexDigests: [],
        repoTags: [`${name}:1`],
        repoDigests: [],
        platform: null,
        size: null,
        created: null,
        labels: {},
      })),
      containers: Object.entries(runs).map(([id, more]) => listedContainer(id, { imageKey: id, ...more })),
    },
  );
  const { rows } = await database.query<{ name: string }>(
    `select i.fallback_name as name from assessment a join image i on i.id = a.image_id order by a.priority / 30, 1`,
  );
  expect(rows.map(({ name }) => name)).toEqual(['network', 'specific', 'inside', 'local', 'rest']);
});
