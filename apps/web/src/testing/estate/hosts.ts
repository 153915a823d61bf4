import type { ContainerDetail, ContainerRow, HostRow } from '@hullcheck/contract';
import { hex, uuid } from './ids.ts';
import type { FixtureImage } from './images.ts';
import { ago } from './moments.ts';

export function makeHosts(nowMs: number, more = 0): readonly HostRow[] {
  const host = (index: number, name: string, change: Partial<HostRow>): HostRow => ({
    id: uuid(8_000 + index),
    name,
    os: 'Debian GNU/Linux 12 (bookworm)',
    kernel: '6.1.0-28-amd64',
    architecture: 'x86_64',
    runtimes: [
      {
        kind: 'docker',
        namespace: null,
        version: '27.3.1',
        rootless: false,
        address: 'unix:///var/run/docker.sock',
        state: 'readable',
        reason: null,
        remedy: null,
      },
    ],
    images: 214,
    containers: { running: 38, total: 44, onNodes: 0 },
    risk: 891,
    agent: { id: uuid(8_500 + index), version: '0.1.0', revoked: false },
    lastSeen: ago(nowMs, 0.4),
    stale: false,
    state: 'reporting',
    clockSkewMs: 140,
    ...change,
  });
  return [
    host(0, 'web-01', {}),
    host(1, 'web-02', { images: 208, containers: { running: 41, total: 41, onNodes: 0 } }),
    host(2, 'build-03', {
      os: 'Fedora Linux 41 (Server Edition)',
      runtimes: [
        {
          kind: 'podman',
          namespace: null,
          version: '5.2.5',
          rootless: false,
          address: 'unix:///run/podman/podman.sock',
          state: 'readable',
          reason: null,
          remedy: null,
        },
        {
          kind: 'podman',
          namespace: null,
          version: '5.2.5',
          rootless: true,
          address: 'unix:///run/user/1000/podman/podman.sock',
          state: 'readable',
          reason: null,
          remedy: null,
        },
        {
          kind: 'docker',
          namespace: null,
          version: null,
          rootless: false,
          address: 'unix:///var/run/docker.sock',
          state: 'forbidden',
          reason: 'The socket belongs to root:docker and the agent runs as hullcheck, which is not in that group.',
          remedy: 'sudo usermod -aG docker hullcheck && sudo systemctl restart hullcheck-agent',
        },
      ],
      images: 96,
      containers: { running: 6, total: 31, onNodes: 0 },
      risk: 744,
    }),
    host(3, 'edge-frankfurt-1', {
      architecture: 'aarch64',
      images: 12,
      containers: { running: 9, total: 9, onNodes: 0 },
      risk: 612,
      lastSeen: ago(nowMs, 190),
      stale: true,
      state: 'silent',
      clockSkewMs: -12 * 60_000,
    }),
    host(4, 'ip-10-31-204-117.eu-central-1.compute.internal_node_group_erp_blue_0123456789abcdef', {
      os: 'SUSE Linux Enterprise Server 15 SP6',
      runtimes: [
        {
          kind: 'containerd',
          namespace: 'k8s.io',
          version: 'v2.1.4',
          rootless: false,
          address: 'unix:///run/containerd/containerd.sock',
          state: 'readable',
          reason: null,
          remedy: null,
        },
      ],
      images: 3,
      containers: { running: 12, total: 14, onNodes: 0 },
      risk: null,
    }),
    host(5, 'spot-7f3a', {
      images: 41,
      containers: { running: 0, total: 0, onNodes: 0 },
      lastSeen: ago(nowMs, 3 * 1440),
      stale: true,
      state: 'inactive',
    }),
    ...Array.from({ length: more }, (_, at) =>
      host(100 + at, `node-${String(at).padStart(4, '0')}.shop.example`, {
        risk: 880 - Math.floor(at / 2),
        containers: { running: at % 50, total: 50, onNodes: 0 },
      }),
    ),
  ];
}

