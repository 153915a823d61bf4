import type { Fault } from '@hullcheck/core';
import { describe, expect, it } from 'vitest';
import { createApiClient, openApiDocument, routePath, routes } from './index.ts';

describe('the contract', () => {
  it('gives every route its own id and its own method and path', () => {
    expect(routes.length).toBeGreaterThan(30);
    expect(new Set(routes.map((route) => route.id)).size).toBe(routes.length);
    expect(new Set(routes.map((route) => `${route.method} ${route.path}`)).size).toBe(routes.length);
  });

  it('declares a parameter schema for every placeholder of a path', () => {
    for (const route of routes) {
      const named = [...route.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      expect(Object.keys('params' in route ? route.params.shape : {})).toEqual(named);
    }
  });

  it('describes each route in the OpenAPI document', () => {
    const document = openApiDocument('0.0.0') as { paths: Record<string, Record<string, { operationId: string }>> };
    const described = Object.values(document.paths).flatMap((path) =>
      Object.values(path).map((operation) => operation.operationId),
    );
    expect(described.toSorted()).toEqual(routes.map((route) => route.id).toSorted());
  });

  it('keeps a hostile parameter inside its path segment', () => {
    expect(routePath('/api/v1/images/{id}', { id: '../../x?y#z' }, { q: 'a&b=c' })).toBe(
      '/api/v1/images/..%2F..%2Fx%3Fy%23z?q=a%26b%3Dc',
    );
  });

  it("turns the console's errors into faults with its code and words", async () => {
    const client = createApiClient(async () => ({
      status: 404,
      text: JSON.stringify({
        code: 'not-found',
        message: 'no such image',
        place: 'images',
        hint: null,
        requestId: '1',
      }),
    }));
    await expect(client.call('images.get', { params: { id: 'x' } })).rejects.toMatchObject({
      code: 'not-found',
      message: 'no such image',
      place: 'images',
    });
  });

  it.each([
    ['12', 12_000],
    ['0', 0],
    [undefined, undefined],
    ['Mon, 30 Nov 2026 00:00:00 GMT', undefined],
  ])('takes from Retry-After %s when to come again', async (retryAfter, afterMs) => {
    const client = createApiClient(async () => ({
      status: 429,
      retryAfter,
      text: JSON.stringify({ code: 'rate-limited', message: 'busy', place: null, hint: null, requestId: '1' }),
    }));
    const beganMs = Date.now();
    const fault: unknown = await client.call('images.get', { params: { id: 'x' } }).catch((error: unknown) => error);
    const { retryAtMs } = fault as Fault;
    if (afterMs === undefined) expect(retryAtMs).toBeUndefined();
    else {
      expect(retryAtMs).toBeGreaterThanOrEqual(beganMs + afterMs);
      expect(retryAtMs).toBeLessThanOrEqual(Date.now() + afterMs);
    }
  });
});
