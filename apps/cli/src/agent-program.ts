import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { AgentProgram } from '@hullcheck/console';
import type { Surroundings } from './settings.ts';
import { type TarFile, writeTar } from './tar-writer.ts';

/** What an agent needs of the published package: neither pages nor databases. */
const PARTS = ['bin', 'lib', 'package.json', 'LICENSE', 'THIRD-PARTY-NOTICES'] as const;

/** This program for hosts that have none, or undefined in a checkout whose program was not built (`npm run up` builds it). */
export function agentProgram({ installation, version }: Surroundings): AgentProgram | undefined {
  const { built } = installation;
  if (!existsSync(join(built, 'lib', 'main.js'))) return undefined;
  return {
    version,
    pack: async () => await promisify(gzip)(writeTar(PARTS.flatMap((part) => filesOf(built, part))), { level: 9 }),
    runtime: runsElsewhere() ? { architecture: process.arch, path: realpathSync(process.execPath) } : null,
  };
}

/** A Linux build that needs no library but those of glibc: what npm and nodejs.org have. A distribution's own may need more. */
function runsElsewhere(): boolean {
  if (process.platform !== 'linux') return false;
  const { sharedObjects, header } = process.report.getReport() as {
    sharedObjects: readonly string[];
    header: { glibcVersionRuntime?: string };
  };
  return header.glibcVersionRuntime !== undefined && !sharedObjects.some((path) => /\/libnode\.so/.test(path));
}

function filesOf(root: string, path: string): readonly TarFile[] {
  const full = join(root, path);
  const stat = statSync(full, { throwIfNoEntry: false });
  if (stat === undefined) return [];
  if (!stat.isDirectory()) return [{ path, content: readFileSync(full), mode: stat.mode & 0o111 ? 0o755 : 0o644 }];
  return readdirSync(full)
    .sort()
    .flatMap((name) => filesOf(root, `${path}/${name}`));
}
