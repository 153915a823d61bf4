import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

/**
 * Serves the built pages. Their files have a hash in their names and never change; every other address of a person is the
 * page itself, which is asked for anew each time.
 */
export async function servePages(server: FastifyInstance, folder: string): Promise<void> {
  const page = await readFile(join(folder, 'index.html'));
  await server.register(fastifyStatic, {
    root: folder,
    index: false,
    wildcard: false,
    serveDotFiles: false,
    globIgnore: ['**/.*', '**/index.html'],
    setHeaders: (reply, path) => {
      reply.header('cache-control', path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
  server.get('/*', (request, reply) => {
    const path = request.url.split('?')[0] ?? '/';
    // A missing script must not come as a page: the browser would try to run it.
    if (path.startsWith('/api/') || path.startsWith('/assets/') || /\.[a-z0-9]{1,8}$/i.test(path))
      return reply.callNotFound();
    return reply.header('cache-control', 'no-cache').type('text/html; charset=utf-8').send(page);
  });
}
