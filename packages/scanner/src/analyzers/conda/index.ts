import type { Analysis, Analyzer, ImageView, Package, Relation, Resolution } from '@hullcheck/core';
import { z } from 'zod';
import { readWhole } from '../../formats/text/index.ts';
import { fileProblem } from '../foreign-text.ts';
import { folderOf } from '../image-path.ts';
import { toLanguagePackage } from '../language-package.ts';
import { lazily } from '../lazily.ts';
import { limits } from '../limits.ts';
import { presentSince } from '../presence.ts';
import { type CondaPackage, parseRecord } from './parse.ts';

export type CondaEvidence = CondaPackage;

const schema = lazily(() => {
  const name = z.string().min(1).max(limits.nameCharsMax);
  const text = z.string().min(1).max(limits.versionCharsMax);
  return z.object({
    name,
    version: text,
    build: text.nullable(),
    channel: name.nullable(),
    subdir: text.nullable(),
    licenses: z.array(z.string().max(limits.licenseCharsMax)).max(1),
    direct: z.boolean().nullable(),
    needs: z.array(name).max(limits.needsPerPackageMax),
  });
});

/**
 * Packages of conda, mamba and pixi environments.
 *
 * A Python distribution that conda installed is listed twice on purpose: here as the conda package, and by the Python analyzer
 * as the distribution that lies in site-packages. Findings come once, for the distribution: nobody publishes advisories for conda
 * packages, while those of PyPI hold for it, because conda builds the upstream release under the upstream version. To have
 * conda own the distribution, as Debian owns its Python packages, would lose these findings.
 */
export const conda: Analyzer<CondaEvidence> = {
  id: 'conda',
  version: 1,
  support: {
    title: 'Conda',
    kind: 'language',
    purlTypes: ['conda'],
    reads: [{ file: 'conda-meta/*.json', states: 'installed', licenses: true, direct: true, relations: true }],
  },
  claims: { within: [{ folder: 'conda-meta', suffix: '.json' }] },
  analyze(file): Analysis<CondaEvidence> {
    const bytes = readWhole(file, limits.textFileBytesMax);
    if (bytes === undefined) {
      const detail = `the file has ${file.sizeBytes} bytes, above textFileBytesMax`;
      return { evidence: null, problems: [fileProblem('limit-exceeded', file.path, detail)] };
    }
    const found = parseRecord(bytes);
    if (found !== undefined) return { evidence: found, problems: [] };
    const detail = 'the record is no JSON object with a readable name and version';
    return { evidence: null, problems: [fileProblem('unreadable', file.path, detail)] };
  },
  parseEvidence: (value) => schema().safeParse(value).data,
  resolve: resolveConda,
};

/** Every record; what it needs lies in the same environment. */
function resolveConda(view: ImageView<CondaEvidence>): Resolution {
  const packages: Package[] = [];
  const purls = new Map<string, string>();
  for (const file of view.files) {
    const found = file.evidence;
    const since = presentSince(file, (evidence) => [keyOf(evidence)]).get(keyOf(found));
    const pkg = toLanguagePackage(
      {
        type: 'conda',
        name: found.name,
        version: found.version,
        qualifiers: qualifiersOf(found),
        licenses: found.licenses,
        direct: found.direct,
      },
      { view, file, layer: since, analyzer: 'conda' },
    );
    packages.push(pkg);
    purls.set(`${folderOf(file.path)}\u0000${found.name}`, pkg.purl);
  }
  const relations = view.files.flatMap(({ path, evidence }): readonly Relation[] => {
    const from = purls.get(`${folderOf(path)}\u0000${evidence.name}`);
    return evidence.needs.flatMap((need) => {
      const to = purls.get(`${folderOf(path)}\u0000${need}`);
      return from === undefined || to === undefined ? [] : [{ from, to }];
    });
  });
  return { packages, problems: [], relations };
}

/** https://github.com/package-url/purl-spec/blob/main/types-doc/conda-definition.md */
function qualifiersOf({ build, channel, subdir }: CondaPackage): { readonly [key: string]: string } {
  return {
    ...(build === null ? {} : { build }),
    ...(channel === null ? {} : { channel }),
    ...(subdir === null ? {} : { subdir }),
  };
}

function keyOf({ name, version, build }: CondaPackage): string {
  return `${name}\u0000${version}\u0000${build ?? ''}`;
}
