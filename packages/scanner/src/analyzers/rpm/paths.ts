/** Red Hat's and SUSE's older place, the newer one of Fedora and SUSE, that of rpm-ostree. Often one is a link to another. */
export const DATABASE_FOLDERS = ['var/lib/rpm/', 'usr/lib/sysimage/rpm/', 'usr/share/rpm/'] as const;

export const DATABASE_NAMES = {
  sqlite: 'rpmdb.sqlite',
  log: 'rpmdb.sqlite-wal',
  journal: 'rpmdb.sqlite-journal',
  ndb: 'Packages.db',
  berkeleyDb: 'Packages',
} as const;

/** What distroless images of CBL-Mariner and Azure Linux have in place of a database. */
export const MANIFESTS = {
  full: 'var/lib/rpmmanifest/container-manifest-2',
  names: 'var/lib/rpmmanifest/container-manifest-1',
} as const;

/** Red Hat's build system writes to the first, that of RHEL CoreOS and of newer images to the second. */
export const CONTENT_FOLDERS = ['root/buildinfo/content_manifests/', 'usr/share/buildinfo/'] as const;

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

export function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1);
}
