// Recall and precision of package lists beside the peers that PEER_TRIVY and PEER_SYFT name, against tools that no scanner
// wrote (accuracy/oracle.py). Run: node bench/accuracy.ts IMAGE... (names of the corpus). Needs umoci, python3, dpkg-query,
// rpm, ruby, go and objcopy; a type whose tool is missing is left out. PEER_TRIVY_CACHE: a folder with a (possibly empty) Java
// database, without which Trivy reads no jar.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parsePurl } from '@hullcheck/core';
import { corpusLayout, repositoryRoot } from '@hullcheck/testkit';

type Lists = ReadonlyMap<string, ReadonlySet<string>>;

const folder = mkdtempSync(join(tmpdir(), 'hullcheck-accuracy-'));
const run = (program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): string =>
  execFileSync(program, args, {
    encoding: 'utf8',
    maxBuffer: 1 << 30,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, ...env },
  });

function group(rows: Iterable<readonly [string, string, string]>): Lists {
  const lists = new Map<string, Set<string>>();
  for (const [type, name, version] of rows) {
    const list = lists.get(type) ?? new Set();
    lists.set(type, list.add(`${name} ${version}`));
  }
  return lists;
}

function oracle(layout: string): {
  readonly lists: Lists;
  readonly missing: ReadonlySet<string>;
  readonly open: ReadonlySet<string>;
} {
  const bundle = join(folder, 'bundle');
  rmSync(bundle, { recursive: true, force: true });
  run('umoci', ['unpack', '--image', `${layout}:latest`, bundle]);
  const lines = run('python3', [join(import.meta.dirname, 'accuracy', 'oracle.py'), join(bundle, 'rootfs')]).split(
    '\n',
  );
  const rows = lines.map((line) => line.split('\t'));
  return {
    lists: group(
      rows.flatMap(([type, name, version]) => (type && name && version ? [[type, name, version] as const] : [])),
    ),
    missing: new Set(lines.filter((line) => line.startsWith('? ')).map((line) => line.slice(2))),
    open: new Set(lines.filter((line) => line.startsWith('~ ')).map((line) => line.slice(2))),
  };
}

/** Each purl as (type, name, version) in the oracle's words, whatever qualifiers a scanner puts where. */
function ofPurls(purls: Iterable<string>): Lists {
  return group(
    [...purls].flatMap((text): (readonly [string, string, string])[] => {
      const purl = parsePurl(text);
      if (purl === undefined) return [];
      const version = purl.version ?? '';
      const inNamespace = purl.namespace === null ? purl.name : `${purl.namespace}/${purl.name}`;
      switch (purl.type) {
        case 'deb': {
          const epoch = purl.qualifiers.epoch;
          return [['deb', purl.name, epoch === undefined || version.includes(':') ? version : `${epoch}:${version}`]];
        }
        case 'apk':
          return [['apk', purl.name, version]];
        case 'rpm':
          return [['rpm', purl.name, version.replace(/^\d+:/, '')]];
        case 'pypi':
          return [['pypi', purl.name.toLowerCase().replace(/[-_.]+/g, '-'), version]];
        case 'golang':
          return [
            [
              'golang',
              purl.name === 'std' || purl.name === 'stdlib' ? 'stdlib' : inNamespace,
              version.replace(/^(?:go|v)(?=\d)/, purl.name === 'stdlib' ? '' : '$&'),
            ],
          ];
        default:
          return [[purl.type, inNamespace, version]];
      }
    }),
  );
}

interface Scanner {
  readonly name: string;
  readonly purls: (layout: string) => readonly string[];
}

const { PEER_TRIVY: trivy, PEER_SYFT: syft } = process.env;
const scanners: readonly Scanner[] = [
  {
    name: 'hullcheck',
    purls: (layout) => {
      const bin = join(repositoryRoot, 'apps', 'cli', 'bin', 'hullcheck.mjs');
      const args = [
        bin,
        'sbom',
        `oci-dir:${layout}`,
        '-q',
        '--offline',
        '--cache',
        join(folder, 'cache'),
        '-f',
        'json',
      ];
      const report: { packages: readonly { purl: string }[] } = JSON.parse(run(process.execPath, args));
      return report.packages.map(({ purl }) => purl);
    },
  },
  ...(trivy === undefined
    ? []
    : [
        {
          name: 'trivy',
          purls: (layout: string) => {
            const flags = [
              '--cache-backend',
              'memory',
              '--cache-dir',
              process.env.PEER_TRIVY_CACHE ?? join(folder, 'peer'),
              '--offline-scan',
              '--skip-db-update',
            ];
            const rest = [
              '--skip-java-db-update',
              '--skip-version-check',
              '--list-all-pkgs',
              '--format',
              'cyclonedx',
              '-q',
            ];
            const document: { components?: readonly { purl?: string }[] } = JSON.parse(
              run(trivy, ['image', ...flags, ...rest, '--input', layout]),
            );
            return (document.components ?? []).flatMap(({ purl }) => (purl === undefined ? [] : [purl]));
          },
        },
      ]),
  ...(syft === undefined
    ? []
    : [
        {
          name: 'syft',
          purls: (layout: string) => {
            const output = run(syft, ['scan', `oci-dir:${layout}`, '-q', '-o', 'json'], {
              SYFT_CHECK_FOR_APP_UPDATE: 'false',
            });
            const document: { artifacts: readonly { purl?: string }[] } = JSON.parse(output);
            return document.artifacts.flatMap(({ purl }) => (purl === undefined ? [] : [purl]));
          },
        },
      ]),
];

const EMPTY: ReadonlySet<string> = new Set();
const SHOWN = Number(process.env.BENCH_SHOWN ?? 0);

process.stdout.write(
  `| image | type | truth |${scanners.map(({ name }) => ` ${name}: found, missed, more |`).join('')}\n`,
);
process.stdout.write(`|---|---|---:|${scanners.map(() => '---|').join('')}\n`);
try {
  for (const image of process.argv.slice(2)) {
    const layout = corpusLayout(image);
    if (layout === undefined) continue;
    const { lists: truth, missing, open } = oracle(layout);
    const found = scanners.map((scanner) => ofPurls(scanner.purls(layout)));
    for (const type of [...truth.keys()].filter((one) => !missing.has(one)).sort()) {
      const expected = truth.get(type) ?? EMPTY;
      const cells = found.map((lists) => {
        const own = lists.get(type) ?? EMPTY;
        const hit = [...own].filter((one) => expected.has(one)).length;
        const more = [...own].filter(
          (one) => !expected.has(one) && !open.has(`${type} ${one.slice(0, one.lastIndexOf(' '))}`),
        );
        const missed = [...expected].filter((one) => !own.has(one));
        if (SHOWN > 0)
          process.stderr.write(
            `${image} ${type}\n  missed ${missed.slice(0, SHOWN).join(', ')}\n  more ${more.slice(0, SHOWN).join(', ')}\n`,
          );
        return ` ${hit}, ${missed.length}, ${more.length} |`;
      });
      process.stdout.write(`| ${image} | ${type} | ${expected.size} |${cells.join('')}\n`);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
