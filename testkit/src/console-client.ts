import { createReadStream, statSync } from 'node:fs';
import { Readable } from 'node:stream';
import { type ApiClient, type CallOutput, createApiClient, type ImageRow } from '@hullcheck/contract';
import { Fault } from '@hullcheck/core';

export interface ConsoleClient extends ApiClient {
  readonly url: string;
  /** Streams an archive; answers as the contract says. */
  upload(
    path: string,
    name: string,
    image?: string,
  ): Promise<{ readonly id: string; readonly images: readonly { readonly id: string }[] }>;
  /** The image once nothing is queued or running for it. */
  settled(id: string, timeoutMs?: number): Promise<CallOutput<'images.get'>>;
  /** All images, as the Containers page lists them. */
  images(): Promise<readonly ImageRow[]>;
}

const POLL_MS = 250;

/** A caller of the console's API with a token. */
export function consoleClient(url: string, token: string): ConsoleClient {
  const client = createApiClient(
    async (request) => {
      try {
        const answer = await fetch(new URL(request.path, url), {
          method: request.method,
          headers: request.headers,
          body: request.body,
        });
        return {
          status: answer.status,
          text: await answer.text(),
          retryAfter: answer.headers.get('retry-after') ?? undefined,
        };
      } catch (error) {
        throw new Fault('unreachable', 'the console does not answer', { cause: error });
      }
    },
    { authorization: `Bearer ${token}` },
  );
  const images = async () => (await client.call('images.list', { query: { limit: 500 } })).items;
  return {
    ...client,
    url,
    images,
    async upload(path, name, image) {
      const query = new URLSearchParams({ name, ...(image === undefined ? {} : { image }) });
      const answer = await fetch(new URL(`/api/v1/uploads?${query.toString()}`, url), {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/octet-stream',
          'content-length': String(statSync(path).size),
        },
        body: Readable.toWeb(createReadStream(path)) as ReadableStream<Uint8Array>,
        duplex: 'half',
      } as RequestInit);
      const text = await answer.text();
      if (!answer.ok) {
        const problem = JSON.parse(text);
        throw new Fault(problem.code, problem.message);
      }
      return JSON.parse(text);
    },
    async settled(id, timeoutMs = 120_000) {
      const deadline = Date.now() + timeoutMs;
      for (;;) {
        const image = await client.call('images.get', { params: { id } });
        if (image.assessment.activity === 'idle' && image.assessment.state !== 'none') return image;
        if (Date.now() > deadline)
          throw new Error(`image ${id} is not settled after ${timeoutMs} ms: ${JSON.stringify(image.assessment)}`);
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    },
  };
}