export function makeContainers(host: HostRow, images: readonly FixtureImage[], nowMs: number): readonly ContainerRow[] {
  // What an inactive host had is no part of its figures.
  const { running: runs, total } = host.state === 'inactive' ? { running: 5, total: 7 } : host.containers;
  return Array.from({ length: total }, (_, index) => {
    const image = images[index % Math.max(1, images.length)];
    const running = index < runs;
    return {
      id: hex(index + 300, 64),
      runtime: 'docker',
      host: { id: host.id, name: host.name },
      name: `${(image?.detail.repository ?? 'job').replace('/', '-')}-${index + 1}`,
      image:
        image === undefined
          ? null
          : {
              id: image.detail.id,
              name: image.detail.names[0] ?? 'image',
              risk: image.detail.risk,
              readBy: image.detail.assessment.readBy,
            },
      imageReference: image?.detail.names[0] ?? `sha256:${hex(index, 64)}`,
      pod: host.runtimes.some(({ namespace }) => namespace === 'k8s.io')
        ? { namespace: 'erp', name: `erp-${index + 1}-7c9f4`, owner: 'Deployment/erp', node: host.name }
        : null,
      labels:
        index % 4 === 0
          ? { 'com.docker.compose.project': 'shop', 'org.opencontainers.image.revision': hex(index + 900, 40) }
          : {},
      state: running ? 'running' : 'exited',
      created: ago(nowMs, 4_000 + index),
      started: ago(nowMs, 3_990 + index * 13),
      finished: running ? null : ago(nowMs, 60),
      advice: image === undefined ? null : adviceOf(image, index),
      ended: host.state === 'inactive' ? { at: host.lastSeen, cause: 'host-not-heard-from' } : null,
    };
  });
}

/** What the list leaves out: of the first of a host with a port of each kind, of the second with a long past. */
export function containerDetailOf(row: ContainerRow, at: (minutes: number) => string): ContainerDetail {
  const number = Number(/\d+$/.exec(row.name)?.[0] ?? 0);
  const states: ContainerDetail['presence'] = [
    {
      state: row.state,
      from: at(row.ended === null ? -300 : -5_000),
      to: row.ended?.at ?? null,
      cause: row.ended?.cause ?? null,
    },
    { state: 'exited', from: at(-305), to: at(-300), cause: null },
    { state: 'running', from: at(-4_000), to: at(-305), cause: null },
    { state: 'running', from: at(-40_000), to: at(-4_400), cause: 'host-not-heard-from' },
  ];
  return {
    ...row,
    exitCode: row.state === 'exited' ? (number % 2 === 0 ? 137 : 0) : null,
    ports:
      number % 3 === 0
        ? []
        : [
            { ip: '0.0.0.0', host: 8_080 + number, container: 80, protocol: 'tcp' },
            { ip: '::', host: 8_080 + number, container: 80, protocol: 'tcp' },
            { ip: '127.0.0.1', host: 9_000 + number, container: 9_000, protocol: 'udp' },
          ],
    firstSeen: at(-40_000),
    changed: at(-300),
    gone: row.ended?.at ?? null,
    presence: number % 2 === 0 ? states : states.slice(0, 1),
    more: number % 2 === 0,
  };
}

function adviceOf({ detail, findings }: FixtureImage, index: number): ContainerRow['advice'] {
  if (detail.risk === null) return null;
  const fixable = findings.filter(({ fixedIn }) => fixedIn.length > 0);
  const inherited = fixable.filter((finding) => finding.inherited !== null).length;
  const application = fixable.length - inherited;
  const moved = index % 7 === 2;
  return {
    action: moved
      ? 'redeploy'
      : inherited > 0
        ? 'rebuild'
        : application > 0
          ? 'change-code'
          : findings.length > 0
            ? 'wait'
            : 'none',
    tag: moved ? 'moved' : index % 3 === 0 ? 'unknown' : 'current',
    now: moved ? { image: detail.id, risk: 210 } : null,
    base: detail.base,
    baseUpdate: inherited > 0,
    fixable: { inherited, system: 0, application },
  };
}
