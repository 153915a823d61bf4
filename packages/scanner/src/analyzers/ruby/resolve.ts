import {
  compareVersions,
  type ImageView,
  type Package,
  type Problem,
  type Relation,
  type Resolution,
  satisfies,
  type ViewFile,
} from '@hullcheck/core';
import { appendAll } from '../append-all.ts';
import { fileProblem } from '../foreign-text.ts';
import { type FoundPackage, toLanguagePackage } from '../language-package.ts';
import { limits } from '../limits.ts';
import { keyOf, relationsOf } from '../lock-analyzer.ts';
import { presentSince } from '../presence.ts';
import { isCarried } from './carried-gems.ts';
import type { RubyEvidence } from './index.ts';
import type { GemNeed, GemSpecification } from './parse.ts';
import type { GitGem } from './parse-gemfile-lock.ts';
import { type GemPlace, gemPlace } from './paths.ts';

interface InstalledGem {
  readonly name: string;
  readonly version: string;
  readonly home: string;
  readonly needs: readonly GemNeed[];
  readonly pkg: Package;
}

/**
 * Installed gems; and the locked ones of each project of which no gem is installed. Gems lie in a folder that all projects share,
 * so a project counts as installed as soon as a gem that its lock file names is there: what the lock file names beyond that are gems
 * of other platforms and groups, which the installation left out on purpose. Gems that come with Ruby or with a
 * distribution package are no sign, for they are there without any project.
 */
export function resolveRuby(view: ImageView<RubyEvidence>): Resolution {
  const locks = view.files.flatMap((file) => (file.evidence.kind === 'lock' ? [{ file, lock: file.evidence }] : []));
  const directness = new Map<string, boolean>();
  for (const { name, version, direct } of locks.flatMap(({ lock }) => lock.packages)) {
    const key = keyOf({ name, version });
    if (direct !== null) directness.set(key, direct || directness.get(key) === true);
  }
  const gitGems = new Map<string, GitGem[]>();
  for (const gem of locks.flatMap(({ lock }) => lock.git)) {
    const key = gem.revision.slice(0, REVISION_DIGITS);
    gitGems.set(key, [...(gitGems.get(key) ?? []), gem].slice(0, limits.gemsPerRepositoryMax));
  }
  const installed: InstalledGem[] = [];
  const problems: Problem[] = [];
  const witnesses = new Set<string>();
  for (const file of view.files) {
    const place = gemPlace(file.path);
    if (file.evidence.kind !== 'gem' || place === undefined) continue;
    const named = identify(file.evidence.gem, file.path, place, gitGems);
    if (named === 'not-wanted') continue;
    if (named === undefined) {
      const detail = 'the gemspec computes its name or version, and no Gemfile.lock of the image states them';
      problems.push(fileProblem('undetermined-version', file.path, detail));
      continue;
    }
    const pkg = toPackage(file, file.evidence.gem, named, view, directness.get(keyOf(named)) ?? null);
    installed.push({ ...named, home: place.home, needs: file.evidence.gem.needs, pkg });
    if (place.kind !== 'default' && pkg.ownedBy === null && !isCarried(named.name)) witnesses.add(named.name);
  }
  const packages = installed.map(({ pkg }) => pkg);
  const relations = [...installedRelations(installed)];
  for (const { file, lock } of locks) {
    if (lock.packages.some(({ name }) => witnesses.has(name))) continue;
    const since = presentSince(file, (evidence) => (evidence.kind === 'lock' ? evidence.packages.map(keyOf) : []));
    const purls = new Map<string, string>();
    for (const locked of lock.packages) {
      const found = { type: 'gem', name: locked.name, version: locked.version, direct: locked.direct };
      const pkg = toLanguagePackage(found, { view, file, layer: since.get(keyOf(locked)), analyzer: 'ruby' });
      purls.set(keyOf(locked), pkg.purl);
      packages.push(pkg);
    }
    appendAll(relations, relationsOf(lock.packages, purls));
  }
  return { packages, problems, relations };
}

/** The shortest revision that Bundler names a folder after. */
const REVISION_DIGITS = 7;

/**
 * Name and version of the gem. What a git checkout computes, the lock file that asked for the checkout states; and of a
 * repository with many gems only those that it names are there to be loaded.
 */
function identify(
  gem: GemSpecification,
  path: string,
  place: GemPlace,
  gitGems: ReadonlyMap<string, readonly GitGem[]>,
): { readonly name: string; readonly version: string } | 'not-wanted' | undefined {
  const { name, version } = gem;
  if (place.kind === 'git') {
    const near = gitGems.get(place.revision.slice(0, REVISION_DIGITS)) ?? [];
    const checkedOut = near.filter(({ revision }) => revision.startsWith(place.revision));
    const wanted = name ?? path.slice(path.lastIndexOf('/') + 1, -'.gemspec'.length);
    const locked = checkedOut.find((other) => other.name === wanted);
    if (locked !== undefined) return { name: wanted, version: version ?? locked.version };
    if (checkedOut.length > 0) return 'not-wanted';
  }
  return name === null || version === null ? undefined : { name, version };
}

function toPackage(
  file: ViewFile<RubyEvidence>,
  gem: GemSpecification,
  named: { readonly name: string; readonly version: string },
  view: ImageView<RubyEvidence>,
  direct: boolean | null,
): Package {
  const since = presentSince(file, (evidence) =>
    evidence.kind === 'gem' ? [`${evidence.gem.name}@${evidence.gem.version}`] : [],
  );
  const found: FoundPackage = {
    type: 'gem',
    ...named,
    ...(gem.platform === null ? {} : { qualifiers: { platform: gem.platform } }),
    licenses: gem.licenses,
    direct,
  };
  return toLanguagePackage(found, { view, file, layer: since.get(`${gem.name}@${gem.version}`), analyzer: 'ruby' });
}

/** To the newest gem that meets the requirement, as RubyGems activates it: of the same gem home, else of any. */
function* installedRelations(installed: readonly InstalledGem[]): Generator<Relation> {
  const byName = new Map<string, InstalledGem[]>();
  for (const gem of installed) {
    const others = byName.get(gem.name);
    if (others === undefined) byName.set(gem.name, [gem]);
    else if (others.length < limits.versionsPerNameMax) others.push(gem);
  }
  for (const others of byName.values())
    others.sort((a, b) => compareVersions('gem', b.version, a.version) ?? (a.version < b.version ? 1 : -1));
  for (const { home, needs, pkg } of installed) {
    for (const { name, requirement } of needs) {
      const meeting = (byName.get(name) ?? []).filter(
        ({ version }) => requirement.length === 0 || satisfies('gem', version, requirement.join(',')) === true,
      );
      const chosen = meeting.find((other) => other.home === home) ?? meeting[0];
      if (chosen !== undefined) yield { from: pkg.purl, to: chosen.pkg.purl };
    }
  }
}
