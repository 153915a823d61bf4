/*
 * `npm run build`: makes dist/hullcheck, the one package that is published; with a folder as argument only what runs. Node strips no types under node_modules, so
 * it holds JavaScript: what belongs together in chunks, each command's loaded when it runs. Small pure packages are in
 * the chunks; those with native parts, and the servers' own, stay dependencies that npm installs.
 */
import { cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type OutputBundle, rolldown } from 'rolldown';
import { buildPages } from '../up.mjs';
import { thirdPartyNotices } from './notices.ts';

export const repositoryRoot = join(import.meta.dirname, '..', '..');
const published = join(repositoryRoot, 'dist', 'hullcheck');

/** Files that are started by their path: a process or a thread each. They lie beside the chunks that start them. */
const entries: Readonly<Record<string, string>> = {
  main: 'apps/cli/src/main.ts',
  child: 'packages/scanner/src/reading/child.ts',
  'lane-thread': 'packages/scanner/src/reading/lane-thread.ts',
  'watch-thread': 'packages/scanner/src/reading/watch-thread.ts',
  'network-half': 'apps/agent/src/network-half.ts',
  'agent-process': 'apps/cli/src/agent-process.ts',
  'advisory-thread': 'apps/console/src/usecases/advisory-thread.ts',
  'build-thread': 'apps/cli/src/commands/build-thread.ts',
};

/** Files that code reads from its own folder. */
const besideCode: Readonly<Record<string, string>> = {
  'apps/console/src/store/migrations/*.sql': 'migrations',
  'apps/cli/src/samples/*.tsv': '.',
  'apps/console/src/agent-install/*.sh': '.',
};

const external = [
  'fastify',
  '@fastify/static',
  'pg',
  'graphile-worker',
  'pino',
  'prom-client',
  '@node-rs/argon2',
] as const;

