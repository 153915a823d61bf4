import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { EngineTls } from './address.ts';

/** Where the Docker command line's current context points. */
export interface ContextEndpoint {
  readonly host: string;
  readonly tls: EngineTls | null;
}

const Config = z.object({ currentContext: z.string().optional().catch(undefined) });
const Meta = z.object({ Endpoints: z.object({ docker: z.object({ Host: z.string() }) }) });

/** The current context of a Docker configuration folder; undefined for the default one, or where nothing can be read. */
export async function findContext(configDir: string, chosen: string | undefined): Promise<ContextEndpoint | undefined> {
  const config = Config.safeParse(await readJson(join(configDir, 'config.json')));
  const name = chosen ?? (config.success ? config.data.currentContext : undefined);
  if (name === undefined || name === '' || name === 'default') return undefined;
  // The folder's name is the hash of the context's name: no text of the configuration becomes a path.
  const id = createHash('sha256').update(name).digest('hex');
  const meta = Meta.safeParse(await readJson(join(configDir, 'contexts', 'meta', id, 'meta.json')));
  if (!meta.success) return undefined;
  return {
    host: meta.data.Endpoints.docker.Host,
    tls: await readTls(join(configDir, 'contexts', 'tls', id, 'docker')),
  };
}

/** `ca.pem`, `cert.pem` and `key.pem` of a folder, as Docker names them; null where there is none of them. */
export async function readTls(folder: string): Promise<EngineTls | null> {
  const [ca, certificate, key] = await Promise.all(
    ['ca.pem', 'cert.pem', 'key.pem'].map((name) => readFile(join(folder, name), 'utf8').catch(() => undefined)),
  );
  if (ca === undefined && certificate === undefined) return null;
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined ? {} : { certificate }),
    ...(key === undefined ? {} : { key }),
  };
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch {
    return undefined;
  }
}
