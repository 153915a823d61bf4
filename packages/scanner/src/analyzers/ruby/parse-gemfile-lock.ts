import { type Readable, readLines } from '../../formats/text/index.ts';
import { identifierOf } from '../foreign-text.ts';
import { limits } from '../limits.ts';
import { type LockedPackage, LockedPackages } from '../locked-packages.ts';

/** A gem that Bundler takes from a git repository at `revision`. */
export type GitGem = { readonly name: string; readonly version: string; readonly revision: string };

export type GemfileLock = {
  readonly packages: readonly LockedPackage[];
  readonly git: readonly GitGem[];
};

export type GemfileLockResult =
  | (GemfileLock & { readonly full: boolean })
  | { readonly fault: string; readonly code: 'unreadable' | 'limit-exceeded' };

const BOUNDS = { fileBytesMax: limits.lockFileBytesMax, lineBytesMax: limits.lineBytesMax };
const SECTIONS = new Set([
  'GEM',
  'GIT',
  'PATH',
  'PLUGIN SOURCE',
  'PLATFORMS',
  'DEPENDENCIES',
  'CHECKSUMS',
  'RUBY VERSION',
  'BUNDLED WITH',
]);
/** Indentation, name, version, platform: `    nokogiri (1.15.0-x86_64-linux)`. A version holds no `-`, so what follows one is the platform. */
const ENTRY = /^( {2}| {4}| {6})([^\s()!]+)(?: \(([^-)]*)(?:-[^)]*)?\))?!?$/;

interface Entry {
  readonly name: string;
  readonly version: string;
  readonly needs: string[];
}

/**
 * Gemfile.lock: what Bundler would install. A gem has one entry per platform, of which a machine takes one; they share a version, so
 * they are one package here. Gems of PATH sections are the application's own code. Groups are not stated: what a Gemfile
 * calls development is here like everything else.
 * https://bundler.io/man/bundle-lock.1.html
 */
export function parseGemfileLock(file: Readable): GemfileLockResult {
  const entries: Entry[] = [];
  const git: GitGem[] = [];
  const direct = new Set<string>();
  let statesDirect = false;
  let section = '';
  let sections = 0;
  let revision = '';
  let needs = 0;
  let conflict = false;
  const outcome = readLines(file, BOUNDS, (line) => {
    conflict = line.startsWith('<<<<<<<');
    if (conflict) return false;
    if (/^\S/.test(line)) {
      section = line;
      revision = '';
      if (SECTIONS.has(line)) sections += 1;
      if (line === 'DEPENDENCIES') statesDirect = true;
      return true;
    }
    if (section === 'GIT' && line.startsWith('  revision: ')) revision = line.slice('  revision: '.length).trim();
    const [, indent, name, version] = ENTRY.exec(line) ?? [];
    if (indent === undefined || name === undefined) return true;
    if (section === 'DEPENDENCIES' && indent.length === 2) direct.add(name);
    if (section !== 'GEM' && section !== 'GIT') return direct.size < limits.packagesPerFileMax;
    if (indent.length === 4 && version !== undefined) {
      entries.push({ name, version, needs: [] });
      if (section === 'GIT' && /^[0-9a-f]{7,64}$/.test(revision)) addGitGem(git, { name, version, revision });
    } else if (indent.length === 6) {
      entries.at(-1)?.needs.push(name);
      needs += 1;
    }
    return entries.length < limits.packagesPerFileMax && needs < limits.needsPerFileMax;
  });
  if (conflict) return { fault: 'the lock file holds an unresolved merge conflict', code: 'unreadable' };
  if (outcome === 'file-bytes' || outcome === 'line-bytes')
    return { fault: 'the lock file is above lockFileBytesMax or lineBytesMax', code: 'limit-exceeded' };
  if (sections === 0) return { fault: 'the lock file holds no section that Bundler writes', code: 'unreadable' };
  const packages = toLocked(entries, statesDirect ? direct : undefined);
  return { packages, git, full: outcome === 'stopped' };
}

function addGitGem(git: GitGem[], gem: GitGem): void {
  const name = identifierOf(gem.name, limits.nameCharsMax);
  const version = identifierOf(gem.version, limits.versionCharsMax);
  if (name !== undefined && version !== undefined) git.push({ ...gem, name, version });
}

function toLocked(entries: readonly Entry[], direct: ReadonlySet<string> | undefined): readonly LockedPackage[] {
  const versions = new Map(entries.map(({ name, version }) => [name, version]));
  const locked = new LockedPackages();
  for (const { name, version, needs } of entries) {
    const known = needs.flatMap((need) => {
      const other = versions.get(need);
      return other === undefined ? [] : [`${need}@${other}`];
    });
    locked.add({ name, version, dev: false, direct: direct?.has(name) ?? null, needs: known });
  }
  const result = locked.result();
  return 'packages' in result ? result.packages : [];
}
