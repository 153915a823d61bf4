import type { Logger } from 'pino';
import type { Database } from '../store/database.ts';
import { tellListening } from '../store/silent-hosts.ts';

const EVERY_MS = 60_000;

/** Notes again and again that agents can report here, so that a console that was away takes no host for silent. Answers its end. */
export function keepListening(database: Database, log: Logger): () => void {
  const tell = () =>
    void tellListening(database).catch((error: unknown) =>
      log.debug({ err: error }, 'not told that agents can report'),
    );
  tell();
  const timer = setInterval(tell, EVERY_MS);
  return () => clearInterval(timer);
}
