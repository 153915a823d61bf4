import { randomUUID } from 'node:crypto';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type Policy, type Route, type RouteId, routes } from '@hullcheck/contract';
import { Fault } from '@hullcheck/core';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest, LogController } from 'fastify';
import type { Logger } from 'pino';
import type { z } from 'zod';
import { actorOf, decide, type Principal, scopesOf } from '../auth/principal.ts';
import { hasAdministrator } from '../store/accounts.ts';
import { recordAudit } from '../store/audit.ts';
import type { Database } from '../store/database.ts';
import type { Admission, Place } from './admission.ts';
import { agentAdmissions, takePlace } from './agent-places.ts';
import { authenticate, cookieHeader } from './authenticate.ts';
import { readJson } from './body.ts';
import { securityHeaders } from './headers.ts';
import { httpLimits } from './limits.ts';
import { isExpectedHost, isForeignOrigin, isOwnOrigin } from './origin.ts';
import { schemaFault, toProblem } from './problem.ts';
import type { Refusals } from './refusals.ts';
import type { Call, FileAnswer, Handlers } from './route-table.ts';
import { sendFile } from './send-file.ts';

export interface ServerOptions {
  readonly database: Database;
  readonly handlers: Handlers;
  readonly log: Logger;
  readonly bootstrapToken: string | undefined;
  /** PEM texts; undefined: plain HTTP, on loopback or behind a proxy that ends TLS. */
  readonly tls: { readonly certificate: string; readonly key: string } | undefined;
  readonly trustedProxy: readonly string[] | undefined;
  /** Only loopback's names and this one are answered, where the console listens on loopback. */
  readonly hostCheck: { readonly publicHost: string | undefined } | undefined;
  /** Agent reports are larger than what people send. */
  readonly agentBodyBytesMax: number;
  readonly refusals: Refusals;
}

declare module 'fastify' {
  interface FastifyRequest {
    bodyBytesMax: number;
  }
}

/** The HTTP frame: everything that holds for every route stands here, once. */
export function createServer(options: ServerOptions): FastifyInstance {
  const { log } = options;
  const https = options.tls !== undefined || options.trustedProxy !== undefined;
  const limits = {
    maxHeaderSize: httpLimits.headerBytesMax,
    headersTimeout: httpLimits.headersTimeoutMs,
    requestTimeout: 0,
  };
  const server = fastify({
    loggerInstance: log.child({ part: 'http' }),
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    trustProxy: options.trustedProxy === undefined ? false : [...options.trustedProxy],
    keepAliveTimeout: httpLimits.keepAliveTimeoutMs,
    connectionTimeout: httpLimits.idleTimeoutMs,
    routerOptions: { maxParamLength: httpLimits.parameterCharactersMax },
    forceCloseConnections: 'idle',
    serverFactory: (handler) =>
      options.tls === undefined
        ? createHttpServer(limits, handler)
        : (createHttpsServer(
            { ...limits, cert: options.tls.certificate, key: options.tls.key, minVersion: 'TLSv1.2' },
            handler,
          ) as unknown as ReturnType<typeof createHttpServer>),
  }) as unknown as FastifyInstance;

  const common = Object.entries(securityHeaders(https));
  server.addHook('onClose', () => options.refusals.close());
  server.decorateRequest('bodyBytesMax', httpLimits.jsonBodyBytesMax);
  server.addHook('onRequest', async (request, reply) => {
    for (const [name, value] of common) reply.header(name, value);
    reply.header('x-request-id', request.id);
    if (request.url.startsWith('/api/')) reply.header('cache-control', 'no-store');
    if (options.hostCheck !== undefined && !isExpectedHost(request.headers.host, options.hostCheck.publicHost)) {
      throw new Fault('forbidden', 'this console is not known by that name', {
        place: 'Host',
        hint: 'Use its loopback address, or tell it its public address.',
      });
    }
  });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', (request, payload, done) => {
    const limits = { bytesMax: request.bodyBytesMax, wholeMs: httpLimits.jsonBodyMs };
    readJson(payload, request.headers['content-encoding'], limits, (bytes) =>
      places.get(request)?.hold(bytes, Date.now()),
    ).then(
      (body) => done(null, body),
      (error: unknown) => done(error as Error),
    );
  });
  server.setErrorHandler((error, request, reply) => sendProblem(error, request, reply));
  server.setNotFoundHandler((request, reply) =>
    sendProblem(
      new Fault('not-found', 'there is nothing at this address', { place: request.url.split('?')[0] ?? '' }),
      request,
      reply,
    ),
  );

  const admissionOf = agentAdmissions();
  for (const route of routes as readonly Route[]) addRoute(server, route, options, https, admissionOf(route));
  return server;
}

