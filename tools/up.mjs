// `npm run up`: installs what is missing, builds the pages if they changed, then runs the console with this host's agent.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { continueIn, environment, findNode24, installPackages, root } from './node24.mjs';

/** Hash of everything that the built pages depend on. */
function sourceHash() {
  const hash = createHash('sha256');
  const add = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) add(path);
      else hash.update(entry.name).update(readFileSync(path));
    }
  };
  for (const folder of ['apps/web/src', 'apps/web/public', 'packages/core/src', 'packages/contract/src'])
    add(join(root, folder));
  for (const file of ['apps/web/index.html', 'apps/web/vite.config.ts']) hash.update(readFileSync(join(root, file)));
  return hash.update(readFileSync(join(root, 'package-lock.json'))).digest('hex');
}

export function buildPages() {
  const dist = join(root, 'apps', 'web', 'dist');
  const mark = join(dist, '.source');
  const wanted = sourceHash();
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return;
  process.stderr.write('Building the pages …\n');
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  const result = spawnSync(findNode24(), [vite, 'build', '--logLevel', 'warn'], {
    cwd: join(root, 'apps', 'web'),
    stdio: ['ignore', 2, 2],
    env: environment(),
  });
  if (result.status !== 0) {
    process.stderr.write('Building the pages failed; the reason stands above.\n');
    process.exit(1);
  }
  writeFileSync(mark, wanted);
}

if (process.argv[1] === import.meta.filename || process.argv[1]?.endsWith('up.mjs')) {
  installPackages();
  buildPages();
  continueIn('apps/cli/bin/hullcheck.mjs', ['up', ...process.argv.slice(2)]);
}
