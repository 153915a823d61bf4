import { parseBlockYaml, type YamlMap, yamlListOf, yamlMapOf, yamlTextOf } from '../../formats/block-yaml/index.ts';
import { toVcsUrl } from '../../formats/repository-address.ts';
import { LockedPackages, type LockResult } from '../locked-packages.ts';

const decoder = new TextDecoder('utf-8');
/** `text-2.0.2` of Hackage, with a hash and size behind `@`; names hold dashes, versions only digits and dots. */
const HACKAGE = /^([A-Za-z0-9-]{1,256})-(\d{1,32}(?:\.\d{1,32}){0,32})(?:@.*)?$/;

/** Packages of the compiler's own. https://gitlab.haskell.org/ghc/ghc/-/wikis/commentary/libraries/version-history */
const COMPILERS = new Set(
  `Cabal Cabal-syntax Win32 array base binary bytestring containers deepseq directory exceptions file-io filepath ghc ghc-bignum
  ghc-boot ghc-boot-th ghc-compact ghc-experimental ghc-heap ghc-internal ghc-platform ghc-prim ghc-toolchain ghci haskeline
  hoopl hpc integer-gmp integer-simple libiserv mtl os-string parsec pretty process rts semaphore-compat stm
  system-cxx-std-lib template-haskell terminfo text time transformers unix xhtml`.split(/\s+/),
);
/** Registered like packages, but only ever parts of the compiler. */
const NO_PACKAGES = new Set(['rts', 'system-cxx-std-lib']);

export function isCompilers(name: string): boolean {
  return COMPILERS.has(name);
}

/**
 * A package's registration with GHC: fields as in Cabal files, continued by indentation. Internal libraries of a package have names of
 * their own (`z-foo-z-bar`) and name the package besides. https://downloads.haskell.org/ghc/latest/docs/users_guide/packages.html
 */
export function parseRegistration(bytes: Uint8Array): LockResult {
  const fields = parseFields(decoder.decode(bytes));
  const name = fields.get('package-name') ?? fields.get('name');
  const version = fields.get('version');
  if (name === undefined || version === undefined)
    return { fault: 'the file names no package and version, as GHC registers one', code: 'unreadable' };
  const locked = new LockedPackages();
  if (!NO_PACKAGES.has(name)) {
    const license = fields.get('license');
    locked.add({
      name,
      version,
      dev: false,
      direct: null,
      needs: (fields.get('depends') ?? '').split(/\s+/).flatMap((unit) => UNIT.exec(unit)?.[1] ?? []),
      licenses: license === undefined || license === '' ? [] : [license],
    });
  }
  return locked.result();
}

/** `base-4.17.1.0`, `aeson-2.1.2.1-8XyZ…`, `aeson-2.1.2.1-inplace`. */
const UNIT = /^([A-Za-z0-9-]{1,256}?)-\d{1,32}(?:\.\d{1,32}){0,32}(?:-.*)?$/;

function parseFields(text: string): ReadonlyMap<string, string> {
  const parts = new Map<string, string[]>();
  let current: string[] | undefined;
  for (const line of text.split(/\r?\n/)) {
    const field = /^([A-Za-z-]{1,64}):(.*)$/.exec(line);
    if (field?.[1] !== undefined) {
      current = [field[2]?.trim() ?? ''];
      parts.set(field[1].toLowerCase(), current);
    } else if (/^\s/.test(line)) current?.push(line.trim());
  }
  return new Map([...parts].map(([key, lines]) => [key, lines.join(' ').trim()]));
}

/** stack.yaml.lock: what the project adds to its snapshot. https://docs.haskellstack.org/en/stable/topics/lock_files/ */
export function parseStackLock(bytes: Uint8Array): LockResult {
  const document = yamlMapOf(parseBlockYaml(bytes));
  if (document === undefined || !(document.has('packages') || document.has('snapshots')))
    return { fault: 'the file is not YAML with packages, as Stack writes it', code: 'unreadable' };
  const locked = new LockedPackages();
  for (const item of yamlListOf(document.get('packages'))) {
    const completed = yamlMapOf(yamlMapOf(item)?.get('completed'));
    if (completed === undefined) continue;
    const [, name, version] = HACKAGE.exec(yamlTextOf(completed.get('hackage')) ?? '') ?? [];
    locked.add({
      name: name ?? yamlTextOf(completed.get('name')) ?? '',
      version: version ?? yamlTextOf(completed.get('version')),
      dev: false,
      direct: null,
      qualifiers: originOf(completed),
    });
  }
  return locked.result();
}

/** Packages that are not Hackage's: of a repository, or of an archive somewhere. */
function originOf(completed: YamlMap): { readonly [key: string]: string | undefined } {
  const git = yamlTextOf(completed.get('git'));
  const commit = yamlTextOf(completed.get('commit'));
  if (git !== undefined) return { vcs_url: toVcsUrl(git, commit) };
  return { download_url: yamlTextOf(completed.get('url')) };
}

/**
 * cabal.project.freeze: `constraints: any.text ==2.0.2, text +flag`. A constraint that is no single version pins nothing.
 * https://cabal.readthedocs.io/en/stable/cabal-commands.html#cabal-freeze
 */
export function parseCabalFreeze(bytes: Uint8Array): LockResult {
  const fields = parseFields(decoder.decode(bytes));
  if (!FREEZE_FIELDS.some((field) => fields.has(field)))
    return { fault: 'the file has no constraints, as cabal writes it', code: 'unreadable' };
  const locked = new LockedPackages();
  for (const constraint of (fields.get('constraints') ?? '').split(',')) {
    const [, name, version] = PIN.exec(constraint.trim().slice(0, 1024)) ?? [];
    if (name !== undefined && !NO_PACKAGES.has(name)) locked.add({ name, version, dev: false, direct: null });
  }
  return locked.result();
}

/** A project may freeze nothing but the state of the index. */
const FREEZE_FIELDS = ['constraints', 'index-state', 'active-repositories'];
const PIN = /^(?:any\.)?([A-Za-z0-9-]{1,256})\s*==\s*(\d{1,32}(?:\.\d{1,32}){0,32})$/;