function addRoute(
  server: FastifyInstance,
  route: Route,
  options: ServerOptions,
  https: boolean,
  admission: Admission | undefined,
): void {
  const handler = (options.handlers as { readonly [id: string]: ((call: never) => Promise<unknown>) | undefined })[
    route.id
  ];
  if (handler === undefined || route.policy === undefined) {
    throw new Fault('internal', 'a route has no handler or no policy', { place: route.id });
  }
  server.register(async (scope) => {
    if (route.body === 'bytes') {
      // Whatever type the client names: the bytes go through to whoever reads archives.
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    }
    scope.route({
      method: route.method,
      url: route.path.replace(/\{(\w+)\}/g, ':$1'),
      bodyLimit: Number.MAX_SAFE_INTEGER,
      // Before the body is read: nobody sends gigabytes, or JSON for the parser, without being allowed to.
      onRequest: async (request, reply) => {
        request.bodyBytesMax = route.policy === 'agent' ? options.agentBodyBytesMax : httpLimits.jsonBodyBytesMax;
        admission?.check(Date.now());
        const principal = await admit(request, route, options, https);
        principals.set(request, principal);
        if (admission === undefined) return;
        // Not by name: machines of one template have the same.
        const caller = principal.kind === 'agent' ? principal.id : actorOf(principal);
        places.set(request, takePlace(admission, caller, request, reply));
      },
      handler: async (request, reply) => {
        const call = toCall(request, reply, route, https);
        const answer = () => handler(call as never);
        const result = await (places.get(request)?.run(answer) ?? answer());
        const status = route.status ?? (route.response === undefined ? 204 : 200);
        reply.status(status);
        if (route.response === undefined) return reply.send();
        if (route.response === 'bytes') return sendFile(request, reply, result as FileAnswer);
        const checked = route.response.safeParse(result);
        if (!checked.success)
          throw new Fault('internal', `the answer of ${route.id} breaks its contract`, { cause: checked.error });
        return reply.send(checked.data);
      },
    });
  });
}

/** Requests and who sent them; a request that is not here was not admitted. */
const principals = new WeakMap<FastifyRequest, Principal>();
/** Of requests that agents send. */
const places = new WeakMap<FastifyRequest, Place>();

async function admit(
  request: FastifyRequest,
  route: Route,
  options: ServerOptions,
  https: boolean,
): Promise<Principal> {
  const { authorization, cookie } = request.headers;
  const isWrite = route.method !== 'GET';
  // Agents and programs never use cookies, so a cookie on their routes is not even looked at.
  const credentials = { authorization, cookie: route.policy === 'agent' ? undefined : cookie };
  const principal = await authenticate(options.database.prepared, credentials, options.bootstrapToken, https);
  if (isWrite && principal.kind === 'user' && !isOwnOrigin(request.headers)) {
    throw new Fault('forbidden', 'a browser sent this from another site', { place: 'Origin' });
  }
  // Signing a person in to somebody else's account is a forgery too (login CSRF).
  if (isWrite && principal.kind === 'anonymous' && isForeignOrigin(request.headers)) {
    throw new Fault('forbidden', 'a browser sent this from another site', { place: 'Origin' });
  }
  const administrator = route.policy === 'setup' ? await hasAdministrator(options.database) : true;
  switch (decide(route.policy, principal, administrator)) {
    case 'allowed':
      break;
    case 'unauthenticated':
      throw new Fault('unauthenticated', 'sign in, or send a token');
    case 'set-up-already':
      throw new Fault('conflict', 'this console has its administrator already', { hint: 'Sign in.' });
    case 'forbidden':
      await options.refusals.record(refusal(request, route, principal));
      throw new Fault('forbidden', forbiddenWords(route.policy, principal));
  }
  if (principal.kind === 'bootstrap') {
    await options.database.write((transaction) =>
      recordAudit(transaction, {
        ...refusal(request, route, principal),
        action: 'bootstrap.use',
        detail: { route: route.id },
        outcome: 'ok',
      }),
    );
  }
  return principal;
}

