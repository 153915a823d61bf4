import { Fault } from '@hullcheck/core';
import { Agent } from 'undici';
import { z } from 'zod';
import { readJsonElements } from '../json-stream.ts';
import {
  clusterListBytesMax,
  clusterObjectBytesMax,
  clusterPageSize,
  clusterPagesMax,
  connectTimeoutMs,
  listedObjectsMax,
  listTimeoutMs,
  watchIdleMs,
  watchSeconds,
} from '../limits.ts';
import type { ClusterAccess } from './access.ts';

/** What changed: the object as it is now, or that it is gone. `bookmark` says only how far the watch has come. */
export interface WatchEvent {
  readonly kind: 'present' | 'gone' | 'bookmark';
  readonly object: unknown;
  readonly resourceVersion: string;
}

/** A list at one moment; a watch from its version misses nothing. */
export interface Listing<T = unknown> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
}

/** The version that a watch was to go on from is no longer kept: list again. */
export const expired = Symbol('expired');

/** Metadata alone, for kinds of which only name and owner matter (https://kubernetes.io/docs/reference/using-api/api-concepts/). */
export const METADATA_ONLY = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json';

const Page = z.object({
  metadata: z.object({ resourceVersion: z.string().catch(''), continue: z.string().optional().catch(undefined) }),
  items: z.array(z.unknown()).nullish(),
});
const Line = z.object({
  type: z.enum(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR']),
  object: z.looseObject({
    code: z.number().optional().catch(undefined),
    message: z.string().optional().catch(undefined),
    metadata: z.looseObject({ resourceVersion: z.string().optional().catch(undefined) }).optional(),
  }),
});

/** The reads that a collector needs. Nothing is ever written, and no path that leads to secrets is asked for. */
export interface ClusterApi {
  readonly place: string;
  get(path: string, signal: AbortSignal, accept?: string): Promise<unknown>;
  /**
   * All pages, of each object what `read` takes of it (undefined: nothing). An expired page token starts over, as the API's
   * documentation says.
   */
  list<T>(
    path: string,
    read: (object: unknown) => T | undefined,
    signal: AbortSignal,
    accept?: string,
  ): Promise<Listing<T>>;
  /** Changes from a version on, until the server ends the watch; `expired` where it no longer knows that version. */
  watch(
    path: string,
    resourceVersion: string,
    signal: AbortSignal,
  ): AsyncGenerator<WatchEvent, typeof expired | undefined>;
  close(): Promise<void>;
}

export function connectCluster(access: ClusterAccess): ClusterApi {
  const place = access.server.host;
  const agent = new Agent({
    allowH2: false,
    connections: 4,
    headersTimeout: listTimeoutMs,
    connect: { timeout: connectTimeoutMs, allowH2: false, ...(access.ca === null ? {} : { ca: access.ca }) },
  });

  const open = async (target: string, accept: string, bodyTimeout: number, signal: AbortSignal) => {
    for (let attempt = 1; ; attempt += 1) {
      const answer = await agent
        .request({
          origin: access.server.origin,
          path: target,
          method: 'GET',
          headers: { accept, authorization: `Bearer ${await access.token()}`, 'user-agent': 'hullcheck-agent' },
          bodyTimeout,
          signal,
        })
        .catch((cause: unknown) => {
          if (signal.aborted) throw cause;
          throw new Fault('runtime-unavailable', 'the Kubernetes API does not answer', { place, cause });
        });
      answer.body.on('error', () => undefined);
      if (answer.statusCode === 200) return answer.body;
      answer.body.destroy();
      // The token was replaced between reading it and its use.
      if (answer.statusCode === 401 && attempt === 1) continue;
      if (answer.statusCode === 410) return expired;
      throw refusal(answer.statusCode, target, answer.headers['retry-after'], place);
    }
  };

  const readJson = async (target: string, accept: string, bytesMax: number, signal: AbortSignal) => {
    const body = await open(target, accept, listTimeoutMs, signal);
    if (body === expired) return expired;
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of body as AsyncIterable<Buffer>) {
      bytes += chunk.byteLength;
      if (bytes > bytesMax) throw new Fault('limit-exceeded', `an answer of more than ${bytesMax} bytes`, { place });
      chunks.push(chunk);
    }
    try {
      return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
    } catch (cause) {
      throw new Fault('unsupported', 'the answer of the Kubernetes API is not JSON', { place, cause });
    }
  };

  return {
    place,
    async get(path, signal, accept = 'application/json') {
      const value = await readJson(path, accept, clusterObjectBytesMax, signal);
      return value === expired ? undefined : value;
    },
    async list(path, read, signal, accept = 'application/json') {
      for (let attempt = 1; attempt <= 3; attempt += 1) {
        const listing = await listOnce(path, read, accept, signal);
        if (listing !== expired) return listing;
      }
      throw new Fault('runtime-unavailable', 'the list changes faster than its pages can be read', { place });
    },
    async *watch(path, resourceVersion, signal) {
      const query = new URLSearchParams({
        watch: '1',
        resourceVersion,
        allowWatchBookmarks: 'true',
        timeoutSeconds: String(watchSeconds),
      });
      const body = await open(`${path}?${query.toString()}`, 'application/json', watchIdleMs, signal);
      if (body === expired) return expired;
      const limits = {
        elementBytesMax: clusterObjectBytesMax,
        elementsMax: Number.POSITIVE_INFINITY,
        bytesMax: Number.POSITIVE_INFINITY,
      };
      try {
        for await (const value of readJsonElements(body, 0, limits, place)) {
          const line = Line.safeParse(value);
          if (!line.success) continue;
          const { type, object } = line.data;
          if (type === 'ERROR') {
            if (object.code === 410) return expired;
            throw new Fault('runtime-unavailable', 'the Kubernetes API ended the watch', {
              place,
              cause: object.message?.slice(0, 200),
            });
          }
          const kind = type === 'DELETED' ? 'gone' : type === 'BOOKMARK' ? 'bookmark' : 'present';
          yield { kind, object, resourceVersion: object.metadata?.resourceVersion ?? resourceVersion };
        }
      } finally {
        body.destroy();
      }
      return undefined;
    },
    close: () => agent.destroy(),
  };

  async function listOnce<T>(
    path: string,
    read: (object: unknown) => T | undefined,
    accept: string,
    signal: AbortSignal,
  ): Promise<Listing<T> | typeof expired> {
    // Never whole objects of more than one page: whoever may make pods may give each 256 KiB of annotations.
    const items: T[] = [];
    let token: string | undefined;
    for (let page = 0; page < clusterPagesMax; page += 1) {
      const query = new URLSearchParams({
        limit: String(clusterPageSize),
        ...(token === undefined ? {} : { continue: token }),
      });
      const value = await readJson(`${path}?${query.toString()}`, accept, clusterListBytesMax, signal);
      if (value === expired) return expired;
      const parsed = Page.safeParse(value);
      if (!parsed.success)
        throw new Fault('unsupported', 'the answer of the Kubernetes API is no list', { place: `${place}${path}` });
      for (const object of parsed.data.items ?? []) {
        const item = read(object);
        if (item !== undefined) items.push(item);
      }
      if (items.length > listedObjectsMax)
        throw new Fault('limit-exceeded', `more than ${listedObjectsMax} objects`, { place: `${place}${path}` });
      token = parsed.data.metadata.continue;
      if (token === undefined || token === '') return { items, resourceVersion: parsed.data.metadata.resourceVersion };
    }
    throw new Fault('limit-exceeded', `more than ${clusterPagesMax} pages`, { place: `${place}${path}` });
  }
}

function refusal(status: number, target: string, retryAfter: string | string[] | undefined, place: string): Fault {
  const path = target.split('?')[0] ?? '';
  switch (status) {
    case 401:
      return new Fault('runtime-forbidden', "Kubernetes refuses the collector's token", {
        place: `${place}${path}`,
        hint: 'Is its service account still there?',
      });
    case 403:
      return new Fault('runtime-forbidden', 'the collector may not read this', {
        place: `${place}${path}`,
        hint: 'Its cluster role lists the few kinds that it reads; apply the chart again.',
      });
    case 404:
      return new Fault('not-found', 'the cluster has no such thing', { place: `${place}${path}` });
    default: {
      const seconds = Number(Array.isArray(retryAfter) ? retryAfter[0] : retryAfter);
      return new Fault('runtime-unavailable', `the Kubernetes API answered ${status}`, {
        place: `${place}${path}`,
        ...(seconds > 0 && seconds < 3600 ? { hint: `It asks to wait ${seconds} s.` } : {}),
      });
    }
  }
}
