import type { Plugin } from 'vite';
import { fixtureHandler } from './serve.ts';

/** Development without a console: `vite --mode fixtures`. Sign in as ada@corp.example, `correct horse battery`. */
export function fixtures(): Plugin {
  const handler = fixtureHandler({ images: 1_200, nowMs: Date.now() });
  return {
    name: 'hullcheck-fixtures',
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        if (request.url?.startsWith('/api/') !== true) return next();
        handler(request, response).catch(next);
      });
    },
  };
}
