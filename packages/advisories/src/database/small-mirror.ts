import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { tarBytes } from '../feeds/test-archives.ts';

/** For tests: a mirror of three small feeds in a new folder, laid out as MANIFEST.json describes, and an empty cache. */

export const SMALL_FEEDS = ['cisa-kev', 'debian-tracker', 'epss'];
export const NOW = '2026-09-01T00:00:00Z';

export interface SmallMirror {
  readonly folder: string;
  readonly cacheDir: string;
  /** Writes MANIFEST.json and the files for these contents. */
  write(contents: SmallContents): void;
}

export interface SmallContents {
  /** CVE id by day of addition. */
  readonly kev: Readonly<Record<string, string>>;
  /** Fixed version by source package and CVE id, in Debian 12. */
  readonly tracker: Readonly<Record<string, Readonly<Record<string, string>>>> | string;
  /** Probability by CVE id. */
  readonly epss: Readonly<Record<string, number>>;
  /** What Docker states of its images: CVE ids that do not affect `libc6` in them, by image. Absent: its hub is not there. */
  readonly hub?: Readonly<Record<string, readonly string[]>>;
}

/** Twenty packages with a CVE each, so that one more or less is not a tenth. */
export const SMALL: SmallContents = {
  kev: { 'CVE-2024-1000': '2024-05-01' },
  tracker: Object.fromEntries(
    Array.from({ length: 20 }, (_, at) => [`package-${at}`, { [`CVE-2024-${1000 + at}`]: '1.0-1' }]),
  ),
  epss: { 'CVE-2024-1000': 0.5, 'CVE-2024-1001': 0.25 },
};

export function smallMirror(): SmallMirror {
  const root = mkdtempSync(path.join(tmpdir(), 'hullcheck-mirror-'));
  const folder = path.join(root, 'feeds');
  return {
    folder,
    cacheDir: path.join(root, 'cache'),
    write({ kev, tracker, epss, hub }) {
      const vulnerabilities = Object.entries(kev).map(([cveID, dateAdded]) => ({ cveID, dateAdded }));
      const packages =
        typeof tracker === 'string'
          ? tracker
          : JSON.stringify(
              Object.fromEntries(
                Object.entries(tracker).map(([name, cves]) => [
                  name,
                  Object.fromEntries(
                    Object.entries(cves).map(([id, fixed_version]) => [
                      id,
                      { releases: { bookworm: { status: 'resolved', fixed_version } } },
                    ]),
                  ),
                ]),
              ),
            );
      const entries = [
        mirrorEntry(folder, 'cisa-kev', '2026-08-07', {
          'known_exploited_vulnerabilities.json': JSON.stringify({
            dateReleased: '2026-08-07T16:00:00Z',
            vulnerabilities,
          }),
        }),
        mirrorEntry(folder, 'debian-tracker', '2026-08-21', { 'tracker.derived.json': packages }),
        mirrorEntry(folder, 'debian-support-status', '2026-06-30 / deb12u7', {
          'debian.csv': 'version,series\n12,bookworm\n',
        }),
        mirrorEntry(folder, 'epss', '2026-08-22 (values observed at various dates)', {
          'epss.csv': `cve,epss\n${Object.entries(epss)
            .map(([cve, value]) => `${cve},${value}\n`)
            .join('')}`,
        }),
      ];
      if (hub !== undefined) {
        const files = Object.entries(hub).map(([image, ids]) => ({
          path: `advisories/vex/${image}.vex.json`,
          text: JSON.stringify(openVex(image, ids)),
        }));
        entries.push(
          mirrorEntry(folder, 'dhi-vex', '2026-08-22', { 'dhi-vex.tar.zst': zstdCompressSync(tarBytes(files)) }),
        );
      }
      writeFileSync(path.join(folder, 'MANIFEST.json'), JSON.stringify(entries));
    },
  };
}

function openVex(image: string, ids: readonly string[]) {
  const products = [{ '@id': `pkg:docker/dhi/${image}`, subcomponents: [{ '@id': 'pkg:deb/debian/libc6' }] }];
  const rest = { products, status: 'not_affected', justification: 'vulnerable_code_not_present' };
  return {
    '@context': 'https://openvex.dev/ns/v0.2.0',
    timestamp: '2026-08-01T00:00:00Z',
    statements: ids.map((name) => ({ vulnerability: { name }, ...rest })),
  };
}

export function mirrorEntry(
  folder: string,
  id: string,
  snapshotDate: string,
  files: Readonly<Record<string, string | Uint8Array>>,
) {
  return {
    id,
    snapshotDate,
    files: Object.entries(files).map(([name, text]) => {
      const file = path.join(folder, id, name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, text);
      const sha256 = createHash('sha256').update(text).digest('hex');
      return { path: `${id}/${name}`, bytes: Buffer.from(text).byteLength, sha256 };
    }),
  };
}
