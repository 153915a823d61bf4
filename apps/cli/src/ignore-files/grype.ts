import { FIX_STATES, type IgnoreRule, type IgnoreScope, VEX_STATUSES } from '@hullcheck/core';
import { EntryFields } from './entry-fields.ts';
import { toWildcards } from './name-pattern.ts';
import type { YamlEntry, YamlFile } from './yaml-entries.ts';

/** Grype's words for kinds of package, and the purl types that they stand for. Words not listed are purl types themselves. */
const TYPES: { readonly [type: string]: readonly string[] } = {
  'alpm-package': ['alpm'],
  'apk-package': ['apk'],
  'conda-package': ['conda'],
  'dart-pub': ['pub'],
  'deb-package': ['deb'],
  dotnet: ['nuget'],
  'go-module': ['golang'],
  'hex-package': ['hex'],
  'java-archive': ['maven'],
  'jenkins-plugin': ['maven'],
  'php-composer': ['composer'],
  python: ['pypi'],
  'rpm-package': ['rpm'],
  'rust-crate': ['cargo'],
};
const LANGUAGES: { readonly [language: string]: readonly string[] } = {
  dart: ['pub'],
  dotnet: ['nuget'],
  elixir: ['hex'],
  erlang: ['hex'],
  go: ['golang'],
  java: ['maven'],
  javascript: ['npm'],
  php: ['composer'],
  python: ['pypi'],
  r: ['cran'],
  ruby: ['gem'],
  rust: ['cargo'],
  swift: ['swift'],
};

/** The `ignore` list of `.grype.yaml`. https://github.com/anchore/grype#specifying-matches-to-ignore */
export function readGrypeYaml(file: YamlFile): readonly IgnoreRule[] {
  return file.entries('ignore').map((entry) => {
    const fields = new EntryFields(file.path, entry, [
      'vulnerability',
      'include-aliases',
      'reason',
      'fix-state',
      'package',
      'vex-status',
      'vex-justification',
      'namespace',
      'match-type',
    ]);
    // A rule that asks for what findings here don't know must not hide everything that the rest of it fits.
    for (const unknown of ['namespace', 'match-type']) {
      if (fields.text(unknown) !== undefined)
        throw fields.fault(unknown, `${unknown} is not known here; name the vulnerability or the package instead`);
    }
    return {
      id: fields.text('vulnerability') ?? null,
      package: null,
      reason: fields.text('reason') ?? 'no reason given',
      source: fields.source,
      expiresAt: null,
      scope: { ...scopeOf(fields), ...packageScope(file.path, entry) },
    };
  });
}

function scopeOf(fields: EntryFields): IgnoreScope {
  const fixState = fields.oneOf('fix-state', FIX_STATES);
  const vexStatus = fields.oneOf('vex-status', VEX_STATUSES);
  const vexJustification = fields.text('vex-justification');
  return {
    ...(fixState === undefined ? {} : { fixState }),
    ...(vexStatus === undefined ? {} : { vexStatus }),
    ...(vexJustification === undefined ? {} : { vexJustification }),
  };
}

function packageScope(path: string, entry: YamlEntry): IgnoreScope {
  const value = entry.fields.package;
  if (value === undefined || value === null) return {};
  const line = entry.lineOf('package');
  const inner: YamlEntry = { line, fields: Object.fromEntries(Object.entries(value)), lineOf: () => line };
  const fields = new EntryFields(path, inner, ['name', 'version', 'type', 'language', 'location', 'upstream-name']);
  const name = patternOf(fields, 'name');
  const sourceName = patternOf(fields, 'upstream-name');
  const version = fields.text('version');
  const types = typesOf(fields);
  const location = fields.text('location');
  return {
    ...(name === undefined ? {} : { name }),
    ...(sourceName === undefined ? {} : { sourceName }),
    ...(version === undefined ? {} : { version }),
    ...(types === undefined ? {} : { types }),
    ...(location === undefined ? {} : { paths: [location] }),
  };
}

function typesOf(fields: EntryFields): readonly string[] | undefined {
  const type = fields.text('type');
  const language = fields.text('language');
  const ofType = type === undefined ? undefined : (TYPES[type] ?? [type]);
  const ofLanguage = language === undefined ? undefined : LANGUAGES[language];
  if (language !== undefined && ofLanguage === undefined)
    throw fields.fault('language', `language takes ${Object.keys(LANGUAGES).join(', ')}; not ${language}`);
  if (ofType === undefined || ofLanguage === undefined) return ofType ?? ofLanguage;
  return ofType.filter((one) => ofLanguage.includes(one));
}

function patternOf(fields: EntryFields, key: string): string | undefined {
  const text = fields.text(key);
  if (text === undefined) return undefined;
  const pattern = toWildcards(text);
  if (pattern === undefined)
    throw fields.fault(key, `${key} takes a name, or an expression of letters, . .* and \\.; not ${text}`);
  return pattern;
}
