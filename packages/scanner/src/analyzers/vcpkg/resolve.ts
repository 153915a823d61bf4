import type { ImageView, Package, Relation, Resolution, ViewFile } from '@hullcheck/core';
import { toLanguagePackage } from '../language-package.ts';
import { presentSince } from '../presence.ts';
import type { VcpkgEvidence } from './index.ts';
import type { Port } from './parse.ts';
import { placeOf, type VcpkgPlace } from './places.ts';

type PlacedFile = { readonly file: ViewFile<VcpkgEvidence>; readonly place: VcpkgPlace };
type PlacedPort = { readonly port: Port; readonly file: ViewFile<VcpkgEvidence> };

/**
 * The ports of each installation: what `status` says, after the steps that `updates/` records since then in their order (vcpkg puts
 * them together only when it next runs, so an image often has the steps alone), with the licence of each port's own
 * document. A document counts by itself where a triplet was copied without the database.
 */
export function resolveVcpkg(view: ImageView<VcpkgEvidence>): Resolution {
  const roots = new Map<string, PlacedFile[]>();
  for (const file of view.files) {
    const place = placeOf(file.path);
    if (place === undefined) continue;
    const files = roots.get(place.root);
    if (files === undefined) roots.set(place.root, [{ file, place }]);
    else files.push({ file, place });
  }
  const resolved = [...roots.values()].map((files) => resolveRoot(files, view));
  return {
    packages: resolved.flatMap(({ packages }) => packages),
    problems: [],
    relations: resolved.flatMap(({ relations }) => relations),
  };
}

function resolveRoot(
  files: readonly PlacedFile[],
  view: ImageView<VcpkgEvidence>,
): { readonly packages: readonly Package[]; readonly relations: readonly Relation[] } {
  const ports = new Map<string, PlacedPort>();
  const documents = new Map<string, PlacedPort>();
  const removed = new Set<string>();
  for (const { file, place } of [...files].sort((a, b) => compare(stepOf(a), stepOf(b)))) {
    for (const port of file.evidence.ports) {
      const triplet = port.triplet ?? (place.kind === 'document' ? place.triplet : null);
      const key = specOf(port.name, triplet);
      const placed = { port: { ...port, triplet }, file };
      if (place.kind === 'document') documents.set(key, placed);
      else if (port.installed) {
        ports.set(key, placed);
        removed.delete(key);
      } else {
        ports.delete(key);
        removed.add(key);
      }
    }
  }
  for (const [key, placed] of documents) if (!ports.has(key) && !removed.has(key)) ports.set(key, placed);
  const sinceOf = sinceByFile();
  const packages = new Map(
    [...ports].map(([key, placed]) => [key, toPackage(placed, documents.get(key), view, sinceOf)] as const),
  );
  const relations = [...ports].flatMap(([key, { port }]) =>
    port.needs.flatMap((need): readonly Relation[] => {
      const from = packages.get(key);
      const to = packages.get(need.includes(':') ? need : specOf(need, port.triplet));
      return from === undefined || to === undefined ? [] : [{ from: from.purl, to: to.purl }];
    }),
  );
  return { packages: [...packages.values()], relations };
}

function toPackage(
  { port, file }: PlacedPort,
  document: PlacedPort | undefined,
  view: ImageView<VcpkgEvidence>,
  sinceOf: ReturnType<typeof sinceByFile>,
): Package {
  // A port's document is written once; the database is written again by each layer that installs anything.
  const witness = document?.port.version === port.version ? document.file : file;
  const pkg = toLanguagePackage(
    {
      type: 'vcpkg',
      name: port.name,
      version: port.version,
      qualifiers: {
        ...(port.portVersion === null ? {} : { port_version: port.portVersion }),
        ...(port.triplet === null ? {} : { triplet: port.triplet }),
      },
      licenses: document?.port.licenses ?? port.licenses,
    },
    { view, file: witness, layer: sinceOf(witness).get(`${port.name}@${port.version}`), analyzer: 'vcpkg' },
  );
  return { ...pkg, paths: [...new Set([file.path, witness.path])].sort() };
}

/** Once for each file, because it goes through all that the file states. */
function sinceByFile(): (file: ViewFile<VcpkgEvidence>) => ReadonlyMap<string, number> {
  const known = new Map<ViewFile<VcpkgEvidence>, ReadonlyMap<string, number>>();
  return (file) => {
    const since =
      known.get(file) ?? presentSince(file, ({ ports }) => ports.map(({ name, version }) => `${name}@${version}`));
    known.set(file, since);
    return since;
  };
}

function specOf(name: string, triplet: string | null): string {
  return `${name}:${triplet ?? ''}`;
}

/** The status before the updates, the updates by number. */
function stepOf({ place }: PlacedFile): string {
  return place.kind === 'update' ? `1${place.number}` : '0';
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
