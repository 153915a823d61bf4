/** Where a file of an installation lies. `root` is the folder that holds the triplets and `vcpkg/`. */
export type VcpkgPlace =
  | { readonly kind: 'status'; readonly root: string }
  /** One of the steps since `status` was last put together; the number tells their order. */
  | { readonly kind: 'update'; readonly root: string; readonly number: string }
  | { readonly kind: 'document'; readonly root: string; readonly triplet: string };

const STATUS = /^(.*\/)?vcpkg\/status$/;
const UPDATE = /^(.*\/)?vcpkg\/updates\/(\d{10})$/;
const DOCUMENT = /^(.*\/)?([^/]+)\/share\/[^/]+\/vcpkg\.spdx\.json$/;
/** `packages/zlib_x64-linux` is what was built, before it is installed. */
const STAGING = /(?:^|\/)packages\/[^/]+_[^/]+\/share\//;

export function placeOf(path: string): VcpkgPlace | undefined {
  const status = STATUS.exec(path);
  if (status !== null) return { kind: 'status', root: status[1] ?? '' };
  const update = UPDATE.exec(path);
  if (update?.[2] !== undefined) return { kind: 'update', root: update[1] ?? '', number: update[2] };
  const document = STAGING.test(path) ? null : DOCUMENT.exec(path);
  return document?.[2] === undefined ? undefined : { kind: 'document', root: document[1] ?? '', triplet: document[2] };
}
