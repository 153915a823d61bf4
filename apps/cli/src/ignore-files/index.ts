import { readFileSync, type Stats, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Fault, type IgnoreRule, type VexStatement, vexLimits } from '@hullcheck/core';
import { ignoreLimits } from '../limits.ts';
import type { Settings, Surroundings } from '../settings.ts';
import { readGrypeYaml } from './grype.ts';
import { readOwnRules } from './own.ts';
import { parseTrivyLines } from './trivy-lines.ts';
import { readTrivyYaml } from './trivy-yaml.ts';
import { parseVexFile } from './vex-file.ts';
import { parseYamlFile } from './yaml-entries.ts';

/** What the user has answered already. */
export interface Answers {
  readonly rules: readonly IgnoreRule[];
  readonly statements: readonly VexStatement[];
}

/**
 * Files of the working directory that are read where they are there. With --ignorefile that one stands for Trivy's and Grype's.
 */
const FOUND_BY_NAME = ['.trivyignore', '.trivyignore.yaml', '.trivyignore.yml', '.grype.yaml', '.grype/config.yaml'];

/** The user's own rules, then those of --ignorefile or of the working directory, then --vex. Fault `invalid-input`. */
export async function readAnswers(settings: Settings, around: Surroundings): Promise<Answers> {
  const rules: IgnoreRule[] = [];
  if (settings.configFile !== undefined && settings.isConfigured('ignore')) {
    const name = shownName(settings.configFile, around);
    rules.push(...readOwnRules(await readYaml(settings.configFile, name)));
  }
  const named = settings.text('ignorefile');
  if (named !== undefined) rules.push(...(await readRules(locate(named, around), named)));
  else {
    for (const name of FOUND_BY_NAME) {
      const path = join(around.cwd, name);
      if (isFile(path)) rules.push(...(await readRules(path, name)));
    }
  }
  const statements: VexStatement[] = [];
  for (const name of settings.list('vex')) {
    const text = readText(locate(name, around), name, vexLimits.bytesMax);
    for (const statement of await parseVexFile(text, name)) statements.push(statement);
  }
  return { rules, statements };
}

/** Told apart by name, as the programs they belong to do; a YAML file of another name by its lists. */
async function readRules(path: string, name: string): Promise<readonly IgnoreRule[]> {
  if (!/\.ya?ml$/i.test(name)) return parseTrivyLines(readText(path, name, ignoreLimits.fileBytesMax), name);
  const file = await readYaml(path, name);
  if (basename(name).startsWith('.hullcheck')) return readOwnRules(file);
  const isGrype = /grype/i.test(name) || (!/trivy/i.test(name) && file.has('ignore'));
  return isGrype ? readGrypeYaml(file) : readTrivyYaml(file);
}

const readYaml = (path: string, name: string) => parseYamlFile(readText(path, name, ignoreLimits.fileBytesMax), name);

const locate = (path: string, around: Surroundings) => (path.startsWith('/') ? path : join(around.cwd, path));

/** Files of the working directory by their name alone: where it lies says nothing, and differs from machine to machine. */
function shownName(path: string, { cwd }: Surroundings): string {
  return path.startsWith(`${cwd}/`) ? path.slice(cwd.length + 1) : path;
}

function readText(path: string, name: string, bytesMax: number): string {
  let found: Stats | undefined;
  try {
    found = statSync(path);
  } catch (error) {
    throw new Fault('invalid-input', `there is no ${name}`, { place: name, cause: error });
  }
  if (!found.isFile()) throw new Fault('invalid-input', `${name} is not a file`, { place: name });
  if (found.size > bytesMax)
    throw new Fault('limit-exceeded', `${name} is larger than ${bytesMax} bytes`, { place: name });
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Fault('invalid-input', `can't read ${name}`, { place: name, cause: error });
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
