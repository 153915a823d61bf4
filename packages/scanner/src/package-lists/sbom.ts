import { Fault, type Inventory, type OperatingSystem, type Package, type Problem } from '@hullcheck/core';
import { z } from 'zod';
import { packageListLimits } from './limits.ts';
import { packageOfPurl } from './package-of-purl.ts';

const license = z.object({
  license: z.object({ id: z.string().optional(), name: z.string().optional() }).optional(),
  expression: z.string().optional(),
});
const component = z.looseObject({
  type: z.string().optional(),
  name: z.string().optional(),
  version: z.string().optional(),
  purl: z.string().optional(),
  licenses: z.array(license).optional().catch(undefined),
  components: z.array(z.unknown()).optional(),
});
const cycloneDx = z.looseObject({
  bomFormat: z.literal('CycloneDX'),
  specVersion: z.string(),
  metadata: z
    .looseObject({ component: component.optional().catch(undefined) })
    .optional()
    .catch(undefined),
  components: z.array(z.unknown()).default([]),
});
const spdx = z.looseObject({
  spdxVersion: z.string().startsWith('SPDX-2'),
  name: z.string().optional(),
  packages: z
    .array(
      z.looseObject({
        name: z.string().optional(),
        versionInfo: z.string().optional(),
        primaryPackagePurpose: z.string().optional(),
        licenseDeclared: z.string().optional(),
        externalRefs: z
          .array(z.looseObject({ referenceType: z.string(), referenceLocator: z.string() }))
          .optional()
          .catch(undefined),
      }),
    )
    .default([]),
});

export interface PackageList {
  /** Name that the document gives to what it describes, or null. */
  readonly name: string | null;
  readonly inventory: Inventory;
}

/**
 * A CycloneDX (1.2 to 1.7) or SPDX 2 JSON document as an inventory. Components without a purl can't be judged: each is
 * a problem, never silently absent. Fault `not-an-image` where the text is neither.
 */
export function parseSbom(text: string, place: string): PackageList {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Fault('not-an-image', `${place} is not JSON`, {
      place,
      cause: error,
      hint: 'An SBOM is read as CycloneDX JSON or SPDX 2 JSON',
    });
  }
  const asCycloneDx = cycloneDx.safeParse(value);
  if (asCycloneDx.success) return fromCycloneDx(asCycloneDx.data, place);
  const asSpdx = spdx.safeParse(value);
  if (asSpdx.success) return fromSpdx(asSpdx.data, place);
  throw new Fault('not-an-image', `${place} is neither CycloneDX JSON nor SPDX 2 JSON`, { place });
}

function fromCycloneDx(document: z.infer<typeof cycloneDx>, place: string): PackageList {
  const packages: Package[] = [];
  const problems: Problem[] = [];
  let operatingSystem: OperatingSystem | null = null;
  const pending: { readonly value: unknown; readonly depth: number }[] = document.components
    .map((item) => ({ value: item, depth: 1 }))
    .reverse();
  let seen = 0;
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    seen += 1;
    if (seen > packageListLimits.componentsMax)
      throw new Fault('limit-exceeded', `${place} lists more than ${packageListLimits.componentsMax} components`, {
        place,
      });
    const parsed = component.safeParse(next.value);
    if (!parsed.success) {
      problems.push(unreadable(place, `component ${seen} is not as CycloneDX describes one`));
      continue;
    }
    const item = parsed.data;
    const children = item.components ?? [];
    if (children.length > 0 && next.depth >= packageListLimits.depthMax) {
      problems.push({
        code: 'limit-exceeded',
        path: place,
        layer: null,
        detail: `components nested deeper than ${packageListLimits.depthMax} are not read`,
      });
    } else {
      for (const child of children.toReversed()) pending.push({ value: child, depth: next.depth + 1 });
    }
    if (item.type === 'operating-system') {
      operatingSystem ??= osOf(item.name ?? '', item.version ?? '');
      continue;
    }
    if (item.type === 'file' || item.type === 'container' || (item.type === 'application' && item.purl === undefined))
      continue;
    const licenses = (item.licenses ?? []).flatMap(
      (entry) => entry.expression ?? entry.license?.id ?? entry.license?.name ?? [],
    );
    take(item.purl, `${item.name ?? '?'} ${item.version ?? ''}`, licenses);
  }
  return { name: document.metadata?.component?.name ?? null, inventory: finish(operatingSystem, packages, problems) };

  function take(purl: string | undefined, words: string, licenses: readonly string[]) {
    const found = purl === undefined ? undefined : packageOfPurl(purl, 'sbom', licenses);
    if (found === undefined)
      problems.push(
        unreadable(
          place,
          `${words.trim()} has ${purl === undefined ? 'no purl' : 'a purl without a version or that is not one'} and is not judged`,
        ),
      );
    else packages.push(found);
  }
}

