import type { Analysis, Analyzer } from '@hullcheck/core';
import { fileProblem } from '../foreign-text.ts';
import {
  problemsOfStated,
  readStatedComponents,
  resolveStated,
  type StatedComponents,
  statedComponentsSchema,
} from '../stated-components.ts';
import { parseComponents } from './parse.ts';

const LIST = '.bitnami_components.json';
const DESCRIPTION = /(?:^|\/)\.spdx-[^/]+\.spdx$/;

/** Bitnami's components, which no package manager knows: each folder below opt/bitnami says itself what was built into it. */
export const bitnami: Analyzer<StatedComponents> = {
  id: 'bitnami',
  version: 1,
  support: {
    title: 'Bitnami components',
    kind: 'sbom',
    purlTypes: ['bitnami'],
    reads: [
      { file: 'opt/bitnami/*/.spdx-*.spdx', states: 'installed', licenses: true, relations: true },
      { file: `opt/bitnami/${LIST}`, states: 'installed' },
    ],
  },
  claims: { names: [LIST], suffixes: ['.spdx'] },
  analyze(file): Analysis<StatedComponents> {
    const isList = file.path === LIST || file.path.endsWith(`/${LIST}`);
    if (!isList && !DESCRIPTION.test(file.path)) return { evidence: null, problems: [] };
    const result = isList ? parseComponents(file) : readStatedComponents(file);
    if ('fault' in result) return { evidence: null, problems: [fileProblem(result.code, file.path, result.fault)] };
    return { evidence: result, problems: problemsOfStated(result, file.path) };
  },
  parseEvidence: (value) => statedComponentsSchema().safeParse(value).data,
  resolve(view) {
    const stated = view.files.map((file) => resolveStated(view, file, ({ components }) => components, 'bitnami'));
    return {
      packages: stated.flatMap(({ packages }) => packages),
      problems: [],
      relations: stated.flatMap(({ relations }) => relations),
    };
  },
};
