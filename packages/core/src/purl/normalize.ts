type Normalization = (text: string) => string;

interface TypeRule {
  readonly namespace?: Normalization;
  readonly name?: Normalization;
  readonly version?: Normalization;
}

const lower: Normalization = (text) => text.toLowerCase();
const LOWER_PATH: TypeRule = { namespace: lower, name: lower };

/**
 * What the types' definitions fold, https://github.com/package-url/purl-spec/tree/main/types. npm, golang, maven, cargo, gem
 * and nuget are not here because their names are case-sensitive (old releases of the specification lowered npm and golang;
 * two Go modules that differ in case are two modules).
 */
const RULES: ReadonlyMap<string, TypeRule> = new Map([
  ['alpm', LOWER_PATH],
  ['apk', LOWER_PATH],
  ['bitbucket', LOWER_PATH],
  ['bitnami', { name: lower }],
  ['brew', LOWER_PATH],
  ['chrome-extension', { name: lower }],
  ['composer', LOWER_PATH],
  // A CPANID; names of distributions are case-sensitive.
  ['cpan', { namespace: (text) => text.toUpperCase() }],
  ['deb', LOWER_PATH],
  ['github', LOWER_PATH],
  ['gitlab', LOWER_PATH],
  ['hex', LOWER_PATH],
  ['huggingface', { version: lower }],
  ['luarocks', LOWER_PATH],
  ['oci', { name: lower, version: lower }],
  ['otp', { name: lower }],
  ['pub', { name: (text) => text.toLowerCase().replaceAll(/[^a-z0-9_]/g, '_') }],
  ['pypi', { name: (text) => text.toLowerCase().replaceAll('_', '-') }],
  ['qpkg', { namespace: lower }],
  ['rpm', { namespace: lower }],
  ['vscode-extension', { namespace: lower, name: lower, version: lower }],
  ['yocto', { namespace: lower }],
]);

export function normalize(component: keyof TypeRule, type: string, text: string): string {
  return RULES.get(type)?.[component]?.(text) ?? text;
}
