import { fieldOf, type JsonObject, parseJsonObject, stringOf } from '../../formats/json/index.ts';
import { cleanText, identifierOf } from '../foreign-text.ts';
import { limits } from '../limits.ts';

export type CondaPackage = {
  readonly name: string;
  readonly version: string;
  readonly build: string | null;
  /** `conda-forge`, `main`; null where the package came from no channel. */
  readonly channel: string | null;
  /** Platform folder of the channel: `linux-64`, `noarch`. */
  readonly subdir: string | null;
  readonly licenses: readonly string[];
  readonly direct: boolean | null;
  /** Names of the packages that it needs. */
  readonly needs: readonly string[];
};

/**
 * A record in conda-meta, one per installed package of an environment.
 * https://docs.conda.io/projects/conda/en/stable/dev-guide/api/conda/models/records/index.html#conda.models.records.PrefixRecord
 */
export function parseRecord(bytes: Uint8Array): CondaPackage | undefined {
  const record = parseJsonObject(bytes);
  if (record === undefined) return undefined;
  const name = identifierOf(stringOf(record, 'name'), limits.nameCharsMax);
  const version = identifierOf(stringOf(record, 'version'), limits.versionCharsMax);
  if (name === undefined || version === undefined) return undefined;
  const subdir = identifierOf(stringOf(record, 'subdir'), limits.versionCharsMax) ?? null;
  const license = stringOf(record, 'license') ?? '';
  return {
    name,
    version,
    build: identifierOf(stringOf(record, 'build'), limits.versionCharsMax) ?? null,
    channel: channelName(stringOf(record, 'channel'), subdir) ?? null,
    subdir,
    licenses: license === '' ? [] : [cleanText(license, limits.licenseCharsMax)],
    direct: isRequested(record),
    needs: namesOf(fieldOf(record, 'depends')),
  };
}

/**
 * The channel's own name, as purls have it: of `https://conda.anaconda.org/conda-forge/linux-64` it is `conda-forge`, of
 * `https://repo.anaconda.com/pkgs/main` it is `main`. Private channels carry passwords and tokens in their addresses
 * (`https://user:secret@host/t/token/channel`): nothing but the path below them is kept.
 */
function channelName(channel: string | undefined, subdir: string | null): string | undefined {
  if (channel === undefined || channel.length > limits.pathCharsMax) return undefined;
  const path = channel.replace(/^[A-Za-z][A-Za-z0-9+.-]{0,20}:\/\/[^/]*\/?/, '').replace(/[?#].*$/, '');
  const parts = path.split('/').filter((part) => part !== '');
  if (parts.at(-1) === subdir) parts.pop();
  const token = parts.indexOf('t');
  if (token !== -1) parts.splice(0, token + 2);
  if (parts[0] === 'pkgs') parts.shift();
  const name = parts.join('/');
  return /[@:]/.test(name) ? undefined : identifierOf(name, limits.nameCharsMax);
}

/** What the user asked for by name; installers leave it empty for what came along, and old ones say nothing. */
function isRequested(record: JsonObject): boolean | null {
  const several = fieldOf(record, 'requested_specs');
  if (Array.isArray(several) && several.length > 0) return true;
  const spec = fieldOf(record, 'requested_spec');
  if (typeof spec === 'string') return spec !== '' && spec !== 'None';
  return Array.isArray(several) ? false : null;
}

/** `["python >=3.10,<3.11.0a0", "libzlib"]`; `__glibc` and the like are properties of the machine. */
function namesOf(depends: unknown): readonly string[] {
  if (!Array.isArray(depends)) return [];
  const names = depends.slice(0, limits.needsPerPackageMax).flatMap((text: unknown) => {
    const name =
      typeof text === 'string' ? identifierOf(text.split(/[\s=<>!~]/, 1)[0], limits.nameCharsMax) : undefined;
    return name === undefined || name.startsWith('__') ? [] : [name];
  });
  return [...new Set(names)];
}
