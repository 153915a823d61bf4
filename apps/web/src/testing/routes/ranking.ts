import type { LeverageItem, VulnerabilityRow } from '@hullcheck/contract';
import { uuid } from '../estate/ids.ts';
import type { FixtureImage } from '../estate/images.ts';

/** Every vulnerability of the images, the most dangerous first. */
export function vulnerabilitiesOf(
  images: readonly FixtureImage[],
  query: {
    readonly q?: string | undefined;
    readonly fixable?: string | undefined;
    readonly exploited?: string | undefined;
  },
): readonly VulnerabilityRow[] {
  const rows = new Map<string, VulnerabilityRow>();
  for (const { detail, findings } of images) {
    for (const id of new Set(findings.map((finding) => finding.id))) {
      const own = findings.filter((finding) => finding.id === id);
      const [worst] = own;
      if (worst === undefined) continue;
      const old = rows.get(id);
      const { title, severity, rating, cvss, kev, epss, exploit, risk, explanation, published } = worst;
      const facts = { id, title, severity, rating, cvss, kev, epss, exploit, risk, explanation, published };
      rows.set(id, {
        ...(old ?? facts),
        fixable: old?.fixable === true || own.some(({ fixedIn }) => fixedIn.length > 0),
        packages: [...new Set([...(old?.packages ?? []), ...own.map((finding) => finding.package.name)])].slice(0, 5),
        images: (old?.images ?? 0) + 1,
        running: (old?.running ?? 0) + detail.containers,
        hosts: { value: Math.max(old?.hosts.value ?? 0, detail.hosts), exact: (old?.images ?? 0) < 400 },
      });
    }
  }
  const q = query.q?.toLowerCase() ?? '';
  return [...rows.values()]
    .filter(
      (row) =>
        row.id.toLowerCase().includes(q) &&
        (query.fixable !== 'true' || row.fixable) &&
        (query.exploited !== 'true' || row.exploit !== 'none'),
    )
    .sort((a, b) => b.risk - a.risk || (a.id < b.id ? -1 : 1));
}

/** One action of each kind and a tail of updates, as the console ranks them. */
export function makeLeverage(images: readonly FixtureImage[]): LeverageItem[] {
  const [first] = images;
  const figures = (images: number, running: number, findings: number, risk: number) => ({
    images,
    running,
    findings,
    risk,
    riskRunning: risk * Math.max(1, Math.round(running / Math.max(1, images))),
    worst: 943,
  });
  const update = (name: string, to: string | null, running: number, risk: number): LeverageItem => ({
    kind: 'update',
    key: `update ${name}`,
    package: { type: 'deb', name, distribution: 'debian 11', to },
    ...figures(412, running, 824, risk),
  });
  return [
    {
      kind: 'rebase',
      key: 'rebase 1',
      base: { image: uuid(31_001), name: 'docker.io/library/debian:11.7' },
      successor: { image: uuid(31_010), name: 'docker.io/library/debian:11.11' },
      filter: uuid(31_001),
      ...figures(478, 1_902, 9_560, 2_402_110),
    },
    update('zlib', '1:1.2.11.dfsg-2+deb11u2', 1_730, 388_516),
    update('openssl', '1.1.1w-0+deb11u2', 1_730, 250_084),
    {
      kind: 'refresh-base',
      key: 'refresh-base 2',
      base: { image: uuid(31_002), name: 'registry.corp.example/platform/base-images/node-with-a-long-name:20.11.1' },
      filter: uuid(31_002),
      ...figures(61, 240, 732, 190_320),
    },
    ...(first === undefined
      ? []
      : [
          {
            kind: 'rebuild' as const,
            key: 'rebuild 1',
            image: { id: first.detail.id, name: first.detail.names[0] ?? 'an image' },
            ...figures(1, 9, 20, 9_800),
          },
        ]),
    ...['curl', 'glibc', 'expat', 'libksba', 'krb5', 'gzip', 'xz-utils', 'libtasn1-6'].map((name, index) =>
      update(name, index === 3 ? null : `1.${index}-1`, index === 6 ? 0 : 400 - index * 40, 9_000 - index * 900),
    ),
  ];
}
