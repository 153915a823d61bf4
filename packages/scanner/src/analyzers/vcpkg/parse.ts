import { listOf, parseJsonObject, stringOf, toObject } from '../../formats/json/index.ts';
import { type Readable, readLines, readWhole } from '../../formats/text/index.ts';
import { cleanText, identifierOf } from '../foreign-text.ts';
import { limits } from '../limits.ts';

/** One port as a paragraph of the status database or its own SPDX document states it. */
export type Port = {
  readonly name: string;
  readonly version: string;
  /** Revision of the recipe; 0 is left out of the purl. */
  readonly portVersion: string | null;
  /** `x64-linux`; null where the file does not say. */
  readonly triplet: string | null;
  /** Name, or name and triplet: `zlib`, `vcpkg-cmake:x64-linux`. */
  readonly needs: readonly string[];
  readonly licenses: readonly string[];
  /** False where the paragraph records that the port was removed, or is not whole. */
  readonly installed: boolean;
};

export type PortsResult =
  | { readonly ports: readonly Port[]; readonly full: boolean }
  | { readonly fault: string; readonly code: 'unreadable' | 'limit-exceeded' };

const BOUNDS = { fileBytesMax: limits.packageDatabaseBytesMax, lineBytesMax: limits.lineBytesMax };

/**
 * `status` and the files of `updates/`: paragraphs of fields, one for each port and one for each of its features, which adds to what
 * the port needs. https://learn.microsoft.com/vcpkg/reference/installation-tree-layout
 */
export function parseStatus(file: Readable): PortsResult {
  const ports: Port[] = [];
  let fields = new Map<string, string>();
  let recognized = false;
  const close = (): boolean => {
    if (fields.size > 0) {
      const port = portOf(fields);
      recognized ||= port !== undefined;
      const last = ports.at(-1);
      if (port !== undefined && !fields.has('feature')) ports.push(port);
      else if (port !== undefined && last?.name === port.name && last.triplet === port.triplet) {
        const needs = [...new Set([...last.needs, ...port.needs])].slice(0, limits.needsPerPackageMax);
        ports[ports.length - 1] = { ...last, needs };
      }
      fields = new Map();
    }
    return ports.length < limits.packagesPerFileMax;
  };
  const outcome = readLines(file, BOUNDS, (line) => {
    if (line.trim() === '') return close();
    const field = /^([A-Za-z-]{1,64}):(.*)$/.exec(line);
    if (field?.[1] !== undefined) fields.set(field[1].toLowerCase(), field[2]?.trim() ?? '');
    return true;
  });
  if (outcome === 'file-bytes' || outcome === 'line-bytes')
    return { fault: 'the file is above packageDatabaseBytesMax or lineBytesMax', code: 'limit-exceeded' };
  if (outcome === 'whole') close();
  if (!recognized && file.sizeBytes > 0)
    return { fault: 'the file has no paragraph of a port, as vcpkg writes it', code: 'unreadable' };
  return { ports, full: outcome === 'stopped' };
}

function portOf(fields: ReadonlyMap<string, string>): Port | undefined {
  const name = identifierOf(fields.get('package'), limits.nameCharsMax);
  const isFeature = fields.has('feature');
  const version = isFeature ? '-' : identifierOf(fields.get('version'), limits.versionCharsMax);
  const status = fields.get('status');
  if (name === undefined || version === undefined || status === undefined) return undefined;
  return {
    name,
    version,
    portVersion: numberOf(fields.get('port-version')),
    triplet: identifierOf(fields.get('architecture'), limits.nameCharsMax) ?? null,
    needs: (fields.get('depends') ?? '')
      .split(',')
      .flatMap((need) => identifierOf(need.trim().replace(/\[.*/, ''), limits.nameCharsMax) ?? [])
      .slice(0, limits.needsPerPackageMax),
    licenses: [],
    installed: status === 'install ok installed',
  };
}

/** share/<port>/vcpkg.spdx.json: the port as it was built: `1.3.1#2` is version and revision of the recipe. */
export function parsePortDocument(file: Readable): PortsResult {
  const bytes = readWhole(file, limits.sbomBytesMax);
  if (bytes === undefined)
    return { fault: `the file has ${file.sizeBytes} bytes, above sbomBytesMax`, code: 'limit-exceeded' };
  const document = parseJsonObject(bytes);
  const packages = (document === undefined ? [] : listOf(document, 'packages')).map((value) => toObject(value) ?? {});
  const port = packages.find((item) => stringOf(item, 'SPDXID') === 'SPDXRef-port');
  const binary = packages.find((item) => stringOf(item, 'SPDXID') === 'SPDXRef-binary');
  const name = identifierOf(port === undefined ? undefined : stringOf(port, 'name'), limits.nameCharsMax);
  const [, version, portVersion] =
    /^([^#]{1,512})(?:#(\d{1,9}))?$/.exec(port === undefined ? '' : (stringOf(port, 'versionInfo') ?? '')) ?? [];
  const known = identifierOf(version, limits.versionCharsMax);
  if (port === undefined || name === undefined || known === undefined)
    return { fault: 'the file is no SPDX document of a port, as vcpkg writes it', code: 'unreadable' };
  const license = stringOf(port, 'licenseConcluded') ?? '';
  const [, triplet] = (binary === undefined ? '' : (stringOf(binary, 'name') ?? '')).split(':');
  return {
    ports: [
      {
        name,
        version: known,
        portVersion: numberOf(portVersion),
        triplet: identifierOf(triplet, limits.nameCharsMax) ?? null,
        needs: [],
        licenses: ['', 'NOASSERTION', 'NONE'].includes(license) ? [] : [cleanText(license, limits.licenseCharsMax)],
        installed: true,
      },
    ],
    full: false,
  };
}

function numberOf(text: string | undefined): string | null {
  return text !== undefined && /^\d{1,9}$/.test(text) && Number(text) > 0 ? String(Number(text)) : null;
}
