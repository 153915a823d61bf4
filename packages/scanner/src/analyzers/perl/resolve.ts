import type { ImageView, Package, Problem, Relation, Resolution, ViewFile } from '@hullcheck/core';
import { fileProblem } from '../foreign-text.ts';
import { toLanguagePackage } from '../language-package.ts';
import { presentSince } from '../presence.ts';
import type { Distribution } from './distribution.ts';
import type { PerlEvidence } from './index.ts';

interface Found {
  readonly distribution: Distribution;
  readonly provides: readonly string[];
  readonly requires: readonly string[];
  readonly pkg: Package;
}

/**
 * Distributions that cpanm recorded; modules that only the log of `make install` names, while their list of files is there; and
 * the distributions of each snapshot none of whose distributions is installed.
 */
export function resolvePerl(view: ImageView<PerlEvidence>): Resolution {
  const recorded = fromRecords(view);
  const provided = new Set(recorded.flatMap(({ provides }) => provides));
  const logged = fromLogs(view, provided);
  const installed = [...recorded, ...logged.found];
  const witnesses = new Set(
    installed.filter(({ pkg }) => pkg.ownedBy === null).map(({ distribution }) => distribution.name),
  );
  const locked = fromSnapshots(view, witnesses);
  return {
    packages: [...installed, ...locked.flat()].map(({ pkg }) => pkg),
    problems: logged.problems,
    relations: [installed, ...locked].flatMap(relationsOf),
  };
}

function fromRecords(view: ImageView<PerlEvidence>): readonly Found[] {
  const metas = new Map(
    view.files.flatMap(({ path, evidence }) => (evidence.kind === 'meta' ? [[folderOf(path), evidence] as const] : [])),
  );
  return view.files.flatMap((file) => {
    const { evidence } = file;
    if (evidence.kind !== 'install') return [];
    const meta = metas.get(folderOf(file.path));
    const pkg = toPackage(evidence, placeOf(file, view), meta?.licenses ?? []);
    return [{ distribution: evidence, provides: evidence.provides, requires: meta?.requires ?? [], pkg }];
  });
}

/** Modules are logged by the name of their main module, which names the distribution of nearly all. */
function fromLogs(
  view: ImageView<PerlEvidence>,
  provided: ReadonlySet<string>,
): { readonly found: readonly Found[]; readonly problems: readonly Problem[] } {
  const packlists = new Map<string, ViewFile<PerlEvidence>>();
  for (const file of view.files) {
    if (file.evidence.kind !== 'packlist' || view.ownerOf(file.path) !== undefined) continue;
    const module = moduleOf(file.path);
    if (module !== undefined && !provided.has(module)) packlists.set(module, file);
  }
  const found = new Map<string, Found>();
  for (const file of view.files) {
    if (file.evidence.kind !== 'log') continue;
    const place = placeOf(file, view);
    for (const { module, version } of file.evidence.modules) {
      const packlist = packlists.get(module);
      if (packlist === undefined) continue;
      const distribution = { name: module.replaceAll('::', '-'), version, author: null };
      const pkg = toPackage(distribution, place, []);
      const paths = [file.path, packlist.path].sort();
      found.set(module, { distribution, provides: [module], requires: [], pkg: { ...pkg, paths } });
    }
  }
  const detail = 'a module was installed here whose version no log and no record of cpanm states';
  const problems = [...packlists]
    .filter(([module]) => !found.has(module))
    .map(([, { path }]) => fileProblem('undetermined-version', path, detail));
  return { found: [...found.values()], problems };
}

function fromSnapshots(view: ImageView<PerlEvidence>, witnesses: ReadonlySet<string>): readonly (readonly Found[])[] {
  return view.files.flatMap((file) => {
    const { evidence } = file;
    if (evidence.kind !== 'lock' || evidence.distributions.some(({ name }) => witnesses.has(name))) return [];
    const place = placeOf(file, view);
    return [
      evidence.distributions.map((distribution) => ({
        distribution,
        provides: distribution.provides,
        requires: distribution.requires,
        pkg: toPackage(distribution, place, []),
      })),
    ];
  });
}

/** A distribution needs modules, and the distribution that has the module meets the need; Perl's own modules have none. */
function relationsOf(found: readonly Found[]): readonly Relation[] {
  const providers = new Map<string, string>();
  for (const { provides, pkg } of found) for (const module of provides) providers.set(module, pkg.purl);
  return found.flatMap(({ requires, pkg }) =>
    requires.flatMap((module) => {
      const to = providers.get(module);
      return to === undefined || to === pkg.purl ? [] : [{ from: pkg.purl, to }];
    }),
  );
}

interface Place {
  readonly view: ImageView<PerlEvidence>;
  readonly file: ViewFile<PerlEvidence>;
  readonly since: ReadonlyMap<string, number>;
}

/** Once for each file, because it goes through all that the file states. */
function placeOf(file: ViewFile<PerlEvidence>, view: ImageView<PerlEvidence>): Place {
  return { view, file, since: presentSince(file, keysOf) };
}

function toPackage(
  { name, version, author }: Distribution,
  { view, file, since }: Place,
  licenses: readonly string[],
): Package {
  return toLanguagePackage(
    { type: 'cpan', name, version, licenses, ...(author === null ? {} : { qualifiers: { author } }) },
    { view, file, layer: since.get(`${name}@${version}`), analyzer: 'perl' },
  );
}

function keysOf(evidence: PerlEvidence): readonly string[] {
  switch (evidence.kind) {
    case 'install':
      return [`${evidence.name}@${evidence.version}`];
    case 'log':
      return evidence.modules.map(({ module, version }) => `${module.replaceAll('::', '-')}@${version}`);
    case 'lock':
      return evidence.distributions.map(({ name, version }) => `${name}@${version}`);
    default:
      return [];
  }
}

/** `…/auto/Acme/Thing/.packlist` → `Acme::Thing`. */
function moduleOf(path: string): string | undefined {
  const inside = /(?:^|\/)auto\/((?:[^/]+\/){1,32})\.packlist$/.exec(path)?.[1];
  return inside?.slice(0, -1).replaceAll('/', '::');
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0));
}
