import { z } from 'zod';
import type { Route } from './route.ts';
import { routes } from './routes.ts';
import { problemDocument } from './scalars.ts';

interface SchemaObject {
  readonly [key: string]: unknown;
}

const schemaOf = (type: z.ZodType, io: 'input' | 'output'): SchemaObject => {
  const { $schema: _, ...schema } = z.toJSONSchema(type, { io, unrepresentable: 'any' }) as SchemaObject;
  return schema;
};

function parametersOf(route: Route): SchemaObject[] {
  const of = (shape: z.ZodObject | undefined, place: 'path' | 'query') =>
    Object.entries(shape?.shape ?? {}).map(([name, type]) => ({
      name,
      in: place,
      required: place === 'path' || !(type as z.ZodType).safeParse(undefined).success,
      schema: schemaOf(type as z.ZodType, 'input'),
    }));
  return [...of(route.params, 'path'), ...of(route.query, 'query')];
}

function operationOf(route: Route): SchemaObject {
  const status = String(route.status ?? (route.response === undefined ? 204 : 200));
  return {
    operationId: route.id,
    summary: route.summary,
    'x-policy': route.policy,
    'x-faults': [...route.errors],
    security:
      route.policy === 'public' || route.policy === 'setup'
        ? []
        : [{ bearer: [] }, ...(route.policy === 'agent' ? [] : [{ session: [] }])],
    parameters: parametersOf(route),
    ...(route.body === undefined
      ? {}
      : {
          requestBody: {
            required: route.body === 'bytes' || !route.body.safeParse(undefined).success,
            content:
              route.body === 'bytes'
                ? { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } }
                : { 'application/json': { schema: schemaOf(route.body, 'input') } },
          },
        }),
    responses: {
      [status]:
        route.response === undefined
          ? { description: 'Done' }
          : route.response === 'bytes'
            ? {
                description: 'The file; 206 with a part of it for Range, 304 for If-None-Match',
                content: { 'application/zstd': { schema: { type: 'string', format: 'binary' } } },
              }
            : { description: 'OK', content: { 'application/json': { schema: schemaOf(route.response, 'output') } } },
      default: {
        description: 'What went wrong, where and why',
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
  };
}

/** The OpenAPI 3.1 document of the console, from the same schemas that check every request. */
export function openApiDocument(version: string): SchemaObject {
  const paths: { [path: string]: { [method: string]: SchemaObject } } = {};
  for (const route of routes) {
    const entry = paths[route.path] ?? {};
    entry[route.method.toLowerCase()] = operationOf(route);
    paths[route.path] = entry;
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Hullcheck', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas: { Problem: schemaOf(problemDocument, 'output') },
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        session: { type: 'apiKey', in: 'cookie', name: 'hullcheck_session' },
      },
    },
  };
}
