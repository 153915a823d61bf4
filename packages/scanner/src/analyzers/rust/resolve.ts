import type { ImageView, Package, Relation, Resolution } from '@hullcheck/core';
import { appendAll } from '../append-all.ts';
import { toLanguagePackage } from '../language-package.ts';
import { keyOf, relationsOf } from '../lock-analyzer.ts';
import { presentSince } from '../presence.ts';
import type { RustEvidence } from './index.ts';

/**
 * The crates of each program, and of lock files of projects none of whose programs is there: Cargo.lock names what any platform,
 * feature or test may need, and an audited program only what was compiled in.
 */
export function resolveRust(view: ImageView<RustEvidence>): Resolution {
  const built = new Set(view.files.flatMap(({ evidence }) => (evidence.kind === 'program' ? [evidence.root] : [])));
  const packages: Package[] = [];
  const relations: Relation[] = [];
  for (const file of view.files) {
    const { evidence } = file;
    if (evidence.kind === 'lock' && evidence.members.some((member) => built.has(member))) continue;
    const since = presentSince(file, (earlier) => earlier.packages.map(keyOf));
    const purls = new Map<string, string>();
    for (const { name, version, direct } of evidence.packages) {
      const key = keyOf({ name, version });
      const found = { type: 'cargo', name, version, direct };
      const pkg = toLanguagePackage(found, { view, file, layer: since.get(key), analyzer: 'rust' });
      purls.set(key, pkg.purl);
      packages.push(pkg);
    }
    appendAll(relations, relationsOf(evidence.packages, purls));
  }
  return { packages, problems: [], relations };
}
