import type { Analysis, Analyzer } from '@hullcheck/core';
import { fileProblem } from '../foreign-text.ts';
import {
  problemsOfStated,
  readStatedComponents,
  resolveStated,
  type StatedComponents,
  statedComponentsSchema,
} from '../stated-components.ts';
import { sbomKind } from './parse.ts';

/**
 * SBOMs that lie in the image. They state what somebody took for its content, so what is found itself goes before them: the
 * composer drops what another analyzer found, and packages of an operating system whose database is there to tell.
 */
export const embeddedSbom: Analyzer<StatedComponents> = {
  id: 'embedded-sbom',
  version: 1,
  support: {
    title: 'SBOMs in the image',
    kind: 'sbom',
    purlTypes: ['any'],
    reads: [
      {
        file: '*.cdx.json, *.bom.json, bom.json, sbom.json (CycloneDX 1.2 to 1.7)',
        states: 'embedded',
        licenses: true,
        relations: true,
      },
      {
        file: '*.spdx.json (SPDX 2), of apk packages and hardened images too',
        states: 'embedded',
        licenses: true,
        relations: true,
      },
      { file: '*.dist-info/sboms/*.json (wheels)', states: 'embedded', licenses: true, relations: true },
    ],
  },
  claims: {
    names: ['bom.json', 'sbom.json'],
    suffixes: ['.cdx.json', '.bom.json', '.spdx.json', '.sbom.json'],
    within: [{ folder: 'sboms', suffix: '.json' }],
    folders: ['opt/docker/sbom/', 'usr/share/sbom/', 'usr/local/share/sbom/', 'var/lib/db/sbom/'],
  },
  analyze(file): Analysis<StatedComponents> {
    const kind = sbomKind(file.path);
    if (kind === undefined) return { evidence: null, problems: [] };
    const result = readStatedComponents(file);
    if ('fault' in result) {
      const other = kind === 'likely' && result.code === 'unreadable';
      return { evidence: null, problems: other ? [] : [fileProblem(result.code, file.path, result.fault)] };
    }
    return { evidence: result, problems: problemsOfStated(result, file.path) };
  },
  parseEvidence: (value) => statedComponentsSchema().safeParse(value).data,
  resolve(view) {
    const stated = view.files.map((file) => resolveStated(view, file, ({ components }) => components, 'embedded-sbom'));
    return {
      packages: stated.flatMap(({ packages }) => packages),
      problems: [],
      relations: stated.flatMap(({ relations }) => relations),
    };
  },
};
