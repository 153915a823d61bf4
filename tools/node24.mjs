// Plain JavaScript that Node 20 runs: `npm run up` and `npm test` start here on whatever Node the system has, install
// what is missing, and go on in the Node 24 that the lock file pins.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = realpathSync(join(dirname(fileURLToPath(import.meta.url)), '..'));
const mark = join(root, 'node_modules', '.hullcheck-installed');

const lockHash = () =>
  createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');

/** Whether any packages are installed at all. */
export const packagesPresent = () => existsSync(join(root, 'node_modules', 'typescript'));

/** Installs the locked packages unless this very lock file is installed already. Ends the process when it fails. */
export function installPackages() {
  const wanted = lockHash();
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return;
  process.stderr.write('Installing packages …\n');
  // No package's own scripts run: everything here works without them, and a supply-chain attack usually starts in one.
  const result = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  if (result.status !== 0) {
    // npm's reason comes first and its manual after it.
    process.stderr.write(`${(result.stderr ?? '').split('\n').slice(0, 12).join('\n')}\n`);
    process.stderr.write('\nInstalling the packages failed: npm says why above. Is the package registry reachable?\n');
    process.exit(1);
  }
  mkdirSync(dirname(mark), { recursive: true });
  writeFileSync(mark, wanted);
}

/** The pinned Node 24 of node_modules, or the running one where it is new enough. */
export function findNode24() {
  const pinned = join(root, 'node_modules', '.bin', 'node');
  if (existsSync(pinned)) return pinned;
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  process.stderr.write(
    `Hullcheck needs Node 24; this is ${process.version}, and no pinned build exists for ${process.platform}-${process.arch}. Install Node 24.\n`,
  );
  return process.exit(1);
}

/** The environment in which `node` means Node 24 for every child. */
export function environment() {
  return { ...process.env, PATH: `${join(root, 'node_modules', '.bin')}:${process.env.PATH ?? ''}` };
}

/** Goes on in Node 24 with a script; signals pass through; ends with its exit code. */
export function continueIn(script, args) {
  const child = spawn(findNode24(), [join(root, script), ...args], { cwd: root, stdio: 'inherit', env: environment() });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
}
