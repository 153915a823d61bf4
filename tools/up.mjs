// `npm run up`: installs what is missing, builds the pages if they changed, then runs the console with this host's agent.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { continueIn, environment, findNode24, installPackages, root } from './node24.mjs';

/** Hash of all files below these folders, and of these files. */
function hashOf(folders, files) {
  const hash = createHash('sha256');
  const add = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) add(path);
      else hash.update(entry.name).update(readFileSync(path));
    }
  };
  for (const folder of folders) add(join(root, folder));
  for (const file of [...files, 'package-lock.json']) hash.update(readFileSync(join(root, file)));
  return hash.digest('hex');
}

/** Builds into a folder unless it was built from these very sources; false when that fails. */
function build(what, folder, wanted, args, cwd) {
  const mark = join(folder, '.source');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return true;
  process.stderr.write(`Building ${what} …\n`);
  const result = spawnSync(findNode24(), args, { cwd, stdio: ['ignore', 2, 2], env: environment() });
  if (result.status !== 0) {
    process.stderr.write(`Building ${what} failed; the reason stands above.\n`);
    return false;
  }
  writeFileSync(mark, wanted);
  return true;
}

export function buildPages() {
  const wanted = hashOf(
    ['apps/web/src', 'apps/web/public', 'packages/core/src', 'packages/contract/src'],
    ['apps/web/index.html', 'apps/web/vite.config.ts'],
  );
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  const cwd = join(root, 'apps', 'web');
  if (!build('the pages', join(cwd, 'dist'), wanted, [vite, 'build', '--logLevel', 'warn'], cwd)) process.exit(1);
}

/** The program as hosts get it from this console (Hosts → Add host): they have no checkout. A console runs without it too. */
export function buildHostProgram() {
  const sources = ['packages', 'apps'].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name !== 'web')
      .map((name) => join(folder, name, 'src')),
  );
  const wanted = hashOf([...sources, 'tools/build'], ['apps/cli/bin/hullcheck.mjs', 'package.json']);
  const folder = join(root, 'dist', 'program');
  build('the agent', folder, wanted, [join(root, 'tools', 'build', 'package.ts'), folder], root);
}

if (process.argv[1] === import.meta.filename || process.argv[1]?.endsWith('up.mjs')) {
  installPackages();
  buildPages();
  buildHostProgram();
  continueIn('apps/cli/bin/hullcheck.mjs', ['up', ...process.argv.slice(2)]);
}
