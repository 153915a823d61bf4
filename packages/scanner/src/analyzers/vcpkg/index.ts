import type { Analysis, Analyzer } from '@hullcheck/core';
import { z } from 'zod';
import { fileProblem } from '../foreign-text.ts';
import { limits } from '../limits.ts';
import { type Port, parsePortDocument, parseStatus } from './parse.ts';
import { placeOf } from './places.ts';
import { resolveVcpkg } from './resolve.ts';

export type VcpkgEvidence = { readonly ports: readonly Port[] };

const name = z.string().min(1).max(limits.nameCharsMax);
const schema = z.object({
  ports: z
    .array(
      z.object({
        name,
        version: z.string().min(1).max(limits.versionCharsMax),
        portVersion: z
          .string()
          .regex(/^[1-9]\d{0,8}$/)
          .nullable(),
        triplet: name.nullable(),
        needs: z.array(name).max(limits.needsPerPackageMax),
        licenses: z.array(z.string().max(limits.licenseCharsMax)).max(1),
        installed: z.boolean(),
      }),
    )
    .max(limits.packagesPerFileMax),
});

/** Names of update files are ten digits; a claim takes endings only. */
const ENDINGS = Array.from({ length: 100 }, (_, number) => String(number).padStart(2, '0'));

/** C and C++ libraries that vcpkg installed. A manifest names no versions, so only the installation tells. */
export const vcpkg: Analyzer<VcpkgEvidence> = {
  id: 'vcpkg',
  version: 1,
  support: {
    title: 'C and C++ (vcpkg)',
    kind: 'language',
    purlTypes: ['vcpkg'],
    reads: [
      { file: 'vcpkg/status, vcpkg/updates/*', states: 'installed', relations: true },
      { file: 'share/*/vcpkg.spdx.json', states: 'installed', licenses: true },
    ],
  },
  claims: {
    names: ['vcpkg.spdx.json'],
    within: [{ folder: 'vcpkg', suffix: 'status' }, ...ENDINGS.map((suffix) => ({ folder: 'updates', suffix }))],
  },
  analyze(file): Analysis<VcpkgEvidence> {
    const place = placeOf(file.path);
    if (place === undefined) return { evidence: null, problems: [] };
    const result = place.kind === 'document' ? parsePortDocument(file) : parseStatus(file);
    if ('fault' in result) return { evidence: null, problems: [fileProblem(result.code, file.path, result.fault)] };
    const detail = 'the database holds more ports than packagesPerFileMax';
    const problems = result.full ? [fileProblem('limit-exceeded', file.path, detail)] : [];
    return { evidence: { ports: result.ports }, problems };
  },
  parseEvidence: (value) => schema.safeParse(value).data,
  resolve: resolveVcpkg,
};