interface Manifest {
  readonly version: string;
  readonly license?: string;
  readonly description?: string;
  readonly engines?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const readManifest = (path: string): Manifest => JSON.parse(readFileSync(join(repositoryRoot, path), 'utf8'));

/**
 * Commander's own imports of Node: as imports they make Node load every lazy part of these two modules, 1 MiB of each process and 3 of
 * Node's own pages (bench/results/agent.md).
 */
const withoutFacade = {
  name: 'without-facade',
  resolveId: (id: string, importer: string | undefined) =>
    /^node:(?:process|util)$/.test(id) && importer?.includes('/node_modules/commander/') === true ? `\0${id}` : null,
  load: (id: string) =>
    id.startsWith('\0node:') ? `module.exports = process.getBuiltinModule('${id.slice(1)}');` : null,
};

/**
 * The bundler lets a chunk load others of which it uses nothing, for what loading them might do. Ours do nothing by being loaded, and
 * one so loaded was the console, whose packages an agent's host does not have: no agent of a built program could read an image.
 */
function dropBareImports(path: string): void {
  const text = readFileSync(path, 'utf8');
  const head = /^(?:import[^;]*;)*/.exec(text)?.[0] ?? '';
  writeFileSync(path, head.replaceAll(/import["'`]\.\/[^"'`]+["'`];/g, '') + text.slice(head.length));
}

async function buildCode(target: string): Promise<OutputBundle> {
  const bundle = await rolldown({
    cwd: repositoryRoot,
    platform: 'node',
    input: { ...entries },
    external: (id) => external.some((name) => id === name || id.startsWith(`${name}/`)) || id.startsWith('node:'),
    plugins: [withoutFacade],
    // Our modules do nothing by being loaded, so a command gets only those that it uses. Entries always stay.
    treeshake: { moduleSideEffects: [{ test: /\/(?:packages|apps)\/[^/]+\/src\//, sideEffects: false }] },
    checks: { circularDependency: true },
    onLog(level, log, next) {
      if (level === 'warn' && log.code === 'CIRCULAR_DEPENDENCY' && log.message.includes('node_modules')) return;
      next(level === 'warn' && log.code !== 'EVAL' ? 'error' : level, log);
    },
  });
  try {
    const { output } = await bundle.write({
      dir: join(target, 'lib'),
      format: 'esm',
      minify: true,
      entryFileNames: '[name].js',
      chunkFileNames: '[name]-[hash].js',
    });
    for (const file of output) if (file.type === 'chunk') dropBareImports(join(target, 'lib', file.fileName));
    return Object.fromEntries(output.map((file) => [file.fileName, file]));
  } finally {
    await bundle.close();
  }
}

/** What npm installs beside it: the dependencies of the workspaces that are not in the chunks, at their pinned versions. */
function ownManifest(): object {
  const root = readManifest('package.json');
  const manifests = globSync('{apps,packages}/*/package.json', { cwd: repositoryRoot }).sort().map(readManifest);
  const stated = Object.assign({}, ...manifests.map(({ dependencies }) => dependencies)) as Record<string, string>;
  const dependencies = Object.fromEntries(
    external.map((name) => {
      const version = stated[name];
      if (version === undefined) throw new Error(`no workspace depends on ${name}`);
      return [name, version];
    }),
  );
  return {
    name: 'hullcheck',
    version: root.version,
    description: root.description,
    license: root.license,
    type: 'module',
    bin: { hullcheck: 'bin/hullcheck.mjs' },
    engines: root.engines,
    dependencies,
    optionalDependencies: readManifest('apps/console/package.json').optionalDependencies,
  };
}

function copyBesideCode(target: string): void {
  for (const [pattern, folder] of Object.entries(besideCode)) {
    const files = globSync(pattern, { cwd: repositoryRoot });
    if (files.length === 0) throw new Error(`there is no ${pattern}`);
    for (const file of files) cpSync(join(repositoryRoot, file), join(target, 'lib', folder, basename(file)));
  }
}

function copyFiles(target: string): void {
  cpSync(join(repositoryRoot, 'apps', 'web', 'dist'), join(target, 'web'), {
    recursive: true,
    filter: (path) => basename(path) !== '.source',
  });
  cpSync(join(repositoryRoot, 'data', 'starter'), join(target, 'data', 'starter'), { recursive: true });
  for (const file of ['README.md']) cpSync(join(repositoryRoot, file), join(target, file));
}

function writeProgram(target: string): void {
  const source = readFileSync(join(repositoryRoot, 'apps', 'cli', 'bin', 'hullcheck.mjs'), 'utf8');
  const loaded: string[] = [];
  const built = source.replaceAll(/import\('[./a-z]+\/src\/([a-z-]+)\.ts'\)/g, (_, name: string) => {
    loaded.push(name);
    return `import('../lib/${name}.js')`;
  });
  if (!loaded.includes('main') || loaded.some((name) => entries[name] === undefined) || built.includes('.ts'))
    throw new Error('bin/hullcheck.mjs no longer loads what is built as expected');
  const path = join(target, 'bin', 'hullcheck.mjs');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, built, { mode: 0o755 });
}

/** Builds what runs, without pages and databases: what a console gives to hosts. */
export async function buildProgram(target: string): Promise<void> {
  rmSync(target, { recursive: true, force: true });
  const output = await buildCode(target);
  const modules = Object.values(output).flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []));
  copyBesideCode(target);
  writeProgram(target);
  writeFileSync(join(target, 'THIRD-PARTY-NOTICES'), thirdPartyNotices(modules));
  writeFileSync(join(target, 'package.json'), `${JSON.stringify(ownManifest(), undefined, 2)}\n`);
  cpSync(join(repositoryRoot, 'LICENSE'), join(target, 'LICENSE'));
}

/** Builds the package and gives its folder. */
export async function buildPackage(): Promise<string> {
  buildPages();
  await buildProgram(published);
  copyFiles(published);
  return published;
}

if (process.argv[1] === import.meta.filename) {
  const [, , folder] = process.argv;
  if (folder === undefined) process.stdout.write(`${await buildPackage()}\n`);
  else await buildProgram(folder);
}
