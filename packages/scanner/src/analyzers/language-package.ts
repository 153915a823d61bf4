import { formatPurl, type ImageView, type Package, type ViewFile } from '@hullcheck/core';

/** One package as an analyzer of a language found it, before the image says where it belongs. */
export interface FoundPackage {
  readonly type: string;
  readonly namespace?: string;
  /** Name within the namespace, as the purl has it. */
  readonly name: string;
  /** Full name as its ecosystem writes it, where that is not the purl's name. */
  readonly fullName?: string;
  readonly version: string;
  readonly qualifiers?: { readonly [key: string]: string };
  readonly licenses?: readonly string[];
  readonly direct?: boolean | null;
}

/** The package of a language, as lies at `file`; `layer` is the index of the layer that brought this version. */
export function toLanguagePackage<E>(
  found: FoundPackage,
  place: {
    readonly view: ImageView<E>;
    readonly file: ViewFile<E>;
    readonly layer: number | undefined;
    readonly analyzer: string;
  },
): Package {
  const { view, file } = place;
  return {
    purl: formatPurl({
      type: found.type,
      namespace: found.namespace ?? null,
      name: found.name,
      version: found.version,
      ...(found.qualifiers === undefined ? {} : { qualifiers: found.qualifiers }),
    }),
    type: found.type,
    name: found.fullName ?? found.name,
    version: found.version,
    architecture: null,
    source: null,
    distribution: null,
    licenses: found.licenses ?? [],
    layer: view.layers[place.layer ?? file.layer] ?? null,
    paths: [file.path],
    direct: found.direct ?? null,
    ownedBy: view.ownerOf(file.path) ?? null,
    analyzer: place.analyzer,
  };
}
