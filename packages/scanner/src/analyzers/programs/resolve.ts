import type { ImageView, Package, Resolution, ViewFile } from '@hullcheck/core';
import { toLanguagePackage } from '../language-package.ts';
import { presentSince } from '../presence.ts';
import { documents } from './documents.ts';
import type { ProgramEvidence } from './index.ts';
import { recognisers } from './recognisers.ts';

/**
 * Programs that no package of the operating system owns. The owned ones are left out, not marked: the distribution's
 * package stands for them already, with its own version and fixes, and `bash` beside `bash` says nothing new.
 */
export function resolvePrograms(view: ImageView<ProgramEvidence>): Resolution {
  const packages: Package[] = [];
  const linked = new Map<string, string>();
  for (const file of view.files) {
    const { programs = [], executable } = file.evidence;
    if (programs.length === 0 || view.ownerOf(file.path) !== undefined) continue;
    const since = presentSince(file, (evidence) => (evidence.programs ?? []).map(keyOf));
    for (const program of programs) {
      // BusyBox lies under the name of each applet: hard links to one file are one place.
      const place = `${keyOf(program)} ${file.layer} ${executable?.bytes} ${executable?.head}`;
      const first = linked.get(place);
      if (executable !== undefined && first !== undefined && first !== file.path) continue;
      linked.set(place, file.path);
      const pkg = toPackage(program, view, file, since.get(keyOf(program)));
      if (pkg !== undefined) packages.push(pkg);
    }
  }
  return { packages, problems: [] };
}

function toPackage(
  { id, version }: { readonly id: string; readonly version: string },
  view: ImageView<ProgramEvidence>,
  file: ViewFile<ProgramEvidence>,
  layer: number | undefined,
): Package | undefined {
  const known = BY_ID.get(id);
  if (known === undefined) return undefined;
  const [type = '', name = ''] = known.purl.split('/');
  const found = { type, name, version };
  const cpes = known.cpes(version).map((cpe) => toCpe(cpe));
  return { ...toLanguagePackage(found, { view, file, layer, analyzer: 'programs' }), cpes };
}

interface Known {
  readonly purl: string;
  readonly cpes: (version: string) => readonly string[];
}

const BY_ID: ReadonlyMap<string, Known> = new Map([
  ...recognisers.map(({ id, purl, cpes }): [string, Known] => [
    id,
    { purl, cpes: (version) => cpes.map((cpe) => `${cpe}:${version}`) },
  ]),
  ...documents.map(({ id, purl, cpes }): [string, Known] => [id, { purl, cpes }]),
]);

/** `vendor:product:version[:update]` as a formatted string: https://nvlpubs.nist.gov/nistpubs/Legacy/IR/nistir7695.pdf, 6.2 */
function toCpe(parts: string): string {
  const [vendor = '', product = '', version = '', update = '*'] = parts.split(/(?<!\\):/);
  return `cpe:2.3:a:${vendor}:${product}:${quote(version)}:${update}:*:*:*:*:*:*`;
}

function quote(value: string): string {
  return value.toLowerCase().replace(/[^a-z0-9._-]/g, (character) => `\\${character}`);
}

function keyOf({ id, version }: { readonly id: string; readonly version: string }): string {
  return `${id}\u0000${version}`;
}