function fromSpdx(document: z.infer<typeof spdx>, place: string): PackageList {
  const packages: Package[] = [];
  const problems: Problem[] = [];
  let operatingSystem: OperatingSystem | null = null;
  if (document.packages.length > packageListLimits.componentsMax) {
    throw new Fault('limit-exceeded', `${place} lists more than ${packageListLimits.componentsMax} packages`, {
      place,
    });
  }
  for (const item of document.packages) {
    if (item.primaryPackagePurpose === 'OPERATING-SYSTEM' || item.primaryPackagePurpose === 'OPERATING_SYSTEM') {
      operatingSystem ??= osOf(item.name ?? '', item.versionInfo ?? '');
      continue;
    }
    if (item.primaryPackagePurpose === 'CONTAINER' || item.primaryPackagePurpose === 'FILE') continue;
    const purl = item.externalRefs?.find((reference) => reference.referenceType === 'purl')?.referenceLocator;
    if (purl?.startsWith('pkg:oci/') === true || purl?.startsWith('pkg:docker/') === true) continue;
    const license = item.licenseDeclared;
    const found =
      purl === undefined
        ? undefined
        : packageOfPurl(
            purl,
            'sbom',
            license === undefined || license === 'NOASSERTION' || license === 'NONE' ? [] : [license],
          );
    if (found === undefined)
      problems.push(
        unreadable(place, `${item.name ?? '?'} ${item.versionInfo ?? ''} has no purl with a version and is not judged`),
      );
    else packages.push(found);
  }
  return { name: document.name ?? null, inventory: finish(operatingSystem, packages, problems) };
}

const unreadable = (path: string, detail: string): Problem => ({ code: 'unreadable', path, layer: null, detail });

const osOf = (id: string, version: string): OperatingSystem => ({
  id: id.toLowerCase(),
  version,
  name: `${id} ${version}`.trim(),
  idLike: [],
  codename: null,
});

/** One package per purl; without a stated operating system the packages' own distribution tells it. */
export function finish(
  stated: OperatingSystem | null,
  packages: readonly Package[],
  problems: readonly Problem[],
): Inventory {
  const byPurl = new Map<string, Package>();
  for (const found of packages) if (!byPurl.has(found.purl)) byPurl.set(found.purl, found);
  const distribution = packages.find(
    (found) => found.distribution !== null && found.distribution.release !== '',
  )?.distribution;
  const operatingSystem =
    stated ??
    (distribution === null || distribution === undefined ? null : osOf(distribution.id, distribution.release));
  const sorted = [...byPurl.values()].toSorted((a, b) => (a.purl < b.purl ? -1 : a.purl > b.purl ? 1 : 0));
  return { operatingSystem, packages: sorted.map((found) => withRelease(found, operatingSystem)), problems };
}

/** A purl that names its distribution but no release belongs to the release that the document states. */
function withRelease(found: Package, operatingSystem: OperatingSystem | null): Package {
  if (
    found.distribution === null ||
    found.distribution.release !== '' ||
    operatingSystem === null ||
    found.distribution.id !== operatingSystem.id
  )
    return found;
  const release = /^\d+(?:\.\d+)?/.exec(operatingSystem.version)?.[0] ?? operatingSystem.version;
  return {
    ...found,
    distribution: {
      id: found.distribution.id,
      release: operatingSystem.id === 'debian' ? (/^\d+/.exec(release)?.[0] ?? release) : release,
    },
  };
}
