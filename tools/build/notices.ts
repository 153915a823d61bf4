import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

interface Origin {
  readonly title: string;
  readonly terms: string;
}

/** The package of node_modules that a module belongs to: the nearest folder above it whose manifest has a name and a version. */
function originOf(module: string): Origin {
  for (let folder = dirname(module); folder !== dirname(folder); folder = dirname(folder)) {
    const path = join(folder, 'package.json');
    if (!existsSync(path)) continue;
    const manifest: { name?: string; version?: string; license?: string } = JSON.parse(readFileSync(path, 'utf8'));
    if (manifest.name === undefined || manifest.version === undefined) continue;
    const files = globSync('{LICENSE,LICENCE,COPYING,NOTICE,license,licence}*', { cwd: folder }).sort();
    const texts = files.map((file) => readFileSync(join(folder, file), 'utf8').trim());
    if (texts.length === 0 && manifest.license === undefined) throw new Error(`${manifest.name} states no licence`);
    return {
      title: `${manifest.name} ${manifest.version} (${manifest.license ?? 'see below'})`,
      terms: texts.join('\n\n'),
    };
  }
  throw new Error(`${module} belongs to no package`);
}

/** Most licences ask that their text goes with the code: one entry for each package that has a module in the bundle. */
export function thirdPartyNotices(modules: readonly string[]): string {
  const folders = modules.filter((module) => module.includes('/node_modules/') && !module.startsWith('\0'));
  const origins = new Map(folders.map((module) => originOf(module)).map((origin) => [origin.title, origin]));
  return [...origins.values()]
    .sort((a, b) => (a.title < b.title ? -1 : 1))
    .map(({ title, terms }) => `${title}\n${'='.repeat(title.length)}\n\n${terms}\n`)
    .join('\n\n');
}
