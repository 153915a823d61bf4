import { createMemory } from './memory.ts';
import { connectionRoutes } from './routes/connections.ts';
import { hostRoutes } from './routes/hosts.ts';
import { imageRoutes } from './routes/images.ts';
import { overviewRoutes } from './routes/overview.ts';
import { sessionRoutes } from './routes/session.ts';
import { settingsRoutes } from './routes/settings.ts';
import type { Handlers } from './routes/types.ts';
import { vulnerabilityRoutes } from './routes/vulnerabilities.ts';
import type { Scenario } from './scenario.ts';

/** The routes over one estate in memory, page by page. */
export function createHandlers(scenario: Scenario): Handlers {
  const memory = createMemory(scenario);
  return {
    ...sessionRoutes(memory),
    ...overviewRoutes(memory),
    ...imageRoutes(memory),
    ...vulnerabilityRoutes(memory),
    ...hostRoutes(memory),
    ...connectionRoutes(memory),
    ...settingsRoutes(memory),
  };
}
