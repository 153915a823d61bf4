import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TarFile } from '../tar-writer.ts';

export interface SampleLayer {
  readonly createdBy: string;
  readonly files: readonly TarFile[];
}
export interface SampleImage {
  readonly repository: string;
  readonly tag: string;
  readonly created: string;
  readonly layers: readonly SampleLayer[];
}

const text = (path: string, content: string): TarFile => ({ path, content: Buffer.from(content) });

function readRows(file: string): readonly (readonly string[])[] {
  return readFileSync(join(import.meta.dirname, file), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split('\t'));
}

const dpkgStatus = (rows: readonly (readonly string[])[]) =>
  rows
    .map(([name, version, architecture, source]) =>
      [
        `Package: ${name}`,
        'Status: install ok installed',
        `Architecture: ${architecture}`,
        ...(source === undefined ? [] : [`Source: ${source}`]),
        `Version: ${version}`,
        '',
      ].join('\n'),
    )
    .join('\n');

const debianRelease = (version: string, codename: string) =>
  text(
    'usr/lib/os-release',
    `PRETTY_NAME="Debian GNU/Linux ${version} (${codename})"\nNAME="Debian GNU/Linux"\nVERSION_ID="${version}"\nVERSION_CODENAME=${codename}\nID=debian\n`,
  );

const debianBase = (version: string, codename: string): SampleLayer => ({
  createdBy: `/bin/sh -c #(nop) ADD file:rootfs-${codename} in / `,
  files: [debianRelease(version, codename), text('var/lib/dpkg/status', dpkgStatus(readRows(`debian-${version}.tsv`)))],
});

const alpineBase = (): SampleLayer => ({
  createdBy: '/bin/sh -c #(nop) ADD file:rootfs-alpine in / ',
  files: [
    text('etc/os-release', 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.10.9\nPRETTY_NAME="Alpine Linux v3.10"\n'),
    text(
      'lib/apk/db/installed',
      readRows('alpine-3.10.tsv')
        .map(
          ([name, version, architecture, origin]) =>
            `P:${name}\nV:${version}\nA:${architecture}\no:${origin ?? name}\nL:unknown\n`,
        )
        .join('\n'),
    ),
  ],
});

const npmModule = (root: string, name: string, version: string) =>
  text(`${root}/node_modules/${name}/package.json`, JSON.stringify({ name, version, license: 'MIT' }));
const wheel = (name: string, version: string) =>
  text(
    `usr/local/lib/python3.11/site-packages/${name}-${version}.dist-info/METADATA`,
    `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n\n`,
  );

/**
 * Images that show each state: two applications on one old base (inherited and own findings), Python on a current
 * Debian, an old Alpine, and one of a system without advisories, which can't be assessed and says so.
 */
export function sampleImages(): readonly SampleImage[] {
  return [
    {
      repository: 'sample/checkout',
      tag: '1.4.2',
      created: '2026-08-20T09:00:00Z',
      layers: [
        debianBase('11', 'bullseye'),
        {
          createdBy: 'COPY --from=build /app /app',
          files: [
            npmModule('app', 'lodash', '4.17.4'),
            npmModule('app', 'minimist', '0.0.8'),
            npmModule('app', 'express', '4.16.0'),
            npmModule('app', 'qs', '6.5.1'),
            npmModule('app', 'serialize-javascript', '2.1.0'),
            npmModule('app', 'ws', '7.4.5'),
          ],
        },
      ],
    },
    {
      repository: 'sample/base',
      tag: 'bullseye',
      created: '2026-05-02T09:00:00Z',
      layers: [debianBase('11', 'bullseye')],
    },
    {
      repository: 'sample/catalog',
      tag: '2.0.1',
      created: '2026-09-01T09:00:00Z',
      layers: [
        debianBase('12', 'bookworm'),
        {
          createdBy: 'RUN pip install -r requirements.txt',
          files: [
            wheel('Django', '3.2.0'),
            wheel('requests', '2.19.1'),
            wheel('PyYAML', '5.3'),
            wheel('Jinja2', '2.10'),
            wheel('urllib3', '1.24.1'),
            wheel('Pillow', '8.1.0'),
          ],
        },
      ],
    },
    { repository: 'sample/worker', tag: 'alpine3.10', created: '2021-04-14T09:00:00Z', layers: [alpineBase()] },
    {
      repository: 'sample/appliance',
      tag: '7',
      created: '2024-02-11T09:00:00Z',
      layers: [
        {
          createdBy: 'ADD appliance.tar /',
          files: [
            text(
              'etc/os-release',
              'NAME="Example Appliance"\nID=example-appliance\nVERSION_ID=7\nPRETTY_NAME="Example Appliance 7"\n',
            ),
            text('opt/app/README', 'no package database\n'),
          ],
        },
      ],
    },
  ];
}
