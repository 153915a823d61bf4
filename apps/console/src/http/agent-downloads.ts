import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Fault } from '@hullcheck/core';
import type { FastifyInstance } from 'fastify';
import type { AgentDownloads } from '../agent-install/downloads.ts';
import { originOf } from './server.ts';

/**
 * What a host takes the agent from. Nothing here is secret or asks who comes: it is the program that anyone can have, and the
 * command that an administrator was shown pins every byte of it.
 */
export function serveAgentDownloads(server: FastifyInstance, load: (origin: string) => Promise<AgentDownloads>): void {
  server.get('/agent/install.sh', async (request, reply) => {
    const { script } = await load(originOf(request));
    return reply.header('cache-control', 'no-cache').type('text/x-shellscript; charset=utf-8').send(script);
  });
  server.get<{ Params: { file: string } }>('/agent/:file', async (request, reply) => {
    const path = (await load(originOf(request))).files.get(request.params.file);
    if (path === undefined)
      throw new Fault('not-found', 'this console has no such file for hosts', { place: request.params.file });
    const { size } = await stat(path);
    return reply
      .header('cache-control', 'no-cache')
      .header('content-length', size)
      .type('application/gzip')
      .send(createReadStream(path));
  });
}
