import { type Readable, readLines } from '../../formats/text/index.ts';
import { cleanText, identifierOf } from '../foreign-text.ts';
import { limits } from '../limits.ts';
import { type Literal, parseLiteral, parseLiterals } from './ruby-literal.ts';

/** What one gem says that it needs: name and requirements (`~> 1.4`), which all have to hold. */
export type GemNeed = { readonly name: string; readonly requirement: readonly string[] };

export type GemSpecification = {
  /** Null where the file computes it. */
  readonly name: string | null;
  readonly version: string | null;
  /** `x86_64-linux`, `java`; null for gems of pure Ruby. */
  readonly platform: string | null;
  readonly licenses: readonly string[];
  /** Needed at run time. */
  readonly needs: readonly GemNeed[];
};

export type GemspecResult =
  | { readonly specification: GemSpecification }
  | { readonly code: 'limit-exceeded' | 'unreadable'; readonly fault: string };

const BOUNDS = { fileBytesMax: limits.gemspecBytesMax, lineBytesMax: limits.lineBytesMax };

const HEADER = /\bGem::Specification\.new\b([^|]{0,200}do\s{0,20}\|\s{0,20}([a-z_][A-Za-z0-9_]{0,63})\s{0,20}\|)?/;
const STATEMENT =
  /^([a-z_][A-Za-z0-9_]{0,63})\.(name|version|platform|licenses?|add_runtime_dependency|add_development_dependency|add_dependency)(?=[\s(=])(.*)$/;

/**
 * A gemspec: Ruby source, of which only literal assignments are understood. RubyGems writes every installed gem's anew in one fixed
 * form, a statement to a line with strings that are escaped (Gem::Specification#to_ruby), and Bundler does the same to gems that it
 * takes from git; what a person wrote is understood as far as it is literal.
 * https://guides.rubygems.org/specification-reference/
 */
export function parseGemspec(file: Readable): GemspecResult {
  const fields = new Map<string, Literal['value']>();
  const runtime = new Map<string, readonly string[]>();
  const plain = new Map<string, readonly string[]>();
  const development = new Set<string>();
  let stub: readonly string[] = [];
  let variable: string | undefined;
  let recognized = false;
  const outcome = readLines(file, BOUNDS, (raw) => {
    const line = raw.trimStart();
    if (line.startsWith('# stub: ') && stub.length === 0) stub = line.slice('# stub: '.length).split(' ');
    if (line.startsWith('#')) return true;
    const header = recognized ? null : HEADER.exec(line);
    if (header !== null) {
      recognized = true;
      variable = header[2];
      const [name, version] = parseLiterals(line, header.index + 'Gem::Specification.new'.length);
      fields.set('name', name).set('version', version);
    }
    const statement = STATEMENT.exec(line);
    if (!recognized || statement === null || (variable !== undefined && statement[1] !== variable)) return true;
    const [, , method = '', rest = ''] = statement;
    if (method.startsWith('add_')) {
      const need = toNeed(rest);
      if (need === undefined) return true;
      if (method === 'add_development_dependency') development.add(need.name);
      else (method === 'add_dependency' ? plain : runtime).set(need.name, need.requirement);
    } else {
      const assignment = /^\s*=(?!=)/.exec(rest);
      if (assignment !== null) fields.set(method, assignedLiteral(rest, assignment[0].length));
    }
    return runtime.size + plain.size + development.size < limits.needsPerPackageMax;
  });
  if (outcome === 'file-bytes' || outcome === 'line-bytes')
    return { code: 'limit-exceeded', fault: 'the gemspec is above gemspecBytesMax or lineBytesMax' };
  if (!recognized) return { code: 'unreadable', fault: 'the file makes no Gem::Specification' };
  // The branch for RubyGems before 1.2 repeats development dependencies as plain ones.
  for (const [name, requirement] of plain) if (!development.has(name)) runtime.set(name, requirement);
  return { specification: toSpecification(fields, stub, runtime) };
}

function toSpecification(
  fields: ReadonlyMap<string, Literal['value']>,
  stub: readonly string[],
  needs: ReadonlyMap<string, readonly string[]>,
): GemSpecification {
  // RubyGems itself lists gems by the stub line, which is literal also where the code is not.
  const field = (key: string, position: number): string | undefined => {
    const value = fields.get(key);
    return typeof value === 'string' ? value : stub[position];
  };
  const platform = identifierOf(field('platform', 2), limits.versionCharsMax);
  const licenses = [fields.get('licenses') ?? [], fields.get('license') ?? []].flat();
  return {
    name: identifierOf(field('name', 0), limits.nameCharsMax) ?? null,
    version: identifierOf(field('version', 1), limits.versionCharsMax) ?? null,
    platform: platform === undefined || platform === 'ruby' ? null : platform,
    licenses: [
      ...new Set(licenses.filter((text) => text !== '').map((text) => cleanText(text, limits.licenseCharsMax))),
    ].slice(0, limits.licensesPerPackageMax),
    needs: [...needs].map(([name, requirement]) => ({ name, requirement })),
  };
}

/** The literal that is the whole right side; undefined where an operator or a call follows it. */
function assignedLiteral(source: string, start: number): Literal['value'] {
  const { value, end } = parseLiteral(source, start);
  return /^\s*(?:$|#|;|(?:if|unless)\s)/.test(source.slice(end, end + 100)) ? value : undefined;
}

/** The arguments of a dependency: `(%q<rack>.freeze, ["~> 2.2", ">= 2.2.4"])`, or by hand `"rack", "~> 2.2"`. */
function toNeed(rest: string): GemNeed | undefined {
  const open = /^\s*\(?/.exec(rest)?.[0].length ?? 0;
  const [first, ...others] = parseLiterals(rest, open);
  const name = identifierOf(typeof first === 'string' ? first : undefined, limits.nameCharsMax);
  if (name === undefined) return undefined;
  const requirement = others
    .flatMap((value) => value ?? [])
    .filter((text) => identifierOf(text, limits.versionCharsMax) !== undefined)
    .slice(0, limits.requirementPartsMax);
  return { name, requirement };
}
