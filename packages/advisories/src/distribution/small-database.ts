import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildDatabase, updateDatabase } from '../database/build.ts';
import type { BuildReport } from '../database/progress.ts';
import {
  NOW,
  SMALL,
  SMALL_FEEDS,
  type SmallContents,
  type SmallMirror,
  smallMirror,
} from '../database/small-mirror.ts';

/** For tests: databases of three small feeds, revision after revision, and a pair of keys. */

export interface KeyPair {
  readonly signing: KeyObject;
  readonly trusted: readonly KeyObject[];
  readonly publicPem: string;
  readonly privatePem: string;
}

export function keyPair(): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    signing: privateKey,
    trusted: [publicKey],
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

export interface SmallPublisher {
  readonly mirror: SmallMirror;
  /** Builds the next revision of these contents; the first one from nothing. */
  build(contents?: SmallContents, now?: string): Promise<BuildReport>;
}

export function smallPublisher(feeds: readonly string[] = SMALL_FEEDS): SmallPublisher {
  const mirror = smallMirror();
  let first = true;
  return {
    mirror,
    async build(contents = SMALL, now = NOW) {
      mirror.write(contents);
      const options = {
        cacheDir: mirror.cacheDir,
        source: { kind: 'mirror', location: mirror.folder } as const,
        now,
        feeds,
      };
      const report = first ? await buildDatabase(options) : await updateDatabase(options);
      first = false;
      return report;
    },
  };
}

export function emptyCache(): string {
  return mkdtempSync(path.join(tmpdir(), 'hullcheck-taken-'));
}