function refusal(request: FastifyRequest, route: Route, principal: Principal) {
  return {
    actor: actorOf(principal),
    action: route.id,
    target: request.url.split('?')[0] ?? null,
    address: request.ip,
  };
}

function forbiddenWords(policy: Policy, principal: Principal): string {
  if (policy === 'agent') return 'only an agent with its own key may do this';
  return principal.kind === 'agent'
    ? "an agent's key opens nothing but the agent's own routes"
    : `this needs the role ${policy}`;
}

/** What a request's own line and `Host` say; behind a trusted proxy, what that says. */
export function originOf(request: FastifyRequest): string {
  return URL.parse(`${request.protocol}://${request.host}`)?.origin ?? '';
}

function toCall(request: FastifyRequest, reply: FastifyReply, route: Route, https: boolean): Call<RouteId> {
  const parse = (schema: Exclude<Route['body'], 'bytes'>, value: unknown, part: string): unknown => {
    if (schema === undefined) return undefined;
    const parsed = parseBounded(schema, value, part);
    if (!parsed.success) throw schemaFault(parsed.error, part);
    return parsed.data;
  };
  const principal = principals.get(request);
  if (principal === undefined)
    throw new Fault('internal', 'a request reached its handler unadmitted', { place: route.id });
  // An id that is no id names nothing: 404, as for one that is not there.
  const params = notFoundInstead(() => parse(route.params, request.params, 'path'));
  const gone = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort(new Fault('cancelled', 'the client went away'));
  });
  const length = Number(request.headers['content-length']);
  const call = {
    params,
    query: parse(route.query, request.query, 'query'),
    body: route.body === 'bytes' ? request.body : parse(route.body, request.body, 'body'),
    principal,
    view: { scopes: scopesOf(principal) },
    address: request.ip,
    origin: originOf(request),
    requestId: request.id,
    signal: gone.signal,
    lengthBytes: Number.isSafeInteger(length) ? length : null,
    setSession: (token: string | null) => void reply.header('set-cookie', cookieHeader(https, token)),
  };
  return call as unknown as Call<RouteId>;
}

/** A JSON value may be nested deeper than a schema can walk. */
function parseBounded<S extends z.ZodType>(schema: S, value: unknown, part: string): z.ZodSafeParseResult<z.output<S>> {
  try {
    return schema.safeParse(value);
  } catch (cause) {
    if (cause instanceof RangeError)
      throw new Fault('limit-exceeded', 'it is nested too deeply', { cause, place: part });
    throw cause;
  }
}

function notFoundInstead<T>(action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw new Fault('not-found', 'there is nothing with this id', { cause });
  }
}

function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const answer = toProblem(error, request.id, Date.now());
  const { code, message } = answer.document;
  // Only what is ours to mend gets a stack: an outage fails thousands of requests, and says the same in each.
  if (code === 'internal') request.log.error({ err: error, route: request.routeOptions.url }, 'request failed');
  else if (answer.status >= 500) request.log.warn({ code, message, route: request.routeOptions.url }, 'request failed');
  // The rest of a refused body is not read: the connection ends with the answer.
  if (request.raw.readableEnded !== true && request.method !== 'GET') reply.header('connection', 'close');
  return reply.status(answer.status).headers(answer.headers).type('application/problem+json').send(answer.document);
}
