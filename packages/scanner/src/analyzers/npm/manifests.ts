import type { ImageView } from '@hullcheck/core';
import type { NpmEvidence } from './index.ts';
import { folderOf, type InstalledPlace } from './paths.ts';

/** What a project and the projects of its workspace ask for by name. */
export interface Asked {
  readonly all: ReadonlySet<string>;
  /** Not for development only. */
  readonly production: ReadonlySet<string>;
}

export interface Manifests {
  /** Undefined where the folder has no manifest. */
  at(folder: string): Asked | undefined;
  /**
   * Whether the project's manifest asks for a package: by the folder it is installed as, so that aliases count, and through links,
   * because pnpm installs each package beside its dependencies and links the direct ones. Null without a manifest.
   */
  isDirect(place: InstalledPlace): boolean | null;
}

export function manifestsOf(view: ImageView<NpmEvidence>): Manifests {
  const manifests = view.files.flatMap(({ path, evidence }) =>
    evidence.kind === 'manifest' ? [{ folder: folderOf(path), manifest: evidence }] : [],
  );
  const asked = new Map<string, Asked>();
  const folders = new Map<string, ReadonlySet<string>>();
  for (const { folder, manifest } of manifests) {
    const inside = folder === '' ? '' : `${folder}/`;
    const together = manifest.workspaces
      ? manifests.filter((other) => other.folder.startsWith(inside)).map((other) => other.manifest)
      : [manifest];
    const all = new Set(together.flatMap(({ dependencies }) => dependencies));
    asked.set(folder, { all, production: new Set(together.flatMap(({ production }) => production)) });
    folders.set(folder, new Set([...all].map((name) => view.realPath(`${inside}node_modules/${name}`))));
  }
  return {
    at: (folder) => asked.get(folder),
    isDirect: ({ folder, project }) => folders.get(project)?.has(folder) ?? null,
  };
}
