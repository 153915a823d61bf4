import { fieldOf, type JsonObject, objectOf } from '../../formats/json/index.ts';
import { parseToml } from '../../formats/toml/index.ts';
import { limits } from '../limits.ts';
import { distributionName, normalizeName } from './names.ts';
import { parseRequirement } from './requirement.ts';

/** What a project asks for, by normalised name. */
export type PythonProject = {
  readonly requires: readonly string[];
  readonly development: readonly string[];
};

/**
 * The direct dependencies that a pyproject.toml states, for production and for development: by the standard tables
 * (https://packaging.python.org/en/latest/specifications/pyproject-toml/, PEP 735) and by those of Poetry and PDM. Undefined when
 * it states none.
 */
export function parsePyproject(bytes: Uint8Array): PythonProject | undefined {
  const root = parseToml(bytes);
  if (root === undefined) return undefined;
  const project = objectOf(root, 'project') ?? {};
  const tool = objectOf(root, 'tool') ?? {};
  const poetry = objectOf(tool, 'poetry') ?? {};
  const pdm = objectOf(tool, 'pdm') ?? {};
  const groups = Object.values(objectOf(poetry, 'group') ?? {});
  return toProject(
    [
      ...specifiers(fieldOf(project, 'dependencies')),
      ...Object.values(objectOf(project, 'optional-dependencies') ?? {}).flatMap(specifiers),
      ...namesIn(poetry, 'dependencies'),
    ],
    [
      ...Object.values(objectOf(root, 'dependency-groups') ?? {}).flatMap(specifiers),
      ...Object.values(objectOf(pdm, 'dev-dependencies') ?? {}).flatMap(specifiers),
      ...namesIn(poetry, 'dev-dependencies'),
      ...groups.flatMap((group) => namesIn({ group }, 'group', 'dependencies')),
    ],
  );
}

/** Pipfile, https://pipenv.pypa.io/en/latest/pipfile.html */
export function parsePipfile(bytes: Uint8Array): PythonProject | undefined {
  const root = parseToml(bytes);
  return root === undefined ? undefined : toProject(namesIn(root, 'packages'), namesIn(root, 'dev-packages'));
}

function toProject(requires: readonly string[], development: readonly string[]): PythonProject | undefined {
  if (requires.length + development.length === 0) return undefined;
  const bounded = (names: readonly string[]): readonly string[] =>
    [...new Set(names.map(normalizeName))].slice(0, limits.needsPerPackageMax);
  return { requires: bounded(requires), development: bounded(development) };
}

/** Keys of a table below a table; Poetry's `python` is the interpreter. */
function namesIn(object: JsonObject, ...keys: readonly string[]): readonly string[] {
  let table: JsonObject | undefined = object;
  for (const key of keys) table = table === undefined ? undefined : objectOf(table, key);
  return Object.keys(table ?? {}).filter((name) => name !== 'python' && distributionName(name) !== undefined);
}

function specifiers(value: unknown): readonly string[] {
  if (!Array.isArray(value)) return [];
  return value
    .slice(0, limits.needsPerPackageMax)
    .flatMap((item) => (typeof item === 'string' ? (parseRequirement(item)?.name ?? []) : []));
}
