/* Pulling from a real registry over a line that breaks, with every request counted. */
import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRegistryClient, type RegistryClient } from '@hullcheck/registry';
import { corpusLayout, type DockerRegistry, dockerRegistryAvailable, startDockerRegistry } from '@hullcheck/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readImage } from '../reading/read-image.ts';
import { openOciDir } from './open-archive.ts';
import { openRegistryImage } from './registry-image.ts';

const layout = corpusLayout('python-app');
const signal = () => AbortSignal.timeout(120_000);

interface Line {
  readonly origin: string;
  /** Blob requests: digest and range, in order. */
  readonly asked: readonly (readonly [digest: string, range: string | undefined])[];
  /** Bytes of blobs that went to the client. */
  readonly sent: () => number;
  /** Most blobs under way at one time. */
  readonly atOnce: () => number;
  stop(): Promise<void>;
}

interface LineOptions {
  /** Bytes of a blob after which the connection is reset, for each request in turn; undefined lets it through. */
  readonly cutAfter: (nth: number) => number | undefined;
  /** Takes `Range` away, as some proxies do. */
  readonly dropRange?: boolean;
}

/** A proxy before the registry that cuts answers with blobs. */
async function startLine(target: DockerRegistry, { cutAfter, dropRange = false }: LineOptions): Promise<Line> {
  const asked: [string, string | undefined][] = [];
  let sent = 0;
  let open = 0;
  let most = 0;
  const forward = (request: IncomingMessage, response: ServerResponse) => {
    const digest = /\/blobs\/(sha256:[0-9a-f]{64})$/.exec(request.url ?? '')?.[1];
    const { range, ...headers } = request.headers;
    if (digest !== undefined) asked.push([digest, range]);
    const cut = digest === undefined ? undefined : cutAfter(asked.length);
    const kept = dropRange || range === undefined ? headers : { ...headers, range };
    const upstream = send(`${target.origin}${request.url}`, { method: request.method, headers: kept }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      let passed = 0;
      if (digest !== undefined) {
        open += 1;
        most = Math.max(most, open);
        response.once('close', () => {
          open -= 1;
        });
      }
      answer.on('data', (bytes: Buffer) => {
        if (response.destroyed) return;
        const part = cut === undefined ? bytes : bytes.subarray(0, Math.max(0, cut - passed));
        passed += part.length;
        if (digest !== undefined) sent += part.length;
        const isCut = cut !== undefined && passed >= cut;
        if (!response.write(part, () => isCut && request.socket.destroy())) {
          answer.pause();
          response.once('drain', () => answer.resume());
        }
      });
      answer.on('end', () => response.end());
      answer.on('error', () => response.destroy());
      response.on('close', () => answer.destroy());
    });
    upstream.on('error', () => response.destroy());
    upstream.end();
  };
  const server = createServer(forward);
  // Node ends connections after 5 s without a request: a small layer that waits for its turn on a busy machine would be asked for
  // twice, which is right but not counted here.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    asked,
    sent: () => sent,
    atOnce: () => most,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe.skipIf(!dockerRegistryAvailable || layout === undefined)('pulling an image', () => {
  let registry: DockerRegistry;
  let expected: Awaited<ReturnType<typeof readFromLayout>>;
  const opened: { stop(): Promise<void> }[] = [];

  async function readFromLayout() {
    const image = await openOciDir(layout ?? '', { signal: signal() });
    return { image, reading: await readImage({ image, signal: signal() }) };
  }

  beforeAll(async () => {
    registry = await startDockerRegistry();
    await registry.push(`oci:${layout}`, 'team/app:1');
    expected = await readFromLayout();
  });
  afterAll(async () => {
    for (const one of opened) await one.stop();
    await registry?.stop();
  });

  async function pull(options: LineOptions) {
    const line = await startLine(registry, options);
    opened.push(line);
    const client: RegistryClient = createRegistryClient({
      registry: line.origin,
      egress: { registry: ['loopback'], elsewhere: [] },
    });
    try {
      const image = await openRegistryImage(client, { repository: 'team/app', reference: '1', signal: signal() });
      return { line, reading: await readImage({ image, signal: signal() }) };
    } finally {
      await client.close();
    }
  }

  const blobsOf = ({ asked }: Line) => [...new Set(asked.map(([digest]) => digest))];
  const storedBytes = () => expected.image.layers.reduce((sum, { sizeBytes }) => sum + (sizeBytes ?? 0), 0);

  it('asks for each blob once and for two or more at a time', async () => {
    const { line, reading } = await pull({ cutAfter: () => undefined });
    expect(reading.inventory.packages.map(({ purl }) => purl)).toEqual(
      expected.reading.inventory.packages.map(({ purl }) => purl),
    );
    expect(line.asked).toHaveLength(new Set(expected.image.layers.map(({ digest }) => digest)).size + 1);
    expect(blobsOf(line)).toHaveLength(line.asked.length);
    expect(line.atOnce()).toBeGreaterThanOrEqual(2);
  });

  it('goes on where it broke, and fetches no byte of a layer again', async () => {
    const { line, reading } = await pull({ cutAfter: (nth) => (nth === 1 ? undefined : 9_000_000 + nth * 77_777) });
    expect(reading.reports).toEqual((await readSame()).reports);
    const ranges = line.asked.filter(([, range]) => range !== undefined);
    expect(ranges.length).toBeGreaterThan(0);
    // Each blob whole once; every other request for it says from where.
    expect(line.asked.length - ranges.length).toBe(blobsOf(line).length);
    // What was in a socket's buffers when it was reset is lost.
    expect(line.sent()).toBeLessThan(storedBytes() * 1.3);
  });

  it('goes on where a proxy ignores from where, and counts what it has already', async () => {
    let cuts = 0;
    const { line, reading } = await pull({
      dropRange: true,
      cutAfter: (nth) => {
        if (nth === 1 || cuts >= 2) return undefined;
        cuts += 1;
        return 600_000;
      },
    });
    expect(reading.reports).toEqual((await readSame()).reports);
    expect(line.asked.length).toBe(blobsOf(line).length + 2);
  });

  it('over a line that never brings anything ends, within the requests of an operation for each layer', async () => {
    await expect(pull({ cutAfter: (nth) => (nth === 1 ? undefined : 10) })).rejects.toMatchObject({
      code: 'unreachable',
    });
  });

  /** The layers as a stream of its own gives them: a second pass for hard links is for files only. */
  async function readSame() {
    return (await pull({ cutAfter: () => undefined })).reading;
  }
});
