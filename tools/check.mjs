// `npm run check`: types, lint, format, the architecture table and unit tests, at once, short output, under a minute.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { environment, installPackages, packagesPresent, root } from './node24.mjs';

// A developer's own `npm install` is respected: only a fresh clone is filled.
if (!packagesPresent()) installPackages();

const run = (name, command, args) =>
  new Promise((resolve) => {
    const started = Date.now();
    const child = spawn(join(root, 'node_modules', '.bin', command), args, {
      cwd: root,
      env: { ...environment(), NO_COLOR: '1' },
    });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('close', (code) => {
      const seconds = ((Date.now() - started) / 1000).toFixed(1);
      process.stdout.write(`${code === 0 ? 'ok  ' : 'FAIL'} ${name} (${seconds} s)\n`);
      if (code !== 0) process.stdout.write(`${output.trimEnd()}\n`);
      resolve(code === 0);
    });
  });

const workspaces = ['packages', 'apps'].flatMap((folder) =>
  readdirSync(join(root, folder)).map((name) => join(folder, name)),
);
const projects = [...workspaces, 'testkit', 'e2e', 'bench', 'tools'].flatMap((folder) =>
  ['tsconfig.json', 'tsconfig.test.json']
    .map((file) => join(folder, file))
    .filter((file) => existsSync(join(root, file))),
);
if (projects.length < 12)
  throw new Error(`only ${projects.length} TypeScript projects found: the check would see nothing`);

// What was found right is not looked at again until it or what it imports changes: 0.8 s of processor time instead of 7.5 for
// the console (measured).
const cache = join(root, 'node_modules', '.cache', 'types');
const typesOf = (project) => {
  const seen = join(cache, `${project.replaceAll(/[/\\]/g, '-')}.tsbuildinfo`);
  return ['-p', project, '--incremental', '--tsBuildInfoFile', seen];
};
const types = async () => {
  let ok = true;
  for (const project of projects) ok = (await run(`types ${project}`, 'tsc', typesOf(project))) && ok;
  return ok;
};
const results = await Promise.all([
  types(),
  (async () => {
    const lint = await run('lint', 'oxlint', ['--type-aware', '--deny-warnings']);
    const generated = await run('generated files', 'node', [join(root, 'tools', 'generate.ts'), '--check']);
    const format = await run('format', 'biome', ['ci', '--error-on-warnings', '.']);
    const unit =
      process.argv.includes('--no-unit') ||
      (await run('unit tests', 'vitest', ['run', '--project', 'unit', '--reporter=dot']));
    return lint && generated && format && unit;
  })(),
]);
process.exit(results.every(Boolean) ? 0 : 1);
