import type { Package } from '../package.ts';
import { parsePurl } from '../purl/index.ts';
import { type NamedImage, readReference, repositoryAt } from './image-names.ts';

/**
 * The key under which a vendor's statements on a product are kept: `oci:registry.suse.com/rancher/fleet` for an image by its
 * repository, `golang:github.com/rancher/rancher` for a Go program by its module. Undefined for names that say no origin: of
 * `pkg:oci/redis` nobody knows whose redis it is.
 */
export function vendorProductKey(name: string): string | undefined {
  const purl = name.startsWith('pkg:') ? parsePurl(name) : undefined;
  if (purl === undefined) return undefined;
  const path = [purl.namespace, purl.name].filter((part) => part !== null).join('/');
  if (purl.type === 'golang') return `golang:${path}`;
  const url = purl.qualifiers.repository_url;
  if ((purl.type !== 'oci' && purl.type !== 'docker') || url === undefined) return undefined;
  return `oci:${repositoryAt(url, path)}`;
}

/**
 * The image as its vendor's statements may know it: where a registry served it from. Tags of archives and of a local engine
 * are whatever somebody wrote there, and a statement that nobody asked for must not be had by a name.
 */
export function imageAsServed<Image extends NamedImage>(image: Image): Image {
  const name = image.source === 'registry' ? image.name : '';
  const isServed = name !== '' || image.digests.some(({ repository }) => repository !== null);
  // A digest that an archive states is no more than a name either.
  return { ...image, name, tags: [], ...(isServed ? {} : { id: null, digests: [] }) };
}

/** Keys of everything in an image about which a vendor may have said something. */
export function vendorProductKeys(
  image: NamedImage,
  packages: readonly Pick<Package, 'type' | 'purl'>[],
): readonly string[] {
  const { name, digests } = imageAsServed(image);
  const repositories = [name, ...digests.flatMap(({ repository }) => (repository === null ? [] : [repository]))];
  const modules = packages.flatMap(({ type, purl }) => (type === 'golang' ? [vendorProductKey(purl)] : []));
  return [
    ...new Set([
      ...repositories.filter((one) => one !== '').map((one) => `oci:${readReference(one).repository}`),
      ...modules.filter((key) => key !== undefined),
    ]),
  ];
}
