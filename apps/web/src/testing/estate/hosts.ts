import type { ContainerRow, HostRow } from '@hullcheck/contract';
import { hex, uuid } from './ids.ts';
import type { FixtureImage } from './images.ts';
import { ago } from './moments.ts';

export function makeHosts(nowMs: number): readonly HostRow[] {
  const host = (index: number, name: string, change: Partial<HostRow>): HostRow => ({
    id: uuid(8_000 + index),
    name,
    os: 'Debian GNU/Linux 12 (bookworm)',
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
    containers: { running: 38, total: 44 },
    risk: 891,
    agent: { id: uuid(8_500 + index), version: '0.1.0', revoked: false },
    lastSeen: ago(nowMs, 0.4),
    stale: false,
    state: 'reporting',
    ...change,
  });
  return [
    host(0, 'web-01', {}),
    host(1, 'web-02', { images: 208, containers: { running: 41, total: 41 } }),
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
      containers: { running: 6, total: 31 },
      risk: 744,
    }),
    host(3, 'edge-frankfurt-1', {
      architecture: 'aarch64',
      images: 12,
      containers: { running: 9, total: 9 },
      risk: 612,
      lastSeen: ago(nowMs, 190),
      stale: true,
      state: 'silent',
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
      containers: { running: 12, total: 14 },
      risk: null,
    }),
    host(5, 'spot-7f3a', {
      images: 41,
      containers: { running: 0, total: 0 },
      lastSeen: ago(nowMs, 3 * 1440),
      stale: true,
      state: 'inactive',
    }),
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
          : { id: image.detail.id, name: image.detail.names[0] ?? 'image', risk: image.detail.risk },
      imageReference: image?.detail.names[0] ?? `sha256:${hex(index, 64)}`,
      pod: host.runtimes.some(({ namespace }) => namespace === 'k8s.io')
        ? { namespace: 'erp', name: `erp-${index + 1}-7c9f4`, owner: 'Deployment/erp', node: host.name }
        : null,
      labels: {},
      state: running ? 'running' : 'exited',
      created: ago(nowMs, 4_000 + index),
      started: ago(nowMs, 3_990 + index * 13),
      finished: running ? null : ago(nowMs, 60),
      advice: image === undefined ? null : adviceOf(image, index),
      ended: host.state === 'inactive' ? { at: host.lastSeen, cause: 'host-not-heard-from' } : null,
    };
  });
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
