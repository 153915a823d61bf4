import { homedir } from 'node:os';
import { join } from 'node:path';
import { Fault } from '@hullcheck/core';
import { readBounded, readSecret } from './secret.ts';

/** What the process was started with. Only main.ts makes one from the real process. */
export interface Surroundings {
  readonly environment: { readonly [name: string]: string | undefined };
  /** The command line, without the program's own name. */
  readonly args: readonly string[];
  readonly cwd: string;
  readonly uid: number;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly stdin: NodeJS.ReadStream;
  readonly now: () => number;
  readonly installation: Installation;
  readonly version: string;
}

/** Where the parts of this installation lie that are not code. */
export interface Installation {
  /** The starter database. */
  readonly starter: string;
  /** The built pages; in a checkout they may not be there. */
  readonly pages: string;
  /** What runs this program again. */
  readonly program: string;
  /** Folder with the built program (`bin`, `lib`, `package.json`); in a checkout it may not be there. */
  readonly built: string;
}

const CONFIG_BYTES_MAX = 1024 * 1024;
const HERE = '.hullcheck.yaml';

export interface ConfigFile {
  readonly [flag: string]: unknown;
}

const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** The configuration file: `--config`, else `./.hullcheck.yaml`, else under XDG_CONFIG_HOME. */
async function readConfig(
  named: string | undefined,
  around: Surroundings,
): Promise<{ readonly path: string | undefined; readonly config: ConfigFile }> {
  const configHome = around.environment.XDG_CONFIG_HOME ?? join(homedir(), '.config');
  const candidates =
    named === undefined ? [join(around.cwd, HERE), join(configHome, 'hullcheck', 'config.yaml')] : [named];
  for (const path of candidates) {
    const text = readBounded(path, CONFIG_BYTES_MAX);
    if (text === undefined) continue;
    // Only here: most starts find no file, and the parser takes as long to load as the whole command line.
    const { parse: parseYaml } = await import('yaml');
    let value: unknown;
    try {
      value = parseYaml(text, { maxAliasCount: 100 });
    } catch (error) {
      throw new Fault('invalid-input', `${path} is not YAML: ${(error as Error).message.split('\n')[0]}`, {
        place: path,
        cause: error,
      });
    }
    if (value === null || value === undefined) return { path, config: {} };
    if (typeof value !== 'object' || Array.isArray(value))
      throw new Fault('invalid-input', `${path} must hold settings by name`, { place: path });
    return { path, config: value as ConfigFile };
  }
  if (named !== undefined)
    throw new Fault('invalid-input', `there is no configuration file ${named}`, { place: named });
  return { path: undefined, config: {} };
}

/** Where a flag's value comes from: the flag itself, `HULLCHECK_<FLAG>`, then the configuration file. */
export class Settings {
  readonly #flags: { readonly [name: string]: unknown };
  readonly #config: ConfigFile;
  /** The configuration file that was read, where one was. */
  readonly configFile: string | undefined;
  readonly #around: Surroundings;
  /** It was only found in the working folder, which may be a checkout of what anybody proposes. */
  readonly #isFoundHere: boolean;

  private constructor(
    flags: { readonly [name: string]: unknown },
    { path, config }: { readonly path: string | undefined; readonly config: ConfigFile },
    around: Surroundings,
    isNamed: boolean,
  ) {
    this.#flags = flags;
    this.#config = config;
    this.configFile = path;
    this.#around = around;
    this.#isFoundHere = !isNamed && path === join(around.cwd, HERE);
  }

  /** Reads the configuration file, where there is one. Fault `invalid-input`. */
  static async read(flags: { readonly [name: string]: unknown }, around: Surroundings): Promise<Settings> {
    const named = flags.config ?? around.environment.HULLCHECK_CONFIG;
    const path = typeof named === 'string' ? named : undefined;
    return new Settings(flags, await readConfig(path, around), around, path !== undefined);
  }

  #raw(name: string): unknown {
    return this.#given(name) ?? this.#config[kebab(name)] ?? this.#config[name];
  }

  /** By flag or variable. */
  #given(name: string): unknown {
    const flag = this.#flags[name];
    if (flag !== undefined) return flag;
    const variable = this.#around.environment[`HULLCHECK_${kebab(name).replaceAll('-', '_').toUpperCase()}`];
    return variable === '' ? undefined : variable;
  }

  /**
   * Whether a value comes from the file that happens to lie in the working folder. Where a pipeline checks out a stranger's change,
   * the stranger wrote it: it may say how to judge, and not where secrets of the environment go.
   */
  isFoundHere(name: string): boolean {
    return this.#isFoundHere && this.#given(name) === undefined && this.#raw(name) !== undefined;
  }

  /** Whether the configuration file holds something of this name. */
  isConfigured(name: string): boolean {
    return Object.hasOwn(this.#config, name);
  }

  text(name: string): string | undefined {
    const value = this.#raw(name);
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'string') return value;
    if (typeof value === 'number') return String(value);
    throw new Fault('invalid-input', `--${kebab(name)} takes a text`);
  }

  flag(name: string): boolean {
    const value = this.#raw(name);
    if (value === undefined || value === null) return false;
    if (typeof value === 'boolean') return value;
    if (value === '1' || value === 'true' || value === 'yes') return true;
    if (value === '0' || value === 'false' || value === 'no' || value === '') return false;
    throw new Fault('invalid-input', `--${kebab(name)} is a switch: true or false`);
  }

  integer(name: string): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    if (!/^\d{1,9}$/.test(value))
      throw new Fault('invalid-input', `--${kebab(name)} takes a whole number, not ${value}`);
    return Number(value);
  }

  /** A switch that may name what it is for (`--allow-shrink`, `--allow-shrink=a,b`): false, true for all, or the names. */
  switchOrList(name: string): boolean | readonly string[] {
    const value = this.#raw(name);
    if (typeof value === 'string' && !/^(?:1|true|yes|0|false|no|)$/.test(value)) return this.list(name);
    return Array.isArray(value) ? this.list(name) : this.flag(name);
  }

  /** A comma list, or the flag repeated. */
  list(name: string): readonly string[] {
    const value = this.#raw(name);
    if (value === undefined || value === null) return [];
    const parts: unknown[] = Array.isArray(value) ? value : [value];
    if (!parts.every((part) => typeof part === 'string'))
      throw new Fault('invalid-input', `--${kebab(name)} takes texts`);
    return parts
      .flatMap((part) => part.split(','))
      .map((part) => part.trim())
      .filter((part) => part !== '');
  }

  /** A secret is never a flag. */
  secret(name: string): string | undefined {
    return readSecret(this.#around.environment, `HULLCHECK_${kebab(name).replaceAll('-', '_').toUpperCase()}`);
  }

  /** Folder for downloaded databases: `--cache`, else under XDG_CACHE_HOME. */
  cacheFolder(): string {
    return (
      this.text('cache') ?? join(this.#around.environment.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'hullcheck')
    );
  }
}
