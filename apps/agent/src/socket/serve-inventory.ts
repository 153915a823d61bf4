import type { Server, ServerResponse } from 'node:http';
import { toFault } from '@hullcheck/core';
import type { EngineContainer, EngineImage, openRuntime } from '@hullcheck/runtimes';
import { createHardenedServer, refuse, sendAll } from './hardened-server.ts';
import { allowedLabels, type KeepsLabel } from './labels.ts';

type Runtime = ReturnType<typeof openRuntime>;

const CONTAINER = /^\/containers\/([A-Za-z0-9][A-Za-z0-9._-]{0,254})$/;
const CONTENT = /^\/content\/(sha256:[0-9a-f]{64})(\/size)?$/;

/**
 * Serves what a runtime that speaks gRPC has. Such a socket is root's and knows no right for a single call, so this half
 * makes the listed calls itself, decodes of the answers only what an inventory needs, and hands that on as JSON. Nothing
 * that the other half says reaches the runtime but the id of a container or the digest of a blob.
 *
 * `GET /images`, `/containers` (lists), `/containers/<id>` (how it runs), `/events` (lines), `/content/<digest>` (bytes of a
 * document or layer, as an export of Docker gives them) and `/content/<digest>/size`.
 */
export function createInventoryServer(client: Runtime, keepsLabel: KeepsLabel): Server {
  return createHardenedServer((target, request, response) => {
    const pieces = choose(client, keepsLabel, target);
    if (pieces === undefined) return refuse(request, response);
    void send(pieces, response);
  });
}

type Pieces = (signal: AbortSignal) => AsyncIterable<Uint8Array | string>;

function choose(client: Runtime, keepsLabel: KeepsLabel, target: string): Pieces | undefined {
  if (target === '/images')
    return (signal) =>
      list(
        async () => client.images(signal),
        (image) => withLabels(image, keepsLabel),
      );
  if (target === '/containers')
    return (signal) =>
      list(
        async () => client.containers(signal),
        (container) => withLabels(container, keepsLabel),
      );
  if (target === '/events') return (signal) => events(client, signal);
  const container = CONTAINER.exec(target)?.[1];
  if (container !== undefined)
    return async function* (signal) {
      const { startedAt, finishedAt, exitCode, networkMode } = await client.inspectContainer(container, signal);
      yield JSON.stringify({ startedAt, finishedAt, exitCode, networkMode });
    };
  const [, digest, size] = CONTENT.exec(target) ?? [];
  if (digest === undefined || client.imagesBy !== 'content') return undefined;
  const { content } = client;
  return async function* (signal) {
    if (size === undefined) yield* await content.open(digest, signal);
    else yield JSON.stringify({ size: (await content.findSize(digest, signal)) ?? null });
  };
}

function withLabels<T extends EngineImage | EngineContainer>(value: T, keepsLabel: KeepsLabel): T {
  return { ...value, labels: allowedLabels(value.labels, keepsLabel) };
}

async function* list<T>(load: () => Promise<readonly T[]>, prepare: (value: T) => T): AsyncGenerator<string> {
  let separator = '[';
  for (const value of await load()) {
    yield separator + JSON.stringify(prepare(value));
    separator = ',';
  }
  yield separator === '[' ? '[]' : ']';
}

async function* events(client: Runtime, signal: AbortSignal): AsyncGenerator<string> {
  for await (const { kind, action, id, timeSeconds } of client.events(Date.now() / 1000, signal))
    yield `${JSON.stringify({ kind, action, id, timeSeconds })}\n`;
}

/** The other half learns that it failed and of which kind; the text of the runtime stays here. */
const STATUS: { readonly [code: string]: number } = { 'runtime-forbidden': 403, 'not-found': 404 };

async function send(pieces: Pieces, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  try {
    const all = pieces(gone.signal)[Symbol.asyncIterator]();
    // The first piece before the status: until it is there, the runtime may still say no.
    const first = await waitShort(all.next(), response);
    await sendAll(resumed(first, all), response, gone.signal);
  } catch (error) {
    if (response.headersSent) response.destroy();
    else response.writeHead(STATUS[toFault(error).code] ?? 502).end();
  }
}

/** A stream of events may say nothing for days: its headers go out after a moment, so that the other side knows it is open. */
async function waitShort<T>(next: Promise<T>, response: ServerResponse): Promise<T> {
  const timer = setTimeout(() => response.flushHeaders(), FIRST_PIECE_MS);
  try {
    return await next;
  } finally {
    clearTimeout(timer);
  }
}

const FIRST_PIECE_MS = 30_000;

async function* resumed<T>(first: IteratorResult<T>, rest: AsyncIterator<T>): AsyncGenerator<T> {
  for (let next = first; next.done !== true; next = await rest.next()) yield next.value;
}
