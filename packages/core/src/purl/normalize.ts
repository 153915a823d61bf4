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
  ['composer', LOWER_PATH],
  ['deb', LOWER_PATH],
  ['github', LOWER_PATH],
  ['gitlab', LOWER_PATH],
  ['hex', LOWER_PATH],
  ['huggingface', { version: lower }],
  ['oci', { name: lower, version: lower }],
  ['pub', { name: lower }],
  ['pypi', { name: (text) => text.toLowerCase().replaceAll('_', '-') }],
  ['qpkg', { namespace: lower }],
  ['rpm', { namespace: lower }],
]);

export function normalize(component: keyof TypeRule, type: string, text: string): string {
  return RULES.get(type)?.[component]?.(text) ?? text;
}
