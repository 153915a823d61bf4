import { createServer, type Server, type ServerResponse } from 'node:http';

/** A Docker engine that answers from memory what a big host would. */
export interface FakeDocker {
  readonly server: Server;
  /** Requests so far, by kind. */
  readonly asked: Map<string, number>;
  /** One change of a container, told to everyone who follows events. */
  change(): void;
  changes: number;
}

const hex = (seed: number, length: number): string =>
  Array.from({ length: Math.ceil(length / 8) }, (_, part) =>
    (Math.imul(seed + 1, 0x9e37_79b1) ^ Math.imul(part + 1, 0x85eb_ca6b))
      .toString(16)
      .replace('-', 'f')
      .padStart(8, '0')
      .slice(-8),
  )
    .join('')
    .slice(0, length);
const idOf = (seed: number): string => hex(seed, 64);

/** The sizes of answers are those of a real engine's: 1.5 KB for a container of the list, 7 KB for an inspected one. */
export function createFakeDocker(imageCount: number, containerCount: number): FakeDocker {
  const states = new Uint8Array(containerCount).fill(1);
  const followers = new Set<ServerResponse>();
  const asked = new Map<string, number>();
  const imageId = (index: number) => `sha256:${idOf(1_000_000 + index)}`;
  const labelsOf = (index: number) => ({
    'com.docker.compose.project': `project-${index % 97}`,
    'com.docker.compose.service': `service-${index % 31}`,
    'com.docker.compose.config-hash': idOf(index + 5),
    'com.docker.compose.depends_on': 'database:service_started:false,cache:service_started:false',
    'org.opencontainers.image.source': `https://git.example/team/service-${index % 211}`,
    'org.opencontainers.image.revision': hex(index, 40),
    'traefik.http.middlewares.auth.basicauth.users': 'admin:$2y$05$CANARYCANARYCANARYCANARY',
    'traefik.http.routers.web.rule': `Host(\`service-${index}.example\`)`,
  });
  const image = (index: number) => ({
    Id: imageId(index),
    ParentId: '',
    RepoTags: [`registry.example/team/service-${index}:1.${index}`, `registry.example/team/service-${index}:latest`],
    RepoDigests: [`registry.example/team/service-${index}@sha256:${idOf(2_000_000 + index)}`],
    Created: 1_760_000_000 + index,
    Size: 100_000_000 + index,
    SharedSize: -1,
    Containers: -1,
    Labels: labelsOf(index),
  });
  const state = (index: number) => (states[index] === 1 ? 'running' : 'exited');
  const container = (index: number) => ({
    Id: idOf(index),
    Names: [`/project-${index % 97}-service-${index}`],
    Image: `registry.example/team/service-${index % imageCount}:latest`,
    ImageID: imageId(index % imageCount),
    Command: '/usr/local/bin/service --config /etc/service/config.yaml --token CANARY',
    Created: 1_765_000_000 + index,
    Ports: [{ IP: '0.0.0.0', PrivatePort: 8080, PublicPort: 10_000 + (index % 50_000), Type: 'tcp' }],
    Labels: labelsOf(index),
    State: state(index),
    Status: 'Up 3 days',
    HostConfig: { NetworkMode: 'bridge' },
    NetworkSettings: {
      Networks: { bridge: { NetworkID: idOf(index), EndpointID: idOf(index + 1), IPAddress: '172.17.0.2' } },
    },
    Mounts: [{ Type: 'volume', Name: idOf(index), Source: '/var/lib/docker/volumes/x/_data', Destination: '/data' }],
  });
  const inspected = (index: number) => ({
    Id: idOf(index),
    Name: `/project-${index % 97}-service-${index}`,
    Image: imageId(index % imageCount),
    Created: '2026-11-01T00:00:00.123456789Z',
    Path: '/usr/local/bin/service',
    Args: ['--token', 'CANARY'],
    State: {
      Status: state(index),
      Running: states[index] === 1,
      ExitCode: 0,
      StartedAt: '2026-11-01T00:00:01Z',
      FinishedAt: states[index] === 1 ? '0001-01-01T00:00:00Z' : '2026-11-02T00:00:00Z',
      Health: { Log: Array.from({ length: 5 }, () => ({ Output: 'x'.repeat(300) })) },
    },
    HostConfig: {
      Privileged: false,
      Binds: ['/data:/data'],
      CapAdd: null,
      NetworkMode: 'bridge',
      Options: 'x'.repeat(2_000),
    },
    Config: {
      User: '1000',
      Env: Array.from({ length: 30 }, (_, at) => `VARIABLE_${at}=CANARY-${idOf(at)}`),
      Labels: labelsOf(index),
    },
  });
  const byId = new Map(Array.from({ length: containerCount }, (_, index) => [idOf(index), index]));
  const imagesById = new Map(Array.from({ length: imageCount }, (_, index) => [imageId(index), index]));

  const server = createServer((request, response) => {
    const path = (request.url ?? '').replace(/^\/v[\d.]+/, '').split('?')[0] ?? '';
    const kind = path.replace(/[0-9a-f]{64}/, 'ID').replace('sha256:', '');
    asked.set(kind, (asked.get(kind) ?? 0) + 1);
    const one = (value: unknown) => response.end(JSON.stringify(value));
    const list = (count: number, make: (index: number) => unknown) => {
      for (let index = 0; index < count; index += 1)
        response.write(`${index === 0 ? '[' : ','}${JSON.stringify(make(index))}`);
      response.end(']');
    };
    if (path === '/version') return void one({ Version: '27.3.1', ApiVersion: '1.47', MinAPIVersion: '1.24' });
    if (path === '/info')
      return void one({ Name: 'big-host', Driver: 'overlay2', OperatingSystem: 'Debian GNU/Linux 12' });
    if (path === '/images/json') return list(imageCount, image);
    if (path === '/containers/json') return list(containerCount, container);
    if (path === '/events') {
      response.flushHeaders();
      followers.add(response);
      response.once('close', () => followers.delete(response));
      return;
    }
    const id = /(?:sha256:)?[0-9a-f]{64}/.exec(path)?.[0] ?? '';
    const index = byId.get(id);
    if (index !== undefined) return void one(inspected(index));
    const imageIndex = imagesById.get(id);
    if (imageIndex !== undefined)
      return void one({
        ...image(imageIndex),
        Os: 'linux',
        Architecture: 'amd64',
        RootFS: { Layers: [imageId(1), imageId(2)] },
        Config: inspected(imageIndex).Config,
      });
    response.writeHead(404).end('{}');
  });
  const fake: FakeDocker = {
    server,
    asked,
    changes: 0,
    change() {
      const index = fake.changes % containerCount;
      fake.changes += 1;
      states[index] = states[index] === 1 ? 0 : 1;
      const action = states[index] === 1 ? 'start' : 'die';
      const event = {
        Type: 'container',
        Action: action,
        Actor: { ID: idOf(index), Attributes: labelsOf(index) },
        time: Math.floor(Date.now() / 1000),
      };
      for (const follower of followers) follower.write(`${JSON.stringify(event)}\n`);
    },
  };
  return fake;
}
