/** Where a gemspec of an installed gem lies. */
export type GemPlace =
  /** `default` gems come with Ruby itself. */
  | { readonly kind: 'installed' | 'default'; readonly home: string }
  /** Below `bundler/gems/<repository>-<revision>`, where Bundler checks gems out of git. */
  | { readonly kind: 'git'; readonly home: string; readonly revision: string };

const SPECIFICATIONS = /^(?:(.*)\/)?specifications\/(?:(default)\/)?[^/]+\.gemspec$/;
/** Bundler looks for gemspecs in a repository and two folders deep. The folder ends in twelve digits of the revision. */
const GIT_CHECKOUT = /^(?:(.*)\/)?bundler\/gems\/[^/]+-([0-9a-f]{7,12})\/(?:[^/]+\/){0,2}[^/]+\.gemspec$/;
const INSIDE_GEM = /(?:^|\/)gems\/[^/]+-[^/]*\//;

/** Undefined for gemspecs that install nothing: an application's own, those that gems carry along. */
export function gemPlace(path: string): GemPlace | undefined {
  const git = GIT_CHECKOUT.exec(path);
  if (git?.[2] !== undefined) return { kind: 'git', home: git[1] ?? '', revision: git[2] };
  const installed = SPECIFICATIONS.exec(path);
  if (installed === null || isInsideGem(path)) return undefined;
  return { kind: installed[2] === undefined ? 'installed' : 'default', home: installed[1] ?? '' };
}

/** Whether the path lies in an installed gem: the lock files there are of the gem's own development. */
export function isInsideGem(path: string): boolean {
  return INSIDE_GEM.test(path);
}
